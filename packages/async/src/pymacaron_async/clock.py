"""Clock: the thread of a worker's main process that moves what is due, and queues tasks by their schedules."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from pymacaron.report.traces import kind_of
from pymacaron_async.cron import parsed
from pymacaron_async.queueing import queue
from pymacaron_async.task import TASKS, AsyncTask

if TYPE_CHECKING:
    from celery import Celery

    from pymacaron.service import Service

__all__ = ["Clock"]

log = logging.getLogger(__name__)

TICK = 0.25
"""Seconds between looks at the clock."""


class Clock:
    """Looks four times a second; several workers may, for each task of a schedule goes out under an id of its time."""

    def __init__(self, app: Celery, service: Service, queues: Sequence[str]) -> None:
        self._app = app
        self._service = service
        self._queues = queues
        self._stopping = threading.Event()
        self._slots: dict[str, int] = {}
        self._client: Any = None

    def start(self) -> None:
        """Look at the clock until `stop()`."""
        threading.Thread(target=self._run, name="pym-clock", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def _run(self) -> None:
        complained = False
        while not self._stopping.wait(TICK):
            try:
                with self._service:
                    self._move_due()
                    self._queue_scheduled()
                complained = False
            except Exception as error:  # the broker is away: the next look may find it
                self._client = None
                if not complained:
                    log.warning("tasks that are due wait, for the broker does not answer (%s)", kind_of(error))
                complained = True

    def _move_due(self) -> None:
        broker = self._app.conf.pym_broker
        if broker.kind != "redis":
            return
        from pymacaron_async.redistransport import move_due

        if self._client is None:
            from redis import Redis

            self._client = Redis.from_url(broker.url, socket_timeout=5, socket_connect_timeout=5)
        for name in self._queues:
            move_due(self._client, name)

    def _queue_scheduled(self) -> None:
        now = time.time()
        for task in list(TASKS.values()):
            slot = _slot(task, now)
            if slot is None:
                continue
            before = self._slots.setdefault(task.name, slot)
            if slot != before and _is_due(task, slot):
                self._send_once(task, slot)
            self._slots[task.name] = slot

    def _send_once(self, task: AsyncTask[Any, Any], slot: int) -> None:
        """Queue a task of a schedule, unless another worker did."""
        from pymacaron_async.unique import first

        task_id = str(uuid5(NAMESPACE_URL, f"{self._service.name}/{task.name}/{slot}"))
        if first(self._app, task_id):
            queue(task, (), {}, keeps_result=False, task_id=task_id)


def _slot(task: AsyncTask[Any, Any], now: float) -> int | None:
    """Return the number of the interval, or of the minute, that a moment is in; None for a task without schedule."""
    if task.options.every is not None:
        return int(now // task.options.every)
    return int(now // 60) if task.options.cron is not None else None


def _is_due(task: AsyncTask[Any, Any], slot: int) -> bool:
    cron = task.options.cron
    return cron is None or parsed(cron).is_due(datetime.fromtimestamp(slot * 60, UTC))
