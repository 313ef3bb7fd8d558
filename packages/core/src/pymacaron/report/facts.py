"""What a report tells of a request and of the process, straight from the WSGI environ: no value that a caller chose.

The exceptions are the method, the path, the request id and, where the setting `report_body` allows it, the body.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus
from uuid import uuid4

from pymacaron.config.redaction import MASK, looks_secret
from pymacaron.text import printable

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.http.endpoint import Endpoint
    from pymacaron.service import Service

__all__ = [
    "CALL",
    "IDENTITY",
    "REQUEST_ID",
    "current_endpoint",
    "current_environ",
    "endpoint_of",
    "method_of",
    "path_of",
    "process_facts",
    "request_facts",
    "request_id",
    "route_of",
    "time_facts",
    "user_id",
]

CALL = "pymacaron.call"
"""In the environ of what is reported: the Endpoint that served it, and when it began, by time.perf_counter()."""

IDENTITY = "pymacaron.identity"
REQUEST_ID = "pymacaron.request_id"
METHODS = frozenset(("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"))
VISIBLE = re.compile(r"[!-~]{1,128}")
LONGEST_BODY = 10_000
LONGEST_PATH = 2_000
MOST_NAMES = 50

Environ = Mapping[str, Any]


def current_environ() -> dict[str, Any] | None:
    """Return the environ of the current request, None outside one."""
    context = _current_context()
    if context is None:
        return None
    environ: dict[str, Any] = vars(context).get("environ") or context.request.environ  # a lean context has it at hand
    return environ


def endpoint_of(environ: Environ) -> Endpoint | None:
    """Return what serves a request: as it was noted, else as the current context knows it."""
    if CALL in environ:
        endpoint: Endpoint = environ[CALL][0]
        return endpoint
    return current_endpoint() if current_environ() is environ else None


def current_endpoint() -> Endpoint | None:
    """Return what serves the current request, None where no operation does."""
    context = _current_context()
    if context is None:
        return None
    if "route" in vars(context):
        return context.route.target  # type: ignore[no-any-return]
    rule = context.request.url_rule
    view = None if rule is None else context.app.view_functions.get(rule.endpoint)
    return view if hasattr(view, "query_names") else None


def request_id(environ: Environ) -> str:
    """Return the id that a request was given, else its X-Request-ID where that is visible ASCII, else a new one."""
    known: str | None = environ.get(REQUEST_ID)
    if known:
        return known
    sent = environ.get("HTTP_X_REQUEST_ID", "")
    return sent if VISIBLE.fullmatch(sent) else str(uuid4())


def method_of(environ: Environ) -> str:
    """Return the method, OTHER for one that HTTP does not know: nobody makes up labels."""
    method = environ.get("REQUEST_METHOD", "")
    return method if method in METHODS else "OTHER"


def path_of(environ: Environ, endpoint: Endpoint | None, app: Flask | None = None) -> str:
    """Return the path without the query, the template of it where one of its parameters is called like a secret.

    Where no operation serves it, the templates of the `app` are compared, by default those of the current one.
    """
    if endpoint is not None and endpoint.hides_path:
        return endpoint.route
    path = environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace")
    template = _secret_template(environ, path, app) if endpoint is None else None
    return template or printable(path[:LONGEST_PATH])


def _secret_template(environ: Environ, path: str, app: Flask | None) -> str | None:
    context = _current_context()
    app = app or getattr(context, "app", None)
    if app is None:
        return None
    from pymacaron.report.secretpaths import secret_template

    return secret_template(app, path, context.request.url_rule if current_environ() is environ else None)


def user_id(environ: Environ) -> str | None:
    """Return the id of the user who was verified."""
    return getattr(environ.get(IDENTITY), "user_id", None)


def _current_context() -> Any:
    """Return the context of the current request; Flask is not imported for it."""
    flask = sys.modules.get("flask.globals")
    try:
        return flask and flask.request_ctx._get_current_object()  # noqa: SLF001 - werkzeug documents it
    except RuntimeError:
        return None


def route_of(environ: Environ) -> str | None:
    """Return the route of a request, also one that the app has beside its operations; None where nothing serves it."""
    endpoint = endpoint_of(environ)
    if endpoint is not None:
        return endpoint.route
    from flask import request

    rule = request.url_rule if current_environ() is environ else None
    return None if rule is None else rule.rule


def request_facts(environ: Environ, body_too: bool) -> dict[str, Any]:
    """Return what a report tells of a request: every value of the query is masked."""
    endpoint = endpoint_of(environ)
    facts: dict[str, Any] = {
        "method": method_of(environ),
        "path": path_of(environ, endpoint),
        "route": route_of(environ),
        "operation": f"{endpoint.bound.api}.{endpoint.name}" if endpoint else None,
        "query": _masked_query(environ, endpoint),
    }
    if body_too and (body := _body(environ)) is not None:
        facts["body"] = body
    return facts


def time_facts(environ: Environ | None) -> dict[str, Any]:
    """Return when a report was made, and for a call when it began and how many milliseconds it had lasted."""
    now = time.time()
    facts: dict[str, Any] = {"reported": _moment(now)}
    if environ is not None and CALL in environ:
        spent = time.perf_counter() - environ[CALL][1]
        facts |= {"began": _moment(now - spent), "elapsed_ms": round(spent * 1000, 1)}
    return facts


def process_facts(service: Service) -> dict[str, Any]:
    """Return which service runs where."""
    return {
        "service": service.name,
        "version": service.version,
        "environment": os.environ.get("PYM_ENV", ""),
        "server": {"host": socket.gethostname(), "pid": os.getpid()},
    }


def _masked_query(environ: Environ, endpoint: Endpoint | None) -> dict[str, str]:
    """Return the names in a query; one that the document does not declare may be a value itself, and is masked too."""
    declared = endpoint.query_names if endpoint else frozenset()
    parts = environ.get("QUERY_STRING", "").split("&", MOST_NAMES)
    names = [unquote_plus(part.partition("=")[0]) for part in parts if part]
    return {name if name in declared else MASK: MASK for name in names}


def _body(environ: Environ) -> Any:
    """Return a body of JSON with what is called like a secret masked, None where it is gone, too long or no JSON."""
    made = environ.get("werkzeug.request")
    cached = vars(made).get("_cached_data") if made is not None else None
    source = environ.get("wsgi.input")
    if cached is None and isinstance(source, BytesIO):  # put back by whoever read it
        cached = source.getvalue()
    if not cached or len(cached) > LONGEST_BODY:
        return None
    try:
        return _without_secrets(json.loads(cached))
    except (ValueError, RecursionError):
        return None


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: MASK if looks_secret(key) else _without_secrets(item) for key, item in value.items()}
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
