"""Waits that look often at first and seldom later, tell of it now and then, and always end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

__all__ = ["ticks"]

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 3.0
SILENCE = 5.0


def ticks(seconds: float, tell: Callable[[str], None], what: Callable[[], str]) -> Iterator[float]:
    """Yield the seconds that passed, at growing pauses, for the last time when all have; tell what is waited for."""
    start, pause = time.monotonic(), FIRST_PAUSE
    told = start
    while True:
        passed = time.monotonic() - start
        yield passed
        if passed >= seconds:
            return
        if time.monotonic() - told > SILENCE:
            told = time.monotonic()
            tell(f"{what()}, {passed:.0f} s")
        time.sleep(max(0.0, min(pause, seconds - passed)))
        pause = min(pause * 1.4, LONGEST_PAUSE)
