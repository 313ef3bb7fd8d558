"""Compatibility: what PyMacaron 2 had in `pymacaron.auth` is in pymacaron-auth, where that is installed."""

from __future__ import annotations

import importlib
from typing import Any

from pymacaron.exceptions import PluginError

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
    if name not in FORWARDED:
        raise AttributeError(f"module 'pymacaron.auth' has no attribute '{name}'")
    try:
        home = importlib.import_module("pymacaron_auth")
    except ModuleNotFoundError as error:
        if error.name != "pymacaron_auth":
            raise
        raise PluginError(f"pymacaron.auth.{name} comes with pymacaron-auth: pip install 'pymacaron-auth>=3'") from None
    return getattr(home, name)
