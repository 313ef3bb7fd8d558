"""The handlers of the built-in API."""

from __future__ import annotations

import os
from typing import Any

from pymacaron.draining import draining
from pymacaron.exceptions import NotReadyError
from pymacaron.service import current_service

__all__ = ["ping", "ready", "version"]


def ping() -> dict[str, Any]:
    """Say that the process is alive, after calling the functions given as `ping_hook`."""
    for function in current_service().ping_hooks:
        function()
    return {}


def ready() -> dict[str, Any] | tuple[dict[str, Any], int]:
    """Say that the start-up functions ran, that no `pym drain` did, and that no plugin knows a reason against requests.

    A service that failed in a start-up function answers every request with an error. What is answered here is no crash,
    so nothing is reported.
    """
    reason = _reason()
    return (NotReadyError(reason).to_json(), 503) if reason else {}


def _reason() -> str | None:
    service = current_service()
    if draining(service.name):
        return "this release drains: ask another"
    return next(filter(None, (check() for check in service.ready_checks)), None)


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
