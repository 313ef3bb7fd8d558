"""One schema of a document as it is written: its keywords, its place, and the way to the schemas that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pymacaron.spec.place import Place

if TYPE_CHECKING:
    from pymacaron.spec.references import References

__all__ = ["Dialect", "Schema"]

Dialect = Literal["swagger-2.0", "openapi-3.0", "openapi-3.1"]
"""Which keywords a schema knows: draft 4 with Swagger 2.0's or OpenAPI 3.0's changes, or JSON Schema 2020-12."""


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """A schema object; `true` is told as no keywords, `false` as {"not": {}}. Two are one at one place."""

    place: Place
    keywords: Mapping[str, Any]
    dialect: Dialect
    references: References

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and other.place == self.place

    def __hash__(self) -> int:
        return hash(self.place)

    @property
    def reference(self) -> Schema | None:
        """The schema that `$ref` names, or None where there is no `$ref`."""
        target = self.keywords.get("$ref")
        return None if target is None else self.references.schema(self.place, target, self.dialect)

    @property
    def resolved(self) -> Schema:
        """The schema at the end of a chain of `$ref`: this one where it has none."""
        schema = self
        while (target := schema.reference) is not None:
            schema = target
        return schema

    @property
    def siblings(self) -> Mapping[str, Any]:
        """The keywords beside `$ref` that count: none before OpenAPI 3.1 (OpenAPI 3.0.4, section 4.7.23)."""
        if "$ref" not in self.keywords:
            return self.keywords
        if self.dialect != "openapi-3.1":
            return {}
        return {keyword: value for keyword, value in self.keywords.items() if keyword != "$ref"}

    def child(self, *tokens: str) -> Schema:
        """Return the schema below this one at the given keyword and, for maps and lists of schemas, name or index."""
        value: Any = self.keywords
        for token in tokens:
            value = value[int(token)] if isinstance(value, list) else value[token]
        return self.references.written(self.place.child(*tokens), value, self.dialect)

    def children(self, keyword: str) -> dict[str, Schema]:
        """Return the schemas of a map such as `properties`, by name, or of a list such as `allOf`, by index."""
        value = self.keywords.get(keyword, {})
        names = value if isinstance(value, dict) else map(str, range(len(value)))
        return {name: self.child(keyword, name) for name in names}
