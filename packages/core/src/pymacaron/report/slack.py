"""The reporter that posts reports and ends of deploys to a Slack webhook, on where `report_slack_webhook` is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl

if TYPE_CHECKING:
    from pymacaron.deploy import DeployOutcome, Release
    from pymacaron.report.records import Report

__all__ = ["pym_after_deploy", "pym_error_report"]


@hookimpl
def pym_error_report(report: Report) -> None:
    """Post a report."""
    from pymacaron.report.webhook import post
    from pymacaron.service import current_service

    post(current_service().config.report_slack_webhook, report)


@hookimpl
def pym_after_deploy(release: Release, outcome: DeployOutcome) -> None:
    """Post how a deploy ended."""
    from pymacaron.report.deploys import deploy_report
    from pymacaron.service import current_service

    pym_error_report(deploy_report(current_service().config, release, outcome))
