"""Target: the service that acceptance tests call, as the environment tells it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Target", "host_of", "target_of_environment"]

HTTPS = 443


@dataclass(frozen=True)
class Target:
    """A service by its host and port, https where that is 443, and a bearer token for calls to it."""

    host: str
    port: int
    token: str | None = None

    @property
    def url(self) -> str:
        """Its URL, without a slash at its end."""
        return f"{'https' if self.port == HTTPS else 'http'}://{self.host}:{self.port}"


def target_of_environment(environ: Mapping[str, str] = os.environ) -> Target:
    """Return the target that PYM_SERVER_HOST, PYM_SERVER_PORT and PYM_JWT_TOKEN name; the host may be a whole URL.

    Raises ValueError where one of the first two is missing or wrong.
    """
    written, port = environ.get("PYM_SERVER_HOST", ""), environ.get("PYM_SERVER_PORT", "")
    host = host_of(written)
    if not host:
        raise ValueError(
            "PYM_SERVER_HOST is not set: set it to a host such as 127.0.0.1, and PYM_SERVER_PORT to its port"
        )
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("PYM_SERVER_PORT should be a port from 1 to 65535: set it to the service's")
    return Target(host, int(port), environ.get("PYM_JWT_TOKEN"))


def host_of(written: str) -> str:
    """Return the host of what may be a whole URL, an IPv6 address in brackets, "" where there is none."""
    bare = f"[{written}]" if written.count(":") > 1 and not written.startswith("[") and "/" not in written else written
    try:
        name = urlsplit(bare if "://" in bare else f"//{bare}").hostname or ""
    except ValueError:
        return ""
    return f"[{name}]" if ":" in name else name
