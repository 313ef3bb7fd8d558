"""Bytes of a request as they come in: read to their end, and counted while they are read."""

from __future__ import annotations

from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from _typeshed.wsgi import InputStream

__all__ = ["Counted", "read_all", "read_exactly"]

CHUNK = 64 * 1024


def read_exactly(source: InputStream, length: int) -> bytes:
    """Return so many bytes; raises ClientDisconnected (400) where there are fewer."""
    data = source.read(length)
    if len(data) == length:
        return data
    chunks, missing = [data], length - len(data)
    while missing:
        chunk = source.read(missing)
        if not chunk:
            raise ClientDisconnected
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def read_all(source: InputStream, most: int) -> bytes:
    """Return all bytes; raises RequestEntityTooLarge (413) once there are too many."""
    chunks, count = [], 0
    while chunk := source.read(CHUNK):
        count += len(chunk)
        if count > most:
            raise RequestEntityTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


class Counted(RawIOBase):
    """A file that ends where its source does, and raises RequestEntityTooLarge when that is past its limit."""

    def __init__(self, source: InputStream, most: int, length: int | None) -> None:
        self._source = source
        self._left = most
        self._length = length

    @classmethod
    def buffered(cls, source: InputStream, most: int, length: int | None) -> BufferedReader:
        """Return a buffered file."""
        return BufferedReader(cls(source, most, length), CHUNK)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read some bytes."""
        view = memoryview(buffer).cast("B")
        size = len(view) if self._length is None else min(len(view), self._length)
        data = self._source.read(size) if size else b""
        if self._length is not None:
            if size and not data:
                raise ClientDisconnected
            self._length -= len(data)
        self._left -= len(data)
        if self._left < 0:
            raise RequestEntityTooLarge
        view[: len(data)] = data
        return len(data)
