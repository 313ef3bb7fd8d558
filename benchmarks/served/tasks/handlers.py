"""A task that does nothing, and one that tells that all before it are done."""

from __future__ import annotations

from pathlib import Path

from pymacaron_async import asynctask


@asynctask
def nothing(number: int) -> None:
    """Do nothing."""


@asynctask
def mark(path: str) -> None:
    """Make a file."""
    Path(path).touch()


def ping() -> dict[str, bool]:
    """Answer, for the sake of a service."""
    return {"ok": True}
