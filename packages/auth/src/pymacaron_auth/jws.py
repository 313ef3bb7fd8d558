"""The compact serialization of signed tokens (RFC 7515, section 7.1), read strictly: one text for one meaning.

Nothing in a header is followed: a token names an algorithm and a key id, both looked up among those of this service.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isinf
from typing import Any, NoReturn

from pymacaron_auth.errors import invalid
from pymacaron_auth.keys import ED25519, FAMILIES, Key

__all__ = ["json_object", "signed", "unverified", "verified"]

LONGEST = 16384
LONGEST_KID = 200
KNOWN = [name for names in (*FAMILIES.values(), ED25519) for name in names]
REFUSED = ("crit", "b64", "jku", "jwk", "x5u", "x5c", "enc", "zip")
"""Headers that bring keys, or that ask for what is not done here (RFC 7515, section 4.1; RFC 7797)."""

Find = Callable[[str | None], Key]
Header = Mapping[str, Any]


def verified(token: str, find: Find) -> tuple[Header, bytes]:
    """Return header and payload of a token whose signature is right; raises AuthInvalidTokenError.

    `find` gives the key of a key id, None where the token names none, or raises AuthInvalidTokenError.
    """
    if len(token) > LONGEST:
        raise invalid("it is too long")
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise invalid("it has not three parts")
    first, second, third = parts
    header = _header(first)
    payload, signature = _decoded(second), _decoded(third)
    if not find(header.get("kid")).verifies(header["alg"], f"{first}.{second}".encode(), signature):
        raise invalid("its signature is wrong")
    return header, payload


def signed(claims: Mapping[str, Any], key: Key, algorithm: str) -> str:
    """Return the token of claims."""
    header = {"alg": algorithm, "typ": "JWT"} | ({} if key.kid is None else {"kid": key.kid})
    message = f"{_encoded(_json(header))}.{_encoded(_json(claims))}"
    return f"{message}.{_encoded(key.sign(algorithm, message.encode()))}"


def json_object(data: bytes) -> dict[str, Any]:
    """Return a JSON object, whose names stand once each; raises AuthInvalidTokenError."""
    try:
        found = json.loads(
            data.decode(), object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise invalid("it holds no proper JSON") from None
    if not isinstance(found, dict):
        raise invalid("it holds no JSON object")
    return found


@lru_cache(maxsize=256)
def _header(text: str) -> Header:
    """Return a header that asks for nothing unknown here; the same few stand in all tokens."""
    header = json_object(_decoded(text))
    if header.get("alg") not in KNOWN:
        raise invalid("its algorithm is not accepted")
    if refused := [name for name in REFUSED if name in header]:
        raise invalid(f"its header holds '{refused[0]}'")
    kid = header.get("kid")
    if "kid" in header and not (isinstance(kid, str) and len(kid) <= LONGEST_KID):
        raise invalid("its key id is no text")
    return header


def _decoded(text: str) -> bytes:
    """Return what a text of base64url stands for, if it is the one way to write that (RFC 4648, section 3.5)."""
    written = text.encode()
    try:
        data = urlsafe_b64decode(written + b"=" * (-len(written) % 4))
    except ValueError:
        data = b""
    if urlsafe_b64encode(data).rstrip(b"=") != written:
        raise invalid("it is not in base64url")
    return data


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _finite(text: str) -> float:
    """Return a number; raises ValueError for one beyond all, which no token of ours could hold."""
    found = float(text)
    if isinf(found):
        raise ValueError
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token that nobody verified: to look at, never to trust."""
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii() or len(token) > LONGEST:
        raise invalid("it has not three parts")
    return json_object(_decoded(parts[0])), json_object(_decoded(parts[1]))
