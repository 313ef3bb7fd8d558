"""Reports, made in the thread of the request: of a crash, of a reply of 500 and above, of a slow call, or of a call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pymacaron.exceptions import PyMacaronException
from pymacaron.report.facts import (
    LONGEST_BODY,
    VISIBLE,
    current_environ,
    request_facts,
    request_id,
    time_facts,
    user_id,
)
from pymacaron.report.records import FATAL, NON_FATAL, Kind, Report
from pymacaron.report.snapshot import snapshot
from pymacaron.report.traces import kind_of, trace_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from pymacaron.http.reply import Reply
    from pymacaron.service import Service

__all__ = ["report_crash", "report_reply", "report_slow_call", "report_told"]

Environ = Mapping[str, Any]
UNKNOWN_ROUTE = "(unmatched)"


def report_crash(
    service: Service, environ: Environ, error: BaseException, reply: Mapping[str, Any], debug: bool
) -> None:
    """Report an error of 500 and above that is answered by a JSON object."""
    told = {"code": reply["error"], "status": reply["status"], "type": kind_of(error)}
    if isinstance(error, PyMacaronException) or debug:
        told["description"] = snapshot(str(error))
    title = f"{FATAL}: {reply['error']} ({kind_of(error)}) in {_place(environ)}"
    data = {"error_id": reply["error_id"], "error": told, "trace": trace_of(error, texts=debug)}
    _submit(service, environ, "crash", title, data, error)


def report_reply(service: Service, environ: Environ, reply: Reply | Response) -> None:
    """Report a reply of 500 and above that a handler returned as such, under the error_id of its JSON."""
    status = reply.status_code
    title = f"{FATAL}: {status} returned in {_place(environ)}"
    told = {"error_id": _error_id(reply) or str(uuid4()), "error": {"status": status}}
    _submit(service, environ, "crash", title, told, None)


def _error_id(reply: Any) -> str | None:
    if getattr(reply, "is_streamed", False):
        return None
    body: bytes = reply.get_data() if hasattr(reply, "get_data") else reply.body
    if len(body) > LONGEST_BODY or not body.lstrip().startswith(b"{"):
        return None
    with suppress(ValueError, RecursionError):
        error_id = json.loads(body).get("error_id")
        if isinstance(error_id, str) and VISIBLE.fullmatch(error_id):
            return error_id
    return None


def report_slow_call(service: Service, environ: Environ | None, what: str, seconds: float, limit: float) -> None:
    """Report a call that took longer than its limit in milliseconds."""
    data = {"error_id": str(uuid4()), "slow": {"call": what, "took_ms": round(seconds * 1000, 1), "limit_ms": limit}}
    _submit(service, environ, "slow", f"{NON_FATAL}: slow call of {what}", data, None)


def report_told(
    service: Service, kind: Kind, title: str | None, data: Any, caught: object, is_fatal: bool, debug: bool = False
) -> None:
    """Report what a function wants to be known; `caught` is an exception, an error of a reply, or anything."""
    environ = current_environ()
    error = caught if isinstance(caught, BaseException) else None
    what = title or (f"caught {kind_of(error)}" if error else "no title")
    told: dict[str, Any] = {"error_id": str(getattr(caught, "error_id", None) or uuid4())}
    if data is not None:
        told["data"] = snapshot(data)
    if error is not None:
        told |= {"caught": {"type": kind_of(error)}, "trace": trace_of(error, texts=debug)}
    elif caught is not None:
        told["caught"] = snapshot(_plain_error(caught))
    _submit(service, environ, kind, f"{FATAL if is_fatal else NON_FATAL}: {what}", told, error)


def _submit(
    service: Service, environ: Environ | None, kind: Kind, title: str, data: dict[str, Any], error: BaseException | None
) -> None:
    told: dict[str, Any] = {"title": title, "kind": kind, "is_fatal": title.startswith(FATAL), **data}
    told["time"] = time_facts(environ)
    if environ is not None:
        told["request_id"] = request_id(environ)
        told["request"] = request_facts(environ, service.config.report_body)
        told["user"] = {"id": user_id(environ)}
    service.reports.submit(Report(title, kind, told), error)


def _place(environ: Environ) -> str:
    facts = request_facts(environ, False)
    return f"{facts['method']} {facts['route'] or UNKNOWN_ROUTE}"


def _plain_error(caught: object) -> Any:
    """Return what is known of an error that is no exception: the JSON of an Error model or of a reply."""
    for name in ("to_json", "model_dump", "get_json"):
        if callable(method := getattr(caught, name, None)):
            with suppress(Exception):  # the report of an error is not lost over another
                return method()
    return caught
