"""The end of a command by TERM, as supervisors and CI send it: what was started ends before the command does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["terminated_as_interrupt"]


@contextmanager
def terminated_as_interrupt() -> Iterator[None]:
    """Let TERM end what runs here as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
