"""Tasks that a worker does not know, as while versions change: they are kept among the failed ones, and not dropped."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pymacaron_async.errors import TaskFailed
from pymacaron_async.failed import keep_failed

if TYPE_CHECKING:
    from celery import Celery

__all__ = ["keep_unknown"]

log = logging.getLogger(__name__)


def keep_unknown(app: Celery, told: Mapping[str, Any]) -> None:
    """Keep a message whose task this worker does not have; `told` is what Celery tells of it."""
    name, message = str(told.get("name")), told["message"]
    args = message.payload[0] if isinstance(message.payload, list | tuple) else []
    headers = message.headers
    request = SimpleNamespace(
        id=told.get("id"), args=args, retries=headers.get("retries", 0), ignore_result=headers.get("ignore_result")
    )
    log.error("task %s %s: this worker has no such task, it is kept as failed", name, request.id)
    keep_failed(app, SimpleNamespace(name=name), request, TaskFailed(f"no worker has a task {name}"))
