"""What goes wrong with background tasks.

PyMacaronException
├── BrokerError             503 BROKER_UNREACHABLE    the broker does not answer, the task was not queued
├── TaskFailed              500 TASK_FAILED           the task raised, or its process died too often
├── TaskWaitTimeout         504 TASK_TIMEOUT          the task is not done yet
└── UnknownTask             404 UNKNOWN_TASK          nothing is known of a task of that id
"""

from __future__ import annotations

from pymacaron.exceptions import PyMacaronException

__all__ = ["BrokerError", "TaskFailed", "TaskWaitTimeout", "UnknownTask"]


class BrokerError(PyMacaronException):
    """The broker does not answer: the task was not queued, as far as is known."""

    code = "BROKER_UNREACHABLE"
    status = 503


class TaskFailed(PyMacaronException):
    """A task that raised, or whose process died too often; its text names the type of the error and never its text."""

    code = "TASK_FAILED"
    status = 500


class TaskWaitTimeout(PyMacaronException):
    """A task that was waited for is not done yet."""

    code = "TASK_TIMEOUT"
    status = 504


class UnknownTask(PyMacaronException):
    """Nothing is known of a task of that id."""

    code = "UNKNOWN_TASK"
    status = 404
