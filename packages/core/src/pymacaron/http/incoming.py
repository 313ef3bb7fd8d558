"""Incoming: one request as a plan reads it, straight from WSGI as long as nobody asked for Flask's request object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask, Request

__all__ = ["Incoming", "plain_query"]


class Holder(Protocol):
    """What knows the app and, at the latest when asked, the request: a request context."""

    app: Flask
    request: Request


class Incoming:
    """One request: its WSGI environ, the values of its path, and Flask's request object where something needs it.

    Once that object exists (a before_request function asked for it, or its class is the app's own), everything is read
    through it.
    """

    __slots__ = ("_context", "_query", "environ", "values")

    def __init__(self, context: Holder, environ: WSGIEnvironment, values: Mapping[str, str]) -> None:
        self.environ = environ
        self.values = values
        self._context = context
        self._query: Mapping[str, Sequence[str]] | None = None

    @property
    def request(self) -> Request:
        """Flask's request object."""
        return self._context.request

    @property
    def query(self) -> Mapping[str, Sequence[str]]:
        """The texts of each name in the query string."""
        query = self._query
        if query is None:
            environ = self.environ
            if environ.get("werkzeug.request") is None:
                query = plain_query(environ.get("QUERY_STRING", ""))
            if query is None:
                query = dict(self.request.args.lists())
            self._query = query
        return query

    @property
    def has_body(self) -> bool:
        """Whether a body comes with the request, be it of unknown length."""
        length = self.environ.get("CONTENT_LENGTH", "")
        if length.isdecimal():
            return length.strip("0") != "" or "HTTP_TRANSFER_ENCODING" in self.environ
        return bool("HTTP_TRANSFER_ENCODING" in self.environ or self.request.content_length)

    @property
    def has_unknown_length(self) -> bool:
        """Whether a body has to be read to know that it is empty."""
        return "HTTP_TRANSFER_ENCODING" in self.environ and self.request.content_length is None

    def body(self) -> bytes:
        """Return the whole body; raises RequestEntityTooLarge (413) above MAX_CONTENT_LENGTH.

        What was read is put back, so that the request object reads it again.
        """
        environ = self.environ
        text = environ.get("CONTENT_LENGTH", "")
        if text.isdecimal() and "HTTP_TRANSFER_ENCODING" not in environ and environ.get("werkzeug.request") is None:
            length = int(text)
            limit = self._context.app.config["MAX_CONTENT_LENGTH"]
            if limit is None or length <= limit:
                data: bytes = environ["wsgi.input"].read(length)
                environ["wsgi.input"] = BytesIO(data)
                if len(data) == length:
                    return data
        return self.request.get_data()


def plain_query(text: str) -> dict[str, list[str]] | None:
    """Return the texts by name of a query string that needs no decoding, exactly as werkzeug reads it; else None."""
    if "%" in text or "+" in text or not text.isascii():
        return None
    found: dict[str, list[str]] = {}
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            if name in found:
                found[name].append(value)
            else:
                found[name] = [value]
    return found
