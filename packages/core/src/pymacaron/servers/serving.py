"""What a server is told, whichever it is: one record, from the command line, the environment and pym-config.yaml."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pymacaron.exceptions import ConfigError
from pymacaron.servers.address import address

if TYPE_CHECKING:
    from pymacaron.config import Config

__all__ = ["CONNECTIONS", "KEEPALIVE", "Serving", "serving"]

KEEPALIVE = 75
"""Seconds for which an idle connection stays open: longer than load balancers keep theirs (60 s)."""

CONNECTIONS = 1000
"""Connections that a worker holds at a time; more wait to be accepted."""


@dataclass(frozen=True)
class Serving:
    """Where to listen, with how many processes and threads, and how many seconds requests have to end after a TERM."""

    server: Literal["gunicorn", "granian"]
    host: str
    port: int
    workers: int
    threads: int
    grace: int


def serving(
    config: Config, server: str | None, host: str | None, port: int | None, workers: int | None, threads: int
) -> Serving:
    """Return what to serve with; what the command line leaves open is None.

    `workers` defaults to WEB_CONCURRENCY, else to the number of processors. Raises ConfigError for a port or a
    WEB_CONCURRENCY of the environment that is no number.
    """
    host, port = address(config, host, port)
    return Serving(
        server="granian" if (server or config.server) == "granian" else "gunicorn",
        host=host,
        port=port,
        workers=workers or _concurrency(),
        threads=threads,
        grace=config.graceful_timeout,
    )


def _concurrency() -> int:
    text = os.environ.get("WEB_CONCURRENCY", "")
    if not text:
        return os.cpu_count() or 1
    if not text.isdecimal() or not int(text):
        raise ConfigError("WEB_CONCURRENCY should be a number of workers, at least 1: correct or unset it")
    return int(text)
