"""Where something stands in a document: the file and the JSON Pointer, told as file:line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Place", "Problem"]


@dataclass(frozen=True, slots=True)
class Place:
    """A node of a file: `pointer` holds the unescaped tokens of its JSON Pointer (RFC 6901), sequence indexes as text."""

    file: Path
    pointer: tuple[str, ...] = ()

    def child(self, *tokens: str) -> Place:
        """Return the place of a node below this one."""
        return Place(self.file, (*self.pointer, *tokens))

    @property
    def line(self) -> int:
        """The 1-based line, found by reading the file again: only messages need it."""
        from pymacaron.spec.reader import line_of

        return line_of(self.file, self.pointer)

    def __str__(self) -> str:
        from pymacaron.spec.reader import shown

        return f"{shown(self.file)}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect of a document, as a sentence without its place; a warning does not keep the document from being served."""

    place: Place
    sentence: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"
