"""What waits, runs, is scheduled and has failed, as the broker and its workers tell."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymacaron_async.celeryapp import failed_queue, queue_of
from pymacaron_async.queueing import ADVICE, reach
from pymacaron_async.task import TASKS

if TYPE_CHECKING:
    from celery import Celery

__all__ = ["Overview", "RunningTask", "overview"]

LEVELS = 28
"""Queues through which RabbitMQ passes messages until their time has come."""

PATIENCE = 1.0
"""Seconds that workers have to tell what they run."""


@dataclass(frozen=True)
class RunningTask:
    """A task that a worker runs; `since` is a time in seconds, None where it is not known."""

    id: str
    name: str
    worker: str
    since: float | None


@dataclass(frozen=True)
class Overview:
    """The tasks of a service: `waiting` by queue; `running` is None where workers cannot be asked.

    On RabbitMQ, `scheduled` counts those of all services of one virtual host.
    """

    waiting: dict[str, int]
    running: list[RunningTask] | None
    scheduled: int
    failed: int


def overview(app: Celery) -> Overview:
    """Ask the broker, and the workers; raises BrokerError."""
    names = [queue_of(app, name) for name in sorted({task.options.queue or "" for task in TASKS.values()} | {""})]
    told: Overview = reach(app, lambda: _asked(app, names), advice=ADVICE)
    return told


def _asked(app: Celery, names: list[str]) -> Overview:
    kind = app.conf.pym_broker.kind
    with app.connection_for_write() as connection:
        waiting = {name: _size(connection, name) for name in names}
        failed = _size(connection, failed_queue(app).name)
        if kind == "redis":
            scheduled = sum(_scheduled_in_redis(connection, name) for name in names)
        elif kind == "amqp":
            scheduled = sum(_size(connection, f"celery_delayed_{level}") for level in range(LEVELS))
        else:
            waiting, scheduled = _in_files(app.conf.pym_broker.folder / "messages", names)
    return Overview(waiting, None if kind == "files" else list(_running(app)), scheduled, failed)


def _size(connection: Any, name: str) -> int:
    """Return how many messages are in a queue, 0 where there is none."""
    channel = connection.channel()
    try:
        return int(channel.queue_declare(queue=name, passive=True).message_count)
    except connection.channel_errors:
        return 0
    finally:
        channel.close()


def _scheduled_in_redis(connection: Any, name: str) -> int:
    from pymacaron_async.redistransport import schedule_keys

    return int(connection.default_channel.client.zcard(schedule_keys(name)[0]))


def _in_files(folder: Path, names: list[str]) -> tuple[dict[str, int], int]:
    """Return what waits, by queue, and how many are not due yet."""
    now = f"{int(time.time() * 1e6):020d}"
    waiting, scheduled = dict.fromkeys(names, 0), 0
    for path in folder.glob("[0-9]*.msg"):
        name = path.name.partition(".")[2].removesuffix(".msg")
        if name in waiting and path.name[:20] <= now:
            waiting[name] += 1
        elif name in waiting:
            scheduled += 1
    return waiting, scheduled


def _running(app: Celery) -> Iterator[RunningTask]:
    answers = app.control.inspect(timeout=PATIENCE).active() or {}
    for worker, tasks in sorted(answers.items()):
        for told in tasks:
            if told["name"] in TASKS:
                yield RunningTask(told["id"], told["name"], worker, told.get("time_start"))
