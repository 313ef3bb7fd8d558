"""What is reported of a reply that did not come as an exception: it was slow, is a 5xx, or breaks off as it streams."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from pymacaron.http.reply import Reply
from pymacaron.log import log_error
from pymacaron.report.making import report_crash, report_reply, report_slow_call
from pymacaron.report.traces import trace_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from pymacaron.http.handlers import BoundOperation
    from pymacaron.service import Service

__all__ = ["look_at", "report_if_slow"]

log = logging.getLogger(__name__)

LIMITED = "pymacaron.limited"


def report_if_slow(
    service: Service, bound: BoundOperation, environ: WSGIEnvironment, seconds: float, limit: float
) -> None:
    """Report a call of an operation above a limit in ms, unless its handler has one of its own by @report_slow."""
    if seconds * 1000 > limit and environ.get(LIMITED) is not inspect.unwrap(bound.handler):
        what = f"{bound.operation.method.upper()} {bound.operation.path}"
        report_slow_call(service, environ, what, seconds, limit)


def look_at(service: Service, environ: WSGIEnvironment, result: Reply | Response | BaseException) -> None:
    """Report a reply of 500 and above, and see to it that a stream which fails is reported.

    Of exceptions only `flask.abort(response)` is one: Flask asks no error handler about it.
    """
    if isinstance(result, BaseException):
        carried = result.get_response() if isinstance(result, HTTPException) and result.code is None else None
        if not isinstance(carried, Response):
            return
        result = carried
    if result.status >= "5" and not _is_ready(environ):
        report_reply(service, environ, result)
    if not isinstance(result, Reply) and result.is_streamed:
        result.response = Streamed(service, environ, result.response)


def _is_ready(environ: WSGIEnvironment) -> bool:
    """Tell whether /ready was asked: that it wants no requests is an answer, and no crash."""
    from pymacaron.apis.handlers import ready

    endpoint, _ = environ["pymacaron.call"]
    return endpoint.bound.handler is ready


class Streamed:
    """The chunks of a reply; an exception among them is logged and reported, and its text goes no further."""

    def __init__(self, service: Service, environ: WSGIEnvironment, chunks: Iterable[Any]) -> None:
        self._service = service
        self._environ = environ
        self._chunks = chunks

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._chunks
        except Exception as error:
            error_id = str(uuid4())
            reply = {"error": "STREAM_BROKEN", "status": 500, "error_id": error_id}
            told = {"error_id": error_id, "code": reply["error"], "status": 500, "kind": "crash"}
            log_error(log, f"a streamed reply broke off (error_id {error_id})", trace_of(error), **told)
            report_crash(self._service, self._environ, error, reply, False)
            raise RuntimeError(f"the reply broke off: error_id {error_id}") from None

    def close(self) -> None:
        """Close the chunks."""
        if close := getattr(self._chunks, "close", None):
            close()
