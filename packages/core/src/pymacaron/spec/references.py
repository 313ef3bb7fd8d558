"""`$ref`: from a place and its text to the node that it names, inside one folder and never over the network."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pymacaron.exceptions import SpecError
from pymacaron.spec.identifiers import Identifiers, is_known, joined
from pymacaron.spec.place import Place, Problem
from pymacaron.spec.reader import Source, read_source
from pymacaron.spec.schema import Dialect, Schema
from pymacaron.text import did_you_mean, shown

__all__ = ["BrokenReferenceError", "References"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_INDEX = re.compile(r"0|[1-9][0-9]*")
_SUGGESTED_FROM = 1_000
_MISSING = object()


class BrokenReferenceError(SpecError):
    """A `$ref` that leads nowhere or out of the root folder; `unreadable` is its file where that is what is broken."""

    def __init__(self, place: Place, sentence: str, unreadable: Path | None = None) -> None:
        self.problem = Problem(place, sentence)
        self.unreadable = unreadable
        super().__init__(str(self.problem))


class References:
    """The files of one folder and the ways between their nodes; each file is read once, when it is first needed."""

    def __init__(self, root: Path, folders: Mapping[str, Path] | None = None) -> None:
        """Take the root folder, and the folders that hold copies of what is below prefixes of URLs."""
        self.root = absolute(root)
        self.identifiers = Identifiers(self.root, {url: absolute(folder) for url, folder in (folders or {}).items()})
        self.bases: dict[Place, dict[str, Schema]] = {}
        """The schemas that may have heirs, since they have a discriminator and no variants, with what may be one."""
        self.heirs: dict[Place, Any] = {}
        """What was found out about the heirs of each of them."""
        self._real_root = os.path.realpath(root)
        self._inside: set[Path] = set()
        self._sources: dict[Path, Source | SpecError] = {}
        self._found: dict[tuple[Path, str, str, bool], tuple[Place, Any]] = {}

    def source(self, file: Path) -> Source:
        """Return a file's content, whatever folder it is in; raise SpecError for one that cannot be read."""
        known = self._sources.get(file)
        if known is None:
            try:
                known = read_source(file)
            except SpecError as error:
                known = error
            self._sources[file] = known
        if isinstance(known, SpecError):
            raise known
        return known

    def resolve(self, place: Place, ref: object, dialect: Dialect | None = None) -> tuple[Place, Any]:
        """Return the place and the node that the `$ref` of the object at `place` names; `dialect` is that of a schema.

        One step only: the node may be a reference itself. Raises BrokenReferenceError.
        """
        if not isinstance(ref, str):
            raise BrokenReferenceError(
                place.child("$ref"), "a '$ref' is text, but this one is none; write the way to a schema in quotes"
            )
        new = dialect == "openapi-3.1"
        base = self.identifiers.base(place, self.source(place.file).data, new) if dialect and self._read(place) else ""
        key = (place.file, base, ref, new)
        if key not in self._found:
            self._found[key] = self._find(place.child("$ref"), ref, base, new if dialect else None)
        return self._found[key]

    def follow(self, place: Place, node: Any) -> tuple[Place, Any]:
        """Return the place and node at the end of a chain of Reference Objects; raise BrokenReferenceError."""
        passed = {id(node)}
        while isinstance(node, dict) and "$ref" in node:
            start = place
            place, node = self.resolve(place, node["$ref"])
            if id(node) in passed:
                raise endless(start, str(place))
            passed.add(id(node))
        return place, node

    def schema(self, place: Place, ref: object, dialect: Dialect) -> Schema:
        """Return the schema that the `$ref` of the schema at `place` names; raise SpecError."""
        found, node = self.resolve(place, ref, dialect)
        return self.written(found, node, dialect)

    def written(self, place: Place, value: Any, dialect: Dialect) -> Schema:
        """Return what is written at a place as a schema; raise SpecError for what is none."""
        if value is True or value is False:
            value = {} if value else {"not": {}}
        if not isinstance(value, dict):
            raise SpecError(str(Problem(place, "a schema is a mapping or a boolean; write one here")))
        return Schema(place, value, dialect, self)

    def _read(self, place: Place) -> bool:
        return isinstance(self._sources.get(place.file), Source)

    def _find(self, place: Place, ref: str, base: str, new: bool | None) -> tuple[Place, Any]:
        name, _, fragment = ref.partition("#")
        if new is not None and (base or _SCHEME.match(name) or (fragment and fragment[0] != "/")):
            found = self._identified(place, ref, base, new)
            if found is not None:
                return found
        file = self._file(place, ref, name) if name else place.file
        return self._walked(place, ref, Place(file), self._data(place, ref, file), unquote(fragment))

    def _walked(self, place: Place, ref: str, found: Place, node: Any, fragment: str) -> tuple[Place, Any]:
        """Return what a JSON Pointer names below a node."""
        tokens = self._tokens(place, ref, fragment)
        for index, token in enumerate(tokens):
            below = _below(node, token)
            if below is _MISSING:
                raise _dangling(place, ref, tokens[: index + 1], node)
            node = below
        return found.child(*tokens), node

    def _identified(self, place: Place, ref: str, base: str, new: bool) -> tuple[Place, Any] | None:
        """Return what a reference names by `$id`, by an anchor, or by a URL that is mapped or known; None elsewhere."""
        full, _, fragment = joined(base or self.identifiers.address(place.file), ref).partition("#")
        if is_known(full):
            return Place(Path(full)), {"$id": full}
        found = self._resource(place, ref, full, new)
        if found is None:
            return None
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            return self.identifiers.anchored(full, fragment, new)
        return self._walked(place, ref, *found, fragment)

    def _resource(self, place: Place, ref: str, url: str, new: bool) -> tuple[Place, Any] | None:
        """Return the schema that a URL without a fragment names, in a file that was read or can be."""
        self.identifiers.scan(place.file, self._data(place, ref, place.file), new)
        mapped = self.identifiers.file(url)
        if mapped is not None:
            file, folder = absolute(mapped[0]), os.path.realpath(mapped[1])
            if Path(os.path.realpath(file)).is_relative_to(folder) and file.is_file():
                self.identifiers.scan(file, self._data(place, ref, file), new)
        found = self.identifiers.named(url, new)
        if found is None:
            for file, source in list(self._sources.items()):
                if isinstance(source, Source):
                    self.identifiers.scan(file, source.data, new)
            found = self.identifiers.named(url, new)
        return found

    def _file(self, place: Place, ref: str, name: str) -> Path:
        """Return the file that a reference names, which must lie in the root folder, symbolic links followed."""
        if _SCHEME.match(name):
            raise BrokenReferenceError(
                place, f"'$ref: {ref}' is a URL, and nothing is fetched; keep a copy beside this file"
            )
        relative = unquote(name)
        if "\0" in relative:
            raise BrokenReferenceError(place, f"'$ref: {ref}' names no file; correct it")
        if relative.startswith(("/", "\\")):
            raise BrokenReferenceError(place, f"'$ref: {ref}' is an absolute path; write it relative to this file")
        file = absolute(place.file.parent / relative)
        if file not in self._inside and not Path(os.path.realpath(file)).is_relative_to(self._real_root):
            sentence = f"'$ref: {ref}' leads out of the folder {shown(self.root)}; copy what it names into that folder"
            raise BrokenReferenceError(place, sentence)
        self._inside.add(file)
        return file

    def _data(self, place: Place, ref: str, file: Path) -> Any:
        try:
            return self.source(file).data
        except SpecError as error:
            sentence = f"'$ref: {ref}' names a file that cannot be read: {'; '.join(error.problems)}"
            raise BrokenReferenceError(place, sentence, file) from None

    def _tokens(self, place: Place, ref: str, fragment: str) -> tuple[str, ...]:
        """Return the unescaped tokens of a fragment that is a JSON Pointer (RFC 6901, sections 3 to 6)."""
        if not fragment:
            return ()
        if fragment[0] != "/":
            raise BrokenReferenceError(place, f"'$ref: {ref}' names no node; write '#/' and the way to it from the top")
        return tuple(token.replace("~1", "/").replace("~0", "~") for token in fragment[1:].split("/"))


def absolute(path: Path) -> Path:
    """Return a path from the root of the file system, without `..`, its symbolic links kept."""
    return Path(os.path.abspath(path))  # noqa: PTH100  Path.absolute() keeps '..'


def endless(place: Place, target: str) -> BrokenReferenceError:
    """Return the error of a reference that only leads back to itself."""
    return BrokenReferenceError(
        place.child("$ref"), f"this '$ref' leads back to itself by way of {target}; break the circle"
    )


def _below(node: Any, token: str) -> Any:
    if isinstance(node, dict):
        return node.get(token, _MISSING)
    if isinstance(node, list) and _INDEX.fullmatch(token) and int(token) < len(node):
        return node[int(token)]
    return _MISSING


def _dangling(place: Place, ref: str, tokens: tuple[str, ...], node: Any) -> BrokenReferenceError:
    missing = tokens[-1]
    near = did_you_mean(missing, list(node)[:_SUGGESTED_FROM]) if isinstance(node, dict) else ""
    step = (
        near or f": there is no '{missing}' in '#{'/'.join(('', *tokens[:-1]))}'; define it, or correct the reference"
    )
    return BrokenReferenceError(place, f"'$ref: {ref}' points to nothing{step}")
