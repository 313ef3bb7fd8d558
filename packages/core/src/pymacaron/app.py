"""API, the class that binds a service to a Flask app, and create_app, which makes both from a folder."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from pymacaron.exceptions import ConfigError, ServiceError
from pymacaron.models.pool import ModelPool, same_or_refuse
from pymacaron.service import ErrorDecorator, Service, adopt

__all__ = ["API", "create_app"]

log = logging.getLogger(__name__)


class API:
    """One service on one Flask app, in the classic way of a server.py.

    `port`, `host` and `debug` are those of `start()`; `ping_hook` is a function, or a list of them, that every /ping
    calls; `log_level` is set on the logger "pymacaron". The service is that of the folder of the app's own module where
    it holds a pym-config.yaml, else of the current folder.

    `error_reporter` gets every report, as (title, data, exception) or as (title, message) with JSON text;
    `error_decorator` gets the JSON object of every error, and changes it or returns another; `error_callback` gets the
    exception, and returns what a Flask view may return.
    """

    def __init__(
        self,
        app: Flask,
        host: str = "127.0.0.1",
        port: int | str | None = None,
        debug: bool = False,
        *,
        log_level: int | str | None = None,
        ping_hook: Callable[[], object] | Sequence[Callable[[], object]] = (),
        error_reporter: Callable[..., Any] | None = None,
        error_decorator: ErrorDecorator | None = None,
        error_callback: Callable[[Exception], Any] | None = None,
        service: Service | None = None,
    ) -> None:
        from pymacaron.report.callback import as_reporter
        from pymacaron.server import chosen

        self.app = app
        self.host = host
        self.port = port
        self.debug = debug
        self.service = service or adopt(_root_of(app), chosen().env)
        self.service.plugins.require_healthy()
        self.service.ping_hooks += [ping_hook] if callable(ping_hook) else ping_hook
        self.service.error_decorator = error_decorator
        self.service.error_callback = error_callback
        if error_reporter is not None:
            self.service.error_reporter = as_reporter(error_reporter)
        if log_level is not None:
            logging.getLogger("pymacaron").setLevel(log_level)
        if "pymacaron" in app.extensions:
            raise ServiceError(f"{app} has an API already: use one API for each Flask app")
        app.extensions["pymacaron"] = self.service
        self._bound = False

    def load_apis(
        self,
        path: str | os.PathLike[str] | None = None,
        ignore: Iterable[str] = (),
        *,
        global_names: bool = False,
        strict: bool = False,
    ) -> API:
        """Read every OpenAPI document of a folder (`apis` by default), except those named in `ignore`.

        With `global_names`, two different models of one name are refused; with `strict`, documents with warnings are.
        Raises SpecError with the problems of all documents, ConfigError where there is none.
        """
        pools = self.service.load_apis(path or self.service.config.apis, ignore, strict=strict)
        if global_names:
            same_or_refuse(pools)
        return self

    def load_clients(
        self,
        path: str | os.PathLike[str] | None = None,
        apis: Iterable[str] | None = None,
        *,
        local: bool = False,
    ) -> API:
        """Make the APIs of a folder (`apis` by default) callable as `apipool.<api>.client`: those that `apis` names.

        With `local`, the service itself serves them, and calls stay in its process. Raises StartError with all that
        keeps them from being called.
        """
        self.service.load_clients(path, apis, local=local)
        return self

    def publish_apis(self, path: str = "doc", toc: Sequence[str] | None = None) -> API:
        """Publish the documents of all APIs that are served, with a page for each, and an index at `path`.

        `toc` names the APIs to publish, in the order of the index. What does not fit is a ConfigError of `start()`.
        """
        self.service.publishing = (path, toc)
        if self._bound:
            from pymacaron.docsite.routes import publish

            publish(self.app, self.service, path, toc)
        return self

    def on_startup(self, function: Callable[[], Any]) -> Callable[[], Any]:
        """Call a function in every process that serves, before its first request; usable as a decorator."""
        return self.service.on_startup(function)

    def on_shutdown(self, function: Callable[[], Any]) -> Callable[[], Any]:
        """Call a function in every process that served, as it stops; usable as a decorator."""
        return self.service.on_shutdown(function)

    def start(self, serve: str | Sequence[str] = ()) -> None:
        """Bind the APIs named by `serve`, or all that bind functions, and serve where server.py is run by itself.

        Under gunicorn, in tests and wherever server.py is imported, the app is complete when this returns. Raises
        StartError with all that keeps the service from starting.
        """
        from pymacaron.server import serve_if_main

        self.bind([serve] if isinstance(serve, str) else serve)
        serve_if_main(self)

    def bind(self, serve: Sequence[str] = ()) -> Flask:
        """Add all routes to the app, once, and tell the plugins; returns the app."""
        if not self._bound:
            self._bound = True
            bind_service(self.app, self.service, serve)
        return self.app


def create_app(root: str | os.PathLike[str] = ".", *, env: str | None = None, strict: bool = False) -> Flask:
    """Return the Flask app of the service in a folder, complete, for gunicorn, `flask run` and tests.

    `env` chooses pym-config.<env>.yaml; `strict` refuses documents that are served with warnings otherwise. Raises
    StartError, or one of its children, with all that is wrong.
    """
    with garbage_kept():
        service = adopt(Path(root), env)
        app = Flask(service.name, root_path=str(service.root), instance_path=str(service.root / "instance"))
        return API(app, service=service).load_apis(strict=strict).bind()


@contextmanager
def garbage_kept() -> Iterator[None]:
    """Keep Python from looking for garbage in what is made to last: a fifth of a start."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            count_as_old()
            gc.enable()


