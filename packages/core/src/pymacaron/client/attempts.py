"""How often a request is sent, as pure steps: what to send, how long to wait, and which answer counts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeGuard
from urllib.parse import urljoin, urlsplit

from pymacaron.client.answers import Raw, broken
from pymacaron.client.options import Options
from pymacaron.client.outgoing import Outgoing
from pymacaron.exceptions import BadServerResponseError, CallError, CallTimeoutError
from pymacaron.models.problems import InvalidValue, ValueProblem

__all__ = ["Failure", "Send", "Steps", "Wait", "attempts", "within_origin"]

WORTH_ANOTHER = frozenset({429, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
FIRST_WAIT = 0.2
LONGEST_WAIT = 5.0
LONGEST_RETRY_AFTER = 30.0


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request, and give up after so many seconds in all, None for no limit."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait, and send it again then."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    """There was no answer; `unsent` says that nothing of the request left."""

    error: CallError
    unsent: bool = False


Steps = Generator[Send | Wait, Raw | Failure | None, Raw]


def attempts(
    outgoing: Outgoing,
    options: Options,
    *,
    redirected: bool,
    clock: Callable[[], float] = time.monotonic,
    chance: Callable[[], float] = random.random,
) -> Steps:
    """Tell what to do until an answer counts, which is returned; raises the CallError of the last attempt.

    A request is repeated where nothing of it left, or where repeating is safe (RFC 9110, section 9.2.2): after a broken
    connection, and after 429, 502, 503 and 504, whose Retry-After counts. `redirected` says that redirections within
    one origin are followed, as far as they ask for a GET again.
    """
    until = None if options.deadline is None else clock() + options.deadline
    tried = followed = 0
    while True:
        left = None if until is None else until - clock()
        if left is not None and left <= 0:
            raise CallTimeoutError.unanswered(
                f"{outgoing.name} took more than {options.deadline} s in all", **outgoing.facts
            )
        outcome = yield Send(left)
        if redirected and followed < MOST_REDIRECTS and _is_redirect(outcome, outgoing):
            outgoing.url = within_origin(outgoing, outcome, outcome.headers["location"], "Redirects")
            followed += 1
            continue
        pause = _pause(outcome, outgoing, tried, chance())
        left = None if until is None else until - clock()
        if tried < options.retries and pause is not None and (left is None or pause < left):
            tried += 1
            yield Wait(pause)
            continue
        if isinstance(outcome, Failure):
            raise outcome.error
        assert outcome is not None  # noqa: S101 - the answer to Send
        return outcome


def _is_redirect(outcome: Raw | Failure | None, outgoing: Outgoing) -> TypeGuard[Raw]:
    """Tell whether an answer asks for a GET of another URL."""
    if not isinstance(outcome, Raw) or outcome.status not in REDIRECTS:
        return False
    return outgoing.method in ("GET", "HEAD") and "location" in outcome.headers


def _pause(outcome: Raw | Failure | None, outgoing: Outgoing, tried: int, chance: float) -> float | None:
    """Return how long to wait before the next attempt, None where there is to be none."""
    usual: float = chance * min(LONGEST_WAIT, FIRST_WAIT * 2**tried)
    if isinstance(outcome, Failure):
        if isinstance(outcome.error, BadServerResponseError):
            return None
        return usual if outgoing.repeatable or (outcome.unsent and outgoing.content.repeatable) else None
    if outcome is None or outcome.status not in WORTH_ANOTHER or not outgoing.repeatable:
        return None
    asked = _retry_after(outcome.headers.get("retry-after"))
    if asked is None:
        return usual
    return asked + usual if asked <= LONGEST_RETRY_AFTER else None


def _retry_after(text: str | None) -> float | None:
    """Return the seconds that a Retry-After asks for (RFC 9110, section 10.2.3), None for none that can be read."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text.strip()[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def within_origin(outgoing: Outgoing, raw: Raw, reference: str, what: str) -> str:
    """Return the URL of a reference within the origin of a request.

    Raises BadServerResponseError for another one: credentials would go there.
    """
    try:
        url = urljoin(outgoing.url, reference.strip()).partition("#")[0]
    except ValueError:
        raise broken(outgoing, InvalidValue([ValueProblem((), f"{what} to what is no URL")]), raw.status) from None
    if origin(url) == origin(outgoing.url) and url.isascii() and url.isprintable():
        return url
    told = f"{what} to another origin, which is not followed"
    raise broken(outgoing, InvalidValue([ValueProblem((), told)]), raw.status)


def origin(url: str) -> tuple[str, str | None, int | None] | None:
    """Return the origin of a URL (RFC 6454, section 4), None for what is no URL of HTTP, or holds credentials."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return None if "@" in parts.netloc else (parts.scheme, parts.hostname, port)
