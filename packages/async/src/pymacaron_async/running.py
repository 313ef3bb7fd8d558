"""One task in a worker: its Celery task, which publishes with care, runs the function, and repeats or fails it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from celery import Task
from celery.exceptions import Reject, Retry

from pymacaron.log import log_error
from pymacaron.report.records import FinishedTask
from pymacaron.report.traces import kind_of, trace_of
from pymacaron_async.celeryapp import queue_of
from pymacaron_async.codec import UnsuitableArgument, decoded, encoded
from pymacaron_async.context import TaskContext, restored
from pymacaron_async.errors import BrokerError, TaskFailed
from pymacaron_async.flaskapps import flask_app_of
from pymacaron_async.queueing import publish, when
from pymacaron_async.reports import report_failure

if TYPE_CHECKING:
    from celery import Celery

    from pymacaron.service import Service
    from pymacaron_async.task import AsyncTask

__all__ = ["CarefulTask", "make_task", "tell"]

log = logging.getLogger(__name__)

HIDDEN = "***"
CONFIRM_TIMEOUT = 1.5
"""Seconds that RabbitMQ may take to say that it has a message."""

LOST_PAUSE = 1
"""Seconds before a task runs again whose process died."""

KEPT = ("retries", "ignore_result", "root_id", "parent_id", "priority")
"""The options of Celery that a message keeps when it is sent again."""


class CarefulTask(Task):  # type: ignore[misc]
    """The Celery task of one of ours; its arguments are the text of a call, and the context of that."""

    Request = "pymacaron_async.request:BoundedRequest"
    abstract = True
    typing = False
    throws = (TaskFailed,)
    default_retry_delay = LOST_PAUSE
    resultrepr_maxsize = 0  # so much of a result does a worker log
    pym_task: AsyncTask[Any, Any]
    pym_service: Service
    pym_patience: Mapping[str, float]

    @cached_property
    def pym_queue(self) -> str:
        """The queue that the task waits in."""
        return queue_of(self.app, self.pym_task.options.queue)

    def apply_async(self, args: Any = None, kwargs: Any = None, countdown: float | None = None, **options: Any) -> Any:
        """Publish the task as Celery has it published: again, after it raised or among those that failed."""
        kept = {name: options[name] for name in KEPT if options.get(name) is not None}
        task_id = options.get("task_id") or str(uuid4())
        self.send(task_id, args, countdown, **kept)
        return self.AsyncResult(task_id)

    def send(
        self,
        task_id: str,
        args: Sequence[Any],
        countdown: float | None = None,
        *,
        root_id: str | None = None,
        parent_id: str | None = None,
        priority: int | None = None,
        **kept: Any,
    ) -> None:
        """Publish the task to the queue that its context names, or for later; arguments never show in its headers.

        Celery's own way would look up rules of routing and make a result, of which nothing is used here.
        """
        app, parent = self.app, self.app.current_worker_task
        if parent is not None:
            root_id, parent_id = root_id or parent.request.root_id, parent_id or parent.request.id
        message = app.amqp.create_task_message(
            task_id,
            self.name,
            args,
            time_limit=self.time_limit,
            root_id=root_id,
            parent_id=parent_id,
            argsrepr=HIDDEN,
            kwargsrepr=HIDDEN,
            **kept,
        )
        queue, chosen = args[1]["queue"], {**self.pym_patience, **({} if priority is None else {"priority": priority})}

        def send(producer: Any) -> None:
            way = when(app, queue, countdown)
            app.amqp.send_task_message(producer, self.name, message, queue=queue, **chosen, **way)

        publish(app, send)

    def run(self, text: str, known: Mapping[str, Any]) -> str | None:
        """Run the function as the service's own code, in the context of its call."""
        began = time.monotonic()
        service, task = self.pym_service, self.pym_task
        request = self.request
        context = TaskContext(request.id, task.name, request.retries + 1, known["queue"])
        with service, restored(flask_app_of(service), known, context):
            try:
                arguments, keywords = decoded(text)
                result = task.function(*arguments, **keywords)
                told = None if request.ignore_result else encoded(result, f"the result of {task.name}()")
            except UnsuitableArgument as error:
                log.error("%s: its result is not kept", error)
                told = None
            except Exception as error:
                self._failed(error, context, known, time.monotonic() - began)
            tell(service, context, "succeeded", time.monotonic() - began, known)
        self._release(known)
        return told

    def _failed(self, error: Exception, context: TaskContext, known: Mapping[str, Any], seconds: float) -> None:
        """Report what the task raised, then run it again later, or let it fail."""
        options, retries = self.pym_task.options, self.request.retries
        again = options.repeats(error) and retries < options.max_retries
        error_id = str(getattr(error, "error_id", None) or uuid4())
        outcome = f"runs again, attempt {context.attempt + 1}" if again else "failed"
        line = f"task {context.name} {context.id} raised {kind_of(error)} and {outcome} (error_id {error_id})"
        log_error(log, line, trace_of(error), error_id=error_id, kind="crash")
        report_failure(self.pym_service, context, kind_of(error), error_id, again=again, error=error)
        tell(self.pym_service, context, "retried" if again else "failed", seconds, known)
        failure = TaskFailed(f"{kind_of(error)} in {context.name} (error_id {error_id})")
        if again:
            self._again(options.pause(retries), failure)
        from pymacaron_async.failed import keep_failed

        self._or_return_message(lambda: keep_failed(self.app, self, self.request, failure))
        self._release(known)
        raise failure from None

    def _again(self, pause: float, failure: TaskFailed) -> None:
        request = self.request
        signature = self.signature_from_request(request, countdown=pause, retries=request.retries + 1)
        self._or_return_message(signature.apply_async)
        raise Retry(str(failure), exc=failure, when=pause) from None

    def _or_return_message(self, act: Any) -> None:
        """Act on the broker; where that fails, the message goes back to its queue rather than being lost."""
        try:
            act()
        except BrokerError as error:
            raise Reject(str(error), requeue=True) from None

    def _release(self, known: Mapping[str, Any]) -> None:
        if "lock" in known:
            from pymacaron_async.unique import release

            release(self.app, known["lock"], self.request.id)


def make_task(app: Celery, service: Service, task: AsyncTask[Any, Any]) -> CarefulTask:
    """Register a task with Celery."""
    options = task.options
    limits = {"time_limit": options.time_limit} if options.time_limit else {}
    kind = type(
        task.function.__name__,
        (CarefulTask,),
        {
            "name": task.name,
            "pym_task": task,
            "pym_service": service,
            "pym_patience": {"confirm_timeout": CONFIRM_TIMEOUT} if app.conf.pym_broker.kind == "amqp" else {},
            "abstract": False,
            "max_retries": options.max_retries,
            "rate_limit": options.rate,
            "__module__": task.function.__module__,
            **limits,
        },
    )
    made: CarefulTask = app.register_task(kind())
    return made


def tell(service: Service, context: TaskContext, state: Any, seconds: float, known: Mapping[str, Any]) -> None:
    """Tell plugins that an attempt ended."""
    user_id = known.get("identity", {}).get("user_id")
    finished = FinishedTask(
        context.name, context.id, context.queue, state, context.attempt, seconds, known.get("request_id"), user_id
    )
    service.hooks.task_finished(finished, service.config)
