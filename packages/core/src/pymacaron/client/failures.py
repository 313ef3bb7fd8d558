"""What the library raises, as failures of a call."""

from __future__ import annotations

from typing import Any

from pymacaron.client.answers import broken
from pymacaron.client.attempts import Failure
from pymacaron.client.library import httpx
from pymacaron.client.outgoing import Outgoing
from pymacaron.exceptions import CallError, CallTimeoutError, UnreachableError
from pymacaron.models.problems import InvalidValue, ValueProblem
from pymacaron.text import printable

__all__ = ["failure_of", "too_large"]

HUNG_UP = ("Server disconnected", "peer closed connection")


def failure_of(error: Exception, outgoing: Outgoing) -> Failure:
    """Return the failure that an error of the library is."""
    library = httpx()
    told = printable(str(error))[:200]
    unsent = isinstance(error, (library.ConnectError, library.ConnectTimeout, library.PoolTimeout))
    if isinstance(error, (library.TimeoutException, TimeoutError)):
        what = "connect" if unsent else "answer"
        return Failure(CallTimeoutError.unanswered(f"{outgoing.name} did not {what} in time", **outgoing.facts), unsent)
    wrong = isinstance(error, (library.RemoteProtocolError, library.DecodingError))
    if wrong and not told.startswith(HUNG_UP):
        return Failure(_no_http(error, outgoing))
    what = "cannot be connected to" if unsent else "broke the connection"
    return Failure(UnreachableError.unanswered(f"{outgoing.name} {what}: {told}", **outgoing.facts), unsent)


def too_large(outgoing: Outgoing, status: int, most: int) -> CallError:
    """Return the error of an answer that has too many bytes."""
    return broken(outgoing, InvalidValue([ValueProblem((), f"Has more than {most:,} bytes")]), status)


def _no_http(error: Any, outgoing: Outgoing) -> CallError:
    sentence = "Cannot be unpacked" if isinstance(error, httpx().DecodingError) else "Is not HTTP"
    return broken(outgoing, InvalidValue([ValueProblem((), sentence)]), 0)
