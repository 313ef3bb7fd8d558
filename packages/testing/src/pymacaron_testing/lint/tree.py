"""A document as it is written: every object of it, and every schema, also those that no operation uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.spec import Dialect, Place, References, Schema, is_known, schemas_in

__all__ = ["SAMPLES", "Tree", "grown"]

SAMPLES = frozenset({"const", "default", "enum", "example", "examples"})
"""What holds data rather than a part of a document."""
_NOT_SCHEMA = ("name", "in", "required", "allowEmptyValue")
_MAPS_OF_SCHEMAS = (("components", "schemas"), ("definitions",))
_MAPS = frozenset({"callbacks", "definitions", "headers", "parameters", "responses", "securityDefinitions"})


@dataclass(slots=True)
class Tree:
    """The objects that are no schemas with their places, and the schemas, each once."""

    references: References
    dialect: Dialect
    objects: list[tuple[Place, dict[str, Any]]] = field(default_factory=list)
    schemas: list[Schema] = field(default_factory=list)
    own: list[Schema] = field(default_factory=list)
    """Parameters and headers of Swagger 2.0, which are schemas themselves."""
    _seen: set[int] = field(default_factory=set)

    def grow(self, place: Place, node: Any) -> None:
        """Add what stands at a place, and all that it leads to in other files."""
        waiting = [(place, node)]
        while waiting:
            place, node = waiting.pop()
            if isinstance(node, list):
                waiting += [(place.child(str(index)), item) for index, item in reversed(list(enumerate(node)))]
            elif isinstance(node, dict) and id(node) not in self._seen:
                self._seen.add(id(node))
                waiting += reversed(list(self._object(place, node)))

    def _object(self, place: Place, node: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
        self.objects.append((place, node))
        if isinstance(node.get("$ref"), str):
            yield from self._elsewhere(place, node)
        names = _is_map(place.pointer)
        if self.dialect == "swagger-2.0" and not names and node.get("in") != "body" and "type" in node:
            self._add_own(place, node)
        for key, value in node.items():
            if place.pointer in _MAPS_OF_SCHEMAS or (key in ("schema", "itemSchema") and not names):
                self._add(place.child(key), value)
            elif (key not in SAMPLES or names) and not key.startswith("x-"):
                yield place.child(key), value

    def _elsewhere(self, place: Place, node: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
        try:
            found, target = self.references.follow(place, node)
        except SpecError:
            return
        if found.file != place.file:
            yield found, target

    def _add_own(self, place: Place, node: dict[str, Any]) -> None:
        if len(place.pointer) < 2 or place.pointer[0] == "securityDefinitions":
            return
        keywords = {word: value for word, value in node.items() if word not in _NOT_SCHEMA}
        schema = Schema(place, keywords, self.dialect, self.references)
        self.own.append(schema)
        for tokens, inner in schemas_in(keywords, new=False):
            self._add(place.child(*tokens), inner)

    def _add(self, place: Place, node: Any) -> None:
        new = self.dialect == "openapi-3.1"
        waiting = [(place, node)]
        while waiting:
            place, node = waiting.pop()
            if not isinstance(node, dict) or id(node) in self._seen:
                continue
            self._seen.add(id(node))
            schema = Schema(place, node, self.dialect, self.references)
            self.schemas.append(schema)
            if isinstance(node.get("$ref"), str):
                waiting += self._target(schema)
            waiting += [(place.child(*tokens), inner) for tokens, inner in reversed(list(schemas_in(node, new)))]

    def _target(self, schema: Schema) -> list[tuple[Place, Any]]:
        """Return the schema of another file that a reference leads to."""
        try:
            target = schema.reference
        except SpecError:
            return []
        if target is None or target.place.file == schema.place.file or is_known(str(target.keywords.get("$id"))):
            return []
        return [(target.place, target.keywords)]


def grown(references: References, place: Place, data: Any, dialect: Dialect) -> Tree:
    """Return the tree of a document."""
    tree = Tree(references, dialect)
    tree.grow(place, data)
    return tree


def _is_map(pointer: tuple[str, ...]) -> bool:
    """Tell whether the keys of an object are names that its author chose."""
    if pointer[:1] == ("components",):
        return len(pointer) == 2 or pointer[-1] in ("headers", "callbacks", "responses")
    return pointer[-1:] == ("content",) or bool(pointer and pointer[-1] in _MAPS)
