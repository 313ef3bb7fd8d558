"""The rule about named parts of a document that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.spec import Place
from pymacaron_testing.lint.records import Found
from pymacaron_testing.lint.subject import Subject

__all__ = ["unused"]

_SECTIONS_2 = ("definitions", "parameters", "responses", "securityDefinitions")
_SCHEMES = ("securitySchemes", "securityDefinitions")

Name = tuple[str, ...]


def unused(subject: Subject) -> Iterator[Found]:
    """Find components to which no way leads from the paths or webhooks of a document."""
    if not subject.document.operations and "webhooks" not in subject.data:
        return
    uses = _Uses(subject)
    for name in uses.known:
        if name not in uses.reached:
            what = "/".join(name[:-1])
            yield (
                Place(subject.path, name),
                f"nothing uses '{name[-1]}' of '{what}'; remove it, or refer to it",
            )


class _Uses:
    """The components of a document, and those that are used."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._depth = 2 if subject.is_old else 3
        self.known = list(self._components())
        self.reached: set[Name] = set()
        self._heirs = self._inheriting()
        self._seen: set[int] = set()
        self._waiting: list[tuple[Place, Any]] = []
        self._follow()

    def _components(self) -> Iterator[Name]:
        data = self._subject.data
        if self._subject.is_old:
            sections: dict[Name, Any] = {(name,): data.get(name) for name in _SECTIONS_2}
        else:
            named = data.get("components")
            sections = {("components", name): part for name, part in named.items()} if isinstance(named, dict) else {}
        for path, section in sections.items():
            if isinstance(section, dict):
                yield from ((*path, name) for name in section if not path[-1].startswith("x-"))

    def _inheriting(self) -> dict[Name, list[Name]]:
        """Return the heirs of each schema with a discriminator: a value names them, so no reference has to."""
        found: dict[Name, list[Name]] = {}
        for name in self.known:
            node = self._node(name)
            parts = node.get("allOf") if isinstance(node, dict) else None
            for part in parts if isinstance(parts, list) else ():
                base = self._target(Place(self._subject.path, name), part.get("$ref") if isinstance(part, dict) else 0)
                if base and isinstance(target := self._node(base), dict) and "discriminator" in target:
                    found.setdefault(base, []).append(name)
        return found

    def _node(self, name: Name) -> Any:
        return self._subject.node(Place(self._subject.path, name))

    def _follow(self) -> None:
        top, parts = self._subject.place, self._subject.data
        named = _SECTIONS_2 if self._subject.is_old else ("components",)
        self._waiting = [(top.child(key), node) for key, node in parts.items() if key not in named]
        for operation in self._subject.document.operations:
            for alternative in operation.security or ():
                self._use_schemes(alternative)
        security = parts.get("security")
        self._use_schemes(
            *(each for each in (security if isinstance(security, list) else ()) if isinstance(each, dict))
        )
        while self._waiting:
            self._visit(*self._waiting.pop())

    def _use_schemes(self, *alternatives: Any) -> None:
        for alternative in alternatives:
            for name in alternative:
                self.reached |= {each for each in self.known if each[-1] == name and each[-2] in _SCHEMES}

    def _visit(self, place: Place, node: Any) -> None:
        if isinstance(node, list):
            self._waiting += [(place.child(str(index)), item) for index, item in enumerate(node)]
        if not isinstance(node, dict) or id(node) in self._seen:
            return
        self._seen.add(id(node))
        self._use(place, node.get("$ref"))
        self._use(place, node.get("$dynamicRef"))
        self._mapped(place, node.get("discriminator"))
        self._waiting += [(place.child(key), value) for key, value in node.items() if isinstance(value, dict | list)]

    def _mapped(self, place: Place, discriminator: Any) -> None:
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        for value in mapping.values() if isinstance(mapping, dict) else ():
            if isinstance(value, str):
                self._use(place, value if set(value) & set("#/.") else f"#/components/schemas/{value}")

    def _use(self, place: Place, reference: Any) -> None:
        if not isinstance(reference, str):
            return
        try:
            found, node = self._subject.references.resolve(place, reference, self._subject.document.dialect)
        except SpecError:
            return
        self._waiting.append((found, node))
        self._reach(found)

    def _reach(self, found: Place) -> None:
        name = found.pointer[: self._depth]
        if found.file != self._subject.path or name in self.reached or name not in self.known:
            return
        self.reached.add(name)
        for heir in (name, *self._heirs.get(name, ())):
            place = Place(self._subject.path, heir)
            self._waiting.append((place, self._subject.node(place)))
            self._reach(place)

    def _target(self, place: Place, reference: Any) -> Name | None:
        if not isinstance(reference, str):
            return None
        try:
            found, _ = self._subject.references.resolve(place, reference, self._subject.document.dialect)
        except SpecError:
            return None
        return found.pointer if found.file == self._subject.path else None
