"""The plugin that counts and times calls for Prometheus, on where `metrics` is, and brings /metrics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pymacaron.exceptions import ConfigError
from pymacaron.plugins.markers import hookimpl
from pymacaron.plugins.records import ApiDocument

if TYPE_CHECKING:
    from pymacaron.config import Config
    from pymacaron.report.prometheus import Metrics
    from pymacaron.report.records import FinishedCall, FinishedTask
    from pymacaron.service import Service

__all__ = ["metrics_of", "pym_apis", "pym_operation_finished", "pym_task_finished"]


@hookimpl
def pym_apis(config: Config) -> list[ApiDocument]:
    """Bring /metrics; raises ConfigError where prometheus-client is missing."""
    if not config.get("metrics"):
        return []
    try:
        import pymacaron.report.prometheus  # noqa: F401
    except ImportError:
        place = config.config_file.place("metrics")
        raise ConfigError(f"{place}: metrics needs prometheus-client: pip install 'prometheus-client>=0.21'") from None
    return [ApiDocument("metrics", Path(__file__).with_name("metrics.yaml"))]


@hookimpl
def pym_operation_finished(call: FinishedCall) -> None:
    """Count and time a call."""
    from pymacaron.service import current_service

    metrics_of(current_service()).observe(call)


@hookimpl
def pym_task_finished(task: FinishedTask) -> None:
    """Count and time an attempt to run a background task."""
    from pymacaron.service import current_service

    metrics_of(current_service()).observe_task(task)


def metrics_of(service: Service) -> Metrics:
    """Return the metrics of a service, made when they are first needed."""
    from pymacaron.report.prometheus import Metrics

    if service.metrics is None:
        service.metrics = Metrics()
    return service.metrics
