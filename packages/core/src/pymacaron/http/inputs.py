"""Bytes of a request as they come in: read to their end, and counted while they are read, whoever reads them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader, BytesIO, RawIOBase
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, ClientDisconnected, HTTPException, RequestEntityTooLarge

from pymacaron.exceptions import LostBodyError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from _typeshed.wsgi import InputStream, WSGIEnvironment
    from flask import Flask

__all__ = ["Body", "Bounds", "Whole", "bounds_of", "declared_length", "may_have_body", "read_all", "read_exactly"]

log = logging.getLogger(__name__)

CHUNK = 64 * 1024
AHEAD = 8 * 1024
"""What a file reads ahead, so that lines of it can be read."""
MOST_DIGITS = 18
BEYOND_ALL = 10**MOST_DIGITS


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many bytes a body may have, and whether they are kept for those who read it again."""

    most: int
    kept: bool = False


NO_BOUNDS = Bounds(sys.maxsize)


def bounds_of(rule: Any, app: Flask, content_type: str) -> Bounds:
    """Return the bounds of a body of a request that a rule serves: none where that is no operation's.

    The limit is that of the operation, or that of the app where it is lower. Forms with files may be large and are not
    kept, nor is what a handler reads by itself.
    """
    limits = getattr(rule, "limits", None)
    if limits is None:
        return NO_BOUNDS
    of_app = app.config["MAX_CONTENT_LENGTH"]
    most = limits.body if of_app is None else min(limits.body, of_app)
    return Bounds(most, rule.keeps_body and not content_type.lower().startswith("multipart/"))


def may_have_body(environ: WSGIEnvironment) -> bool:
    """Tell whether a body may come with a request."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        return length != "0" or "HTTP_TRANSFER_ENCODING" in environ
    return "HTTP_TRANSFER_ENCODING" in environ or bool(environ.get("wsgi.input_terminated"))


def declared_length(environ: WSGIEnvironment) -> int | None:
    """Return the length of a body where it is known before it is read."""
    text = environ.get("CONTENT_LENGTH", "")
    if "HTTP_TRANSFER_ENCODING" in environ or not text.isdecimal():
        return None
    return BEYOND_ALL if len(text) > MOST_DIGITS else int(text)


def read_exactly(source: InputStream, length: int) -> bytes:
    """Return so many bytes; raises ClientDisconnected (400) where there are fewer."""
    data = _some(source, length)
    if len(data) == length:
        return data
    chunks, missing = [data], length - len(data)
    while missing:
        chunk = _some(source, missing)
        if not chunk:
            raise ClientDisconnected
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def read_all(source: InputStream, most: int) -> bytes:
    """Return all bytes; raises RequestEntityTooLarge (413) once there are too many."""
    chunks, count = [], 0
    while chunk := _some(source, CHUNK):
        count += len(chunk)
        if count > most:
            raise RequestEntityTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _some(source: InputStream, size: int) -> bytes:
    """Return some bytes; raises BadRequest (400) for what a server, in errors of its own, finds wrong with a body."""
    try:
        return source.read(size)
    except HTTPException:
        raise
    except Exception as error:
        log.info("a body cannot be read: %s", type(error).__name__)
        raise BadRequest("the body cannot be read: it is cut off, or not in the form that its header says") from error


class _Counted(RawIOBase):
    """Ends where its source does, or at its length, and raises RequestEntityTooLarge when that is past its limit.

    `bounds` is asked by the first read.
    """

    def __init__(self, source: InputStream, length: int | None, bounds: Callable[[], Bounds]) -> None:
        self._source = source
        self._length = length
        self._bounds = bounds
        self._left = -1
        self.touched = False
        self.kept: bytearray | None = None

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read some bytes."""
        view = memoryview(buffer).cast("B")
        if not self.touched:
            self._begin()
        if self._left < 0:
            raise RequestEntityTooLarge
        data = self._taken(min(len(view), self._left + 1))  # one more than there may be would be too many
        self._left -= len(data)
        if self._left < 0:
            raise RequestEntityTooLarge
        if self.kept is not None:
            self.kept += data
        view[: len(data)] = data
        return len(data)

    def _begin(self) -> None:
        bounds = self._bounds()
        self.touched = True
        self.kept = bytearray() if bounds.kept else None
        self._left = bounds.most if (self._length or 0) <= bounds.most else -1

    def _taken(self, size: int) -> bytes:
        if self._length is None:
            return _some(self._source, size)
        wanted = min(size, self._length)
        data = _some(self._source, wanted) if wanted else b""
        if wanted and not data:
            raise ClientDisconnected
        self._length -= len(data)
        return data


class Whole(BytesIO):
    """A body that was read to its end, put back for whoever reads it again."""


class Body(BufferedReader):
    """The body of a request as a file, in the place of the server's own.

    Reading it raises RequestEntityTooLarge (413) past its limit, and ClientDisconnected or BadRequest (400) where it is
    cut off or malformed.
    """

    raw: _Counted

    def __init__(self, environ: WSGIEnvironment, bounds: Callable[[], Bounds]) -> None:
        length = declared_length(environ)
        if length is None and not environ.get("wsgi.input_terminated"):
            length = 0
        super().__init__(_Counted(environ["wsgi.input"], length, bounds), AHEAD)

    @property
    def is_lost(self) -> bool:
        """Whether some of it was read by somebody, and not kept."""
        return self.raw.touched and self.raw.kept is None

    def whole(self) -> bytes:
        """Return all of it, whoever read how much before; raises LostBodyError where that is gone."""
        if self.is_lost:
            raise LostBodyError(
                "something read a part of the body before the operation did, which a body like this is too large to be "
                "kept for: let it call request.get_data() or use request.form"
            )
        rest = self.read()
        return rest if self.raw.kept is None else bytes(self.raw.kept)
