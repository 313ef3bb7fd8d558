"""The calls to the outside: the key set of an issuer by HTTPS, and Redis."""

from __future__ import annotations

import http.client
import socket
import threading
import urllib.error
import urllib.request
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssl import SSLContext

    from redis import Redis

__all__ = ["OPENER", "connect_redis", "fetch", "opener"]

TIMEOUT = 5.0
REDIS_TIMEOUT = 1.0
TOGETHER = 10.0
LARGEST = 1 << 20


class Connection(http.client.HTTPSConnection):
    """A connection that another thread may end, whatever is being read."""

    def connect(self) -> None:
        """Connect, and keep the socket: http.client lets go of it once a reply has begun."""
        super().connect()
        self._kept = self.sock

    def end(self) -> None:
        """Have reads come to their end."""
        if kept := getattr(self, "_kept", None):
            with suppress(OSError):
                socket.socket.shutdown(kept, socket.SHUT_RDWR)


class Handler(urllib.request.HTTPSHandler):
    """Opens https URLs by connections that stand in the request, as `connections`."""

    def https_open(self, request: Any) -> Any:
        """Open a request."""

        def connection(host: str, **options: Any) -> Connection:
            made = Connection(host, context=self._tls, **options)
            request.connections.append(made)
            return made

        return self.do_open(connection, request)

    def __init__(self, context: SSLContext | None) -> None:
        super().__init__(context=context)
        self._tls = context


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Turns a redirect into the error that its status is."""

    def redirect_request(self, *arguments: Any, **options: Any) -> None:
        """Follow nothing."""


def opener(context: SSLContext | None = None) -> urllib.request.OpenerDirector:
    """Return what opens https URLs and no others, by the certificates of the machine unless told otherwise."""
    found = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        Handler(context),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        NoRedirects(),
    ):
        found.add_handler(handler)
    return found


OPENER = opener()


def fetch(url: str) -> bytes:
    """Return what an https URL holds, 1 MiB at most, within 10 s and without redirects; raises OSError, ValueError."""
    if not url.startswith("https://"):
        raise ValueError("only https is fetched")
    request: Any = urllib.request.Request(url, headers={"Accept": "application/json, application/jwk-set+json"})  # noqa: S310 - https only
    request.connections = []
    found: Future[bytes] = Future()
    threading.Thread(target=_settle, args=(found, request), name="pymacaron-fetch", daemon=True).start()
    try:
        return found.result(TOGETHER)
    except TimeoutError:
        for connection in request.connections:
            connection.end()
        raise OSError("too slow") from None


def _settle(found: Future[bytes], request: Any) -> None:
    """Read a reply; a time-out of the socket bounds each of its pieces, and not all of them."""
    try:
        with OPENER.open(request, timeout=TIMEOUT) as reply:
            text = reply.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise OSError("too large")
    except urllib.error.HTTPError as error:
        error.close()
        found.set_exception(OSError(f"status {error.code}"))
    except BaseException as error:
        found.set_exception(error)
    else:
        found.set_result(text)


def connect_redis(url: str) -> Redis:
    """Return a client of a Redis that gives up after a second; raises ImportError and ValueError."""
    from redis import Redis

    return Redis.from_url(
        url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT, decode_responses=True
    )
