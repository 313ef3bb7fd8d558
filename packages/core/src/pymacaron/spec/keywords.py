"""Where schemas stand inside a schema, by the keywords of each dialect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["LISTS", "LISTS_NEW", "MAPS", "MAPS_NEW", "ONE", "ONE_NEW", "schemas_in"]

ONE = ("additionalItems", "additionalProperties", "items", "not")
ONE_NEW = (
    "contains",
    "contentSchema",
    "else",
    "if",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
LISTS = ("allOf", "anyOf", "oneOf")
LISTS_NEW = ("prefixItems",)
MAPS = ("definitions", "dependencies", "patternProperties", "properties")
MAPS_NEW = ("$defs", "dependentSchemas")

_NEW = frozenset((*ONE_NEW, *LISTS_NEW, *MAPS_NEW))
_KNOWN = frozenset((*ONE, *LISTS, *MAPS)) | _NEW


def schemas_in(node: dict[str, Any], new: bool) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the way to each schema directly inside a schema, and that schema; `new` knows 2020-12's keywords."""
    for keyword, value in node.items():
        if keyword not in _KNOWN or (keyword in _NEW and not new):
            continue
        if isinstance(value, list):
            if keyword == "items" or keyword in LISTS or keyword in LISTS_NEW:
                yield from (((keyword, str(index)), schema) for index, schema in enumerate(value))
        elif keyword in MAPS or keyword in MAPS_NEW:
            if isinstance(value, dict):
                yield from (
                    ((keyword, name), schema) for name, schema in value.items() if isinstance(schema, dict | bool)
                )
        elif isinstance(value, dict | bool) and keyword not in LISTS and keyword not in LISTS_NEW:
            yield (keyword,), value
