"""The metrics of a service by prometheus-client."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flask import Response
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest, multiprocess
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from pymacaron.report.sharing import FOLDER
from pymacaron.service import current_service

if TYPE_CHECKING:
    from pymacaron.report.records import FinishedCall, FinishedTask

__all__ = ["Metrics", "exposition", "forget_worker"]

NO_ROUTE = "(unmatched)"


class Metrics:
    """The histograms of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = Histogram(
            "http_request_duration_seconds",
            "Seconds from a request to the end of its reply.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.monitored = Histogram(
            "monitored_duration_seconds",
            "Seconds of what monitor() measures.",
            ("kind", "method", "outcome"),
            registry=self.registry,
        )

        self.tasks = Histogram(
            "task_duration_seconds",
            "Seconds of each attempt to run a background task.",
            ("task", "queue", "state"),
            registry=self.registry,
        )

    def observe(self, call: FinishedCall) -> None:
        """Count and time a call."""
        self.calls.labels(call.method, call.route or NO_ROUTE, str(call.status)).observe(call.duration)

    def observe_task(self, task: FinishedTask) -> None:
        """Count and time an attempt to run a background task."""
        self.tasks.labels(task.name, task.queue, task.state).observe(task.duration)


def exposition() -> Response:
    """Answer /metrics: the metrics of all processes where they share a folder, else of this one."""
    from pymacaron.report.metrics import metrics_of

    metrics = metrics_of(current_service())
    if os.environ.get(FOLDER):
        everything = CollectorRegistry()
        multiprocess.MultiProcessCollector(everything)  # type: ignore[no-untyped-call]
        text = generate_latest(everything)
    else:
        text = generate_latest(metrics.registry) + generate_latest(REGISTRY)
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def forget_worker(pid: int) -> None:
    """Take the gauges of a worker that ended out of the sum; its counts stay in it."""
    if os.environ.get(FOLDER):
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
