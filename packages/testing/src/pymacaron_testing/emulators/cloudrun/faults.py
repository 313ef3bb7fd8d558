"""The faults of Cloud Run: errors by their HTTP status, of operations such as "run.services.update"."""

from __future__ import annotations

from dataclasses import dataclass

from pymacaron_testing.emulators.faults import Faults, PlannedFault

__all__ = ["Fault", "Faults"]


@dataclass
class Fault(PlannedFault):
    """A fault whose error has an HTTP `status`, 0 for none."""

    status: int = 0

    @classmethod
    def throttle(cls, operation: str, times: int = 1) -> Fault:
        """Make a fault that throttles."""
        return cls(operation, 429, message="Quota exceeded for quota metric 'Write requests'", times=times)
