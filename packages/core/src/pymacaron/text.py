"""Small pieces of the sentences that errors are made of."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["did_you_mean", "one_line", "printable", "shown", "where"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" for the nearest known name, or nothing."""
    near = difflib.get_close_matches(name, [other for other in known if not other.startswith("__")], n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def one_line(error: BaseException) -> str:
    """Return an exception as one line: its class and what it says."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def printable(text: str) -> str:
    """Return a text of somebody else with its control characters escaped, as it may stand in a log or on a terminal."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def shown(path: Path) -> str:
    """Return a path as people read it: from the current folder on where it is inside, else whole."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def where(function: Any) -> str:
    """Return where a function is written, as file:line, or the name of its module."""
    code = getattr(function, "__code__", None)
    if code is None:
        return getattr(function, "__module__", None) or type(function).__name__
    return f"{shown(Path(code.co_filename))}:{code.co_firstlineno}"
