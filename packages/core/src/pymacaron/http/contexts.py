"""Flask's contexts made lean: all that is in them comes into being when it is first asked for.

This module, and no other, rests on what Flask does not promise: the two context variables behind its proxies, and the
attributes of the objects in them. `unfit` checks all of it at start, and says why an app has to be served in Flask's
own way. A lean context is a real one, a subclass whose `__init__` sets almost nothing; `__getattr__` runs only for
what is missing, and what it makes stays, so that from the first touch on there is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import Token
from importlib.metadata import version
from itertools import chain
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import flask
from flask.ctx import AppContext, RequestContext
from flask.globals import _cv_app, _cv_request
from flask.sessions import SecureCookieSessionInterface
from flask.signals import appcontext_popped, appcontext_pushed, appcontext_tearing_down, request_tearing_down
from werkzeug.routing import Map, UnicodeConverter

from pymacaron.http.inputs import Body, Whole, bounds_of, may_have_body
from pymacaron.http.multipart import bound_form
from pymacaron.http.router import Route

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask, Response

__all__ = ["LeanContext", "enter", "is_plain_host", "opens_early", "process_response", "unfit"]

SESSION = "_session" if hasattr(RequestContext, "session") else "session"
KNOWN = {"app", "request", "url_adapter", "flashes", SESSION, "_after_request_functions", "_cv_tokens"}
KNOWN_OF_APP = {"app", "url_adapter", "g", "_cv_tokens"}
REPLACED = (
    "app_context",
    "create_url_adapter",
    "dispatch_request",
    "do_teardown_appcontext",
    "do_teardown_request",
    "ensure_sync",
    "finalize_request",
    "full_dispatch_request",
    "make_response",
    "preprocess_request",
    "process_response",
    "request_context",
    "wsgi_app",
)
CONTEXT_METHODS = ("__enter__", "__exit__", "pop", "push")


class LeanAppContext(AppContext):
    """An app context whose `g` comes into being when something asks for it."""

    token: Token[AppContext]

    def __init__(self, app: Flask) -> None:
        self.app = app

    def __getattr__(self, name: str) -> Any:
        make = _MAKE_FOR_APP.get(name)
        if make is None:
            raise AttributeError(name)
        made = self.__dict__[name] = make(self)
        return made

    def enter(self) -> None:
        """Become the current app context."""
        self.token = _cv_app.set(self)
        if appcontext_pushed.receivers:
            appcontext_pushed.send(self.app, _async_wrapper=self.app.ensure_sync)

    def leave(self, error: BaseException | None) -> None:
        """Give the place back, after the functions and signals that wait for it."""
        if (
            "_cv_tokens" in self.__dict__
            or self.app.teardown_appcontext_funcs
            or appcontext_tearing_down.receivers
            or appcontext_popped.receivers
        ):
            self.pop(error)
        else:
            _cv_app.reset(self.token)


class LeanContext(RequestContext):
    """A request context whose request, session and URL adapter come into being when something asks for them."""

    flashes = None
    token: Token[RequestContext]

    def __init__(self, app: Flask, environ: WSGIEnvironment, route: Route[Any], values: Mapping[str, str]) -> None:
        self.app = app
        self.environ = environ
        self.route = route
        self.values = values
        self.app_context: LeanAppContext | None = None

    def __getattr__(self, name: str) -> Any:
        make = _MAKE.get(name)
        if make is None:
            raise AttributeError(name)
        made = self.__dict__[name] = make(self)
        return made

    def copy(self) -> RequestContext:
        """Return an ordinary context of the same request and session."""
        return RequestContext(self.app, self.environ, self.request, getattr(self, SESSION))

    def open(self) -> None:
        """Make the request and its session now, in Flask's order."""
        self.request  # noqa: B018 - asking is what makes it
        getattr(self, SESSION)

    @property
    def answers_plainly(self) -> bool:
        """Whether nothing of this request waits for its response: no function of its own, no session."""
        return not (self.__dict__.get("_after_request_functions") or SESSION in self.__dict__)

    def leave(self, error: BaseException | None) -> None:
        """Give the place back, after the functions and signals that wait for it."""
        made = self.__dict__
        if "_cv_tokens" in made or self.app.teardown_request_funcs or request_tearing_down.receivers:
            self.pop(error)
            return
        try:
            if "request" in made:
                self.request.close()
                self.environ["werkzeug.request"] = None
        finally:
            _cv_request.reset(self.token)
            if self.app_context is not None:
                self.app_context.leave(error)


def _request(context: LeanContext) -> flask.Request:
    request = context.app.request_class(context.environ)
    request.json_module = context.app.json
    request.url_rule = context.route.rule
    request.view_args = dict(context.values)
    _bound(context, request)
    return request


