"""Signals that stop a worker, kept while it cannot listen to them yet."""

from __future__ import annotations

import os
import signal

__all__ = ["STOPPING", "hold_signals_while_forking", "release_signals"]

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def hold_signals_while_forking() -> None:
    """Keep a signal that reaches a worker of this process before it listens to signals, until `release_signals()`.

    Without it a TERM that comes while workers start is lost in them, and their parent waits for all of the grace.
    """
    parent = os.getpid()

    def mask(how: int) -> None:
        if os.getpid() == parent:
            signal.pthread_sigmask(how, STOPPING)

    os.register_at_fork(before=lambda: mask(signal.SIG_BLOCK), after_in_parent=lambda: mask(signal.SIG_UNBLOCK))


def release_signals() -> None:
    """Let what was kept reach this worker: it listens now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
