"""Faults on demand: calls that are throttled, fail, hang, or are done while their answer is lost."""

from __future__ import annotations

import threading
from dataclasses import dataclass

__all__ = ["Fault", "Faults"]


@dataclass
class Fault:
    """What happens to the next `times` calls of an operation ("*": of any), such as "services.update".

    `status` is that of the error that is answered, 0 for none. With `done` the operation takes place before the error
    is answered. `hang` is how many seconds the answer is held back; the operation takes place.
    """

    operation: str
    status: int = 0
    message: str = "a fault on demand"
    times: int = 1
    done: bool = False
    hang: float = 0

    @classmethod
    def throttle(cls, operation: str, times: int = 1) -> Fault:
        """Make a fault that throttles."""
        return cls(operation, 429, "Quota exceeded for quota metric 'Write requests'", times)


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
                if fault.times > 0 and fault.operation in (operation, "*"):
                    fault.times -= 1
                    return fault
        return None
