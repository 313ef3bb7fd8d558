"""The access log: one line for each request, the same under every server, without the query, which may hold secrets."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl
from pymacaron.text import printable

if TYPE_CHECKING:
    from pymacaron.report.records import FinishedCall

__all__ = ["log", "pym_operation_finished"]

log = logging.getLogger(__name__)


@hookimpl
def pym_operation_finished(call: FinishedCall) -> None:
    """Log a call; `log_format: json` writes the fields, the plain format this sentence."""
    fields = {
        "address": call.address,
        "method": call.method,
        "path": call.path,
        "route": call.route,
        "status": call.status,
        "duration_ms": round(call.duration * 1000, 1),
        "request_id": call.request_id,
        "user_id": call.user_id,
    }
    log.info(
        "%s %s %s %s %s ms route=%s user_id=%s request_id=%s",
        call.address,
        call.method,
        call.path,
        call.status,
        fields["duration_ms"],
        call.route or "-",
        "-" if call.user_id is None else printable(str(call.user_id)).replace(" ", "%20"),
        call.request_id,
        extra={"fields": fields},
    )
