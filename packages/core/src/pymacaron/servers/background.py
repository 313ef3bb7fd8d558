"""The processes that plugins run beside the server: started with it, started again where they end, stopped with it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pymacaron.outside import Beside

if TYPE_CHECKING:
    from pymacaron.plugins.records import BackgroundProcess
    from pymacaron.service import Service

__all__ = ["background_processes"]

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
"""Seconds at most before a process that ends by itself is started again."""

GIVING_BACK = 5.0
"""Seconds beyond `graceful_timeout` in which a process may give back what it did not end."""

QUICK_END = 10.0
"""Seconds: a process that ends sooner doubles the pause before its next start."""


@contextmanager
def background_processes(service: Service) -> Iterator[None]:
    """Run what plugins want to have beside the server, until the end of the block in this very process.

    Where PYM_ROLE is set, each of them has a container of its own.
    """
    found = () if os.environ.get("PYM_ROLE") else service.hooks.background_processes(service.config)
    kept = [Kept(process, service) for process in found]
    mine = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == mine:  # workers that a server forks leave the block too
            for each in kept:
                each.stop()
            for each in kept:
                each.wait(service.config.graceful_timeout + GIVING_BACK)


class Kept:
    """A process that is kept running by a thread."""

    def __init__(self, process: BackgroundProcess, service: Service) -> None:
        self._process = process
        self._root = service.root
        self._environment = {"PYM_ENV": service.env} if service.env else {}
        self._stopping = threading.Event()
        self._running = self._begun()
        self._thread = threading.Thread(target=self._keep, name=f"pym-{process.name}", daemon=True)
        self._thread.start()

    def _begun(self) -> Beside:
        return Beside(self._process.arguments, self._root, self._environment)

    def stop(self) -> None:
        """Tell the process to end."""
        self._stopping.set()
        self._running.terminate()

    def wait(self, seconds: float) -> None:
        """Wait until the process has ended; kill it when its time is over."""
        if not self._running.ends_within(seconds):
            log.warning("%s did not end within %s s and is killed", self._process.name, seconds)
            self._running.kill()

    def _keep(self) -> None:
        pause = 1.0
        while True:
            seconds, code = self._running.ended()
            if self._stopping.is_set():
                return
            pause = 1.0 if seconds > QUICK_END else min(LONGEST_PAUSE, pause * 2)
            log.error("%s ended with %s: it starts again in %s s", self._process.name, code, pause)
            if self._stopping.wait(pause):
                return
            self._running = self._begun()
            if self._stopping.is_set():
                self._running.terminate()
