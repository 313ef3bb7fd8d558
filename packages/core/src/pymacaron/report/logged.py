"""The reporter that writes reports into the log, on where `report_log` is."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl
from pymacaron.text import printable

if TYPE_CHECKING:
    from pymacaron.report.records import Report

__all__ = ["pym_error_report"]

log = logging.getLogger(__name__)


@hookimpl
def pym_error_report(report: Report) -> None:
    """Log a report on one line, but a crash that stands in the log already, with its trace, under the same error_id."""
    if report.kind == "crash" and "trace" in report.data and report.count == 1:
        return
    told = {key: value for key, value in report.data.items() if key != "title"}
    if report.kind == "crash":
        told.pop("trace", None)
    title = printable(report.title)
    details = {"message": title, "error_id": report.data.get("error_id"), "kind": report.kind}
    if "trace" in told:
        details["exc"] = told["trace"]
    details["report"] = {key: value for key, value in told.items() if key not in ("trace", "error_id", "kind")}
    level = logging.ERROR if report.kind in ("crash", "error") else logging.WARNING
    text = printable(json.dumps(told, ensure_ascii=False, default=str))
    log.log(level, "%s: %s", title, text, extra={"details": details})
