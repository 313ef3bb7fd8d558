"""Properties that are write-only, taken out of what is sent: wherever a schema that may apply says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.models.asserted import runs, text_judge
from pymacaron.models.heirs import variants
from pymacaron.models.merge import parts_of
from pymacaron.models.resources import reached
from pymacaron.spec import Place, Schema, schemas_in

__all__ = ["Hiding", "has_write_only"]

_SAME = frozenset({"anyOf", "dependencies", "dependentSchemas", "else", "if", "oneOf", "then"})
"""What holds schemas of the same value: each one may apply."""


def has_write_only(schema: Schema) -> bool:
    """Tell whether anything that a schema reaches is write-only."""
    return any(each.siblings.get("writeOnly") is True for each in reached(schema))


class Hiding:
    """Takes out what a schema calls write-only: of conditions and unions each branch counts, whether it fits or not."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._anchors: dict[str, list[Schema]] = {}
        for each in reached(schema):
            self._anchors.setdefault(str(each.keywords.get("$dynamicAnchor")), []).append(each)

    def without(self, data: Any) -> Any:
        """Return JSON data without its write-only properties."""
        return self._without([self._schema], data)

    def _without(self, schemas: Iterable[Schema], data: Any) -> Any:
        if not isinstance(data, dict | list):
            return data
        parts: dict[Place, Schema] = {}
        for schema in schemas:
            self._gather(schema, parts)
        if isinstance(data, list):
            return [self._without(list(_items(parts.values(), index)), item) for index, item in enumerate(data)]
        kept = {}
        for name, value in data.items():
            inner = [schema for part in parts.values() for schema in _members(part, name)]
            if not any(_write_only(schema) for schema in inner):
                kept[name] = self._without(inner, value)
        return kept

    def _gather(self, schema: Schema, parts: dict[Place, Schema]) -> None:
        """Add a schema and whatever it combines."""
        for part in (*variants(schema), *parts_of(schema)):
            if part.place not in parts:
                parts[part.place] = part
                for inner in self._beside(part):
                    self._gather(inner, parts)

    def _beside(self, part: Schema) -> Iterator[Schema]:
        """Yield the other schemas that may judge the same value."""
        yield from variants(part)
        yield from parts_of(part)
        for tokens, _ in _inner(part):
            if tokens[0] in _SAME:
                yield part.child(*tokens)
        dynamic = part.siblings.get("$dynamicRef")
        if isinstance(dynamic, str) and part.dialect == "openapi-3.1":
            yield from self._anchors.get(dynamic.partition("#")[2], ())
            try:
                yield part.references.schema(part.place, dynamic, part.dialect)
            except SpecError:
                return


def _inner(part: Schema) -> Iterator[tuple[tuple[str, ...], Any]]:
    return schemas_in(dict(part.siblings), part.dialect == "openapi-3.1")


def _members(part: Schema, name: str) -> Iterator[Schema]:
    """Yield what a part says of a property."""
    found = [tokens for tokens, _ in _inner(part) if _says(tokens, name)]
    for tokens in found or [("additionalProperties",)]:
        if isinstance(part.siblings.get(tokens[0]), dict):
            yield part.child(*tokens)
    if isinstance(part.siblings.get("unevaluatedProperties"), dict) and not found:
        yield part.child("unevaluatedProperties")


def _says(tokens: tuple[str, ...], name: str) -> bool:
    """Tell whether a schema inside another one is that of a property, by its name or by a pattern of it."""
    if tokens[0] == "properties":
        return tokens[1] == name
    return tokens[0] == "patternProperties" and runs(tokens[1]) and text_judge("", tokens[1])(name)


def _items(parts: Iterable[Schema], index: int) -> Iterator[Schema]:
    """Yield what parts say of an item."""
    for part in parts:
        listed = "prefixItems" if part.dialect == "openapi-3.1" else "items"
        first = part.siblings.get(listed)
        words = ["items", "additionalItems", "contains", "unevaluatedItems"]
        if isinstance(first, list) and index < len(first):
            yield part.child(listed, str(index))
            words = ["contains"]
        yield from (part.child(word) for word in words if isinstance(part.siblings.get(word), dict))


def _write_only(schema: Schema) -> bool:
    return any(part.siblings.get("writeOnly") is True for part in parts_of(schema))
