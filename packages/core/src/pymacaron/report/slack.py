"""The reporter that posts reports to a Slack webhook, on where `report_slack_webhook` is set."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

from pymacaron.plugins.markers import hookimpl
from pymacaron.report.callback import message
from pymacaron.service import current_service

if TYPE_CHECKING:
    from pymacaron.report.records import Report

__all__ = ["pym_error_report"]

LONGEST = 3000
TIMEOUT = 10.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refuses to send a report elsewhere."""

    def redirect_request(self, *arguments: Any) -> None:
        """Follow nothing."""


@hookimpl
def pym_error_report(report: Report) -> None:
    """Post a report; raises OSError where the webhook does not take it."""
    text = f"*{_escaped(report.title)}*\n```{_escaped(message(report)[:LONGEST])}```"
    request = urllib.request.Request(  # noqa: S310 - the setting admits no other schemes than http and https
        current_service().config.report_slack_webhook,
        json.dumps({"text": text}).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT).close()


def _escaped(text: str) -> str:
    """Return a text in which Slack sees no link, mention or end of the block."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("```", "'''")
