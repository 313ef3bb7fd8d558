"""What the parts of a schema say of items, by their places, and of undeclared properties, by patterns of names."""

from __future__ import annotations

from collections.abc import Sequence

from pymacaron.models.asserted import runs
from pymacaron.models.merge import CHOSEN
from pymacaron.spec import Schema

__all__ = ["item_schemas", "patterns_in", "rest_schemas"]

_BRANCHING = frozenset(
    {"$dynamicRef", "anyOf", "contains", "dependencies", "dependentSchemas", "if", "not", "oneOf", CHOSEN}
)
"""What may look at an item or a property too, so that `unevaluatedItems` and the like do not tell what it is."""


def item_schemas(parts: Sequence[Schema]) -> tuple[list[list[Schema]], list[Schema]]:
    """Return what all parts say of each item that has a place of its own, and of all other items."""
    listed = [(part, _first(part)) for part in parts]
    first = [
        [found for part, own in listed for found in (own[index : index + 1] or _rest(part))] or _beside(parts)
        for index in range(max((len(own) for _, own in listed), default=0))
    ]
    return first, [found for part in parts for found in _rest(part)] or _beside(parts)


def patterns_in(parts: Sequence[Schema]) -> dict[str, list[Schema]]:
    """Return what all parts say of the properties whose names fit a pattern, for each pattern."""
    found: dict[str, list[Schema]] = {}
    for part in parts:
        if isinstance(part.siblings.get("patternProperties"), dict):
            for pattern, schema in part.children("patternProperties").items():
                if runs(pattern):
                    found.setdefault(pattern, []).append(schema)
    return found


def rest_schemas(parts: Sequence[Schema]) -> list[Schema]:
    """Return what all parts say of the properties that have neither a name nor a pattern."""
    found = [part.child("additionalProperties") for part in parts if _holds(part, "additionalProperties")]
    return found or _unevaluated(parts, "unevaluatedProperties")


def _first(part: Schema) -> list[Schema]:
    word = "prefixItems" if part.dialect == "openapi-3.1" and not _is_older(part) else "items"
    return list(part.children(word).values()) if isinstance(part.siblings.get(word), list) else []


def _is_older(part: Schema) -> bool:
    """Tell whether a schema writes a list of items as drafts before 2020-12 do, which its `$schema` may name."""
    return isinstance(part.siblings.get("items"), list)


def _rest(part: Schema) -> list[Schema]:
    word = "additionalItems" if _is_older(part) else "items"
    return [part.child(word)] if _holds(part, word) else []


def _beside(parts: Sequence[Schema]) -> list[Schema]:
    return _unevaluated(parts, "unevaluatedItems")


def _holds(part: Schema, word: str) -> bool:
    return isinstance(part.siblings.get(word), dict | bool)


def _unevaluated(parts: Sequence[Schema], word: str) -> list[Schema]:
    saying = [part for part in parts if word in part.siblings]
    if len(saying) != 1 or not isinstance(saying[0].siblings[word], dict):
        return []
    if any(_BRANCHING & part.siblings.keys() or part.dialect != "openapi-3.1" for part in parts):
        return []
    return [saying[0].child(word)]
