"""Progress: one line that is written over on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
from types import TracebackType
from typing import Self

import click

from pymacaron.text import printable

__all__ = ["Progress"]


class Progress:
    """Tells of long work on stderr, so that stdout holds the outcome alone."""

    def __init__(self) -> None:
        self._is_live = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._is_live:
            click.echo("\r\033[K", err=True, nl=False)

    def __call__(self, line: str) -> None:
        """Tell one line."""
        line = printable(line)
        if self._is_live:
            click.echo(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}", err=True, nl=False)
        else:
            click.echo(line, err=True)
