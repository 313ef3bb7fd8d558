"""Which schemas may apply to a value, and to each of its properties and items: by every keyword that holds schemas."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.models.asserted import runs, text_judge
from pymacaron.models.heirs import variants
from pymacaron.models.merge import parts_of
from pymacaron.models.resources import reached
from pymacaron.spec import Place, Schema, schemas_in

__all__ = ["Applying", "items", "members"]

_SAME = frozenset({"anyOf", "dependencies", "dependentSchemas", "else", "if", "oneOf", "then"})
"""What holds schemas of the same value: each one may apply."""


class Applying:
    """Finds what may apply below one schema: of conditions and unions each branch counts, whether it fits or not."""

    def __init__(self, schema: Schema) -> None:
        self._anchors: dict[str, list[Schema]] = {}
        for each in reached(schema):
            self._anchors.setdefault(str(each.keywords.get("$dynamicAnchor")), []).append(each)

    def parts(self, schemas: Iterable[Schema]) -> Collection[Schema]:
        """Return the given schemas and whatever they combine."""
        found: dict[Place, Schema] = {}
        for schema in schemas:
            self._gather(schema, found)
        return found.values()

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


def members(parts: Iterable[Schema], name: str) -> list[Schema]:
    """Return what parts say of a property."""
    return [schema for part in parts for schema in _member(part, name)]


def items(parts: Iterable[Schema], index: int) -> list[Schema]:
    """Return what parts say of an item."""
    return [schema for part in parts for schema in _item(part, index)]


def _member(part: Schema, name: str) -> Iterator[Schema]:
    found = [tokens for tokens, _ in _inner(part) if _says(tokens, name)]
    for tokens in found or [("additionalProperties",), ("unevaluatedProperties",)]:
        if isinstance(part.siblings.get(tokens[0]), dict):
            yield part.child(*tokens)


def _says(tokens: tuple[str, ...], name: str) -> bool:
    """Tell whether a schema inside another one is that of a property, by its name or by a pattern of it."""
    if tokens[0] == "properties":
        return tokens[1] == name
    return tokens[0] == "patternProperties" and runs(tokens[1]) and text_judge("", tokens[1])(name)


def _item(part: Schema, index: int) -> Iterator[Schema]:
    listed = "items" if isinstance(part.siblings.get("items"), list) else "prefixItems"
    first = part.siblings.get(listed)
    words = ["items", "additionalItems", "contains", "unevaluatedItems"]
    if isinstance(first, list) and index < len(first):
        yield part.child(listed, str(index))
        words = ["contains"]
    yield from (part.child(word) for word in words if isinstance(part.siblings.get(word), dict))
