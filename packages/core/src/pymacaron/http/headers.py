"""AddsHeaders: a function after the request of which the lane knows that it only adds headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["AddsHeaders"]

MOST_KNOWN = 256
LONGEST_KNOWN = 500


class AddsHeaders:
    """An `after_request` function that adds headers, the same for the same values of some `keys` of the environ.

    Flask calls it as any other; a reply that nobody else wants to see is given the headers that are known already.
    """

    def __init__(self, function: Callable[[Response], Any], keys: tuple[str, ...]) -> None:
        self._function = function
        self._keys = keys
        self._known: dict[tuple[str | None, ...], Sequence[tuple[str, str]]] = {}

    def __call__(self, response: Response) -> Response:
        """Add the headers to a response."""
        changed: Response = self._function(response)
        return changed

    def headers(self, environ: WSGIEnvironment) -> Sequence[tuple[str, str]]:
        """Return the headers for the current request, whose environ this is."""
        key = tuple([environ.get(name) for name in self._keys])
        known = self._known.get(key)
        if known is None:
            response = Response()
            response.headers.clear()
            known = tuple(self._function(response).headers)
            if len(self._known) < MOST_KNOWN and sum(map(len, filter(None, key))) < LONGEST_KNOWN:
                self._known[key] = known
        return known
