"""Faults on demand: calls that are throttled, fail, hang, are cut off, or are done while their answer is lost."""

from __future__ import annotations

import threading
from dataclasses import dataclass

__all__ = ["Fault", "Faults"]

REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


@dataclass
class Fault:
    """What happens to calls of an operation, such as "patch deployments" ("*": of any; "patch *", "* leases").

    Verbs are those of RBAC: get, list, watch, create, update, patch, delete. `status` is that of the error that is
    answered, 0 for none; `retry_after` is the header, in seconds. `skip` is how many calls pass before, `times` how
    many it meets. With `done` the operation takes place before the error is answered.
    `hang` is how many seconds the answer is held back; the operation takes place. With `reset` the connection is cut
    off instead of an answer.
    """

    operation: str
    status: int = 0
    message: str = "a fault on demand"
    times: int = 1
    done: bool = False
    hang: float = 0
    retry_after: int = 0
    skip: int = 0
    reset: bool = False

    @property
    def reason(self) -> str:
        """The reason of the Status object."""
        return REASONS.get(self.status, "Unknown")

    @classmethod
    def throttle(cls, operation: str, times: int = 1, retry_after: int = 1) -> Fault:
        """Make a fault that throttles."""
        message = "the server has received too many requests and has asked us to try again later"
        return cls(operation, 429, message, times, retry_after=retry_after)

    def meets(self, operation: str) -> bool:
        """Tell whether an operation is one of those that it is for."""
        verb, _, resource = operation.partition(" ")
        wanted, _, on = self.operation.partition(" ")
        return wanted in (verb, "*") and (on or "*") in (resource, "*")


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Add a fault, behind those that are there."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def next(self, operation: str) -> Fault | None:
        """Take the first fault that a call of an operation meets."""
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.meets(operation):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None
