"""The parameters of an operation, read from a request and handed to the handler as keywords."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from pymacaron.http.handlers import BoundOperation
from pymacaron.http.incoming import Incoming
from pymacaron.http.mediatypes import is_json
from pymacaron.http.problems import Problems
from pymacaron.http.values import decoder, types_of
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue
from pymacaron.spec import Parameter, Schema

if TYPE_CHECKING:
    from flask import Request

__all__ = ["ArgumentReader", "read_arguments", "readers"]

log = logging.getLogger(__name__)

ABSENT = object()
SEPARATORS = {"form": ",", "simple": ",", "spaceDelimited": " ", "tabDelimited": "\t", "pipeDelimited": "|"}

NONE: Sequence[str] = ()

Texts = Callable[[Incoming], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class ArgumentReader:
    """How one parameter is read: `texts` finds it, `decode` turns its texts into a JSON value, `judge` validates it.

    `absent` gives the value of one that was left out, ABSENT where the handler's own default is to be taken.
    """

    parameter: Parameter
    keyword: str
    texts: Texts
    decode: Callable[[Sequence[Any]], object]
    judge: Callable[[object], Any]
    absent: Callable[[], Any]


def readers(bound: BoundOperation, pool: ModelPool, variables: Mapping[str, str]) -> tuple[ArgumentReader, ...]:
    """Return the readers of an operation's parameters; `variables` maps path parameters to the router's names."""
    return tuple(
        _reader(parameter, keyword, keyword in bound.omitted, pool, variables.get(parameter.name, ""))
        for parameter, keyword in bound.keywords.items()
    )


def read_arguments(found: Sequence[ArgumentReader], incoming: Incoming, problems: Problems) -> dict[str, Any]:
    """Return the keywords of a call; what is wrong with them is added to the problems."""
    arguments: dict[str, Any] = {}
    for reader in found:
        texts = reader.texts(incoming)
        if texts:
            try:
                arguments[reader.keyword] = reader.judge(reader.decode(texts))
            except InvalidValue as error:
                problems.add_invalid(reader.parameter.location, reader.parameter.name, error)
            except ValueError:
                problems.add(reader.parameter.location, reader.parameter.name, "Is not JSON")
        elif reader.parameter.required:
            problems.add(reader.parameter.location, reader.parameter.name, "Is required", keyword="required")
        elif (value := reader.absent()) is not ABSENT:
            arguments[reader.keyword] = value
    return arguments


def _reader(parameter: Parameter, keyword: str, omitted: bool, pool: ModelPool, variable: str) -> ArgumentReader:
    judge: Callable[[object], Any] = pool.codec(parameter.schema, "request").read
    decode = _decode(parameter)
    absent = _absent(_default(parameter, judge), omitted)
    if parameter.allow_empty_value:
        judge, decode = _unless_empty(judge, decode)
    return ArgumentReader(parameter, keyword, _texts(parameter, variable), decode, judge, absent)


def _absent(default: Any, omitted: bool) -> Callable[[], Any]:
    """Return what gives the value of an absent parameter: a copy where the handler could change it."""
    if default is ABSENT:
        return lambda: ABSENT if omitted else None
    if isinstance(default, str | int | float):
        return lambda: default
    return lambda: copy.deepcopy(default)


def _unless_empty(
    judge: Callable[[object], Any], decode: Callable[[Sequence[Any]], object]
) -> tuple[Callable[[object], Any], Callable[[Sequence[Any]], object]]:
    """Read one empty text as None, whatever the schema says of it (OpenAPI 3.1, section 4.8.12.2.1)."""
    return (
        lambda value: None if value is ABSENT else judge(value),
        lambda texts: ABSENT if list(texts) == [""] else decode(texts),
    )


def _texts(parameter: Parameter, variable: str) -> Texts:
    name = parameter.name
    file = "file" in types_of(parameter.schema)
    if parameter.location == "query" and "object" in types_of(parameter.schema) and parameter.content_type is None:
        return _object_pairs(parameter)
    finders: dict[str, Texts] = {
        "path": lambda incoming: (incoming.values[variable],),
        "query": lambda incoming: incoming.query.get(name, NONE),
        "querystring": lambda incoming: _query_string(incoming.request),
        "header": lambda incoming: incoming.request.headers.getlist(name),
        "cookie": lambda incoming: incoming.request.cookies.getlist(name),
        "formData": lambda incoming: (incoming.request.files if file else incoming.request.form).getlist(name),
    }
    return finders[parameter.location]


def _object_pairs(parameter: Parameter) -> Texts:
    """Find the properties of an object that is spread over the query: `filter[a]=1`, or `a=1` with explode."""
    if parameter.style == "deepObject":
        bracket = re.compile(re.escape(parameter.name) + r"\[(.*)\]")
        return lambda incoming: [
            (match[1], text)
            for key, text in incoming.request.args.items(multi=True)
            if (match := bracket.fullmatch(key))
        ]
    if parameter.explode:
        known = set(_property_decoders(parameter.schema))
        return lambda incoming: [
            pair for pair in incoming.request.args.items(multi=True) if not known or pair[0] in known
        ]
    return lambda incoming: incoming.query.get(parameter.name, NONE)


def _query_string(request: Request) -> Sequence[str]:
    return [request.query_string.decode()] if request.query_string else NONE


def _decode(parameter: Parameter) -> Callable[[Sequence[Any]], object]:
    if parameter.content_type is not None:
        return (lambda texts: from_json(texts[0])) if is_json(parameter.content_type) else (lambda texts: texts[0])
    types = types_of(parameter.schema)
    if "file" in types:
        return lambda texts: texts[0]
    if "array" in types:
        return _array_decoder(parameter)
    if "object" in types:
        return _object_decoder(parameter)
    one, lead = decoder(parameter.schema), _lead(parameter)
    if not lead:
        return lambda texts: one(texts[-1])
    return lambda texts: one(texts[-1].removeprefix(lead))


def _lead(parameter: Parameter) -> str:
    return {"label": ".", "matrix": f";{parameter.name}="}.get(parameter.style, "")


def _array_decoder(parameter: Parameter) -> Callable[[Sequence[str]], object]:
    items = _items(parameter.schema)
    one = decoder(items) if items else str
    if parameter.explode and parameter.location in ("query", "cookie", "formData"):
        return lambda texts: [one(text) for text in texts]
    separator = SEPARATORS.get(parameter.style, ",")
    lead = _lead(parameter)

    def decode(texts: Sequence[str]) -> object:
        text = ",".join(texts).removeprefix(lead)
        return [one(part.strip() if parameter.location == "header" else part) for part in text.split(separator)]

    return decode


def _object_decoder(parameter: Parameter) -> Callable[[Sequence[Any]], object]:
    decoders = _property_decoders(parameter.schema)

    def decode(texts: Sequence[Any]) -> object:
        pairs = texts if isinstance(texts[0], tuple) else _pairs(parameter, texts[0])
        return {name: decoders.get(name, str)(text) for name, text in pairs}

    return decode


def _pairs(parameter: Parameter, text: str) -> list[tuple[str, str]]:
    """Split "a,1,b,2", or "a=1,b=2" with explode."""
    parts = text.split(SEPARATORS.get(parameter.style, ","))
    if parameter.explode:
        return [(name, value) for name, _, value in (part.partition("=") for part in parts)]
    return list(zip(parts[::2], parts[1::2], strict=False))


def _items(schema: Schema) -> Schema | None:
    schema = schema.resolved
    return schema.child("items") if isinstance(schema.keywords.get("items"), dict) else None


def _property_decoders(schema: Schema) -> dict[str, Callable[[str], object]]:
    schema = schema.resolved
    return {name: decoder(child) for name, child in schema.children("properties").items()}


def _default(parameter: Parameter, judge: Callable[[object], Any]) -> Any:
    """Return the default of a parameter as the handler gets it; one that its own schema refuses is none."""
    written = parameter.schema.resolved.keywords.get("default", ABSENT)
    if written is ABSENT:
        return ABSENT
    try:
        return judge(written)
    except InvalidValue:
        log.warning("%s: the default of '%s' breaks its own schema: it is left out", parameter.place, parameter.name)
        return ABSENT
