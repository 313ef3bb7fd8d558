"""Every error of a request as the same JSON: error, error_description, error_id, status, and user_message where set."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from pymacaron.exceptions import BadResponseException, PyMacaronException, StartError
from pymacaron.log import masked
from pymacaron.text import one_line, printable

__all__ = ["install"]

log = logging.getLogger(__name__)

GENERIC = "The server failed on this request; its log tells more under this error_id"


def install(app: Flask) -> None:
    """Answer errors of an app in JSON, except those for which the app has handlers of its own."""
    handlers = app.error_handler_spec[None][None]
    ours: dict[type[Exception], Callable[[Any], WerkzeugResponse]] = {
        PyMacaronException: answer_declared,
        HTTPException: answer_http,
        Exception: answer_unhandled,
    }
    for kind, handler in ours.items():
        handlers.setdefault(kind, handler)


def answer_declared(error: PyMacaronException) -> WerkzeugResponse:
    """Answer what a handler or the framework raised on purpose; a 5xx is logged too."""
    reply = error.to_json()
    cause = error if error.status >= 500 else None
    level = logging.ERROR if cause else logging.INFO
    text = "%s %s: %s: %s (error_id %s)"
    log.log(level, text, request.method, printable(request.path), error.code, error, error.error_id, exc_info=cause)
    if isinstance(error, (StartError, BadResponseException)) and not current_app.debug:
        reply["error_description"] = GENERIC
    response = _response(reply)
    response.headers.extend(error.headers())
    return response


def answer_http(error: HTTPException) -> WerkzeugResponse:
    """Answer Flask's own errors (404, 405, 413, ...), with their headers such as Allow."""
    if error.response is not None:
        return error.get_response()
    status = error.code or 500
    code = (error.name or "error").upper().replace(" ", "_").replace("'", "").replace("-", "_")
    unrouted = status == 404 and request.routing_exception is error
    description = f"nothing is served at {request.path}" if unrouted else error.description or error.name
    reply = _reply(code, description, status)
    if status >= 500:
        log.error(
            "%s %s: %s (error_id %s)", request.method, printable(request.path), code, reply["error_id"], exc_info=error
        )
    response = _response(reply)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def answer_unhandled(error: Exception) -> WerkzeugResponse:
    """Answer any other exception with 500: its text goes to the log, and to the caller only in debug mode."""
    reply = _reply("UNHANDLED_SERVER_ERROR", GENERIC, 500)
    log.error("UNHANDLED_SERVER_ERROR (error_id %s)", reply["error_id"], exc_info=error)
    if current_app.debug:
        reply["error_description"] = masked(one_line(error))
    return _response(reply)


def _reply(code: str, description: str, status: int) -> dict[str, Any]:
    return {"error": code, "error_description": description, "error_id": str(uuid4()), "status": status}


def _response(reply: dict[str, Any]) -> Response:
    return Response(json.dumps(reply, separators=(",", ":")), reply["status"], mimetype="application/json")
