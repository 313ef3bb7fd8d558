"""The handlers of tasks.yaml."""

from __future__ import annotations

from typing import Any

from pymacaron.service import current_service
from pymacaron_async.codec import plain
from pymacaron_async.errors import TaskFailed, UnknownTask
from pymacaron_async.handle import Handle

__all__ = ["get_task"]


def get_task(id: str) -> dict[str, Any]:  # noqa: A002 - the name in the document
    """Tell the state of a task, and its result once it is done."""
    handle = Handle(id, current_service())
    state = handle.state
    if state == "unknown":
        raise UnknownTask("nothing is known of this task, or no more")
    told: dict[str, Any] = {"id": id, "state": state}
    if state == "succeeded":
        told["result"] = plain(handle.result)
    if state == "failed":
        try:
            told["result"] = handle.result
        except TaskFailed as error:
            told["error"] = str(error)
    return told
