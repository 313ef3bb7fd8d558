"""Tokens as handlers and scripts make, judge and revoke them; those of the current service unless said otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pymacaron.config import Config, get_config
from pymacaron.exceptions import ConfigError
from pymacaron_auth.authority import Authority, authority_of
from pymacaron_auth.claims import Verified
from pymacaron_auth.errors import AuthUnavailableError
from pymacaron_auth.revocation import RevocationStore

__all__ = ["ask_revocations", "generate_token", "revoke_token", "revoke_user", "verify_token"]


def generate_token(
    user_id: str | int | None = None,
    expire_in: float | None = None,
    data: Mapping[str, Any] | None = None,
    issuer: str | None = None,
    iat: float | datetime | None = None,
) -> str:
    """Return a token for a user, `default_user_id` where none is given.

    It is valid for `expire_in` seconds (`jwt_token_timeout`, a day by default) from `iat` on, which is now by default,
    else seconds since the epoch or a datetime. `data` are further claims; iss, sub, aud, exp, iat and jti are always
    the token's own.
    Raises ConfigError where no key can sign or nobody is the user, ValueError for a user, a time or data that the
    service itself would refuse.
    """
    if expire_in is not None and not (_is_number(expire_in) and expire_in >= 1):
        raise ValueError("expire_in is a number of seconds, at least 1")
    if (user_id is not None and not (isinstance(user_id, str) or _is_whole(user_id))) or user_id == "":
        raise ValueError("user_id is a text that is not empty, or a whole number")
    if data is not None and not isinstance(data, Mapping):
        raise ValueError("data is a dict of further claims")
    return authority_of(get_config()).issue(
        None if user_id is None else str(user_id),
        lifetime=expire_in,
        data=data,
        issuer=issuer,
        issued=iat.timestamp() if isinstance(iat, datetime) else iat,
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, float) or _is_whole(value)


def verify_token(token: str) -> Verified:
    """Return what a token says; raises AuthenticationError for one that the service would refuse."""
    return authority_of(get_config()).verify(token)


def revoke_token(token: str) -> None:
    """Revoke one token by its `jti`.

    Raises AuthenticationError for a bad one, ValueError for one without `jti`, AuthUnavailableError where what keeps
    revocations fails.
    """
    authority = authority_of(get_config())
    found = authority.verify(token)
    if found.jti is None:
        raise ValueError("the token has no 'jti': revoke its user instead")
    with _store(authority) as store:
        store.revoke_token(found.jti, found.expires)


def revoke_user(user_id: str, until: float | None = None) -> None:
    """Revoke all tokens of a user that were issued until a moment, now by default, in seconds since the epoch.

    Raises AuthUnavailableError where what keeps revocations fails.
    """
    authority = authority_of(get_config())
    with _store(authority) as store:
        store.revoke_user(user_id, authority.clock() if until is None else until)


def ask_revocations(config: Config) -> None:
    """Look up a token that nobody has; raises AuthUnavailableError where what keeps revocations fails."""
    with _store(authority_of(config)) as store:
        store.is_revoked("", None, 0)


@contextmanager
def _store(authority: Authority) -> Iterator[RevocationStore]:
    """Give what keeps revocations; raises ConfigError where there is none, AuthUnavailableError where it fails."""
    if authority.revocations is None:
        raise ConfigError("nothing knows revoked tokens: set jwt_revocation in pym-config.yaml to redis or memory")
    try:
        yield authority.revocations
    except (TypeError, ValueError):  # what was to be revoked is wrong, and no store
        raise
    except Exception as error:
        told = f"the store of revoked tokens failed ({type(error).__name__})"
        raise AuthUnavailableError(f"{told}: start it, or correct jwt_revocation and jwt_revocation_url") from error
