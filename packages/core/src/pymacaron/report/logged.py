"""The reporter that writes reports into the log, on where `report_log` is."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl

if TYPE_CHECKING:
    from pymacaron.report.records import Report

__all__ = ["pym_error_report"]

log = logging.getLogger(__name__)


@hookimpl
def pym_error_report(report: Report) -> None:
    """Log a report on one line; the trace of a crash stands in the log already, under the same error_id."""
    told = {key: value for key, value in report.data.items() if key != "title"}
    if report.kind == "crash":
        told.pop("trace", None)
    level = logging.ERROR if report.kind in ("crash", "error") else logging.WARNING
    log.log(level, "%s: %s", report.title, json.dumps(told, ensure_ascii=False, default=str))
