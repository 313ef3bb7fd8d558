"""Every error of a request as the same JSON: error, error_description, error_id, status, and user_message where set."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from flask import Flask, current_app, has_app_context, request
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge, default_exceptions
from werkzeug.wrappers import Response as WerkzeugResponse

from pymacaron.exceptions import BadResponseException, LostBodyError, PyMacaronException, StartError
from pymacaron.http.errorshape import shaped
from pymacaron.log import log_error, masked
from pymacaron.report.facts import endpoint_of, method_of, path_of
from pymacaron.report.traces import trace_of
from pymacaron.text import one_line, printable

__all__ = ["install"]

log = logging.getLogger(__name__)

OF_THE_SERVICE = (StartError, BadResponseException, LostBodyError)
"""Errors whose texts are for those who run the service, not for its callers."""
GENERIC = "The server failed on this request; its log tells more under this error_id"
UNHANDLED = "UNHANDLED_SERVER_ERROR"
OF_FLASK = ("Exception on ", "Request finalizing failed with an error while handling an error")
CRASH = "pymacaron.crash"
"""In the environ of a request that crashed: the id() of the exception, and the JSON object of the reply."""


def install(app: Flask) -> None:
    """Answer errors of an app in JSON, except those for which the app has handlers of its own.

    No handler is for any exception at all: what nobody handles is a crash to Flask, which sends its signal, tells the
    functions at teardown, and asks for an answer to an InternalServerError.
    """
    handlers = app.error_handler_spec[None][None]
    ours: dict[type[Exception], Callable[[Any], Any]] = {
        PyMacaronException: answer_declared,
        HTTPException: answer_http,
    }
    for kind, handler in ours.items():
        handlers.setdefault(kind, handler)
    app.handle_http_exception = _handle_http(app.handle_http_exception)  # type: ignore[method-assign, assignment]
    app.log_exception = _log_exception(app.log_exception)  # type: ignore[method-assign, assignment]
    logging.getLogger(app.name).addFilter(_leave_out_texts)


def answer_declared(error: PyMacaronException) -> Any:
    """Answer what a handler or the framework raised on purpose; a 5xx is reported too.

    An error handler of the app for the status is asked first. It gets the HTTPException of that status, with the error
    as its `original_exception`.
    """
    reply = error.to_json()
    text = f"{error.code}: {error}"
    if error.status >= 500:
        _report(error, reply, text)
    else:
        details = {"error_id": error.error_id, "code": error.code, "status": error.status}
        line = printable(f"{_where()}: {text} (error_id {error.error_id})")
        log.info("%s", line, extra={"details": details})
    if isinstance(error, OF_THE_SERVICE) and not current_app.debug:
        reply["error_description"] = GENERIC
    if handler := _handler_of_status(error.status):
        told: Any = default_exceptions[error.status](reply["error_description"])
        told.original_exception = error
        return current_app.ensure_sync(handler)(told)
    response = shaped(error, reply)
    response.headers.extend(error.headers())
    return response


def answer_http(error: HTTPException) -> WerkzeugResponse:
    """Answer Flask's own errors (404, 405, 413, ...), with their headers such as Allow.

    A crash comes here too, inside an InternalServerError.
    """
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, Exception):
        return shaped(error.original_exception, _crash(error.original_exception))
    if error.response is not None:
        return _reported(error.get_response())
    status = error.code or 500
    code = (error.name or "error").upper().replace(" ", "_").replace("'", "").replace("-", "_")
    unrouted = status == 404 and request.routing_exception is error
    description = error.description or error.name
    if unrouted:
        description = f"nothing is served at {path_of(request.environ, None)}"
    elif description == RequestEntityTooLarge.description:
        description = "the body is larger than this operation takes"
    reply = _reply(error, code, description, status)
    if status >= 500:
        _report(error, reply, code)
    response = shaped(error, reply)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _crash(error: Exception) -> dict[str, Any]:
    """Return the reply to an exception that nobody handled, and report it, once.

    Its text leaves the process only in debug mode.
    """
    environ = request.environ
    known: tuple[int, dict[str, Any]] = environ.get(CRASH, (0, {}))
    if known[0] != id(error):
        service = current_app.extensions.get("pymacaron")
        code = UNHANDLED if service is None else service.config.get("unhandled_error_code", UNHANDLED)
        reply = _reply(error, code, GENERIC, 500)
        _report(error, reply, code)
        if current_app.debug:
            reply["error_description"] = masked(one_line(error))
        known = environ[CRASH] = id(error), reply
    return known[1]


def _log_exception(own: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return what Flask calls of each crash, before it asks any handler: after ours, what the app has of its own."""
    is_flasks = getattr(own, "__func__", None) is Flask.log_exception

    def log_exception(exc_info: Any) -> None:
        _crash(exc_info[1])
        if not is_flasks:
            own(exc_info)

    return log_exception


def _handle_http(own: Callable[[HTTPException], Any]) -> Callable[[HTTPException], Any]:
    """Return what Flask calls of each HTTPException: of `abort(response)`, which has no code, it asks no handler.

    In an operation the endpoint reports it.
    """

    def handle_http_exception(error: HTTPException) -> Any:
        if error.code is None and error.response is not None and endpoint_of(request.environ) is None:
            _reported(error.get_response())
        return own(error)

    return handle_http_exception


def _handler_of_status(status: int) -> Callable[[Any], Any] | None:
    """Return the error handler for a status that the app, or a blueprint of the request, has."""
    kind = default_exceptions.get(status)
    for name in (*request.blueprints, None):
        handlers = current_app.error_handler_spec.get(name, {}).get(status, {})
        if kind in handlers:
            return handlers[kind]
    return None


def _reply(error: Exception, code: str, description: str, status: int) -> dict[str, Any]:
    reply = {"error": code, "error_description": description, "error_id": str(uuid4()), "status": status}
    with suppress(AttributeError):  # an exception of C, or one with slots
        error.error_id = reply["error_id"]  # type: ignore[attr-defined]  # for an error_callback
    return reply


def _report(error: Exception, reply: dict[str, Any], text: str) -> None:
    """Log an error of 500 and above under its error_id, and submit a report of it."""
    trace = trace_of(error, texts=current_app.debug)
    told = {"error_id": reply["error_id"], "code": reply["error"], "status": reply["status"], "kind": "crash"}
    log_error(log, f"{_where()}: {text} (error_id {reply['error_id']})", trace, **told)
    if service := current_app.extensions.get("pymacaron"):
        from pymacaron.report.making import report_crash

        report_crash(service, request.environ, error, reply, current_app.debug)


def _reported(response: WerkzeugResponse) -> WerkzeugResponse:
    """Report a reply that `flask.abort(response)` sends, where it is a 5xx."""
    service = current_app.extensions.get("pymacaron")
    if service is not None and response.status_code >= 500:
        from pymacaron.report.making import report_reply

        report_reply(service, request.environ, response)
    return response


def _leave_out_texts(record: logging.LogRecord) -> bool:
    """Take the texts of exceptions out of what Flask logs by itself, unless the app is in debug mode."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and str(record.msg).startswith(OF_FLASK) and not (has_app_context() and current_app.debug):
        record.exc_info, record.exc_text = None, trace_of(error)
    return True


def _where() -> str:
    """Return the method and the path of the current request, as they may stand in a log."""
    environ = request.environ
    return f"{method_of(environ)} {path_of(environ, endpoint_of(environ))}"
