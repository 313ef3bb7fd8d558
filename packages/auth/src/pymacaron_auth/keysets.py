"""Key sets: the keys of one issuer by key id, from the settings or from a URL."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Protocol

from pymacaron_auth.errors import AuthUnavailableError, invalid
from pymacaron_auth.keys import Key, UnfitKeyError, key_from_jwk

__all__ = ["FixedKeys", "KeySet", "PublishedKeys"]

log = logging.getLogger(__name__)

REFRESH = 600.0
"""Seconds after which a published set is fetched anew."""
REFRESH_FOR_UNKNOWN = 60.0
"""Seconds between two fetches for key ids that are unknown."""
MOST_KEYS = 100


class KeySet(Protocol):
    """Where the keys of an issuer are found; raises AuthInvalidTokenError for a key id that is unknown."""

    def find(self, kid: str | None) -> Key:
        """Return the key of a key id, None where a token names none."""


class FixedKeys:
    """The keys of pym-config.yaml; a token that names no key is for the one without a name, or for the only one."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.kid: key for key in keys}
        if len(self._keys) == 1:
            self._keys.setdefault(None, next(iter(self._keys.values())))

    def find(self, kid: str | None) -> Key:
        """Return the key of a key id."""
        try:
            return self._keys[kid]
        except KeyError:
            raise invalid("it names no key that is known here") from None

    @property
    def signing(self) -> Key | None:
        """The first key that can sign."""
        return next((key for key in self._keys.values() if key.signing is not None), None)


class PublishedKeys:
    """The keys that an issuer publishes (RFC 7517, section 5).

    They are fetched when the service starts, then in the background: every ten minutes of use, and at most once a
    minute because a token names a key that is unknown. While the issuer cannot be reached, the last good set is kept.
    """

    def __init__(
        self,
        url: str,
        family: str,
        fetch: Callable[[str], bytes],
        *,
        clock: Callable[[], float] = time.monotonic,
        background: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._url = url
        self._family = family
        self._fetch = fetch
        self._clock = clock
        self._background = background or _in_thread
        self._keys: Mapping[str | None, Key] = {}
        self._tried = float("-inf")
        self._lock = threading.Lock()

    def find(self, kid: str | None) -> Key:
        """Return the key of a key id without waiting for the issuer."""
        key = self._keys.get(kid)
        self._refresh_if_older(REFRESH if key else REFRESH_FOR_UNKNOWN)
        if key is None:
            key = self._keys.get(kid)
        if key is None and not self._keys:
            raise AuthUnavailableError("The keys of the issuer cannot be had now: try again later")
        if key is None:
            raise invalid("it names no key that is known here")
        return key

    def refresh(self) -> None:
        """Fetch the set; where that fails, log why and keep the last good one."""
        self._tried = self._clock()
        try:
            self._keys = _read(self._fetch(self._url), self._family)
        except Exception as error:
            log.warning("jwt_jwks_url cannot be used, its last good keys are kept: %s", type(error).__name__)

    def _refresh_if_older(self, seconds: float) -> None:
        with self._lock:
            now = self._clock()
            if now - self._tried < seconds:
                return
            self._tried = now
        self._background(self.refresh)


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="pymacaron-jwks", daemon=True).start()


def _read(text: bytes, family: str) -> Mapping[str | None, Key]:
    """Return the usable keys of a JWK set, none of those that differ under one id; raises ValueError for no key."""
    listed = json.loads(text)["keys"]
    found: dict[str | None, Key] = {}
    twice: set[str | None] = set()
    for key in islice((key for jwk in listed if (key := _usable(jwk, family))), MOST_KEYS):
        if found.setdefault(key.kid, key).verifying != key.verifying:
            twice.add(key.kid)
    usable = {kid: key for kid, key in found.items() if kid not in twice}
    if not usable:
        raise ValueError("no usable key")
    if len(usable) == 1:
        usable.setdefault(None, next(iter(usable.values())))
    return usable


def _usable(jwk: Any, family: str) -> Key | None:
    """Return the key of a JWK, None for one of another kind or for another use: a set may hold such."""
    try:
        return key_from_jwk(jwk, family) if isinstance(jwk, dict) else None
    except UnfitKeyError:
        return None
