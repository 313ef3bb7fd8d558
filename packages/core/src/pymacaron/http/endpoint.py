"""Endpoint: the Flask view of one operation, which the lean lane asks without Flask."""

from __future__ import annotations

import threading
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING

from flask.globals import request_ctx

from pymacaron.config.redaction import looks_secret
from pymacaron.http.incoming import Incoming
from pymacaron.http.reply import Reply
from pymacaron.report.settings import ReportSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.wrappers import Response

    from pymacaron.http.handlers import BoundOperation
    from pymacaron.http.incoming import Holder
    from pymacaron.service import Service

    Answer = Callable[[Incoming], Reply | Response]

__all__ = ["Endpoint"]


class Endpoint:
    """The Flask view of one operation: `prepare` is called by its first request, and returns what answers each one.

    `app.view_functions` holds it by its endpoint; `api` and `operation` tell what it serves.
    """

    def __init__(self, service: Service, bound: BoundOperation, prepare: Callable[[], Answer]) -> None:
        self.api = bound.api
        self.operation = bound.operation
        self.bound = bound
        self._service = service
        self._prepare = prepare
        self._lock = threading.Lock()
        self._prepared: Answer | None = None
        self._limits = service.config.section(ReportSettings)

    @cached_property
    def routes(self) -> list[str]:
        """The templates of the paths at which it is served."""
        return self.operation.full_paths(ignore_base_path=bool(self._service.config.get("ignore_base_path")))

    @property
    def route(self) -> str:
        """The first template of its path."""
        return self.routes[0]

    @property
    def name(self) -> str:
        """The operationId, else the method and the path."""
        operation = self.operation
        return operation.operation_id or f"{operation.method} {operation.path}"

    @cached_property
    def hides_path(self) -> bool:
        """Whether a parameter in the path is called like a secret."""
        parameters = self.operation.parameters
        return any(parameter.location == "path" and looks_secret(parameter.name) for parameter in parameters)

    @cached_property
    def query_names(self) -> frozenset[str]:
        """The names that the query may hold."""
        parameters = self.operation.parameters
        return frozenset(parameter.name for parameter in parameters if parameter.location == "query")

    def __call__(self, /, **values: str) -> Response:
        """Answer the current request as a Flask view; `values` are the path parameters by the router's names."""
        context = request_ctx._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug documents it
        result = self.answer(context, context.request.environ, values)
        return result.response() if isinstance(result, Reply) else result

    def answer(self, context: Holder, environ: WSGIEnvironment, values: Mapping[str, str]) -> Reply | Response:
        """Answer one request, in a process whose start-up functions ran; report it where it is slow or fails."""
        began = perf_counter()
        try:
            answer = self._prepared or self._first()
            if not self._service.started:
                self._service.start()
                began = perf_counter()
            result = answer(Incoming(context, environ, values))
        except BaseException as error:
            self._look_at(environ, began, error)
            raise
        if (
            result.__class__ is not Reply
            or result.status >= "5"
            or (perf_counter() - began) * 1000 > self._limits.report_call_exceeding_ms
        ):
            self._look_at(environ, began, result)
        return result

    def _first(self) -> Answer:
        with self._lock:
            if self._prepared is None:
                self._prepared = self._prepare()
            return self._prepared

    def _look_at(self, environ: WSGIEnvironment, began: float, result: Reply | Response | BaseException) -> None:
        """Report what is to be reported of a call that returned or raised something."""
        from pymacaron.http.watching import look_at, report_if_slow

        seconds = perf_counter() - began
        environ["pymacaron.call"] = (self, began)
        report_if_slow(self._service, self.bound, environ, seconds, self._limits.report_call_exceeding_ms)
        look_at(self._service, environ, result)
