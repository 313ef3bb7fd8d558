"""The processes of a worker: Celery's pool, which gives up no task before it knows what became of it."""

# ruff: noqa: SLF001 - a pool of Celery's is made to be extended by nobody

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from celery.concurrency import asynpool, prefork
from kombu.asynchronous import get_event_loop

__all__ = ["TaskPool"]

LOOK = 0.5
"""Seconds for which a worker reads what its processes answered before it times a task out."""

ROUND = 0.1
"""Seconds in which a worker that stops looks once at each of its processes."""


class Results(asynpool.ResultHandler):  # type: ignore[misc]
    """Reads the last answers of processes.

    Celery waits half a second for each process in turn: with many, a task that ended would be given back as unfinished.
    """

    def _flush_outqueue(
        self, fd: int, remove: Callable[[int], None], processes: Mapping[int, Any], tell: Callable[[Any], None]
    ) -> Any:
        process = processes.get(fd)
        if process is None or not process._is_alive() or process.outq._reader.poll(ROUND / len(processes)):
            return super()._flush_outqueue(fd, remove, processes, tell)
        return None


class Pool(asynpool.AsynPool):  # type: ignore[misc]
    """A pool that knows of its processes' answers which it has not read yet."""

    ResultHandler: ClassVar[type] = Results

    def flush(self) -> None:
        """Forget what waits for a process, as its message goes back.

        What was handed to a process runs: Celery forgets it too where the process has not said so yet, and it would
        run a second time.
        """
        given = [job for job in self._cache.values() if job._write_to is not None and not job._accepted]
        for job in given:
            job._accepted = True
        super().flush()
        for job in given:
            job._accepted = False

    def _on_hard_timeout(self, job: int, looked: float | None = None) -> None:
        """Time a task out, unless it turns out to have ended.

        While a worker connects to its broker, its event loop stands still: what it then sees first is that the time of
        a task is over. A task whose process died is left to those who count that.
        """
        now = time.monotonic()
        if job in self._cache and not self._is_run(self._cache[job]._worker_pid):
            return
        if looked is not None and now - looked < 2 * LOOK:
            super()._on_hard_timeout(job)
        elif job in self._cache:
            self._tref_for_id[job] = get_event_loop().call_later(LOOK, self._on_hard_timeout, job, now)

    def _is_run(self, process: int) -> bool:
        return any(one.pid == process and one._is_alive() for one in self._pool)


class TaskPool(prefork.TaskPool):  # type: ignore[misc]
    """Celery's processes by the pool above."""

    Pool: ClassVar[type] = Pool
