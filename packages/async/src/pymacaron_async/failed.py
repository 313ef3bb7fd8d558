"""The tasks that failed for good: a queue of their messages at the broker, to be listed, run again, or thrown away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymacaron_async.celeryapp import failed_queue
from pymacaron_async.queueing import ADVICE, publish, reach

if TYPE_CHECKING:
    from celery import Celery

    from pymacaron_async.errors import TaskFailed

__all__ = ["FailedTask", "failed_tasks", "keep_failed", "purge_failed", "retry_failed"]


@dataclass(frozen=True)
class FailedTask:
    """A task that failed for good; `message` holds what it takes to run it again."""

    id: str
    name: str
    error: str
    attempts: int
    failed_at: float
    message: dict[str, Any]


def keep_failed(app: Celery, task: Any, request: Any, failure: TaskFailed) -> None:
    """Put a task into the queue of failed ones."""
    args = request.args
    told = {
        "id": request.id,
        "name": task.name,
        "error": str(failure),
        "attempts": request.retries + 1,
        "failed_at": time.time(),
        "message": {"args": list(args), "ignore_result": bool(request.ignore_result)},
    }
    queue = failed_queue(app)
    wait = {"timeout": 1.5, "confirm_timeout": 1.5} if app.conf.pym_broker.kind == "amqp" else {}

    def send(producer: Any) -> None:
        producer.publish(
            told, exchange="", routing_key=queue.name, declare=[queue], serializer="json", delivery_mode=2, **wait
        )

    publish(app, send)


def failed_tasks(app: Celery) -> list[FailedTask]:
    """Return what failed, oldest first; raises BrokerError."""
    found: list[FailedTask] = []
    with _messages(app) as messages:
        found = [read for read, _ in messages]
    return sorted(found, key=lambda failed: failed.failed_at)


def retry_failed(app: Celery, wanted: Callable[[FailedTask], bool]) -> list[FailedTask]:
    """Queue failed tasks again, each under its own id, with all its attempts; return which."""
    done = []
    with _messages(app) as messages:
        for failed, message in messages:
            task = app.tasks.get(failed.name)
            if task is not None and wanted(failed):
                options = {"task_id": failed.id, "ignore_result": failed.message["ignore_result"]}
                task.apply_async(failed.message["args"], **options)
                message.ack()
                done.append(failed)
    return done


def purge_failed(app: Celery, wanted: Callable[[FailedTask], bool]) -> list[FailedTask]:
    """Throw failed tasks away; return which."""
    done = []
    with _messages(app) as messages:
        for failed, message in messages:
            if wanted(failed):
                message.ack()
                done.append(failed)
    return done


@contextmanager
def _messages(app: Celery) -> Iterator[list[tuple[FailedTask, Any]]]:
    """Give all messages of the queue; those that are not acknowledged go back when the block ends."""
    with app.connection_for_write() as connection:
        queue = reach(app, lambda: _declared(app, connection), advice=ADVICE)
        found = []
        while (message := queue.get(no_ack=False)) is not None:
            found.append((_read(message), message))
        try:
            yield found
        finally:
            for _, message in found:
                if not message.acknowledged:
                    message.requeue()


def _declared(app: Celery, connection: Any) -> Any:
    queue = failed_queue(app)(connection.default_channel)
    queue.declare()
    return queue


def _read(message: Any) -> FailedTask:
    payload = message.payload
    told = json.loads(payload) if isinstance(payload, str) else payload
    return FailedTask(**told)
