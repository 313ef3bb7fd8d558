"""What a task knows: the request that queued it, its own id and attempt; captured at the call, restored in the worker.

Of a request go along its method, its URL without the query, its id, and who made it as the claims that were verified:
never a header, a token, or what the caller wrote into query and body.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pymacaron.plugins.records import Identity
from pymacaron.report.facts import IDENTITY, REQUEST_ID, current_environ, endpoint_of, path_of, request_id
from pymacaron_async.codec import UnsuitableArgument, decoded, encoded

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["TaskContext", "captured", "current_task", "restored", "wants_queue"]


@dataclass(frozen=True)
class TaskContext:
    """The running task: `key` is the same each time it is repeated, for an effect that must happen only once.

    `attempt` counts from 1.
    """

    id: str
    name: str
    attempt: int
    queue: str

    @property
    def key(self) -> str:
        """The idempotency key."""
        return self.id


_running: ContextVar[TaskContext | None] = ContextVar("pymacaron_async_task", default=None)


def current_task() -> TaskContext | None:
    """Return the task that is running, None outside of one."""
    return _running.get()


def wants_queue() -> bool:
    """Tell whether a call of a task is to be queued: in a request, and not in a task, which has one restored."""
    return current_environ() is not None and _running.get() is None


def captured() -> dict[str, Any]:
    """Return what is to be known of the current request, as JSON; nothing outside of one."""
    environ = current_environ()
    if environ is None:
        return {}
    host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "localhost")
    known: dict[str, Any] = {
        "method": environ.get("REQUEST_METHOD", "GET"),
        "base": f"{environ.get('wsgi.url_scheme', 'http')}://{host}",
        "path": path_of(environ, endpoint_of(environ)),
        "request_id": request_id(environ),
    }
    environ.setdefault(REQUEST_ID, known["request_id"])
    identity = environ.get(IDENTITY)
    if isinstance(identity, Identity):
        known["identity"] = _told(identity)
    return known


@contextmanager
def restored(app: Flask | None, known: Mapping[str, Any], task: TaskContext) -> Iterator[None]:
    """Run the block as the task, in a request context like that of the call."""
    mark = _running.set(task)
    try:
        if app is None or "method" not in known:
            yield
            return
        from pymacaron.http.lanes import request_context

        environ = _environ(known)
        if "identity" in known:
            environ[IDENTITY] = _identity(known["identity"])
        with request_context(app, environ):
            yield
    finally:
        _running.reset(mark)


def _environ(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the environ of a request like that of the call, without query and body (PEP 3333).

    werkzeug's EnvironBuilder would take longer than the rest of what a task costs in the worker.
    """
    return {
        **_environ_of(known["base"]),
        "REQUEST_METHOD": known["method"],
        "PATH_INFO": known["path"].encode().decode("latin-1"),
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        REQUEST_ID: known["request_id"],
    }


@lru_cache(maxsize=256)
def _environ_of(base: str) -> Mapping[str, Any]:
    """Return what the environ of every request to a host has, by the URL of that."""
    url = urlsplit(base)
    return {
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": url.hostname or "localhost",
        "SERVER_PORT": str(url.port or (443 if url.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def _told(identity: Identity) -> dict[str, Any]:
    return {
        "user_id": identity.user_id,
        "scheme": identity.scheme,
        "scopes": sorted(identity.scopes),
        "claims": _claims(identity.claims),
        "others": [_told(other) for other in identity.others],
    }


def _claims(claims: Mapping[str, Any]) -> str:
    try:
        return encoded(_thawed(claims), "the claims of the caller")
    except UnsuitableArgument:
        return "{}"


def _thawed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thawed(item) for key, item in value.items()}
    return [_thawed(item) for item in value] if isinstance(value, list | tuple) else value


def _identity(told: Mapping[str, Any]) -> Identity:
    others = tuple(_identity(other) for other in told["others"])
    return Identity(told["user_id"], told["scheme"], frozenset(told["scopes"]), decoded(told["claims"]), others)
