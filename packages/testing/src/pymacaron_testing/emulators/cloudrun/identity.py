"""Google's identity tokens on this machine, and what Cloud Run makes of one that a request carries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterable
from email.message import Message
from typing import Any

from pymacaron_testing.emulators.proxy import NotAdmittedError

__all__ = ["Identities", "admitted", "claims_of"]

HEADERS = ("X-Serverless-Authorization", "Authorization")
"""Where a token is looked for; with the first of them the second is not looked at."""
REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"


class Identities:
    """Who gets identity tokens, and knows its own: each is good for `seconds`, and none is given where that is 0."""

    def __init__(self, seconds: int = 3600) -> None:
        self.seconds = seconds
        self.issued: list[str] = []
        self._key = secrets.token_bytes(32)

    def issue(self, email: str, audience: str) -> str:
        """Return a token that says who a service account is to an audience."""
        now = int(time.time())
        claims: dict[str, Any] = {"iss": "https://accounts.google.com", "aud": audience, "sub": email, "email": email}
        claims |= {"email_verified": True, "iat": now, "exp": now + self.seconds}
        told = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        token = f"{told}.{self._signature(told)}"
        self.issued.append(token)
        return token

    def claims(self, token: str) -> dict[str, Any] | None:
        """Return what a token says, None for one that is not of here or no longer good."""
        told, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(told).encode()):
            return None
        found = claims_of(token)
        return found if found["exp"] > time.time() else None

    def _signature(self, told: str) -> str:
        return _encoded(hmac.digest(self._key, told.encode(), hashlib.sha256))


def admitted(
    headers: Message, identities: Identities, audiences: Iterable[str], may_invoke: Callable[[str], bool]
) -> dict[str, str]:
    """Return the header that a container gets instead of one of a request: the token without its signature.

    Raises NotAdmittedError: 403 without a token or for an address that may not invoke, 401 for a token that is not
    good, or good for another service.
    """
    name = next((one for one in HEADERS if one in headers), "")
    scheme, _, token = str(headers.get(name, "")).partition(" ")
    if scheme.lower() != "bearer":
        raise NotAdmittedError(403, "The request was not authenticated.")
    claims = identities.claims(token)
    if claims is None or claims["aud"] not in audiences:
        raise NotAdmittedError(401, "The access token could not be verified.")
    if not may_invoke(claims["email"]):
        raise NotAdmittedError(403, "The request was not authorized to invoke this service.")
    return {name.lower(): f"{scheme} {token.rpartition('.')[0]}.{REMOVED}"}


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says, whoever signed it."""
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
