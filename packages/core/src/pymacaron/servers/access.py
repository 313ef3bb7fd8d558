"""The access log: one line for each request, the same under every server, without the query, which may hold secrets."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pymacaron.text import printable

__all__ = ["AccessLog"]

log = logging.getLogger(__name__)

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class AccessLog:
    """A WSGI application that logs address, method, path, status and milliseconds of every request of another one.

    It is written when the whole reply was handed to the server.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        log.setLevel(logging.INFO)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request as the other application does."""
        line = _Line(environ, start_response)
        try:
            body = self._application(environ, line.start_response)
        except BaseException:
            line.write()
            raise
        if isinstance(body, list):
            line.write()
            return body
        return _Body(body, line)


class _Line:
    """One line, as it comes to be known."""

    def __init__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> None:
        self._environ = environ
        self._start_response = start_response
        self._status = "500"
        self._began = time.perf_counter()

    def start_response(self, status: str, *rest: Any) -> Any:
        """Learn the status on its way to the server."""
        self._status = status[:3]
        return self._start_response(status, *rest)

    def write(self) -> None:
        """Log the line."""
        spent = (time.perf_counter() - self._began) * 1000
        path = self._environ["PATH_INFO"].encode("latin-1", "replace").decode("utf-8", "replace")
        address, method = self._environ.get("REMOTE_ADDR", "-"), self._environ["REQUEST_METHOD"]
        log.info("%s %s %s %s %.1f ms", address, printable(method), printable(path), self._status, spent)


class _Body:
    """A streamed body, whose line is written when it is closed."""

    def __init__(self, body: Iterable[bytes], line: _Line) -> None:
        self._body = body
        self._line = line

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """Close the body, as PEP 3333 asks of a server, and write the line."""
        try:
            if close := getattr(self._body, "close", None):
                close()
        finally:
            self._line.write()
