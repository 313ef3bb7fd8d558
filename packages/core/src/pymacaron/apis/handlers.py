"""The handlers of the built-in API."""

from __future__ import annotations

import os
from typing import Any

from pymacaron.exceptions import NotReadyError
from pymacaron.service import current_service

__all__ = ["ping", "ready", "version"]


def ping() -> dict[str, Any]:
    """Say that the process is alive, after calling the functions given as `ping_hook`."""
    for function in current_service().ping_hooks:
        function()
    return {}


def ready() -> dict[str, Any]:
    """Say that the start-up functions ran, and that no plugin knows a reason against requests.

    A service that failed in its start-up functions answers every request with an error.
    """
    for check in current_service().ready_checks:
        if reason := check():
            raise NotReadyError(reason)
    return {}


def version() -> dict[str, Any]:
    """Say what runs here: `release` is what a deploy looks for, `container` is kept for readers of PyMacaron 1."""
    service = current_service()
    return {
        "name": service.name,
        "version": service.version,
        "release": os.environ.get("PYM_RELEASE", ""),
        "apis": sorted(name for name in service.pools if name != "ping"),
        "pym_env": os.environ.get("PYM_ENV", ""),
        "container": "",
    }
