"""Which way an app answers: the lean one, or Flask's own where there is a reason, which is logged."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import request
from werkzeug.exceptions import BadRequest

from pymacaron.http.hosts import malformed
from pymacaron.http.inputs import Body, Bounds, bounds_of, may_have_body

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask
    from werkzeug.routing import RuleFactory

__all__ = ["bounded", "install", "request_context"]

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Serve the operations of an app the lean way, unless there is a reason not to."""
    if reason := _installed(app):
        app.wsgi_app = bounded(app)  # type: ignore[method-assign, assignment]
        log.info("%s is served in Flask's own way: %s", app.name, reason)


def request_context(app: Flask, environ: WSGIEnvironment) -> AbstractContextManager[Any]:
    """Return the context of a request, to be in without answering it: a lean one where the app answers by such."""
    make = getattr(app.wsgi_app, "request_context", app.request_context)
    context: AbstractContextManager[Any] = make(environ)
    return context


def bounded(app: Flask) -> WSGIApplication:
    """Return Flask's own way of an app, in which nobody reads more of a body than its operation allows.

    A request that HTTP forbids is refused with 400.
    """
    answer = app.wsgi_app

    def bounds(content_type: str) -> Bounds:
        return bounds_of(request.url_rule, app, content_type)

    def wsgi_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if sentence := malformed(environ):
            return _refused(app, sentence, environ, start_response)
        if may_have_body(environ) and "HTTP_UPGRADE" not in environ:
            environ["wsgi.input"] = Body(environ, partial(bounds, environ.get("CONTENT_TYPE", "")))
        return answer(environ, start_response)

    return wsgi_app


def _refused(app: Flask, sentence: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    with app.request_context(environ):
        try:
            answer = app.finalize_request(app.handle_http_exception(BadRequest(sentence)))
        except Exception as error:
            answer = app.handle_exception(error)
        return answer(environ, start_response)


def _installed(app: Flask) -> str | None:
    """Put the lane into an app, or return why not."""
    try:
        from pymacaron.http import contexts
        from pymacaron.http.lane import Lane
    except Exception as error:  # a Flask without the names that contexts.py needs
        return f"Flask {version('flask')} is not one of those known here ({error})"
    if reason := contexts.unfit(app):
        return reason
    lane = Lane(app)
    app.wsgi_app = lane  # type: ignore[method-assign]
    add = app.url_map.add

    def add_and_tell(factory: RuleFactory) -> None:
        add(factory)
        lane.forget()

    app.url_map.add = add_and_tell  # type: ignore[method-assign, assignment]
    return None
