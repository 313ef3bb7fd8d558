"""BoundedRequest: what a worker's main process knows of one message, and where it gives one up that kills workers."""

from __future__ import annotations

import logging
from typing import Any
from uuid import uuid4

from billiard.einfo import ExceptionWithTraceback
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.worker.request import Request
from celery.worker.state import task_ready

from pymacaron_async.celeryapp import PATIENCE
from pymacaron_async.context import TaskContext
from pymacaron_async.errors import BrokerError, TaskFailed
from pymacaron_async.failed import keep_failed
from pymacaron_async.queueing import publish
from pymacaron_async.redistransport import COUNT
from pymacaron_async.reports import report_failure
from pymacaron_async.running import tell

__all__ = ["HELD", "BoundedRequest"]

log = logging.getLogger(__name__)

HELD: set[BoundedRequest] = set()
"""What this worker got over its current connection and has neither acknowledged nor rejected."""


class BoundedRequest(Request):  # type: ignore[misc]
    """A message whose deliveries count as retries: one that comes back too often is kept as failed, and not run.

    Celery counts what a process of the pool takes with it; the broker counts what a whole worker takes with it.
    """

    pym_given_up = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._request_dict["retries"] = self._request_dict.get("retries", 0) + self._request_dict.get(COUNT, 0)
        HELD.add(self)

    def acknowledge(self) -> None:
        """Tell the broker that the message is done with."""
        HELD.discard(self)
        super().acknowledge()

    def reject(self, requeue: bool = False) -> None:
        """Tell the broker that the message is not wanted, or is to be delivered again."""
        HELD.discard(self)
        super().reject(requeue)

    def give_back(self) -> None:
        """Have a copy take the message's place, at the end of its queue, which counts the deaths of workers alone.

        RabbitMQ would count it as well that a worker stopped which held the message.
        """
        message, queue = self._message, self._args[1]["queue"]
        headers = {name: value for name, value in message.headers.items() if name != COUNT}
        kept = {name: message.properties.get(name) for name in ("correlation_id", "reply_to", "priority")}

        def send(producer: Any) -> None:
            producer.publish(
                message.body,
                exchange="",
                routing_key=queue,
                headers={**headers, "retries": self._request_dict["retries"]},
                content_type=message.content_type,
                content_encoding=message.content_encoding,
                delivery_mode=2,
                timeout=PATIENCE,
                confirm_timeout=PATIENCE,
                **kept,
            )

        publish(self._app, send)
        HELD.discard(self)
        message.ack()

    def revoked(self) -> bool:
        """Tell Celery not to run a message that was delivered too often."""
        if self.acknowledged or super().revoked():
            return True
        retries: int = self._request_dict["retries"]
        if retries <= self._task.max_retries:
            return False
        if not self._gave_up("WorkerLost", f"its workers died {retries} times"):
            return True
        self._task.backend.mark_as_failure(self.id, TaskFailed(self._sentence("WorkerLost")), request=self._context)
        self.acknowledge()
        return True

    def on_failure(self, exc_info: Any, *arguments: Any, **options: Any) -> None:
        """Keep a task whose process died once too often, before its message is gone."""
        lost = isinstance(_bare(exc_info.exception), WorkerLostError | SystemExit | KeyboardInterrupt)
        if lost and not self._cancelled():
            if self._request_dict["retries"] < self._task.max_retries:
                self._note_lost()
            elif not self._gave_up("WorkerLost", "its process died"):
                task_ready(self)
                return
        super().on_failure(exc_info, *arguments, **options)

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """Keep a task that took too long, before its message is gone."""
        if not soft and not self._gave_up(TimeLimitExceeded.__name__, f"it took longer than {timeout} s"):
            task_ready(self)
            return
        super().on_timeout(soft, timeout)

    def _cancelled(self) -> bool:
        return bool(self._already_cancelled or self._already_revoked)

    def _sentence(self, kind: str) -> str:
        return f"{kind} in {self.name}"

    def _told(self) -> tuple[TaskContext, dict[str, Any]]:
        known = self._args[1]
        return TaskContext(self.id, self._type, self._request_dict["retries"] + 1, known["queue"]), known

    def _note_lost(self) -> None:
        context, known = self._told()
        log.error("task %s %s: its process died on attempt %s", context.name, context.id, context.attempt)
        report_failure(self._task.pym_service, context, "WorkerLost", str(uuid4()), again=True)
        tell(self._task.pym_service, context, "retried", 0, known)

    def _gave_up(self, kind: str, why: str) -> bool:
        """Put the task among the failed ones, once, and tell of it; where the broker refuses, it goes back instead."""
        if self.pym_given_up:
            return True
        context, known = self._told()
        error_id = str(uuid4())
        failure = TaskFailed(f"{self._sentence(kind)} (error_id {error_id})")
        try:
            keep_failed(self._app, self._task, self._context, failure)
        except BrokerError as error:
            log.error("task %s %s runs again, for %s, but %s", context.name, context.id, why, error)
            self.reject(requeue=True)
            return False
        self.pym_given_up = True
        log.error("task %s %s failed: %s (error_id %s)", context.name, context.id, why, error_id)
        report_failure(self._task.pym_service, context, kind, error_id, again=False)
        tell(self._task.pym_service, context, "failed", 0, known)
        if "lock" in known:
            from pymacaron_async.unique import release

            release(self._app, known["lock"], self.id)
        return True


def _bare(error: BaseException) -> BaseException:
    """Return the exception that the pool wrapped with its traceback."""
    bare: BaseException = error.exc if isinstance(error, ExceptionWithTraceback) else error
    return bare
