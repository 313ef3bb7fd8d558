"""Backlog: work for a thread of its own that lives as long as there is any, and never more than it can hold."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Backlog"]

Item = TypeVar("Item")


class Backlog(Generic[Item]):
    """At most `most` items that a daemon thread works off in order; `work` is not to raise."""

    def __init__(self, name: str, work: Callable[[Item], None], most: int) -> None:
        self._name = name
        self._work = work
        self._most = most
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._running = False
        self._since: float | None = None

    def put(self, item: Item) -> bool:
        """Add an item without waiting; returns whether there was room for it."""
        with self._changed:
            if len(self._items) >= self._most:
                return False
            self._items.append(item)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return True

    def hangs(self, seconds: float) -> bool:
        """Return whether the thread has been at one item for longer than that."""
        since = self._since
        return since is not None and time.monotonic() - since > seconds

    def wait(self, seconds: float) -> bool:
        """Wait until everything is done; returns whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, max(0.0, seconds))

    def _run(self) -> None:
        while (item := self._next()) is not None:
            self._since = time.monotonic()
            try:
                self._work(item[0])
            finally:
                self._since = None

    def _next(self) -> tuple[Item] | None:
        with self._changed:
            if self._items:
                return (self._items.popleft(),)
            self._running = False
            self._changed.notify_all()
            return None
