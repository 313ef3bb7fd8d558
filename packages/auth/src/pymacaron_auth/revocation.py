"""Revocation: tokens that are over before their time, one by its `jti`, or all of a user up to a moment."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["MemoryRevocations", "RedisRevocations", "RevocationStore"]

PRUNE_EVERY = 1000
GRACE = 60
"""Seconds for which a token is remembered beyond its end: more than any leeway."""


@runtime_checkable
class RevocationStore(Protocol):
    """What `jwt_revocation` may name a maker of; times are seconds since the epoch.

    `is_revoked` is asked in every request with a token. What it raises refuses the request with status 503.
    """

    def is_revoked(self, user_id: str, jti: str | None, issued: float) -> bool:
        """Tell whether a token was revoked, or issued no later than the cut-off of its user."""

    def revoke_token(self, jti: str, expires: float) -> None:
        """Revoke one token; it need not be remembered after it expired."""

    def revoke_user(self, user_id: str, until: float) -> None:
        """Revoke all tokens of a user that were issued until a moment."""


class MemoryRevocations:
    """A store of one process: for a service of one worker, and for tests."""

    def __init__(self) -> None:
        self._tokens: dict[str, float] = {}
        self._users: dict[str, float] = {}
        self._lock = threading.Lock()

    def is_revoked(self, user_id: str, jti: str | None, issued: float) -> bool:
        """Tell whether a token was revoked."""
        return jti in self._tokens or issued <= self._users.get(user_id, float("-inf"))

    def revoke_token(self, jti: str, expires: float) -> None:
        """Revoke one token until it expires."""
        with self._lock:
            self._tokens[jti] = expires
            if len(self._tokens) % PRUNE_EVERY == 0:
                over = time.time() - GRACE
                self._tokens = {other: end for other, end in self._tokens.items() if end > over}

    def revoke_user(self, user_id: str, until: float) -> None:
        """Revoke all tokens of a user that were issued until a moment; the latest such moment counts."""
        with self._lock:
            self._users[user_id] = max(until, self._users.get(user_id, until))


class RedisRevocations:
    """A store that all workers and services of one issuer share: one round trip for each request."""

    def __init__(self, redis: Redis, issuer: str) -> None:
        self._redis: Any = redis
        self._prefix = f"pymacaron:revoked:{issuer}"

    def is_revoked(self, user_id: str, jti: str | None, issued: float) -> bool:
        """Tell whether a token was revoked."""
        token, until = self._redis.mget(self._token(jti or ""), self._user(user_id))
        return token is not None or (until is not None and issued <= float(until))

    def revoke_token(self, jti: str, expires: float) -> None:
        """Revoke one token until it expires."""
        self._redis.set(self._token(jti), "1", exat=int(expires) + GRACE)

    def revoke_user(self, user_id: str, until: float) -> None:
        """Revoke all tokens of a user that were issued until a moment; the latest such moment counts."""
        script = "local o = redis.call('GET', KEYS[1]) if not o or tonumber(o) < tonumber(ARGV[1]) then "
        self._redis.eval(f"{script} redis.call('SET', KEYS[1], ARGV[1]) end", 1, self._user(user_id), repr(until))

    def _token(self, jti: str) -> str:
        return f"{self._prefix}:jti:{jti}"

    def _user(self, user_id: str) -> str:
        return f"{self._prefix}:user:{user_id}"