def count_as_old() -> None:
    """Move all objects to the oldest generation, unless some are frozen: the next collection would walk them all."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()


def bind_service(app: Flask, service: Service, serve: Sequence[str] = ()) -> None:
    """Bind a service, with the APIs that plugins bring, to a Flask app."""
    from pymacaron.http import errors, lanes, routes, watch
    from pymacaron.log import mask_secrets

    mask_secrets()
    own = _chosen(service, serve)
    service.served = {pool.name: "own" for pool in own}
    with service:
        for document in service.hooks.apis(service.config):
            if document.name in service.pools:
                raise ConfigError(f"the API '{document.name}' is one that a plugin brings: rename your document")
            own.append(service.load_document(document.name, document.path))
            service.served[document.name] = "plugin"
        routes.add_routes(app, service, own)
        service.check_functions()
        errors.install(app)
        lanes.install(app)
        service.clients.serve(app)
        service.hooks.app_created(app, service)
        watch.install(app, service)


def _chosen(service: Service, serve: Sequence[str]) -> list[ModelPool]:
    """Return the APIs to serve: those named, else those that bind any function; the rest are for clients."""
    if unknown := [name for name in serve if name not in service.pools]:
        known = ", ".join(sorted(service.pools)) or "none"
        raise ConfigError(f"start(serve=...) names the API '{unknown[0]}', which was not loaded (loaded: {known})")
    if serve:
        return [service.pools[name] for name in serve]
    chosen = []
    for name, pool in service.pools.items():
        if name in service.clients.only:
            continue
        operations = pool.document.operations
        if any(operation.binding.server or operation.binding.skipped for operation in operations):
            chosen.append(pool)
        else:
            level = logging.DEBUG if any(operation.binding.client for operation in operations) else logging.WARNING
            file = pool.document.path.name
            log.log(level, "%s binds no function: the API '%s' is loaded for its models only", file, name)
    return chosen


def _root_of(app: Flask) -> Path:
    """Return the folder of an app's service."""
    folder = Path(app.root_path)
    return folder if any(folder.glob("pym-config*.yaml")) else Path.cwd()
