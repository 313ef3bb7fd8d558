"""Which documents are looked at, and in which folder their references must stay."""

from __future__ import annotations

from pathlib import Path

from pymacaron.cli.context import Context
from pymacaron.documents import SUFFIXES, find_documents, is_fragment
from pymacaron.exceptions import SpecError
from pymacaron.spec import References

__all__ = ["targets"]


def targets(documents: tuple[Path, ...], context: Context) -> list[tuple[Path, Path]]:
    """Return each document with the folder of its references: those named, else those of the service.

    Raises ConfigError where the service has no document.
    """
    root = context.root.resolve()
    if documents:
        return [(path, root if path.resolve().is_relative_to(root) else path.parent) for path in documents]
    folder = root / (context.service().config.apis if any(root.glob("pym-config*.yaml")) else "apis")
    references = References(root)
    try:
        return [(path, root) for path in find_documents(folder, references).values()]
    except SpecError:
        return [
            (path, root) for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES and _told(path, references)
        ]


def _told(path: Path, references: References) -> bool:
    """Tell whether a file is a document, or cannot be read so that something is to be told of it."""
    try:
        return not is_fragment(references.source(path).data)
    except SpecError:
        return True
