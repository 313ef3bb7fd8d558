"""Bearer tokens as a security scheme: http bearer, oauth2 and openIdConnect are verified alike.

A token is verified once and remembered by a digest of it. Every further request with it asks again whether it expired
or was revoked; nothing else about it can change.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from pymacaron.plugins.records import Authenticator, Identity
from pymacaron_auth.authority import Authority
from pymacaron_auth.claims import Verified
from pymacaron_auth.cookies import token_of_cookie, token_of_header
from pymacaron_auth.errors import AuthMissingHeaderError, InsufficientScopeError, quotable

if TYPE_CHECKING:
    from pymacaron.http.incoming import Incoming

__all__ = ["BearerTokens", "bearer_authenticator"]

log = logging.getLogger(__name__)

MOST_REMEMBERED = 10_000
REMEMBERED_FOR = 300.0
"""Seconds after which a token is verified from the beginning, so that a key that was withdrawn is noticed."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A token that was verified, and when it has to be looked at again."""

    identity: Identity
    found: Verified
    until: float
    renew_at: float | None


class BearerTokens:
    """What knows the bearer of a token, under the name of one security scheme."""

    def __init__(self, authority: Authority, scheme: str) -> None:
        self._authority = authority
        self._scheme = scheme
        self._known: dict[bytes, Remembered] = {}
        self._lock = threading.Lock()
        self._cookie = authority.settings.jwt_cookie
        self._origins = frozenset(authority.settings.jwt_cookie_origins)

    def token(self, environ: dict[str, object]) -> str | None:
        """Return the token of a request, None where it holds none; a header goes before a cookie."""
        text = environ.get("HTTP_AUTHORIZATION")
        token = token_of_header(str(text)) if text else None
        return token_of_cookie(environ, self._origins) if token is None and self._cookie else token

    def identify(self, incoming: Incoming) -> Identity | None:
        """Return who sent a request, None for one without a token; raises AuthenticationError for a bad one."""
        text: str | None = incoming.environ.get("HTTP_AUTHORIZATION")
        token = text[7:] if text is not None and text.startswith("Bearer ") else self.token(incoming.environ)
        if token is None:
            return None
        known = self._recall(token)
        if known.renew_at is not None and self._authority.clock() >= known.renew_at:
            self._renew(known.found)
        return known.identity

    def identity(self, token: str) -> Identity:
        """Return whose token it is; raises AuthenticationError for a bad one."""
        return self._recall(token).identity

    def _recall(self, token: str) -> Remembered:
        digest = sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None or self._authority.clock() >= known.until:
            return self._learn(token, digest)
        if self._authority.revocations is not None:
            self._authority.refuse_revoked(known.found)
        return known

    def _learn(self, token: str, digest: bytes) -> Remembered:
        with self._lock:
            self._known.pop(digest, None)
        found = self._authority.verify(token.strip(" "))
        known = self._remembered(found)
        with self._lock:
            if len(self._known) >= MOST_REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[digest] = known
        return known

    def _remembered(self, found: Verified) -> Remembered:
        authority = self._authority
        until = min(found.expires + authority.rules.leeway, authority.clock() + REMEMBERED_FOR)
        renew_after = authority.settings.jwt_token_renew_after
        renew_at = None if renew_after is None else found.issued + renew_after
        identity = Identity(found.user_id, self._scheme, found.scopes, found.claims)
        return Remembered(identity, found, until, renew_at)

    def _renew(self, found: Verified) -> None:
        """Have the reply carry a fresh token, which no cache keeps."""
        from flask import Response, after_this_request

        def add(response: Response) -> Response:
            try:
                response.headers["X-Renewed-Token"] = self._authority.renewed(found)
            except Exception as error:  # the call itself is done
                log.error("a token could not be renewed: %s", type(error).__name__)
                return response
            response.headers["Cache-Control"] = "no-store"
            return response

        after_this_request(add)


def bearer_authenticator(tokens: BearerTokens, scopes: tuple[str, ...]) -> Authenticator:
    """Return what verifies the bearer of a token, and that it has all scopes."""
    return Authenticator(_scoped(tokens.identify, scopes) if scopes else tokens.identify, absent)


def absent() -> AuthMissingHeaderError:
    """Return the refusal of a request without a token."""
    return AuthMissingHeaderError("There is no header 'Authorization: Bearer <token>'", challenge="Bearer")


def _scoped(
    identify: Callable[[Incoming], Identity | None], scopes: tuple[str, ...]
) -> Callable[[Incoming], Identity | None]:
    wanted = frozenset(scopes)

    def authenticate(incoming: Incoming) -> Identity | None:
        identity = identify(incoming)
        if identity is not None and not wanted <= identity.scopes:
            raise InsufficientScopeError(
                f"The token lacks a scope: this operation wants {' and '.join(scopes)}",
                challenge=f'Bearer error="insufficient_scope", scope="{quotable(" ".join(scopes))}"',
            )
        return identity

    return authenticate
