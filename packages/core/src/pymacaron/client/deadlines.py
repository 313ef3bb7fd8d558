"""Deadlines of sockets: no read or write of a call lasts beyond what is left of its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore2

__all__ = ["Backend", "ending_after"]

_end: ContextVar[float | None] = ContextVar("pymacaron_client_end", default=None)


@contextmanager
def ending_after(seconds: float | None) -> Iterator[None]:
    """Have all that this thread reads and writes meanwhile end after so many seconds, None for no end."""
    token = _end.set(None if seconds is None else time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    end = _end.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise error("the time of the call is over")
    return left if timeout is None else min(timeout, left)


class Stream(httpcore2.NetworkStream):
    """A socket whose time-outs are no longer than what is left."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        return self._stream.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all."""
        self._stream.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Encrypt what follows."""
        return Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout, httpcore2.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        """Tell what is known of the socket."""
        return self._stream.get_extra_info(info)


class Backend(httpcore2.SyncBackend):
    """Makes such sockets."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.NetworkStream:
        """Connect."""
        left = _left(timeout, httpcore2.ConnectTimeout)
        return Stream(super().connect_tcp(host, port, left, local_address, socket_options))
