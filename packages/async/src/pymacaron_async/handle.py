"""Handle: what a caller holds of a task that was queued."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import ConfigError
from pymacaron_async.codec import decoded
from pymacaron_async.errors import TaskFailed, TaskWaitTimeout, UnknownTask

if TYPE_CHECKING:
    from celery import Celery

    from pymacaron.service import Service

__all__ = ["STATES", "Handle"]

STATES = {
    "PENDING": "unknown",
    "QUEUED": "queued",
    "RECEIVED": "queued",
    "STARTED": "running",
    "RETRY": "queued",
    "SUCCESS": "succeeded",
    "FAILURE": "failed",
    "REVOKED": "failed",
}
"""Celery's words for ours."""


class Handle:
    """A queued task; a handler that returns it answers 202 with a Location, where /tasks/{id} is served."""

    def __init__(self, task_id: str, service: Service) -> None:
        self.id = task_id
        self._service = service

    def __repr__(self) -> str:
        return f"<Handle {self.id}>"

    @property
    def state(self) -> str:
        """`queued`, `running`, `succeeded`, `failed`, or `unknown` where nothing is known of it, or no more."""
        return STATES.get(self._found().state, "unknown")

    @property
    def result(self) -> Any:
        """What the task returned, None as long as it is not done; raises TaskFailed where it failed."""
        found = self._found()
        state = STATES.get(found.state, "unknown")
        if state == "failed":
            raise TaskFailed(str(found.result))
        return decoded(found.result) if state == "succeeded" and found.result is not None else None

    def wait(self, timeout: float = 10) -> Any:
        """Wait so many seconds at most, and return the result.

        Raises TaskFailed where the task failed, TaskWaitTimeout where it is not done, and UnknownTask.
        """
        end, pause = time.monotonic() + timeout, 0.01
        while (state := self.state) not in ("succeeded", "failed"):
            if time.monotonic() > end:
                kind = UnknownTask if state == "unknown" else TaskWaitTimeout
                raise kind(f"the task {self.id} is {state} after {timeout} seconds")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.3)
        return self.result

    def as_reply(self) -> tuple[dict[str, str], int, dict[str, str]]:
        """Return 202 with where to look for the state, for a handler that returns the handle."""
        headers = {"Location": f"/tasks/{self.id}"} if self._service.config.get("async_tasks_api") else {}
        return {"id": self.id, "state": "queued"}, 202, headers

    def note_queued(self, app: Celery) -> None:
        """Keep that the task was queued, where states are kept."""
        if app.conf.pym_broker.results is not None:
            from pymacaron_async.queueing import reach

            reach(app, lambda: app.backend.store_result(self.id, None, "QUEUED"))

    def _found(self) -> Any:
        from pymacaron_async.celeryapp import celery_of

        app = celery_of(self._service)
        if app.conf.pym_broker.results is None:
            raise ConfigError("states and results of tasks need a place beside RabbitMQ: set async_results to a Redis")
        return app.AsyncResult(self.id)
