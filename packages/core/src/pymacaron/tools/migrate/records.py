"""What `pym migrate` works with: the files of an old service, what is found in them, and the edits that mend it."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pymacaron.text import shown

if TYPE_CHECKING:
    from pymacaron.tools.migrate.folder import OldService

__all__ = ["Edit", "Finding", "Look", "OldFile", "Severity"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Edit:
    """Characters `start` to `end` of a file become `text`; with no text at all, the file is removed."""

    path: Path
    start: int = 0
    end: int = 0
    text: str | None = None


@dataclass(frozen=True)
class Finding:
    """One thing that PyMacaron 3 does otherwise: an error keeps the service, or its callers, from going on as before.

    `edits` mend it; without any, `step` says what to do.
    """

    path: Path
    line: int
    rule: str
    severity: Severity
    sentence: str
    step: str
    edits: tuple[Edit, ...] = ()

    def __str__(self) -> str:
        return f"{shown(self.path)}:{self.line}: {self.severity}: {self.sentence}: {self.step} [{self.rule}]"

    def as_data(self, fixed: bool) -> dict[str, str | int | bool]:
        """Return it as plain data, with whether it was mended."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "file": shown(self.path),
            "line": self.line,
            "message": self.sentence,
            "step": self.step,
            "fixable": bool(self.edits),
            "fixed": fixed,
        }


@dataclass(frozen=True)
class OldFile:
    """A text file of the service; lines count from 1, offsets from 0."""

    path: Path
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return self.text.split("\n")

    @cached_property
    def starts(self) -> list[int]:
        """The offset of each line."""
        return [0, *accumulate(len(line) + 1 for line in self.lines)]

    def line_at(self, offset: int) -> int:
        """Return the line of an offset."""
        return bisect_right(self.starts, offset)

    @property
    def newline(self) -> str:
        """How its lines end."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def replaced(self, line: int, text: str | None) -> Edit:
        """Return the edit that writes a line anew, or takes it out."""
        start, end = self.starts[line - 1], self.starts[line] - 1
        if text is None:
            return Edit(self.path, start, min(end + 1, len(self.text)), "")
        return Edit(self.path, start, end - self.lines[line - 1].endswith("\r"), text)

    def appended(self, line: str) -> Edit:
        """Return the edit that adds a line at the end."""
        end = len(self.text.rstrip("\r\n"))
        return Edit(self.path, end, len(self.text), f"{self.newline if end else ''}{line}{self.newline}")

    def offset(self, node_line: int, column: int) -> int:
        """Return the offset of a place of `ast`, which counts columns in bytes of UTF-8, without a byte order mark."""
        line = self.lines[node_line - 1]
        mark = line[:1] == "\ufeff" and node_line == 1
        return self.starts[node_line - 1] + mark + len(line[mark:].encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where a node of the syntax tree begins and ends."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column)

    def rewritten(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        """Return the edit that writes a node of the syntax tree anew."""
        return Edit(self.path, *self.span(node), text)


Look = Callable[["OldService"], Iterator[Finding]]
"""A function that looks at a service for one kind of findings."""
