"""The parameters of an operation, read from a request and handed to the handler as keywords."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Request
from pydantic_core import from_json

from pymacaron.http.handlers import BoundOperation
from pymacaron.http.mediatypes import is_json
from pymacaron.http.problems import Problems
from pymacaron.http.values import decoder, types_of
from pymacaron.models.codec import Codec
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue
from pymacaron.spec import Parameter, Schema

__all__ = ["ArgumentReader", "read_arguments", "readers"]

log = logging.getLogger(__name__)

ABSENT = object()
SEPARATORS = {"form": ",", "simple": ",", "spaceDelimited": " ", "tabDelimited": "\t", "pipeDelimited": "|"}

Texts = Callable[[Request, Mapping[str, str]], Sequence[Any]]


@dataclass(frozen=True)
class ArgumentReader:
    """How one parameter is read: `texts` finds it, `decode` turns its texts into a JSON value, `codec` judges it."""

    parameter: Parameter
    keyword: str
    texts: Texts
    decode: Callable[[Sequence[Any]], object]
    codec: Codec
    default: Any
    may_be_omitted: bool


def readers(bound: BoundOperation, pool: ModelPool, variables: Mapping[str, str]) -> tuple[ArgumentReader, ...]:
    """Return the readers of an operation's parameters; `variables` maps path parameters to the router's names."""
    return tuple(
        ArgumentReader(
            parameter,
            keyword,
            _texts(parameter, variables.get(parameter.name, "")),
            _decode(parameter),
            pool.codec(parameter.schema, "request"),
            _default(parameter, pool),
            keyword in bound.omitted,
        )
        for parameter, keyword in bound.keywords.items()
    )


def read_arguments(
    found: Sequence[ArgumentReader], request: Request, values: Mapping[str, str], problems: Problems
) -> dict[str, Any]:
    """Return the keywords of a call; what is wrong with them is added to the problems."""
    arguments: dict[str, Any] = {}
    for reader in found:
        texts = reader.texts(request, values)
        if texts:
            arguments[reader.keyword] = _judged(reader, texts, problems)
        elif reader.parameter.required:
            problems.add(reader.parameter.location, reader.parameter.name, "Is required", keyword="required")
        elif reader.default is not ABSENT:
            arguments[reader.keyword] = copy.deepcopy(reader.default)
        elif not reader.may_be_omitted:
            arguments[reader.keyword] = None
    return arguments


def _judged(reader: ArgumentReader, texts: Sequence[Any], problems: Problems) -> Any:
    parameter = reader.parameter
    if parameter.allow_empty_value and list(texts) == [""]:
        return None
    try:
        return reader.codec.read(reader.decode(texts))
    except InvalidValue as error:
        problems.add_invalid(parameter.location, parameter.name, error)
    except ValueError:
        problems.add(parameter.location, parameter.name, "Is not JSON")
    return None


def _texts(parameter: Parameter, variable: str) -> Texts:
    name = parameter.name
    file = "file" in types_of(parameter.schema)
    if parameter.location == "query" and "object" in types_of(parameter.schema) and parameter.content_type is None:
        return _object_pairs(parameter)
    finders: dict[str, Texts] = {
        "path": lambda request, values: [values[variable]],
        "query": lambda request, values: request.args.getlist(name),
        "querystring": lambda request, values: [request.query_string.decode()] if request.query_string else [],
        "header": lambda request, values: request.headers.getlist(name),
        "cookie": lambda request, values: request.cookies.getlist(name),
        "formData": lambda request, values: (request.files if file else request.form).getlist(name),
    }
    return finders[parameter.location]


def _object_pairs(parameter: Parameter) -> Texts:
    """Find the properties of an object that is spread over the query: `filter[a]=1`, or `a=1` with explode."""
    if parameter.style == "deepObject":
        bracket = re.compile(re.escape(parameter.name) + r"\[(.*)\]")
        return lambda request, values: [
            (match[1], text) for key, text in request.args.items(multi=True) if (match := bracket.fullmatch(key))
        ]
    if parameter.explode:
        known = set(_property_decoders(parameter.schema))
        return lambda request, values: [
            pair for pair in request.args.items(multi=True) if not known or pair[0] in known
        ]
    return lambda request, values: request.args.getlist(parameter.name)


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


def _default(parameter: Parameter, pool: ModelPool) -> Any:
    """Return the default of a parameter as the handler gets it; one that its own schema refuses is none."""
    written = parameter.schema.resolved.keywords.get("default", ABSENT)
    if written is ABSENT:
        return ABSENT
    try:
        return pool.codec(parameter.schema, "request").read(written)
    except InvalidValue:
        log.warning("%s: the default of '%s' breaks its own schema: it is left out", parameter.place, parameter.name)
        return ABSENT
