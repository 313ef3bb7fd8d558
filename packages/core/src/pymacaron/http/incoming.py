"""Incoming: one request as a plan reads it, straight from WSGI as long as nobody asked for Flask's request object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from werkzeug.exceptions import RequestEntityTooLarge

from pymacaron.exceptions import RequestError
from pymacaron.http.inputs import Counted, read_all, read_exactly
from pymacaron.http.problems import problem
from pymacaron.spec import DEFAULT_LIMITS
from pymacaron.wire import Pieces, split_cookies, split_query

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask, Request

__all__ = ["Incoming", "ascii_only", "by_name", "header_key", "too_many"]

MOST_DIGITS = 18
MOST_PARTS = 1000
CONSUMED = ("_cached_data", "stream", "form", "files", "data")
"""What is among the attributes of a request once somebody read its body."""
PRINTABLE = "".join(map(chr, range(33, 127)))
UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")


class Holder(Protocol):
    """What knows the app and, at the latest when asked, the request: a request context."""

    app: Flask
    request: Request


class Incoming:
    """One request: its WSGI environ, the values of its path, and Flask's request object where something needs it.

    `limits` are those of the operation. Texts of query and cookies are as the caller wrote them, percent-encoded.
    """

    __slots__ = ("_context", "_pieces", "_query", "environ", "limits", "values")

    def __init__(self, context: Holder, environ: WSGIEnvironment, values: Mapping[str, str]) -> None:
        self.environ = environ
        self.values = values
        self.limits = DEFAULT_LIMITS
        self._context = context
        self._pieces: Pieces | None = None
        self._query: Mapping[str, Sequence[str]] | None = None

    @property
    def request(self) -> Request:
        """Flask's request object."""
        return self._context.request

    @property
    def pieces(self) -> Pieces:
        """The names and texts of the query string; raises RequestError for too many."""
        if self._pieces is None:
            text = ascii_only(self.environ.get("QUERY_STRING", ""))
            if text.count("&") >= self.limits.items:
                raise too_many("query", self.limits.items)
            self._pieces = split_query(text)
        return self._pieces

    @property
    def query(self) -> Mapping[str, Sequence[str]]:
        """The texts of each name in the query string."""
        if self._query is None:
            self._query = by_name(self.pieces)
        return self._query

    @property
    def cookies(self) -> Pieces:
        """The names and texts of the cookies."""
        return split_cookies(ascii_only(self.environ.get("HTTP_COOKIE", "")))

    def header(self, key: str) -> Sequence[str]:
        """Return the text of a header, by its name as `header_key` gives it."""
        text = self.environ.get(key)
        return () if text is None else (text,)

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
        return "HTTP_TRANSFER_ENCODING" in self.environ or not self.environ.get("CONTENT_LENGTH", "").isdecimal()

    def body(self) -> bytes:
        """Return the whole body; raises RequestEntityTooLarge (413) above its limit, as soon as that is known.

        What was read is put back, so that the request object reads it again.
        """
        if self._is_consumed():
            data = self.request.get_data()
            if len(data) > self.limit:
                raise RequestEntityTooLarge
            return data
        environ, length = self.environ, self._length()
        source = environ["wsgi.input"]
        if length is not None:
            data = read_exactly(source, length)
        else:
            data = read_all(source, self.limit) if environ.get("wsgi.input_terminated") else b""
        environ["wsgi.input"] = BytesIO(data)
        return data

    def stream(self) -> Any:
        """Return the body as a file that raises RequestEntityTooLarge (413) when it is read past its limit."""
        if self._is_consumed():
            return BytesIO(self.body())
        length = self._length()
        if length is None and not self.environ.get("wsgi.input_terminated"):
            length = 0
        return Counted.buffered(self.environ["wsgi.input"], self.limit, length)

    @property
    def form_is_read(self) -> bool:
        """Whether somebody, such as a function before the request, has read the form."""
        made = self.environ.get("werkzeug.request")
        return made is not None and "form" in vars(made)

    def multipart(self) -> Request:
        """Return the request with its form unread, or read by somebody else, and bounded."""
        request = self.request
        if not self._is_consumed():
            self.environ["wsgi.input"] = self.stream()
            request.max_form_parts = min(MOST_PARTS, self.limits.items)
            request.max_form_memory_size = self.limits.body
        return request

    @property
    def limit(self) -> int:
        """The bytes that the body may have: the operation's limit, or that of the app where it is lower."""
        of_app = self._context.app.config["MAX_CONTENT_LENGTH"]
        return self.limits.body if of_app is None else min(self.limits.body, of_app)

    def _length(self) -> int | None:
        """Return the length of the body where it is known."""
        text = self.environ.get("CONTENT_LENGTH", "")
        if "HTTP_TRANSFER_ENCODING" in self.environ or not text.isdecimal():
            return None
        if len(text) > MOST_DIGITS or int(text) > self.limit:
            raise RequestEntityTooLarge
        return int(text)

    def _is_consumed(self) -> bool:
        made = self.environ.get("werkzeug.request")
        return made is not None and any(name in vars(made) for name in CONSUMED)


def by_name(pieces: Pieces) -> dict[str, list[str]]:
    """Return the texts of each name."""
    found: dict[str, list[str]] = {}
    for name, text in pieces:
        if name in found:
            found[name].append(text)
        else:
            found[name] = [text]
    return found


def ascii_only(text: str) -> str:
    """Return a text of WSGI with all bytes beyond ASCII percent-encoded."""
    return text if text.isascii() else quote(text.encode("latin-1"), safe=PRINTABLE)


def header_key(name: str) -> str:
    """Return the name under which WSGI has a header."""
    key = name.upper().replace("-", "_")
    return key if key in UNPREFIXED else f"HTTP_{key}"


def too_many(location: str, most: int) -> RequestError:
    """Return the refusal of a request that holds too many names."""
    told = problem(location, "", f"Holds more than {most:,} items")
    return RequestError(f"the {location}: {told['message']}", problems=[told])