def _bound(context: LeanContext, request: flask.Request) -> None:
    """Let nobody read more of a body than its operation allows."""
    environ, rule = context.environ, context.route.rule
    if may_have_body(environ) and type(environ["wsgi.input"]) not in (Body, Whole):
        bounds = bounds_of(rule, context.app, environ.get("CONTENT_TYPE", ""))
        environ["wsgi.input"] = Body(environ, lambda: bounds)
    if (limits := getattr(rule, "limits", None)) is not None:
        bound_form(request, limits)


def _session(context: LeanContext) -> Any:
    interface = context.app.session_interface
    session = interface.open_session(context.app, context.request)
    return interface.make_null_session(context.app) if session is None else session


_MAKE: dict[str, Callable[[LeanContext], Any]] = {
    "request": _request,
    "url_adapter": lambda context: context.app.create_url_adapter(context.request),
    SESSION: _session,
    "_after_request_functions": lambda context: [],
    "_cv_tokens": lambda context: [(context.token, context.app_context)],
}
_MAKE_FOR_APP: dict[str, Callable[[LeanAppContext], Any]] = {
    "g": lambda context: context.app.app_ctx_globals_class(),
    "url_adapter": lambda context: context.app.create_url_adapter(None),
    "_cv_tokens": lambda context: [context.token],
}


def enter(context: LeanContext) -> None:
    """Make a context the current one, within an app context of its own where none of its app is active."""
    app = context.app
    app._got_first_request = True  # noqa: SLF001 - what Flask's own way sets: no more set-up from now on
    outer = _cv_app.get(None)
    if outer is None or outer.app is not app:
        context.app_context = LeanAppContext(app)
        context.app_context.enter()
    context.token = _cv_request.set(context)


def process_response(context: LeanContext, response: Response) -> Response:
    """Do what Flask.process_response does, without making a session that nobody asked for."""
    app = context.app
    made = context.__dict__
    for function in made.get("_after_request_functions", ()):
        response = app.ensure_sync(function)(response)
    functions = app.after_request_funcs
    names = () if functions.keys() <= {None} else context.request.blueprints
    for name in chain(names, (None,)):
        for function in reversed(functions.get(name, ())):
            response = app.ensure_sync(function)(response)
    session = made.get(SESSION)
    if session is not None and not app.session_interface.is_null_session(session):
        app.session_interface.save_session(app, session, response)
    return response


def is_plain_host(app: Flask, environ: WSGIEnvironment) -> bool:
    """Tell whether Flask takes a request with this Host header, so that nothing about it needs to be asked again."""
    try:
        return app.create_url_adapter(app.request_class(environ, populate_request=False)) is not None
    except Exception:  # Flask's own way tells the caller
        return False


def opens_early(app: Flask) -> bool:
    """Tell whether every request of an app needs its request object and session, asked for or not."""
    return app.request_class is not flask.Request or type(app.session_interface) is not SecureCookieSessionInterface


def unfit(app: Flask, *, bound: bool = False) -> str | None:
    """Return why an app has to be served in Flask's own way, or None; `bound` once a lane is its wsgi_app."""
    if "wsgi_app" in vars(app) and not bound:
        return "its wsgi_app was wrapped before its API was bound"
    return _changed_methods(app) or _routed_otherwise(app) or _another_flask(app)


def _changed_methods(app: Flask) -> str | None:
    """Name a method which the lean way walks around and which is not Flask's own."""
    for name in REPLACED:
        own = name in vars(app) and name != "wsgi_app"
        if own or not _is_of(getattr(type(app), name), "flask."):
            return f"it has a {name}() of its own"
    for kind in (RequestContext, AppContext):
        for name in CONTEXT_METHODS:
            if not _is_of(getattr(kind, name), "flask.ctx"):
                return f"{kind.__name__}.{name}() was replaced"
    return None


def _is_of(function: object, module: str) -> bool:
    return isinstance(function, FunctionType) and function.__globals__["__name__"].startswith(module)


def _routed_otherwise(app: Flask) -> str | None:
    url_map = app.url_map
    if type(url_map) is not Map or url_map.converters["default"] is not UnicodeConverter:
        return "its url_map is not werkzeug's own"
    if url_map.host_matching or app.subdomain_matching:
        return "it routes by host names"
    return None


def _another_flask(app: Flask) -> str | None:
    """Compare what Flask's contexts hold with what the lean ones can make, on a stand-in for an app."""
    stand_in: Any = SimpleNamespace(create_url_adapter=lambda request: None, app_ctx_globals_class=dict)
    try:
        of_request = vars(RequestContext(stand_in, {}, request=stand_in)).keys()
        of_app = vars(AppContext(stand_in)).keys()
    except Exception:
        of_request = of_app = {}.keys()
    if of_request == KNOWN and of_app == KNOWN_OF_APP:
        return None
    return f"the contexts of Flask {version('flask')} are not those known here"
