"""Where something stands in a document: the file and the JSON Pointer, told as file:line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pymacaron.text import shown

__all__ = ["Place", "Problem"]


@dataclass(frozen=True, slots=True)
class Place:
    """A node of a file: `pointer` holds the unescaped tokens of its JSON Pointer (RFC 6901), indexes as text.

    `known_line` is for text that cannot be parsed, 0 where no line says anything; usually the line is found when asked.
    """

    file: Path
    pointer: tuple[str, ...] = ()
    known_line: int | None = field(default=None, compare=False)

    def child(self, *tokens: str) -> Place:
        """Return the place of a node below this one."""
        return Place(self.file, (*self.pointer, *tokens))

    @property
    def line(self) -> int:
        """The 1-based line, found by reading the file again: only messages need it."""
        from pymacaron.spec.reader import line_of

        if self.known_line is not None:
            return self.known_line
        return line_of(self.file, self.pointer)

    def __str__(self) -> str:
        return f"{shown(self.file)}:{self.line}" if self.line else shown(self.file)


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect of a document, as a sentence without its place; a warning does not keep it from being served."""

    place: Place
    sentence: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"
