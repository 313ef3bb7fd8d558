"""The JSON types of values, and those that a schema may accept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pymacaron.models.merge import says_null
from pymacaron.spec import Place, Schema

__all__ = ["disjoint", "is_of_type", "json_type", "told_types", "written_types"]

_TYPES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "array",
    tuple: "array",
    type(None): "null",
}

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def written_types(schema: Schema) -> frozenset[str]:
    """Return what `type` says, nothing where it is not there."""
    written = schema.siblings.get("type", ())
    return frozenset([written] if isinstance(written, str) else map(str, written))


def told_types(schema: Schema, seen: frozenset[Place] = frozenset()) -> frozenset[str] | None:
    """Return the JSON types that a schema may accept, None where nothing tells."""
    if schema.place in seen:
        return None
    seen |= {schema.place}
    own = written_types(schema) or None
    values = schema.siblings.get("enum", [schema.siblings["const"]] if "const" in schema.siblings else None)
    if own is None and isinstance(values, list):
        own = frozenset(map(json_type, values))
    found = [own] if own is not None else []
    reference = schema.reference
    parts = ([reference] if reference else []) + list(schema.children("allOf").values())
    found += [told for part in parts if (told := told_types(part, seen)) is not None]
    for word in ("anyOf", "oneOf"):
        if isinstance(schema.siblings.get(word), list):
            branches = [told_types(branch, seen) for branch in schema.children(word).values()]
            if None not in branches:
                found.append(frozenset[str]().union(*(branch for branch in branches if branch)))
    if not found:
        return None
    types = frozenset.intersection(*found)
    return types | {"null"} if says_null(schema) else types


def disjoint(types: Iterable[frozenset[str] | None]) -> bool:
    """Tell whether no JSON type stands in two of the sets."""
    seen: set[str] = set()
    for found in types:
        if found is None:
            return False
        wide = found | ({"integer"} if "number" in found else set()) | ({"number"} if "integer" in found else set())
        if seen & wide:
            return False
        seen |= wide
    return True


def json_type(value: Any) -> str:
    """Return the JSON type of a value: models are objects, and whatever else Python has is written as text."""
    known = _TYPES.get(type(value))
    if known is not None:
        return known
    return "object" if isinstance(value, Mapping) or hasattr(value, "__pydantic_fields__") else "string"


def is_of_type(value: object, name: str) -> bool:
    """Tell whether a JSON value is of a type: booleans are no numbers, and 1.0 is an integer."""
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _JSON_TYPES.get(name, ()))
