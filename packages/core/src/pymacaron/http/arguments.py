"""The parameters of an operation, read from a request and handed to the handler as keywords."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pymacaron.http.handlers import BoundOperation
from pymacaron.http.incoming import Incoming
from pymacaron.http.problems import Problems
from pymacaron.http.values import decoder, types_of
from pymacaron.models.pool import ModelPool
from pymacaron.spec import Parameter, Schema

if TYPE_CHECKING:
    from flask import Request

__all__ = ["ArgumentReader", "read_arguments", "readers"]

ABSENT = object()
SEPARATORS = {"form": ",", "simple": ",", "spaceDelimited": " ", "tabDelimited": "\t", "pipeDelimited": "|"}

Texts = Callable[[Incoming], Sequence[Any]]
NONE: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ArgumentReader:
    """How one parameter is read: `texts` finds it, `decode` turns its texts into a JSON value, `judge` validates it."""

    parameter: Parameter
    keyword: str
    texts: Texts
    decode: Callable[[Sequence[Any]], object]
    judge: Callable[[object], Any]
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
            pool.adapter(parameter.schema).validator.validate_python,
            _default(parameter.schema),
            keyword in bound.omitted,
        )
        for parameter, keyword in bound.keywords.items()
    )


def read_arguments(found: Sequence[ArgumentReader], incoming: Incoming, problems: Problems) -> dict[str, Any]:
    """Return the keywords of a call; what is wrong with them is added to the problems."""
    arguments: dict[str, Any] = {}
    for reader in found:
        texts = reader.texts(incoming)
        if texts:
            arguments[reader.keyword] = _judged(reader, texts, problems)
        elif reader.parameter.required:
            problems.add(reader.parameter.location, reader.parameter.name, "Is required")
        elif reader.default is not ABSENT:
            arguments[reader.keyword] = reader.judge(reader.default)
        elif not reader.may_be_omitted:
            arguments[reader.keyword] = None
    return arguments


def _judged(reader: ArgumentReader, texts: Sequence[Any], problems: Problems) -> Any:
    parameter = reader.parameter
    if parameter.allow_empty_value and list(texts) == [""]:
        return None
    try:
        return reader.judge(reader.decode(texts))
    except ValidationError as error:
        problems.add_errors(parameter.location, parameter.name, error)
    except json.JSONDecodeError:
        problems.add(parameter.location, parameter.name, "Is not JSON")
    return None


def _texts(parameter: Parameter, variable: str) -> Texts:
    name = parameter.name
    if parameter.location == "query" and "object" in types_of(parameter.schema) and parameter.content_type is None:
        return _object_pairs(parameter)
    finders: dict[str, Texts] = {
        "path": lambda incoming: (incoming.values[variable],),
        "query": lambda incoming: incoming.query.get(name, NONE),
        "querystring": lambda incoming: _query_string(incoming.request),
        "header": lambda incoming: incoming.request.headers.getlist(name),
        "cookie": lambda incoming: incoming.request.cookies.getlist(name),
        "formData": lambda incoming: incoming.request.form.getlist(name) or incoming.request.files.getlist(name),
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
        return lambda texts: json.loads(texts[0])
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


def _resolved(schema: Schema) -> Schema:
    while (target := schema.reference) is not None:
        schema = target
    return schema


def _items(schema: Schema) -> Schema | None:
    schema = _resolved(schema)
    return schema.child("items") if isinstance(schema.keywords.get("items"), dict) else None


def _property_decoders(schema: Schema) -> dict[str, Callable[[str], object]]:
    schema = _resolved(schema)
    return {name: decoder(child) for name, child in schema.children("properties").items()}


def _default(schema: Schema) -> Any:
    return _resolved(schema).keywords.get("default", ABSENT)
