"""One document of many files: what its references name elsewhere becomes part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from pymacaron.exceptions import SpecError
from pymacaron.spec.grammar import rebuilt, sections_of
from pymacaron.spec.place import Place, Problem
from pymacaron.spec.references import BrokenReferenceError, References, absolute
from pymacaron.spec.schema import Dialect

__all__ = ["bundle"]

_NAMES = ("$id", "$anchor")
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")
_Key = tuple[str, Place]


def bundle(path: Path, references: References | None = None) -> dict[str, Any]:
    """Return a document as plain data whose references stay inside it.

    What they name in other files stands among its named parts, under the name that it has there; a path item stands
    where it is used. `$id` and `$anchor` are left out, since references no longer need them. Nothing is shared with the
    data of the files, which stay as they are. Raises SpecError for a reference that leads nowhere.
    """
    file = absolute(path)
    references = references or References(file.parent)
    data = references.source(file).data
    if not isinstance(data, dict):
        raise SpecError(str(Problem(Place(file), "this is no OpenAPI document; name a file with 'openapi'")))
    return _Bundler(file, data, references).bundled()


class _Bundler:
    """One run: which objects of other files have which name, and which of them still wait to be copied."""

    def __init__(self, file: Path, data: dict[str, Any], references: References) -> None:
        self.file = file
        self.data = data
        self.references = references
        self.dialect = _dialect(data)
        self.new = self.dialect == "openapi-3.1"
        self.sections = sections_of(data)
        self.names: dict[_Key, str] = {}
        self.own: set[_Key] = set()
        self.waiting: list[tuple[str, Place, Any]] = []
        self.open: list[Place] = []

    def bundled(self) -> dict[str, Any]:
        """Return the document with all that it reaches."""
        self._name_components()
        document: dict[str, Any] = self._copy(self.data, "document", Place(self.file))
        while self.waiting:
            kind, place, node = self.waiting.pop(0)
            holder = document
            for key in self.sections[kind]:
                holder = holder.setdefault(key, {})
            holder[self.names[kind, place]] = self._copy(node, kind, place)
        return document

    def _copy(self, node: Any, kind: str, place: Place) -> Any:
        return rebuilt(node, kind, place, self.new, self._change)

    def _name_components(self) -> None:
        """Let a component that is nothing but a reference into another file be what that names, under its own name."""
        for kind, section in self.sections.items():
            for name, node in self._section(section).items():
                if not (isinstance(node, dict) and list(node) == ["$ref"]):
                    continue
                place = Place(self.file, (*section, name))
                target, _ = self._resolve(place, node["$ref"], kind)
                if target.file != self.file and (kind, target) not in self.names:
                    self.names[kind, target] = name
                    self.own.add((kind, place))

    def _section(self, section: tuple[str, ...]) -> dict[str, Any]:
        holder: Any = self.data
        for key in section:
            holder = holder.get(key) if isinstance(holder, dict) else None
        return holder if isinstance(holder, dict) else {}

    def _change(self, node: dict[str, Any], kind: str, place: Place) -> tuple[dict[str, Any], Place | None]:
        if kind == "schema":
            node = self._schema(node, place)
        if "$ref" not in node or (kind not in self.sections and kind not in ("pathItem", "mediaType")):
            return node, place
        if (kind, place) in self.own:
            target, found = self._resolve(place, node["$ref"], kind)
            return self._change(found, kind, target) if isinstance(found, dict) else (found, None)
        if kind not in self.sections:
            return self._inlined(node, kind, place), None
        return {**node, "$ref": self._reference(place, node["$ref"], kind)}, place

    def _inlined(self, node: dict[str, Any], kind: str, place: Place) -> dict[str, Any]:
        """Return what a reference names, and what stands beside it."""
        target, found = self._resolve(place, node["$ref"], kind)
        if target in self.open:
            raise BrokenReferenceError(place, f"this '$ref' leads back to itself by way of {target}; break the circle")
        self.open.append(target)
        beside = {key: value for key, value in node.items() if key != "$ref"}
        inlined = {**self._copy(found, kind, target), **self._copy(beside, kind, place)}
        self.open.pop()
        return inlined

    def _schema(self, node: dict[str, Any], place: Place) -> dict[str, Any]:
        """Return a schema without the names by which others referred to it, its discriminator's references changed."""
        if self.new:
            node = {key: value for key, value in node.items() if key not in _NAMES or not isinstance(value, str)}
        told = node.get("discriminator")
        if isinstance(told, dict) and self.dialect != "swagger-2.0":
            written = told.get("mapping")
            given = written if isinstance(written, dict) else {}
            mapping = {tag: self._mapped(place, target) for tag, target in given.items()}
            for tag, target in self._renamed(node, place):
                if target not in mapping.values():
                    mapping.setdefault(tag, target)
            node = {**node, "discriminator": {**told, "mapping": mapping} if mapping else told}
        return node

    def _renamed(self, node: dict[str, Any], place: Place) -> Iterator[tuple[str, str]]:
        """Yield the names by which a discriminator knew branches that are called otherwise now, and what they are."""
        for word in ("oneOf", "anyOf"):
            for index, branch in enumerate(node.get(word) or ()):
                if isinstance(branch, dict) and isinstance(branch.get("$ref"), str):
                    inside = place.child(word, str(index))
                    target, _ = self._resolve(inside, branch["$ref"], "schema")
                    reference = self._reference(inside, branch["$ref"], "schema")
                    if target.pointer and reference.rpartition("/")[2] != _escaped(target.pointer[-1]):
                        yield target.pointer[-1], reference

    def _mapped(self, place: Place, target: Any) -> Any:
        """Return the target of a discriminator's mapping: a reference, or the name of a component, which stays."""
        if not isinstance(target, str) or not set("/#.") & set(target):
            return target
        try:
            return self._reference(place, target, "schema")
        except SpecError:
            return target

    def _resolve(self, place: Place, ref: Any, kind: str) -> tuple[Place, Any]:
        return self.references.resolve(place, ref, self.dialect if kind == "schema" else None)

    def _reference(self, place: Place, ref: str, kind: str) -> str:
        """Return a reference as it is written in the one document."""
        target, node = self._resolve(place, ref, kind)
        if target.file == self.file:
            written = "#" + "".join(f"/{_escaped(token)}" for token in target.pointer)
            return ref if unquote(ref) == unquote(written) else written
        if not target.file.is_absolute():
            return ref
        if (kind, target) not in self.names:
            self.names[kind, target] = self._free_name(kind, target)
            self.waiting.append((kind, target, node))
        return "#/" + "/".join((*self.sections[kind], _escaped(self.names[kind, target])))

    def _free_name(self, kind: str, target: Place) -> str:
        """Return the name that an object of another file gets: its own there, numbered where it is taken."""
        written = target.pointer[-1] if target.pointer else target.file.name.partition(".")[0]
        name = _UNFIT.sub("_", written) or kind
        taken = {*self._section(self.sections[kind]), *(used for key, used in self.names.items() if key[0] == kind)}
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        return candidate


def _dialect(data: dict[str, Any]) -> Dialect:
    if "swagger" in data:
        return "swagger-2.0"
    return "openapi-3.0" if str(data.get("openapi", "")).startswith("3.0") else "openapi-3.1"


def _escaped(token: str) -> str:
    """Return a token of a JSON Pointer as it stands in a reference (RFC 6901, section 6)."""
    return quote(token.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@?")
