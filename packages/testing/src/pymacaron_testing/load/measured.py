"""What a load measured: percentiles, results and rates, as lines for people and JSON for programs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymacaron_testing.load.drive import Reply

__all__ = ["Measured", "measured", "percentile"]

PERCENTILES = (50, 90, 95, 99, 99.9, 100)
ERROR = 400
SERVER_ERROR = 500


@dataclass(frozen=True)
class Measured:
    """A load: its rate as it was wanted and as it was answered, a second; latencies in milliseconds."""

    operation: str
    rate: float
    achieved: float
    results: dict[str, int]
    latencies: dict[str, float]
    late: float

    @property
    def failed(self) -> bool:
        """Whether a request was not answered, or by an error of the server."""
        return any(not name.isdecimal() or int(name) >= SERVER_ERROR for name in self.results)

    @property
    def errors(self) -> dict[str, int]:
        """How many requests ended in each error: a status from 400 up, a time-out, a broken connection."""
        return {name: count for name, count in self.results.items() if not name.isdecimal() or int(name) >= ERROR}

    def as_data(self) -> dict[str, Any]:
        """Return all of it as plain objects."""
        return {
            "operation": self.operation,
            "rate": self.rate,
            "achieved_rate": self.achieved,
            "requests": sum(self.results.values()),
            "results": self.results,
            "errors": self.errors,
            "latency_ms": self.latencies,
            "sent_late_ms": self.late,
        }

    def lines(self) -> list[list[str]]:
        """Return the rows of a table."""
        errors = ", ".join(f"{count} {name}" for name, count in self.errors.items()) or "none"
        return [
            ["requests", f"{sum(self.results.values())}"],
            ["rate", f"{self.achieved:g} a second answered, of {self.rate:g}"],
            *([f"latency {name}", f"{milliseconds:g} ms"] for name, milliseconds in self.latencies.items()),
            ["errors", errors],
            ["sent late", f"{self.late:g} ms at most"],
        ]


def measured(operation: str, rate: float, replies: Sequence[Reply]) -> Measured:
    """Return what replies tell."""
    ended = max(reply.due + reply.latency for reply in replies)
    whole = max(ended, len(replies) / rate)
    latencies = sorted(reply.latency for reply in replies)
    results = dict(sorted(Counter(reply.result for reply in replies).items()))
    answered = sum(count for result, count in results.items() if result.isdecimal())
    return Measured(
        operation,
        rate,
        round(answered / whole, 1),
        results,
        {_name(percent): _milliseconds(percentile(latencies, percent)) for percent in PERCENTILES},
        _milliseconds(max(reply.late for reply in replies)),
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the least value that so many percent of ordered values do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _name(percent: float) -> str:
    return "max" if percent == 100 else f"p{percent:g}"


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)
