"""What a caller accepts, held against what an operation answers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import NotAcceptable
from werkzeug.http import parse_accept_header

from pymacaron.http.mediatypes import plain
from pymacaron.spec import Operation

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["Acceptance", "qualities"]

MOST_REMEMBERED = 200
LONGEST_REMEMBERED = 200


def qualities(accept: str, media_types: tuple[str, ...]) -> tuple[float, ...]:
    """Return how much a caller likes each media type, by the q values of an Accept header; a range comes last."""
    read = _qualities if len(accept) < LONGEST_REMEMBERED else _qualities.__wrapped__
    return read(accept, media_types)


@lru_cache(MOST_REMEMBERED)
def _qualities(accept: str, media_types: tuple[str, ...]) -> tuple[float, ...]:
    accepted = parse_accept_header(accept, MIMEAccept)
    return tuple(0 if "*" in name else accepted.quality(name) for name in media_types)


class Acceptance:
    """Refuses with 406 what accepts none of the media types of an operation's answers, before its handler runs."""

    __slots__ = ("_known", "_media_types")

    def __init__(self, operation: Operation) -> None:
        found = list(_media_types(operation))
        self._media_types = () if "" in found or any("*" in name for name in found) else tuple(found)
        self._known: dict[str, bool] = {}

    def check(self, environ: WSGIEnvironment) -> None:
        """Raise NotAcceptable (406) where nothing that the operation answers is accepted."""
        accept = environ.get("HTTP_ACCEPT")
        if accept is None or not self._media_types or accept == "*/*":
            return
        admitted = self._known.get(accept)
        if admitted is None:
            admitted = self._admits(accept)
            if len(self._known) < MOST_REMEMBERED and len(accept) < LONGEST_REMEMBERED:
                self._known[accept] = admitted
        if not admitted:
            raise NotAcceptable(f"Accept should name one of: {', '.join(self._media_types)}")

    def _admits(self, accept: str) -> bool:
        accepted = parse_accept_header(accept, MIMEAccept)
        return not accepted or any(accepted.quality(name) > 0 for name in self._media_types)


def _media_types(operation: Operation) -> Iterator[str]:
    """Yield what the successful answers are sent as, "" for one that is not described or has no content."""
    answers = [answer for status, answer in operation.responses.items() if status.startswith("2")]
    if not answers:
        answers = [operation.responses["default"]] if "default" in operation.responses else []
    for answer in answers:
        yield from map(plain, answer.content or ("",))
    if not answers:
        yield ""
