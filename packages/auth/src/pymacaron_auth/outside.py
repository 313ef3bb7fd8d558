"""The calls to the outside: the key set of an issuer by HTTPS, and Redis."""

from __future__ import annotations

import time
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssl import SSLContext

    from redis import Redis

__all__ = ["OPENER", "connect_redis", "fetch", "opener"]

TIMEOUT = 5.0
TOGETHER = 10.0
LARGEST = 1 << 20


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Turns a redirect into the error that its status is."""

    def redirect_request(self, *arguments: Any, **options: Any) -> None:
        """Follow nothing."""


def opener(context: SSLContext | None = None) -> urllib.request.OpenerDirector:
    """Return what opens https URLs and no others, by the certificates of the machine unless told otherwise."""
    found = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=context),
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
    deadline = time.monotonic() + TOGETHER
    headers = {"Accept": "application/json, application/jwk-set+json"}
    pieces: list[bytes] = []
    with OPENER.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT) as reply:  # noqa: S310 - https only
        while piece := reply.read1(65536):
            pieces.append(piece)
            if time.monotonic() > deadline or sum(map(len, pieces)) > LARGEST:
                raise OSError("too slow or too large")
    return b"".join(pieces)


def connect_redis(url: str) -> Redis:
    """Return a client of a Redis that gives up after a second; raises ImportError and ValueError."""
    from redis import Redis

    return Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0, decode_responses=True)
