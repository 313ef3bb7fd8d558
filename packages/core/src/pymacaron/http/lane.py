"""The lean way through Flask: what Flask.wsgi_app does, where every step costs only when something waits for it.

Contexts come into being when they are touched, before, after and teardown functions and signals run when they are
registered, and a Response object is made when somebody wants to see it. A request that the router does not know for
certain goes Flask's own way, as does the whole app where `contexts.unfit` finds a reason.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Response
from flask.signals import request_finished, request_started

from pymacaron.http import contexts
from pymacaron.http.contexts import LeanContext
from pymacaron.http.endpoint import Endpoint
from pymacaron.http.headers import AddsHeaders
from pymacaron.http.hosts import is_host
from pymacaron.http.lanes import bounded
from pymacaron.http.reply import Reply
from pymacaron.http.router import Router

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask
    from werkzeug.wrappers import Response as WerkzeugResponse

__all__ = ["Lane"]

log = logging.getLogger(__name__)

MOST_HOSTS = 1000
LONGEST_HOST = 260
ONLY_THE_APPS = {None}


class Lane:
    """The WSGI application of an app: the lean way for its operations, Flask's own way for all else."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._flasks_own_way = bounded(app)
        self._router: Router[Endpoint] | None = None
        self._opens_early = False
        self._hosts: set[str] = set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        context = self._context(environ)
        if context is None:
            return self._flasks_own_way(environ, start_response)
        app = self._app
        error: BaseException | None = None
        try:
            try:
                contexts.enter(context)
                answer: Callable[..., Iterable[bytes]] = self._answer(context)
            except Exception as raised:
                error = raised
                answer = app.handle_exception(raised)
            except BaseException as raised:
                error = raised
                raise
            return answer(environ, start_response)
        finally:
            context.leave(None if error is not None and app.should_ignore_error(error) else error)

    @contextmanager
    def request_context(self, environ: WSGIEnvironment) -> Iterator[None]:
        """Be in a request while the block runs, as Flask.request_context has it, without answering it."""
        context = self._context(environ)
        if context is None:
            with self._app.request_context(environ):
                yield
            return
        error: BaseException | None = None
        contexts.enter(context)
        try:
            yield
        except BaseException as raised:
            error = raised
            raise
        finally:
            context.leave(error)

    def _context(self, environ: WSGIEnvironment) -> LeanContext | None:
        """Return the context of a request to one of our operations, None for one that goes Flask's own way."""
        router = self._router or self._learned()
        if not self._is_ordinary(environ):
            return None
        found = router.find(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        if found is None:
            return None
        route, values = found
        if self._app.view_functions.get(route.rule.endpoint) is not route.target:
            return None
        return LeanContext(self._app, environ, route, values)

    def _is_ordinary(self, environ: WSGIEnvironment) -> bool:
        """Tell whether nothing in a request's surroundings calls for more than a path and a method."""
        host = environ.get("HTTP_HOST")
        if "HTTP_UPGRADE" in environ or "werkzeug.debug.preserve_context" in environ or not host:
            return False
        if self._app.config["TRUSTED_HOSTS"] is not None:
            return False
        return host in self._hosts or self._admits(host, environ)

    def _admits(self, host: str, environ: WSGIEnvironment) -> bool:
        """Ask Flask about a host that was not seen before."""
        if not is_host(host) or not contexts.is_plain_host(self._app, environ):
            return False
        if len(self._hosts) < MOST_HOSTS and len(host) < LONGEST_HOST:
            self._hosts.add(host)
        return True

    def _learned(self) -> Router[Endpoint]:
        """Take in the routes, at the first request and after one was added."""
        app = self._app
        self._opens_early = contexts.opens_early(app)
        endpoints = {name: view for name, view in app.view_functions.items() if isinstance(view, Endpoint)}
        if reason := contexts.unfit(app, bound=True):
            log.info("%s is served in Flask's own way: %s", app.name, reason)
            endpoints = {}
        self._router = router = Router(app.url_map, endpoints)
        return router

    def forget(self) -> None:
        """Take in the routes anew before the next request."""
        self._router = None

    def _answer(self, context: LeanContext) -> Callable[..., Iterable[bytes]]:
        """Do what Flask.full_dispatch_request does."""
        app = self._app
        if self._opens_early or ("HTTP_COOKIE" in context.environ and app.secret_key is not None):
            context.open()
        try:
            if request_started.receivers:
                request_started.send(app, _async_wrapper=app.ensure_sync)
            if app.before_request_funcs or app.url_value_preprocessors:
                early = app.preprocess_request()
                if early is not None:
                    return app.finalize_request(early)
                context.values = context.request.view_args or {}
            result = context.route.target.answer(context, context.environ, context.values)
        except Exception as error:
            return app.finalize_request(app.handle_user_exception(error))
        return self._finished(context, result)

    def _finished(self, context: LeanContext, result: Reply | WerkzeugResponse) -> Callable[..., Iterable[bytes]]:
        """Do what Flask.finalize_request does, and nothing where nobody waits for the response."""
        app = self._app
        if result.__class__ is Reply and context.answers_plainly and self._adds_to(result, context.environ):
            return result
        response = app.make_response(result.response() if isinstance(result, Reply) else result)
        response = contexts.process_response(context, response)
        if request_finished.receivers:
            request_finished.send(app, _async_wrapper=app.ensure_sync, response=response)
        return response

    def _adds_to(self, reply: Reply, environ: WSGIEnvironment) -> bool:
        """Add what functions after the request add to the headers; tell whether none of them wants a Response."""
        app = self._app
        functions = app.after_request_funcs
        if request_finished.receivers or app.response_class is not Response or functions.keys() - ONLY_THE_APPS:
            return False
        adders = functions[None] if functions else ()
        for function in adders:
            if function.__class__ is not AddsHeaders:
                return False
        for adder in reversed(adders):
            reply.headers += adder.headers(environ)
        return True
