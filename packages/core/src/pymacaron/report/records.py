"""The frozen records that the hooks of watching over a service hand to plugins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pymacaron.spec import Operation

__all__ = ["FATAL", "NON_FATAL", "FinishedCall", "FinishedTask", "Kind", "Report"]

Kind = Literal["crash", "error", "warning", "slow", "deploy"]

FATAL = "FATAL BACKEND ERROR"
NON_FATAL = "NON-FATAL BACKEND ERROR"


@dataclass(frozen=True, slots=True)
class Report:
    """One report: `data` is plain JSON with every known secret masked, and holds no text of a foreign exception.

    `kind` is crash (a reply of 500 and above), error or warning (a function told so), slow, or deploy (one that ended,
    which is posted and mailed and no pym_error_report). `count` is above 1 in a
    report that stands for so many more of the same, which came within `report_fold_seconds`.
    """

    title: str
    kind: Kind
    data: Mapping[str, Any]
    count: int = 1

    @property
    def is_fatal(self) -> bool:
        """Whether a caller got an error for it."""
        return self.title.startswith(FATAL)


@dataclass(frozen=True, slots=True)
class FinishedCall:
    """One call whose whole reply was handed to the server.

    `operation` and `api` are None where no operation served it, `route` is None where nothing did; `route` is a path
    template, without the values of its parameters. `duration` is in seconds. `identity` is what the security
    requirement of the operation verified.
    """

    operation: Operation | None
    api: str | None
    route: str | None
    method: str
    path: str
    status: int
    duration: float
    identity: Any
    request_id: str
    address: str

    @property
    def user_id(self) -> str | None:
        """The id of the user who was verified."""
        return getattr(self.identity, "user_id", None)


@dataclass(frozen=True, slots=True)
class FinishedTask:
    """One attempt to run a background task: `attempt` counts from 1, `duration` is in seconds, 0 where it is not known.

    A task that is `retried` will run again; one that `failed` will not, unless somebody wants it to. `request_id` and
    `user_id` are those of the request that queued it.
    """

    name: str
    id: str
    queue: str
    state: Literal["succeeded", "retried", "failed"]
    attempt: int
    duration: float
    request_id: str | None = None
    user_id: str | None = None
