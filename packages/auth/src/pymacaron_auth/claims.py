"""What a token says of its bearer (RFC 7519, section 4.1): the rules that it has to keep, and its scopes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pymacaron_auth.errors import AuthTokenExpiredError, invalid

__all__ = ["LATEST", "REGISTERED", "Rules", "Verified", "frozen", "scopes_of", "thawed"]

REGISTERED = ("iss", "sub", "aud", "exp", "iat", "jti")
"""The claims that a token of ours always has."""
LATEST = 1e12
"""Seconds since the epoch, beyond any date."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that was verified: `issued` and `expires` in seconds since the epoch, `expires` without leeway."""

    user_id: str
    claims: Mapping[str, Any]
    scopes: frozenset[str]
    issued: float
    expires: float
    jti: str | None


@dataclass(frozen=True)
class Rules:
    """Whom a service trusts: one exact issuer, tokens for one of its audiences, and clocks that differ by `leeway`."""

    issuer: str
    audiences: frozenset[str]
    leeway: int = 0
    types: frozenset[str] = frozenset({"jwt"})

    def check_type(self, header: Mapping[str, Any]) -> None:
        """Refuse a token made for another purpose, where it says so (RFC 8725, section 3.11)."""
        if "typ" not in header:
            return
        written = header["typ"]
        if not isinstance(written, str) or written.lower().removeprefix("application/") not in self.types:
            raise invalid("it is of another type")

    def check(self, claims: Mapping[str, Any], now: float) -> Verified:
        """Return the claims as a record; raises AuthInvalidTokenError or AuthTokenExpiredError."""
        issued, expires = _time(claims, "iat"), _time(claims, "exp")
        user_id, jti = _text(claims, "sub"), _text(claims, "jti") if "jti" in claims else None
        if _text(claims, "iss") != self.issuer:
            raise invalid("it comes from another issuer")
        if self.audiences.isdisjoint(_audiences(claims)):
            raise invalid("it is for another audience")
        if int(issued) > now + self.leeway:  # a fraction is there for cut-offs: clocks do not agree by it
            raise invalid("it was issued in the future")
        if "nbf" in claims and _time(claims, "nbf") > now + self.leeway:
            raise invalid("it is not valid yet")
        if expires <= now - self.leeway:
            challenge = 'Bearer error="invalid_token", error_description="it is expired"'
            raise AuthTokenExpiredError("The token is expired: get a new one", challenge=challenge)
        return Verified(user_id, frozen(claims), scopes_of(claims), issued, expires, jti)


def scopes_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the scopes of a token: `scope` in one text (RFC 8693, section 4.2), `scp` or `scopes` in a list."""
    found: set[str] = set()
    for name in ("scope", "scp", "scopes"):
        value = claims.get(name)
        if isinstance(value, str):
            found.update(value.split())
        elif isinstance(value, list | tuple):
            found.update(each for each in value if isinstance(each, str))
    return frozenset(found)


def frozen(value: Any) -> Any:
    """Return JSON data that nobody can change: what is remembered of a token is handed to many requests."""
    if isinstance(value, dict):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def thawed(value: Any) -> Any:
    """Return frozen JSON data as dicts and lists of its own."""
    if isinstance(value, Mapping):
        return {key: thawed(item) for key, item in value.items()}
    return list(map(thawed, value)) if isinstance(value, tuple) else value


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LATEST:
        raise invalid(f"its '{name}' is missing or no time")
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"its '{name}' is missing or no text")
    return value


def _audiences(claims: Mapping[str, Any]) -> Iterable[str]:
    value = claims.get("aud")
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or not all(isinstance(each, str) and each for each in found):
        raise invalid("its 'aud' is missing or no text")
    return found
