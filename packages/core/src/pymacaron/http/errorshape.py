"""How the JSON of an error becomes a reply: as it is, as a problem of RFC 9457, or as functions of the API want it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, json, request
from werkzeug.http import HTTP_STATUS_CODES, parse_accept_header

from pymacaron.log import log_error
from pymacaron.report.traces import trace_of
from pymacaron.text import printable

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

    from pymacaron.service import ErrorDecorator, Service

__all__ = ["PROBLEM", "error_schema", "shaped"]

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
OWN_KEYS = {"type", "title", "status", "detail", "instance"}
TEXT = {"type": "string"}


def shaped(error: Exception, reply: dict[str, Any]) -> WerkzeugResponse:
    """Return the reply to an error as `error_callback` makes it, else written as `error_decorator` changed it.

    Where one of these fails, that is logged and the reply is the usual one.
    """
    service: Service | None = current_app.extensions.get("pymacaron")
    try:
        if service is not None and service.error_callback is not None:
            return current_app.make_response(service.error_callback(error))
        if service is not None and service.error_decorator is not None:
            return _written(service, _decorated(service.error_decorator, reply), reply["status"])
    except (Exception, SystemExit) as failed:
        trace = trace_of(failed, texts=current_app.debug)
        told = f"error_callback or error_decorator failed on error_id {reply['error_id']}"
        log_error(log, told, trace, error_id=reply["error_id"])
    return _written(service, reply, reply["status"])


def _decorated(decorator: ErrorDecorator, reply: dict[str, Any]) -> dict[str, Any]:
    copy = dict(reply)
    changed = decorator(copy)
    if changed is None:
        return copy
    if not isinstance(changed, dict):
        told = (
            "error_callback or error_decorator failed on error_id %s: a decorator returns a dict or None, and this a %s"
        )
        log.warning(told, printable(str(reply["error_id"])), type(changed).__name__)
        return reply
    return changed


def problem_of(reply: dict[str, Any], status: int) -> dict[str, Any]:
    """Return an error as the members of a problem, its other keys as extensions (RFC 9457, sections 3.1 and 3.2)."""
    known: dict[str, Any] = {"type": "about:blank", "title": HTTP_STATUS_CODES.get(status, "Error"), "status": status}
    if "error_description" in reply:
        known["detail"] = reply["error_description"]
    if "error_id" in reply:
        known["instance"] = f"urn:uuid:{reply['error_id']}"
    return known | {key: value for key, value in reply.items() if key not in OWN_KEYS | {"error_description"}}


def error_schema(error_format: str = "json") -> dict[str, Any]:
    """Return the JSON Schema of what `error_format` writes, for published documents."""
    status = {"type": "integer", "minimum": 400, "maximum": 599}
    shared: dict[str, Any] = {
        "error": {**TEXT, "description": "The code, for programs."},
        "error_id": {**TEXT, "description": "Stands in the log too."},
        "user_message": {**TEXT, "description": "A sentence for people."},
        "problems": {"type": "array", "items": {"type": "object"}, "description": "What is wrong with the request."},
    }
    if error_format == "problem":
        own: dict[str, Any] = {"type": TEXT, "title": TEXT, "status": status, "detail": TEXT, "instance": TEXT}
        return {"type": "object", "required": ["type", "title", "status", "error"], "properties": own | shared}
    own = {"error_description": {**TEXT, "description": "For those who write the caller."}, "status": status}
    return {"type": "object", "required": ["error", "error_description", "status"], "properties": shared | own}


def _written(service: Service | None, reply: dict[str, Any], status: int) -> Response:
    wanted = service is not None and service.config.get("error_format") == "problem"
    if wanted or _asks_for_problem(request.environ.get("HTTP_ACCEPT", "")):
        response = Response(json.dumps(problem_of(reply, status), separators=(",", ":")), status, mimetype=PROBLEM)
        response.vary.add("Accept")
        return response
    return Response(json.dumps(reply, separators=(",", ":")), status, mimetype="application/json")


def _asks_for_problem(accept: str) -> bool:
    """Tell whether an Accept header names problem+json, with no less weight than JSON (RFC 9110, section 12.5.1)."""
    if "problem+json" not in accept:
        return False
    weights = {media.lower(): weight for media, weight in parse_accept_header(accept)}
    return weights.get(PROBLEM, 0) > 0 and weights[PROBLEM] >= weights.get("application/json", 0)
