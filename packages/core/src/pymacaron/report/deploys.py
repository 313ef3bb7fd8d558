"""The report of a deploy that ended, for those who get the reports of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymacaron.report.records import Report

if TYPE_CHECKING:
    from pymacaron.config import Config
    from pymacaron.deploy import DeployOutcome, Release

__all__ = ["deploy_report"]


def deploy_report(config: Config, release: Release, outcome: DeployOutcome) -> Report:
    """Tell which release goes where and how that ended; log lines below the reason are left out."""
    words = {"live": "is live in", "rolled back": "was rolled back in", "failed": "failed in"}
    data: dict[str, Any] = {
        "release": release.id,
        "version": release.version,
        "commit": release.commit,
        "environment": release.environment,
        "status": outcome.status,
        "live": outcome.live,
    }
    if outcome.status != "live":
        data |= {"step": outcome.step, "reason": config.redact(outcome.reason.partition("\n")[0])}
    title = f"DEPLOY: {config.name} {release.id} {words[outcome.status]} {release.environment}"
    return Report(title, "deploy", data)
