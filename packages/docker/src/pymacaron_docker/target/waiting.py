"""Waits for a release over HTTP: until it is ready, and until the proxy shows it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from urllib.parse import urlsplit

__all__ = ["answer", "until"]

PAUSE = 0.1


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again, and tell whether the condition held in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def answer(url: str) -> tuple[int, dict[str, object]]:
    """Return the status and JSON object of a GET, 0 and nothing where there is no answer; no proxy is used."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=5)
    try:
        connection.request("GET", place.path)
        response = connection.getresponse()
        content = json.loads(response.read() or b"{}")
    except (OSError, http.client.HTTPException, ValueError):
        return 0, {}
    finally:
        connection.close()
    return response.status, content if isinstance(content, dict) else {}
