"""The reporter that sends reports by e-mail, on where `report_email_to` is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl

if TYPE_CHECKING:
    from pymacaron.report.records import Report

__all__ = ["pym_error_report"]


@hookimpl
def pym_error_report(report: Report) -> None:
    """Send a report."""
    from pymacaron.report.smtp import send
    from pymacaron.service import current_service

    send(current_service().config, report)
