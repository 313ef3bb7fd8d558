"""Reply: a finished response as WSGI wants it, made into Flask's Response only where something asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Reply"]


class Reply:
    """A status line, headers and a body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def status_code(self) -> int:
        """The number of the status."""
        return int(self.status[:3])

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as a WSGI application."""
        start_response(self.status, self.headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (self.body,)

    def response(self) -> Response:
        """Return the same as a Response, which functions after the request may change."""
        response = Response(self.body, self.status, self.headers)
        if "Content-Type" not in dict(self.headers):
            del response.headers["Content-Type"]
        return response
