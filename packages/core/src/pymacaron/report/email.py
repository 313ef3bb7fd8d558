"""The reporter that sends reports and the ends of deploys by e-mail, on where `report_email_to` is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl

if TYPE_CHECKING:
    from pymacaron.deploy import DeployOutcome, Release
    from pymacaron.report.records import Report

__all__ = ["pym_after_deploy", "pym_error_report"]


@hookimpl
def pym_error_report(report: Report) -> None:
    """Send a report."""
    from pymacaron.report.smtp import send
    from pymacaron.service import current_service

    send(current_service().config, report)


@hookimpl
def pym_after_deploy(release: Release, outcome: DeployOutcome) -> None:
    """Send how a deploy ended."""
    from pymacaron.report.deploys import deploy_report
    from pymacaron.service import current_service

    pym_error_report(deploy_report(current_service().config, release, outcome))
