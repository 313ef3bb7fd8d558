"""BoundedRequest: what a worker's main process knows of one message, and where it gives one up that kills workers."""

from __future__ import annotations

import logging
from typing import Any
from uuid import uuid4

from billiard.einfo import ExceptionWithTraceback
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.worker.request import Request

from pymacaron_async.context import TaskContext
from pymacaron_async.errors import TaskFailed
from pymacaron_async.failed import keep_failed
from pymacaron_async.redistransport import COUNT
from pymacaron_async.reports import report_failure
from pymacaron_async.running import tell

__all__ = ["BoundedRequest"]

log = logging.getLogger(__name__)


class BoundedRequest(Request):  # type: ignore[misc]
    """A message whose deliveries count as retries: one that comes back too often is kept as failed, and not run.

    Celery counts what a process of the pool takes with it; the broker counts what a whole worker takes with it.
    """

    pym_given_up = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._request_dict["retries"] = self._request_dict.get("retries", 0) + self._request_dict.get(COUNT, 0)

    def revoked(self) -> bool:
        """Tell Celery not to run a message that was delivered too often."""
        if self.acknowledged or super().revoked():
            return True
        retries: int = self._request_dict["retries"]
        if retries <= self._task.max_retries:
            return False
        self._give_up("WorkerLost", f"its workers died {retries} times")
        self._task.backend.mark_as_failure(self.id, TaskFailed(self._sentence("WorkerLost")), request=self._context)
        self.acknowledge()
        return True

    def on_failure(self, exc_info: Any, *arguments: Any, **options: Any) -> None:
        """Keep a task whose process died once too often, before its message is gone."""
        lost = isinstance(_bare(exc_info.exception), WorkerLostError | SystemExit | KeyboardInterrupt)
        if lost and not self._cancelled():
            if self._request_dict["retries"] >= self._task.max_retries:
                self._give_up("WorkerLost", "its process died")
            else:
                self._note_lost()
        super().on_failure(exc_info, *arguments, **options)

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """Keep a task that took too long, before its message is gone."""
        if not soft:
            self._give_up(TimeLimitExceeded.__name__, f"it took longer than {timeout} s")
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

    def _give_up(self, kind: str, why: str) -> None:
        """Put the task among the failed ones, once, and tell of it."""
        if self.pym_given_up:
            return
        self.pym_given_up = True
        context, known = self._told()
        error_id = str(uuid4())
        log.error("task %s %s failed: %s (error_id %s)", context.name, context.id, why, error_id)
        keep_failed(self._app, self._task, self._context, TaskFailed(f"{self._sentence(kind)} (error_id {error_id})"))
        report_failure(self._task.pym_service, context, kind, error_id, again=False)
        tell(self._task.pym_service, context, "failed", 0, known)
        if "lock" in known:
            from pymacaron_async.unique import release

            release(self._app, known["lock"], self.id)


def _bare(error: BaseException) -> BaseException:
    """Return the exception that the pool wrapped with its traceback."""
    bare: BaseException = error.exc if isinstance(error, ExceptionWithTraceback) else error
    return bare
