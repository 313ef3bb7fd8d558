"""One document from many files, for keeping: whatever is wrong with it is told before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.spec import Place, Problem, References, load_document
from pymacaron.spec.bundle import bundle as bundled
from pymacaron.spec.references import absolute

__all__ = ["bundle"]


def bundle(path: Path, root: Path | None = None) -> dict[str, Any]:
    """Return the data of a document without a reference to another file; `root` is its folder unless given.

    Components keep the names of what is referred to, numbered where two are alike, in the order in which they are met.
    Raises SpecError for a document that is broken, or whose other files hold a `$dynamicRef`: what that means depends
    on where it stands.
    """
    references = References(root or absolute(path).parent)
    document = load_document(path, references=references)
    others = [Place(file) for file in document.files if file.is_absolute() and file != document.path]
    if dynamic := [found for top in others for found in _dynamic(top, references.source(top.file).data)]:
        told = "a '$dynamicRef' cannot be bundled; write a '$ref'"
        raise SpecError(*(str(Problem(place, told)) for place in dynamic))
    return bundled(path, references)


def _dynamic(place: Place, node: Any) -> Iterator[Place]:
    if isinstance(node, dict) and isinstance(node.get("$dynamicRef"), str):
        yield place.child("$dynamicRef")
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in members:
        yield from _dynamic(place.child(str(name)), value)
