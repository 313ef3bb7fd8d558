"""Waits that look often at first and seldom later, and always end."""

from __future__ import annotations

import time
from collections.abc import Iterator

__all__ = ["ticks"]

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0


def ticks(seconds: float, longest: float = LONGEST_PAUSE) -> Iterator[float]:
    """Yield the seconds that have passed, at once and then at growing pauses, for the last time when all have."""
    start, pause = time.monotonic(), FIRST_PAUSE
    while True:
        passed = time.monotonic() - start
        yield passed
        if passed >= seconds:
            return
        time.sleep(max(0.0, min(pause, seconds - passed)))
        pause = min(pause * 1.4, longest)
