"""Authentication for PyMacaron services."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymacaron_auth.caller import (
        add_auth,
        authenticate_http_request,
        backend_token,
        get_token_issuer,
        get_user_token,
        get_user_token_data,
        get_userid,
        load_auth_token,
        requires_auth,
    )
    from pymacaron_auth.errors import (
        AuthInvalidCredentialError,
        AuthInvalidTokenError,
        AuthMissingHeaderError,
        AuthTokenExpiredError,
        AuthUnavailableError,
        CrossSiteRequestError,
        InsufficientScopeError,
    )
    from pymacaron_auth.revocation import MemoryRevocations, RedisRevocations, RevocationStore
    from pymacaron_auth.tokens import generate_token, revoke_token, revoke_user, verify_token

__all__ = [
    "AuthInvalidCredentialError",
    "AuthInvalidTokenError",
    "AuthMissingHeaderError",
    "AuthTokenExpiredError",
    "AuthUnavailableError",
    "CrossSiteRequestError",
    "InsufficientScopeError",
    "MemoryRevocations",
    "RedisRevocations",
    "RevocationStore",
    "add_auth",
    "authenticate_http_request",
    "backend_token",
    "generate_token",
    "get_token_issuer",
    "get_user_token",
    "get_user_token_data",
    "get_userid",
    "load_auth_token",
    "requires_auth",
    "revoke_token",
    "revoke_user",
    "verify_token",
]

# Imported on first use (PEP 562): a command that needs no token imports none of it.
_HOMES = {
    "caller": (
        "add_auth",
        "authenticate_http_request",
        "backend_token",
        "get_token_issuer",
        "get_user_token",
        "get_user_token_data",
        "get_userid",
        "load_auth_token",
        "requires_auth",
    ),
    "errors": (
        "AuthInvalidCredentialError",
        "AuthInvalidTokenError",
        "AuthMissingHeaderError",
        "AuthTokenExpiredError",
        "AuthUnavailableError",
        "CrossSiteRequestError",
        "InsufficientScopeError",
    ),
    "revocation": ("MemoryRevocations", "RedisRevocations", "RevocationStore"),
    "tokens": ("generate_token", "revoke_token", "revoke_user", "verify_token"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"pymacaron_auth.{module}"), name)
    raise AttributeError(f"module 'pymacaron_auth' has no attribute '{name}'")
