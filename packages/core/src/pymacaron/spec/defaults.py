"""Which defaults fit their schemas at first sight, so that no validator is needed to tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["fits_at_sight"]

_DESCRIBING = frozenset(
    {
        "allowEmptyValue",
        "collectionFormat",
        "default",
        "deprecated",
        "description",
        "enum",
        "example",
        "examples",
        "externalDocs",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "nullable",
        "readOnly",
        "title",
        "type",
        "uniqueItems",
        "writeOnly",
        "xml",
    }
)
_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
_BOUNDS: dict[type, tuple[str, str]] = {
    float: ("minimum", "maximum"),
    int: ("minimum", "maximum"),
    list: ("minItems", "maxItems"),
    str: ("minLength", "maxLength"),
}
_ANY_INTEGER = range(128)
"""What every format of integers allows, int8 too."""


def fits_at_sight(schema: Mapping[str, Any]) -> bool:
    """Tell whether the default of a schema surely fits: only types, enums and bounds are looked at."""
    words = schema.keys() - _DESCRIBING
    value = schema["default"]
    if not isinstance(value, str) and value in _ANY_INTEGER:
        words -= {"format"}
    if any(not word.startswith("x-") for word in words) or (isinstance(value, list | dict) and value):
        return False
    return (
        any(_is_of(value, name) for name in _listed(schema.get("type", ())))
        and ("enum" not in schema or (value in schema["enum"] and not isinstance(value, list)))
        and _in_bounds(schema, value)
    )


def _listed(types: Any) -> list[Any]:
    return [types] if isinstance(types, str) else list(types)


def _is_of(value: Any, name: object) -> bool:
    return isinstance(value, _TYPES.get(str(name), ())) and (name == "boolean") is isinstance(value, bool)


def _in_bounds(schema: Mapping[str, Any], value: Any) -> bool:
    if isinstance(value, bool | dict):
        return True
    size = len(value) if isinstance(value, str | list) else value
    least, most = _BOUNDS[type(value)]
    return bool(schema.get(least, size) <= size <= schema.get(most, size))
