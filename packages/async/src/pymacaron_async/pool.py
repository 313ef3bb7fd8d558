"""The processes of a worker: Celery's pool, which times no task out before it has looked whether that has ended."""

from __future__ import annotations

import time
from typing import ClassVar

from celery.concurrency import prefork
from celery.concurrency.asynpool import AsynPool
from kombu.asynchronous import get_event_loop

__all__ = ["TaskPool"]

LOOK = 0.5
"""Seconds for which a worker reads what its processes answered before it times a task out."""


class Pool(AsynPool):  # type: ignore[misc]
    """A pool that distrusts its clock.

    While a worker connects to its broker, its event loop stands still. What it then sees first is that the time of a
    task is over, and only later that the task has ended long ago.
    """

    def _on_hard_timeout(self, job: int, looked: float | None = None) -> None:
        now = time.monotonic()
        if looked is not None and now - looked < 2 * LOOK:
            super()._on_hard_timeout(job)
        elif job in self._cache:
            self._tref_for_id[job] = get_event_loop().call_later(LOOK, self._on_hard_timeout, job, now)


class TaskPool(prefork.TaskPool):  # type: ignore[misc]
    """Celery's processes by the patient pool."""

    Pool: ClassVar[type] = Pool
