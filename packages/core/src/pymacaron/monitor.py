"""monitor, which measures what a service does beside answering: calls to others, queries, whatever has a name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["monitor"]


@contextmanager
def monitor(kind: str, method: str) -> Iterator[None]:
    """Time a block of code; /metrics shows it by kind ("db"), method ("get_user") and outcome, "ok" or "error".

    Costs next to nothing where the setting `metrics` is off. Neither name is to hold a value that a caller chose: each
    one makes a series of its own.
    """
    from pymacaron.service import current_service

    service = current_service()
    if not service.config.get("metrics"):
        yield
        return
    from pymacaron.report.metrics import metrics_of

    outcome, began = "error", time.perf_counter()
    try:
        yield
        outcome = "ok"
    finally:
        metrics_of(service).monitored.labels(kind, method, outcome).observe(time.perf_counter() - began)
