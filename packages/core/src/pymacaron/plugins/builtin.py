"""Core's own features, which are plugins first: every one of them is registered from this tuple."""

from __future__ import annotations

__all__ = ["BUILT_IN", "SWITCHES"]

BUILT_IN = (
    "pymacaron.config.plugin",
    "pymacaron.cli.plugin",
    "pymacaron.apis.plugin",
    "pymacaron.http.cors",
    "pymacaron.report.plugin",
    "pymacaron.report.logged",
    "pymacaron.report.slack",
    "pymacaron.report.email",
    "pymacaron.report.accesslog",
    "pymacaron.report.metrics",
    "pymacaron.client.plugin",
    "pymacaron.docsite.plugin",
    "pymacaron.store.plugin",
)

SWITCHES = {
    "pymacaron.report.logged": "report_log",
    "pymacaron.report.slack": "report_slack_webhook",
    "pymacaron.report.email": "report_email_to",
    "pymacaron.report.accesslog": "access_log",
    "pymacaron.report.metrics": "metrics",
}
"""The setting without which a built-in plugin is not told of calls and reports, so that it costs nothing."""
