"""A way through the objects of a document that notes what is wrong, with its place, and goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pymacaron.spec.place import Place, Problem
from pymacaron.spec.references import BrokenReferenceError, References

__all__ = ["Cursor", "Report", "kind", "told"]

_KINDS: dict[type, str] = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}


def kind(value: Any) -> str:
    """Return what a value is, as a sentence calls it."""
    return _KINDS[type(value)]


def told(value: Any) -> str:
    """Return a value as a sentence shows it: a short scalar as it is written, else what it is."""
    written = json.dumps(value) if isinstance(value, (bool, int, float)) else f"'{value}'"
    return written if isinstance(value, (str, bool, int, float)) and len(written) < 60 else kind(value)


class Report:
    """The problems of one document, in the order in which they are found, each one once."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}
        self._unreadable: set[object] = set()

    @property
    def problems(self) -> list[Problem]:
        """Return everything that was noted."""
        return list(self._problems)

    def error(self, place: Place, sentence: str) -> None:
        """Note what keeps the document from being served."""
        self._problems[Problem(place, sentence)] = None

    def warning(self, place: Place, sentence: str) -> None:
        """Note what does not keep the document from being served."""
        self._problems[Problem(place, sentence, warning=True)] = None

    def broken(self, error: BrokenReferenceError) -> None:
        """Note a broken reference; what is wrong with a file is told once, not for each reference to it."""
        if error.unreadable is not None and error.unreadable in self._unreadable:
            return
        self._unreadable.add(error.unreadable)
        self._problems[error.problem] = None


class Cursor:
    """One object of a document: what is asked of it is returned, or noted as a problem and left out."""

    __slots__ = ("node", "place", "references", "report")

    def __init__(self, node: Mapping[str, Any], place: Place, report: Report, references: References) -> None:
        self.node = node
        self.place = place
        self.report = report
        self.references = references

    def __contains__(self, key: str) -> bool:
        return self.node.get(key) is not None

    def error(self, sentence: str, *tokens: str) -> None:
        """Note an error of this object, or of what stands below it."""
        self.report.error(self.place.child(*tokens), sentence)

    def warning(self, sentence: str, *tokens: str) -> None:
        """Note a warning of this object, or of what stands below it."""
        self.report.warning(self.place.child(*tokens), sentence)

    def at(self, node: Any, *tokens: str) -> Cursor | None:
        """Return the cursor of an object below this one, or None for what is no object."""
        place = self.place.child(*tokens)
        if isinstance(node, dict):
            return Cursor(node, place, self.report, self.references)
        if node is not None:
            self.report.error(place, f"'{tokens[-1]}' must be a mapping, not {kind(node)}; correct it")
        return None

    def get(self, key: str) -> Cursor | None:
        """Return the object under a key, None where there is none."""
        return self.at(self.node.get(key), key)

    def entries(self, key: str) -> Iterator[tuple[str, Cursor]]:
        """Yield the objects of a map of objects."""
        if found := self.get(key):
            yield from found.members()

    def members(self, extensible: bool = False) -> Iterator[tuple[str, Cursor]]:
        """Yield the objects of this map of objects, without its extensions where it may have some."""
        for name, node in self.node.items():
            if not (extensible and name.startswith("x-")) and (member := self.at(node, name)):
                yield name, member

    def items(self, key: str) -> Iterator[Cursor]:
        """Yield the objects of a list of objects."""
        for index, node in enumerate(self._list(key)):
            if isinstance(node, dict):
                yield Cursor(node, self.place.child(key, str(index)), self.report, self.references)
            else:
                self.error(f"each item of '{key}' must be a mapping, not {kind(node)}; correct it", key, str(index))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list."""
        values = self._list(key)
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self.error(f"each item of '{key}' must be text, not {kind(value)}; quote it", key, str(index))
        return tuple(value for value in values if isinstance(value, str))

    def _list(self, key: str) -> list[Any]:
        value = self.node.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.error(f"'{key}' must be a list, not {kind(value)}; correct it", key)
            return []
        return value

    def text(self, key: str) -> str | None:
        """Return the text under a key, None where there is none."""
        value = self.node.get(key)
        if value is not None and not isinstance(value, str):
            self.error(f"'{key}' must be text, not {kind(value)}; quote it", key)
            return None
        return value

    def needed(self, key: str, where: str) -> str | None:
        """Return the text under a key that must be there."""
        if key not in self:
            self.error(f"{where} has no '{key}'; add it")
            return None
        return self.text(key)

    def boolean(self, key: str, default: bool = False) -> bool:
        """Return the boolean under a key."""
        value = self.node.get(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.error(f"'{key}' must be true or false, not {told(value)}; correct it", key)
        return default

    def followed(self) -> Cursor | None:
        """Return the object at the end of a chain of references, this one where it is none; None for a broken chain."""
        if "$ref" not in self.node:
            return self
        try:
            place, node = self.references.follow(self.place, self.node)
        except BrokenReferenceError as error:
            self.report.broken(error)
            return None
        if isinstance(node, dict):
            return Cursor(node, place, self.report, self.references)
        self.error(f"'$ref: {self.node['$ref']}' names {kind(node)}, but a mapping must stand here; correct it", "$ref")
        return None

    def extensions(self) -> dict[str, Any]:
        """Return the members whose names begin with `x-`."""
        return {name: value for name, value in self.node.items() if name.startswith("x-")}
