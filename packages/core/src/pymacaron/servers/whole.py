"""Bodies under a server that hands over half of one as if it were whole."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from werkzeug.exceptions import ClientDisconnected

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["WholeBody"]


class WholeBody(io.RawIOBase):
    """A body of known length in bytes; reading raises ClientDisconnected (400) where it ends before."""

    def __init__(self, body: IO[bytes], length: int) -> None:
        self._body = body
        self._left = length

    def readable(self) -> bool:
        """Return whether it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer, as far as the body goes."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self._left)
        filled = 0
        while filled < wanted:
            data = self._body.read(wanted - filled)
            if not data:
                raise ClientDisconnected
            view[filled : filled + len(data)] = data
            filled += len(data)
        self._left -= filled
        return filled
