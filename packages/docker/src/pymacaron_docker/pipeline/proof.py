"""Proof that a release is live: its id, answered at the live URL, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from pymacaron.deploy import Guarded, Target
from pymacaron.exceptions import DeployError
from pymacaron_docker.pipeline.outside import release_at

__all__ = ["asked_as", "complaint", "prove", "watch"]

Headers = Callable[[], Mapping[str, str]]
IN_A_ROW = 3
POLL_SECONDS = 0.2
WATCH_SECONDS = 5.0


def asked_as(target: Target, url: str) -> Headers:
    """Return what gives the headers of a request to a URL of a target, when it is sent."""
    return (lambda: target.headers(url)) if isinstance(target, Guarded) else dict


def prove(target: Target, url: str, release: str, seconds: float) -> None:
    """Return once a URL answered the release three times in a row; raises DeployError after so many seconds."""
    end = time.monotonic() + seconds
    row, told = 0, ""
    while row < IN_A_ROW:
        is_over = time.monotonic() > end
        told = complaint(target, url, release)
        row = 0 if told else row + 1
        if told and is_over:
            raise DeployError(f"{url} is not {release} after {seconds:g} s: {told}")
        if told:
            time.sleep(POLL_SECONDS)


def watch(target: Target, url: str, release: str, seconds: float, tell: Callable[[str], None]) -> None:
    """Ask a URL for its release every few seconds; raises DeployError where it is wrong three times in a row."""
    end = time.monotonic() + seconds
    row = 0
    while (left := end - time.monotonic()) > 0:
        told = complaint(target, url, release)
        row = row + 1 if told else 0
        if row == IN_A_ROW:
            raise DeployError(f"{url} failed while it was watched: {told}")
        tell(told or f"{release} answers, {left:.0f} s to go")
        time.sleep(min(WATCH_SECONDS, left))


def complaint(target: Target, url: str, release: str) -> str:
    """Return what is wrong with the answer of a URL, or nothing."""
    try:
        found = release_at(url, asked_as(target, url)())
    except DeployError as error:
        return str(error)
    return "" if found == release else f"it answers {found or 'no release'}"
