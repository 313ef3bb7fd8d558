"""Faults on demand: calls that are throttled, fail, hang, or are done while their answer is lost."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Faults", "PlannedFault"]


@dataclass
class PlannedFault:
    """What happens to the next `times` calls of an operation ("*": of any); the error is that of the emulator's own.

    With `done` the operation takes place before the error is answered. `hang` is how many seconds the answer is held
    back; the operation takes place.
    """

    operation: str
    message: str = field(default="a fault on demand", kw_only=True)
    times: int = field(default=1, kw_only=True)
    done: bool = field(default=False, kw_only=True)
    hang: float = field(default=0, kw_only=True)


Planned = TypeVar("Planned", bound=PlannedFault)


class Faults(Generic[Planned]):
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._faults: list[Planned] = []
        self._lock = threading.Lock()

    def add(self, fault: Planned) -> None:
        """Add a fault, behind those that are there."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def next(self, operation: str) -> Planned | None:
        """Take the first fault that a call of an operation meets."""
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.operation in (operation, "*"):
                    fault.times -= 1
                    return fault
        return None
