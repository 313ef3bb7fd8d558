"""The report of a task that raised, or whose process died: like that of a 5xx, and without arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymacaron.report.facts import current_environ, request_facts, request_id, time_facts, user_id
from pymacaron.report.records import FATAL, NON_FATAL, Report
from pymacaron.report.traces import trace_of

if TYPE_CHECKING:
    from pymacaron.service import Service
    from pymacaron_async.context import TaskContext

__all__ = ["report_failure"]


def report_failure(
    service: Service,
    context: TaskContext,
    kind: str,
    error_id: str,
    *,
    again: bool,
    error: BaseException | None = None,
) -> None:
    """Submit a report: fatal where the task failed for good."""
    title = f"{NON_FATAL if again else FATAL}: TASK_FAILED ({kind}) in task {context.name}"
    told: dict[str, Any] = {
        "title": title,
        "kind": "crash",
        "is_fatal": not again,
        "error_id": error_id,
        "error": {"code": "TASK_FAILED", "type": kind},
        "task": {"name": context.name, "id": context.id, "attempt": context.attempt, "queue": context.queue},
        "arguments": "***",
        "time": time_facts(None),
    }
    if error is not None:
        told["trace"] = trace_of(error)
    if (environ := current_environ()) is not None:
        told["request_id"] = request_id(environ)
        told["request"] = request_facts(environ, False)
        told["user"] = {"id": user_id(environ)}
    service.reports.submit(Report(title, "crash", told), error)
