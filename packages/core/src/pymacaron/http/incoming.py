"""Incoming: one request as a plan reads it, straight from WSGI as long as nobody asked for Flask's request object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from pymacaron.exceptions import RequestError
from pymacaron.http.inputs import Body, Bounds, Whole, declared_length, read_all, read_exactly
from pymacaron.http.multipart import bound_form
from pymacaron.http.problems import problem
from pymacaron.spec import DEFAULT_LIMITS
from pymacaron.wire import Pieces, Unreadable, items_of, split_cookies, split_query

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, WSGIEnvironment
    from flask import Flask, Request

__all__ = ["Incoming", "ascii_only", "by_name", "header_key", "too_many"]

PRINTABLE = "".join(map(chr, range(33, 127)))
UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")


class UnsupportedCoding(UnsupportedMediaType):
    """A body whose Content-Encoding nothing here decodes (RFC 9110, section 15.5.16)."""

    description = "the body should be sent as it is, without a Content-Encoding"

    def get_headers(self, *arguments: Any, **options: Any) -> list[tuple[str, str]]:
        """Return the headers, with the one that tells which codings are read."""
        return [*super().get_headers(*arguments, **options), ("Accept-Encoding", "identity")]


class Holder(Protocol):
    """What knows the app and, at the latest when asked, the request: a request context."""

    app: Flask
    request: Request


class Incoming:
    """One request: its WSGI environ, the values of its path, and Flask's request object where something needs it.

    `limits` are those of the operation. Texts of query and cookies are as the caller wrote them, percent-encoded.
    """

    __slots__ = ("_context", "_items", "_pieces", "_query", "environ", "limits", "values")

    def __init__(self, context: Holder, environ: WSGIEnvironment, values: Mapping[str, str]) -> None:
        self.environ = environ
        self.values = values
        self.limits = DEFAULT_LIMITS
        self._context = context
        self._pieces: Pieces | None = None
        self._query: Mapping[str, Sequence[str]] | None = None
        self._items = 0

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
        text = ascii_only(self.environ.get("HTTP_COOKIE", ""))
        if text.count(";") >= self.limits.items:
            raise too_many("cookie", self.limits.items)
        return split_cookies(text)

    @property
    def path_is_utf8(self) -> bool:
        """Whether the bytes of the path are UTF-8."""
        try:
            self.environ.get("PATH_INFO", "").encode("latin-1").decode()
        except ValueError:
            return False
        return True

    def count_items(self, value: Any) -> None:
        """Count what the lists and objects of a parameter or field hold; raises Unreadable where all are too many."""
        if value.__class__ in (list, dict):
            self._items += items_of(value)
        if self._items > self.limits.items:
            raise Unreadable(f"Holds, with others, more than {self.limits.items:,} items")

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

    @property
    def is_empty(self) -> bool:
        """Whether a body of unknown length turns out to be none; it is read for that."""
        source = self.environ["wsgi.input"]
        return not (type(source) is Body and source.is_lost) and not self.body()

    def check_coding(self) -> None:
        """Raise UnsupportedCoding (415) for a body that is compressed or otherwise encoded."""
        coding = self.environ.get("HTTP_CONTENT_ENCODING")
        if coding and coding.strip().lower() != "identity":
            raise UnsupportedCoding

    def body(self) -> bytes:
        """Return the whole body, whoever has read it before.

        Raises RequestEntityTooLarge (413) above its limit, as soon as that is known. What was read is put back, so that
        the request object reads it again.
        """
        source = self.environ["wsgi.input"]
        data = self._again(source) if type(source) is Body else self._read(source)
        self.environ["wsgi.input"] = Whole(data)
        return data

    def stream(self) -> Any:
        """Return the body as a file that raises RequestEntityTooLarge (413) when it is read past its limit."""
        self._length()
        if type(self.environ["wsgi.input"]) is not Body:
            bounds = Bounds(self.limit)
            self.environ["wsgi.input"] = Body(self.environ, lambda: bounds)
        elif "_cached_data" in vars(self.request):
            return BytesIO(self.request.get_data())
        return self.environ["wsgi.input"]

    def multipart(self) -> Request:
        """Return the request with its form unread and bounded, or read by somebody else."""
        request = self.request
        if "form" not in vars(request):
            source = self.stream()
            if type(source) is Body and source.is_lost:
                source.whole()
            bound_form(request, self.limits)
        return request

    @property
    def limit(self) -> int:
        """The bytes that the body may have: the operation's limit, or that of the app where it is lower."""
        of_app = self._context.app.config["MAX_CONTENT_LENGTH"]
        return self.limits.body if of_app is None else min(self.limits.body, of_app)

    def _length(self) -> int | None:
        """Return the length of the body where it is known."""
        length = declared_length(self.environ)
        if length is not None and length > self.limit:
            raise RequestEntityTooLarge
        return length

    def _read(self, source: InputStream) -> bytes:
        """Return what nobody has read yet."""
        length = self._length()
        if length is not None:
            return read_exactly(source, length)
        return read_all(source, self.limit) if self.environ.get("wsgi.input_terminated") else b""

    def _again(self, source: Body) -> bytes:
        """Return what others may have read, by the request object or not."""
        self._length()
        request = self.request
        data = request.get_data() if "_cached_data" in vars(request) else source.whole()
        request.stream = BytesIO(data)
        return data


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
