"""What a measured app carries beside its work with BENCH_EXTRAS: this access log; CORS and tokens by its own means."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

EXTRAS = bool(os.environ.get("BENCH_EXTRAS"))

log = logging.getLogger("access")


def with_extras(app: Any) -> Any:
    """Return the WSGI app, behind an access log where extras are asked for."""
    return logged(app) if EXTRAS else app


def logged(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Write one line for each request, to where no disk slows it down."""
    log.addHandler(logging.FileHandler(os.devnull))
    log.setLevel("INFO")
    log.propagate = False

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()
        seen: list[str] = []

        def start(status: str, headers: Any, error: Any = None) -> Any:
            seen.append(status)
            return start_response(status, headers, error)

        body = app(environ, start)
        took = time.perf_counter() - began
        log.info('"%s %s" %s %.6f', environ["REQUEST_METHOD"], environ["PATH_INFO"], seen[0][:3], took)
        return body

    return answer
