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
    deadline, is_over = time.monotonic() + seconds, False
    while not is_over:
        is_over = time.monotonic() > deadline  # asked once more: what was held up may be this process
        if condition():
            return True
        time.sleep(0 if is_over else PAUSE)
    return False


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
