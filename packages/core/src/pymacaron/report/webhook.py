"""Posting a report to a Slack webhook."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

from pymacaron.report.callback import message

if TYPE_CHECKING:
    from pymacaron.report.records import Report

__all__ = ["post"]

LONGEST = 3000
TIMEOUT = 10.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refuses to send a report elsewhere."""

    def redirect_request(self, *arguments: Any) -> None:
        """Follow nothing."""


def post(url: str, report: Report) -> None:
    """Post a report to a URL; raises OSError where it is not taken within 10 s."""
    text = f"*{_escaped(report.title)}*\n```{_escaped(message(report)[:LONGEST])}```"
    request = urllib.request.Request(  # noqa: S310 - the setting admits no other schemes than http and https
        url,
        json.dumps({"text": text}).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT).close()


def _escaped(text: str) -> str:
    """Return a text in which Slack sees no link, mention or end of the block."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("```", "'''")
