"""The reporter that posts reports to a Slack webhook, on where `report_slack_webhook` is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl

if TYPE_CHECKING:
    from pymacaron.report.records import Report

__all__ = ["pym_error_report"]


@hookimpl
def pym_error_report(report: Report) -> None:
    """Post a report."""
    from pymacaron.report.webhook import post
    from pymacaron.service import current_service

    post(current_service().config.report_slack_webhook, report)
