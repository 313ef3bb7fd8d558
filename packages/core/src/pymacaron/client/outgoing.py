"""Outgoing: one request as it is to be sent, which `x-decorate-request` may add headers to."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from pymacaron.client.contents import NOTHING, Content

__all__ = ["Called", "Outgoing", "decorate", "request_id"]

VISIBLE = re.compile(r"[!-~]{1,128}")
REQUEST_ID = "pymacaron.request_id"


@dataclass(frozen=True, slots=True)
class Called:
    """What a call goes to, for errors: `operation` is "GET /pets", `name` the function of the client."""

    api: str
    name: str
    operation: str


@dataclass
class Outgoing:
    """One request: `headers` may be changed until it is sent; `url` is whole, with its query.

    `hidden` is what is shown instead of it where a path holds a secret. `repeatable` says that it may be sent twice,
    whatever became of it the first time.
    """

    called: Called
    method: str
    url: str
    headers: MutableMapping[str, str]
    content: Content = NOTHING
    hidden: str = ""
    repeatable: bool = False

    @property
    def shown_url(self) -> str:
        """The URL as errors and logs may show it: without its query."""
        return self.hidden or self.url.partition("?")[0]

    @property
    def name(self) -> str:
        """The call, as errors name it."""
        return f"{self.called.api}.{self.called.name}() ({self.method} {self.shown_url})"

    @property
    def facts(self) -> dict[str, str]:
        """What an error tells of the call."""
        return {"api": self.called.api, "operation": self.called.operation, "url": self.shown_url}

    def __call__(self, *_arguments: Any, headers: MutableMapping[str, str] | None = None, **_others: Any) -> None:
        """Take headers from a decorator that wraps the function that sends, as those of PyMacaron 1 and 2 did."""
        self.headers.update(headers or {})


def decorate(outgoing: Outgoing, decorator: Callable[[Any], Any]) -> None:
    """Let a decorator add headers: to the request itself, or to the `headers` of the call that it wraps."""
    wrapped = decorator(outgoing)
    if callable(wrapped) and wrapped is not outgoing:
        wrapped(headers=dict(outgoing.headers))


def request_id() -> str | None:
    """Return the id of the request that is being served, to be passed on: None where there is none."""
    flask = sys.modules.get("flask")
    if flask is None or not flask.has_request_context():
        return None
    environ = flask.request.environ
    known = environ.get(REQUEST_ID) or environ.get("HTTP_X_REQUEST_ID") or ""
    return known if VISIBLE.fullmatch(known) else None
