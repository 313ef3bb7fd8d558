"""Watch: the WSGI layer that tells plugins of every finished call, and is there only where somebody wants to know."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pymacaron.report import accesslog
from pymacaron.report.facts import IDENTITY, REQUEST_ID, current_endpoint, method_of, path_of, request_id, route_of
from pymacaron.report.records import FinishedCall
from pymacaron.report.traces import kind_of

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.http.endpoint import Endpoint
    from pymacaron.plugins.collect import Listener
    from pymacaron.service import Service

__all__ = ["Watch", "install"]

log = logging.getLogger(__name__)

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
HEADER = "X-Request-ID"


def install(app: Flask, service: Service, *, log_calls: bool = False) -> None:
    """Watch the calls of an app where a plugin or a setting asks for it; `log_calls` logs them whatever is set."""
    config = service.config
    switched_on = [accesslog.__name__] if log_calls else []
    listeners = service.hooks.listeners("pym_operation_finished", config, switched_on=switched_on)
    if log_calls or config.get("access_log"):
        accesslog.log.setLevel(logging.INFO)
    watch = app.extensions.get("pymacaron.watch")
    if watch is not None:
        watch.listeners = listeners
    elif listeners or config.get("request_id") or config.get("log_format") == "json":
        app.extensions["pymacaron.watch"] = watch = Watch(app, service, listeners)
        app.wsgi_app = watch  # type: ignore[method-assign]


class Watch:
    """A WSGI application that gives each request of another one an id, and tells listeners of it in the end."""

    def __init__(self, app: Flask, service: Service, listeners: list[Listener]) -> None:
        self.listeners = listeners
        self.app = app
        self._service = service
        self._application: WSGIApplication = app.wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request as the other application does."""
        call = _Watched(self, environ, start_response)
        try:
            body = self._application(environ, call.start_response)
        except BaseException:
            call.finish()
            raise
        if isinstance(body, (tuple, list)):
            call.finish()
            return body
        return _Body(body, call)

    def tell(self, call: _Watched) -> None:
        """Tell every listener; one that fails is logged."""
        if not self.listeners:
            return
        finished = call.finished()
        with self._service:
            for plugin, listener in self.listeners:
                try:
                    listener(call=finished)
                except Exception as error:
                    log.error("%s raised %s in pym_operation_finished()", plugin, kind_of(error))


class _Watched:
    """One call, as it comes to be known."""

    __slots__ = ("_began", "_endpoint", "_environ", "_path", "_route", "_start_response", "_status", "_watch")

    def __init__(self, watch: Watch, environ: dict[str, Any], start_response: Callable[..., Any]) -> None:
        self._watch = watch
        self._environ = environ
        self._start_response = start_response
        self._status = 500
        self._endpoint: Endpoint | None = None
        self._route: str | None = None
        self._path: str | None = None
        self._began = perf_counter()
        environ[REQUEST_ID] = request_id(environ)

    def start_response(self, status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        """Learn the status on its way to the server, and add the id."""
        self._status = int(status[:3])
        if self._watch.listeners:
            self._endpoint = current_endpoint()
            self._route = self._endpoint.route if self._endpoint is not None else route_of(self._environ)
            self._path = path_of(self._environ, self._endpoint, self._watch.app)
        return self._start_response(status, [*headers, (HEADER, self._environ[REQUEST_ID])], *rest)

    def finish(self) -> None:
        """Tell that the call is over."""
        self._watch.tell(self)

    def finished(self) -> FinishedCall:
        """Return the record of the call."""
        environ, endpoint = self._environ, self._endpoint
        return FinishedCall(
            endpoint.bound.operation if endpoint else None,
            endpoint.bound.api if endpoint else None,
            self._route,
            method_of(environ),
            path_of(environ, None, self._watch.app) if self._path is None else self._path,
            self._status,
            perf_counter() - self._began,
            environ.get(IDENTITY),
            environ[REQUEST_ID],
            environ.get("REMOTE_ADDR", "-"),
        )


class _Body:
    """A body that is not there at once: the call is over when it is closed."""

    def __init__(self, body: Iterable[bytes], call: _Watched) -> None:
        self._body = body
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the body, as PEP 3333 asks of a server."""
        try:
            if close := getattr(self._body, "close", None):
                close()
        finally:
            self._call.finish()
