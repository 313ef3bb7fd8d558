"""Incoming: one request as a plan reads it, straight from WSGI as long as nobody asked for Flask's request object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask, Request

__all__ = ["Incoming", "plain_query"]

NONE: Sequence[str] = ()


class Holder(Protocol):
    """What knows the app and, at the latest when asked, the request: a request context."""

    app: Flask
    request: Request


class Incoming:
    """One request: its WSGI environ, the values of its path, and Flask's request object where something needs it.

    Once that object exists (a before_request function asked for it, or its class is the app's own), everything is read
    through it.
    """

    def __init__(self, context: Holder, environ: WSGIEnvironment, values: Mapping[str, str]) -> None:
        self.environ = environ
        self.values = values
        self._context = context

    @property
    def request(self) -> Request:
        """Flask's request object."""
        return self._context.request

    @property
    def _is_raw(self) -> bool:
        return self.environ.get("werkzeug.request") is None

    @cached_property
    def query(self) -> Mapping[str, Sequence[str]]:
        """The texts of each name in the query string."""
        if self._is_raw and (found := plain_query(self.environ.get("QUERY_STRING", ""))) is not None:
            return found
        return dict(self.request.args.lists())

    @property
    def has_body(self) -> bool:
        """Whether a body comes with the request, be it of unknown length."""
        length = self.environ.get("CONTENT_LENGTH", "")
        if length and length.isdecimal() and length.isascii():
            return int(length) > 0 or "HTTP_TRANSFER_ENCODING" in self.environ
        return bool("HTTP_TRANSFER_ENCODING" in self.environ or self.request.content_length)

    def body(self) -> bytes:
        """Return the whole body; raises RequestEntityTooLarge (413) above MAX_CONTENT_LENGTH.

        What was read is put back, so that the request object reads it again.
        """
        environ = self.environ
        length = environ.get("CONTENT_LENGTH", "")
        if self._is_raw and length.isdecimal() and length.isascii() and "HTTP_TRANSFER_ENCODING" not in environ:
            limit = self._context.app.config["MAX_CONTENT_LENGTH"]
            if limit is None or int(length) <= limit:
                data: bytes = environ["wsgi.input"].read(int(length))
                environ["wsgi.input"] = BytesIO(data)
                if len(data) == int(length):
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
