"""Compatibility: what PyMacaron 2 had in `pymacaron.auth` is in pymacaron-auth, where that is installed."""

from __future__ import annotations

from typing import Any

from pymacaron.forwarding import forwarded

FORWARDED = (
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
)

__all__ = [*FORWARDED]


def __getattr__(name: str) -> Any:
    return forwarded(__name__, name, FORWARDED, "pymacaron_auth")
