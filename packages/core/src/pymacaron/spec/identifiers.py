"""Schemas that are named by `$id` and anchors, and URLs that lead to files or well-known meta-schemas, never out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin

from pymacaron.spec.keywords import schemas_in
from pymacaron.spec.place import Place

__all__ = ["Identifiers", "is_api", "is_known", "joined"]

_OWN = "pym:///"
_FILE = "file:///"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_KNOWN = ("http://json-schema.org/draft-", "https://json-schema.org/draft/")
_SAMPLES = frozenset({"const", "default", "enum", "example", "examples"})


def is_api(data: Any) -> bool:
    """Tell whether a file is a whole OpenAPI document, in which `id` is no keyword of JSON Schema."""
    return isinstance(data, dict) and ("openapi" in data or "swagger" in data)


def is_known(url: str) -> bool:
    """Tell whether a URL is that of a meta-schema of JSON Schema, which validators bring along."""
    return url.startswith(_KNOWN)


class Identifiers:
    """The URLs of files and of the schemas in them; `folders` maps prefixes of URLs to folders that hold copies."""

    def __init__(self, root: Path, folders: Mapping[str, Path]) -> None:
        self._root = root
        self._folders = dict(sorted(folders.items(), key=lambda pair: -len(pair[0])))
        self._scanned: set[tuple[Path, bool]] = set()
        self._named: dict[tuple[str, bool], tuple[Place, Any]] = {}
        self._anchors: dict[tuple[str, str, bool], tuple[Place, Any]] = {}

    def address(self, file: Path) -> str:
        """Return the URL of a file: below the prefix of its folder, else below `pym:///`."""
        copied = self._copied(file)
        if copied:
            return copied
        inside = file.is_relative_to(self._root)
        return _OWN + quote((file.relative_to(self._root) if inside else file).as_posix().lstrip("/"))

    def _copied(self, file: Path) -> str:
        """Return the URL of which a file is a copy, empty where it is none."""
        for prefix, folder in self._folders.items():
            if file.is_relative_to(folder):
                return prefix + quote(file.relative_to(folder).as_posix())
        return ""

    def file(self, url: str) -> tuple[Path, Path] | None:
        """Return the file that a URL names, and the folder in which it must lie; None where no folder is mapped."""
        for prefix, folder in {**self._folders, _OWN: self._root}.items():
            if url.startswith(prefix):
                return folder / unquote(url.removeprefix(prefix)), folder
        return None

    def base(self, place: Place, data: Any, new: bool) -> str:
        """Return the URL that the schemas around a place give it, or its folder; empty where neither does."""
        url = self._copied(place.file)
        keyword = _keyword(data, new)
        tokens = place.pointer
        for index in range(len(tokens) + 1):
            if isinstance(data, dict):
                named = data.get(keyword)
                if isinstance(named, str) and not named.startswith("#") and (new or "$ref" not in data):
                    url = joined(url or self.address(place.file), named)
            if index < len(tokens):
                data = _below(data, tokens[index])
        return url

    def scan(self, file: Path, data: Any, new: bool) -> None:
        """Note what the schemas of a file are called; once."""
        if (file, new) in self._scanned:
            return
        self._scanned.add((file, new))
        address = self.address(file)
        self._named.setdefault((address, new), (Place(file), data))
        for pointer, node in _tops(data) if is_api(data) else [((), data)]:
            self._note(Place(file, pointer), node, address, new, _keyword(data, new))

    def named(self, url: str, new: bool) -> tuple[Place, Any] | None:
        """Return the schema that a URL without a fragment names, as far as files were scanned."""
        return self._named.get((url, new))

    def anchored(self, url: str, name: str, new: bool) -> tuple[Place, Any] | None:
        """Return the schema that an anchor names inside the schema of a URL."""
        return self._anchors.get((url, name, new))

    def _note(self, place: Place, node: Any, base: str, new: bool, keyword: str) -> None:
        if not isinstance(node, dict):
            return
        counts = new or "$ref" not in node
        named = node.get(keyword)
        if isinstance(named, str) and counts:
            url, _, fragment = joined(base, named).partition("#")
            if fragment:
                self._anchors.setdefault((url, fragment, new), (place, node))
            else:
                base = url
                self._named.setdefault((url, new), (place, node))
        for anchor in ("$anchor", "$dynamicAnchor") if new else ():
            if isinstance(node.get(anchor), str):
                self._anchors.setdefault((base, node[anchor], new), (place, node))
        for tokens, inner in schemas_in(node, new):
            self._note(place.child(*tokens), inner, base, new, keyword)


def joined(base: str, reference: str) -> str:
    """Return the URL that a reference means beside a base (RFC 3986, section 5.2)."""
    if _SCHEME.match(reference):
        return reference
    if reference.startswith("#") or not reference:
        return base.partition("#")[0] + reference
    if base.startswith(_OWN):
        return urljoin(base.replace(_OWN, _FILE, 1), reference).replace(_FILE, _OWN, 1)
    return urljoin(base, reference)


def _keyword(data: Any, new: bool) -> str:
    """Return the keyword that names schemas in a file, one that never occurs where there is none."""
    return "$id" if new else "" if is_api(data) else "id"


def _tops(data: Any, pointer: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the outermost named schemas of an OpenAPI document, and where they stand."""
    if isinstance(data, dict):
        if isinstance(data.get("$id"), str) or isinstance(data.get("$anchor") or data.get("$dynamicAnchor"), str):
            yield pointer, data
            return
        members: Any = ((name, value) for name, value in data.items() if name not in _SAMPLES)
    else:
        members = ((str(index), value) for index, value in enumerate(data)) if isinstance(data, list) else ()
    for name, value in members:
        yield from _tops(value, (*pointer, name))


def _below(data: Any, token: str) -> Any:
    if isinstance(data, dict):
        return data.get(token)
    if isinstance(data, list) and token.isdecimal() and int(token) < len(data):
        return data[int(token)]
    return None
