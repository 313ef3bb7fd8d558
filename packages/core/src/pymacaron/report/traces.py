"""Tracebacks without the texts of exceptions, which hold values: files, lines, functions, and types."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

__all__ = ["kind_of", "trace_of"]

CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"
MOST_FRAMES = 100
MOST_ERRORS = 10


def kind_of(error: BaseException) -> str:
    """Return the class of an exception with its module, which is left out where it is Python's own."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def trace_of(error: BaseException, *, texts: bool = False) -> str:
    """Return the traceback of an exception and of those behind it; with `texts`, with what they say."""
    if texts:
        return "".join(traceback.format_exception(error, limit=MOST_FRAMES)).rstrip("\n")
    return "".join(_pieces(error, set())).rstrip("\n")


def _pieces(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    behind, how = (error.__cause__, CAUSE) if error.__cause__ is not None else (error.__context__, CONTEXT)
    told = how is CAUSE or not error.__suppress_context__
    if behind is not None and told and id(behind) not in seen and len(seen) < MOST_ERRORS:
        yield from _pieces(behind, seen)
        yield how
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__, limit=-MOST_FRAMES)
    yield f"{kind_of(error)}\n"
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        if len(seen) < MOST_ERRORS and id(inner) not in seen:
            yield from ("  " + line for piece in _pieces(inner, seen) for line in piece.splitlines(keepends=True))
