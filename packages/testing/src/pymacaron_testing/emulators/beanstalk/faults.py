"""The faults of Elastic Beanstalk: errors of the Query protocol, by their codes."""

from __future__ import annotations

from dataclasses import dataclass

from pymacaron_testing.emulators.faults import Faults, PlannedFault

__all__ = ["Fault", "Faults"]


@dataclass
class Fault(PlannedFault):
    """A fault whose error has a `code`, "" for none, and an HTTP `status`."""

    code: str = ""
    status: int = 400

    @classmethod
    def throttle(cls, operation: str, times: int = 1) -> Fault:
        """Make a fault that throttles."""
        return cls(operation, "Throttling", message="Rate exceeded", times=times)
