"""What a schema tells of the texts of its values: their types, and the schemas of what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pymacaron.spec import Schema

__all__ = ["item_schema", "member_schemas", "other_members", "parts", "types_of"]

COMBINING = ("allOf", "anyOf", "oneOf")
OF_OBJECTS = ("properties", "additionalProperties", "patternProperties")
TYPES: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


def parts(schema: Schema) -> Iterator[Schema]:
    """Yield a schema, all that it refers to, and all that it combines, each once."""
    waiting, seen = [schema], set()
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        yield part
        if (target := part.reference) is not None:
            waiting.append(target)
        waiting += [
            child for keyword in COMBINING if keyword in part.siblings for child in part.children(keyword).values()
        ]


def types_of(schema: Schema) -> frozenset[str]:
    """Return the JSON types that a schema names or, where it names none, those that its other keywords tell of."""
    every = list(parts(schema))
    found = frozenset(name for part in every for name in _named(part.siblings))
    if found - {"null"}:
        return found
    told = {name for part in every for name in _told(part.siblings)}
    return found | told


def item_schema(schema: Schema) -> Schema | None:
    """Return the schema of the items of an array, None where none is written."""
    return next((part.child("items") for part in parts(schema) if isinstance(part.siblings.get("items"), dict)), None)


def member_schemas(schema: Schema) -> dict[str, Schema]:
    """Return the schemas of the properties that an object declares, the first one where several parts do."""
    found: dict[str, Schema] = {}
    for part in parts(schema):
        if "properties" in part.siblings:
            found = part.children("properties") | found
    return found


def other_members(schema: Schema) -> Schema | bool:
    """Return the schema of properties that are not declared, or whether the document speaks of them at all."""
    written = [part for part in parts(schema) if "additionalProperties" in part.siblings]
    for part in written:
        if isinstance(part.keywords["additionalProperties"], dict):
            return part.child("additionalProperties")
    return any(part.keywords["additionalProperties"] is True for part in written)


def _named(keywords: Mapping[str, Any]) -> Iterator[str]:
    types = keywords.get("type", ())
    yield from (types,) if isinstance(types, str) else types
    if keywords.get("nullable") is True or keywords.get("x-nullable") is True:
        yield "null"


def _told(keywords: Mapping[str, Any]) -> Iterator[str]:
    values = keywords.get("enum", [keywords["const"]] if "const" in keywords else [])
    yield from (TYPES[type(value)] for value in values if type(value) in TYPES)
    if any(keyword in keywords for keyword in OF_OBJECTS):
        yield "object"
    if "items" in keywords:
        yield "array"
