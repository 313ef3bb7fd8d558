"""Connections to other APIs, kept open between calls: one library client for each API, safe among threads."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

from pymacaron.client.answers import Raw
from pymacaron.client.attempts import Failure, Send, Steps, Wait
from pymacaron.client.deadlines import Backend, ending_after
from pymacaron.client.failures import failure_of, too_large
from pymacaron.client.library import httpx, tls
from pymacaron.client.options import Options
from pymacaron.client.outgoing import Outgoing
from pymacaron.exceptions import BadCallError, CallError

__all__ = ["Connection", "built", "no_cookies"]

CHUNK = 64 * 1024
UNSENDABLE = re.compile(r"[\r\n\0]")


class Connection:
    """What sends the requests of one API; a process that was forked connects anew."""

    def __init__(self, transport: Callable[[], Any] | None = None) -> None:
        self._transport = transport
        self._client: Any = None
        self._pid = 0
        self._lock = threading.Lock()

    def answer(self, steps: Steps, outgoing: Outgoing, options: Options, *, streamed: bool = False) -> Raw:
        """Walk the steps of a call; where `streamed`, a good answer is left open, its body unread."""
        step = next(steps)
        while True:
            try:
                step = steps.send(self._done(step, outgoing, options, streamed))
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close what is open."""
        client, self._client = self._client, None
        if client is not None and self._pid == os.getpid():
            client.close()

    def _done(self, step: Send | Wait, outgoing: Outgoing, options: Options, streamed: bool) -> Raw | Failure | None:
        if isinstance(step, Wait):
            time.sleep(step.seconds)
            return None
        try:
            with ending_after(step.seconds):
                return self._sent(outgoing, options, streamed)
        except CallError as error:
            return Failure(error)
        except httpx().HTTPError as error:
            return failure_of(error, outgoing)

    def _sent(self, outgoing: Outgoing, options: Options, streamed: bool) -> Raw:
        client = self.client()
        response = client.send(built(client, outgoing, options, _chunks), stream=True)
        if streamed and response.is_success:
            return Raw(response.status_code, response.headers, stream=response)
        try:
            body = b"".join(_bounded(response, outgoing, options.largest_answer))
            return Raw(response.status_code, response.headers, body)
        finally:
            response.close()

    def client(self) -> Any:
        """Return the library's client, made when it is first needed in this very process."""
        if self._client is None or self._pid != os.getpid():
            with self._lock:
                if self._client is None or self._pid != os.getpid():
                    self._client, self._pid = self._made(), os.getpid()
        return self._client

    def _made(self) -> Any:
        library = httpx()
        if self._transport is not None:
            return library.Client(transport=self._transport(), cookies=no_cookies())
        client = library.Client(verify=tls(), cookies=no_cookies())
        for transport in [client._transport, *client._mounts.values()]:  # noqa: SLF001 - no other way to its sockets
            pool: Any = getattr(transport, "_pool", None)
            if hasattr(pool, "_network_backend"):
                pool._network_backend = Backend()  # noqa: SLF001
        return client


def no_cookies() -> CookieJar:
    """Return a jar that keeps nothing: what one user is given must not be sent for another."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def built(client: Any, outgoing: Outgoing, options: Options, chunks: Callable[[Any], Any]) -> Any:
    """Return the library's request; `chunks` gives the bytes of a stream by and by.

    Raises BadCallError for a header that HTTP cannot carry (RFC 9110, section 5.5).
    """
    content, headers = outgoing.content, outgoing.headers.copy()  # type: ignore[attr-defined]
    for name, value in outgoing.headers.items():
        if UNSENDABLE.search(f"{name}{value}"):
            raise BadCallError(f"{outgoing.name}: the header {name!a} holds what HTTP cannot carry: correct it")
    for part in content.parts:
        if UNSENDABLE.search(part.filename or ""):
            raise BadCallError(f"{outgoing.name}: the file name of '{part.name}' cannot be sent: correct it")
    body: dict[str, Any] = {}
    if content.parts:
        body["files"] = [(part.name, (part.filename, part.content, part.media_type)) for part in content.parts]
    elif content.stream is not None:
        length = _length(content.stream)
        headers.update({} if length is None else {"Content-Length": str(length)})
        body["content"] = chunks(content.stream)
    elif content.media_type:
        body["content"] = content.data
    timeout = httpx().Timeout(options.read_timeout, connect=options.connect_timeout, pool=options.connect_timeout)
    return client.build_request(outgoing.method, outgoing.url, headers=headers, timeout=timeout, **body)


def _length(stream: Any) -> int | None:
    """Wind a stream back where it was read before, and return how many bytes it has, None where nobody knows."""
    if not getattr(stream, "seekable", bool)():
        return None
    end = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return int(end)


def _chunks(stream: Any) -> Iterator[bytes]:
    if not hasattr(stream, "read"):
        yield from stream
        return
    while chunk := stream.read(CHUNK):
        yield chunk


def _bounded(response: Any, outgoing: Outgoing, most: int) -> Iterator[bytes]:
    count = 0
    for chunk in response.iter_bytes():
        count += len(chunk)
        if count > most:
            raise too_large(outgoing, response.status_code, most)
        yield chunk
