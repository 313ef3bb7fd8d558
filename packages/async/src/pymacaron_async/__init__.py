"""Background tasks for PyMacaron services: `asynctask`, and what a task knows."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymacaron_async.codec import UnsuitableArgument
    from pymacaron_async.context import TaskContext, current_task
    from pymacaron_async.errors import BrokerError, TaskFailed, TaskWaitTimeout, UnknownTask
    from pymacaron_async.handle import Handle
    from pymacaron_async.task import AsyncTask, asynctask

__all__ = [
    "AsyncTask",
    "BrokerError",
    "Handle",
    "TaskContext",
    "TaskFailed",
    "TaskWaitTimeout",
    "UnknownTask",
    "UnsuitableArgument",
    "asynctask",
    "current_task",
]

_HOMES = {
    "AsyncTask": "task",
    "BrokerError": "errors",
    "Handle": "handle",
    "TaskContext": "context",
    "TaskFailed": "errors",
    "TaskWaitTimeout": "errors",
    "UnknownTask": "errors",
    "UnsuitableArgument": "codec",
    "asynctask": "task",
    "current_task": "context",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pymacaron_async' has no attribute '{name}'")
    return getattr(importlib.import_module(f"pymacaron_async.{_HOMES[name]}"), name)
