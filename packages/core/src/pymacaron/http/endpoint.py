"""Endpoint: the Flask view of one operation, which the lean lane asks without Flask."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from flask.globals import request_ctx

from pymacaron.http.incoming import Incoming
from pymacaron.http.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.wrappers import Response

    from pymacaron.http.incoming import Holder
    from pymacaron.service import Service

    Answer = Callable[[Incoming], Reply | Response]

__all__ = ["Endpoint"]


class Endpoint:
    """The Flask view of one operation: `prepare` is called by its first request, and returns what answers each one."""

    def __init__(self, service: Service, prepare: Callable[[], Answer]) -> None:
        self._service = service
        self._prepare = prepare
        self._lock = threading.Lock()
        self._prepared: Answer | None = None

    def __call__(self, **values: str) -> Response:
        """Answer the current request as a Flask view; `values` are the path parameters by the router's names."""
        context = request_ctx._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - werkzeug documents it
        result = self.answer(context, context.request.environ, values)
        return result.response() if isinstance(result, Reply) else result

    def answer(self, context: Holder, environ: WSGIEnvironment, values: Mapping[str, str]) -> Reply | Response:
        """Answer one request, in a process whose start-up functions ran."""
        answer = self._prepared or self._first()
        if not self._service.started:
            self._service.start()
        return answer(Incoming(context, environ, values))

    def _first(self) -> Answer:
        with self._lock:
            if self._prepared is None:
                self._prepared = self._prepare()
            return self._prepared
