"""PyMacaron: from an OpenAPI document to a live, safe, fast Flask service."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pymacaron.plugins.markers import hookimpl, hookspec
from pymacaron.version import __version__

if TYPE_CHECKING:
    from pymacaron.app import API, create_app
    from pymacaron.client.registry import load_clients
    from pymacaron.config import get_config
    from pymacaron.http.call import Call
    from pymacaron.models.pool import apipool, get_model
    from pymacaron.server import letsgo
    from pymacaron.service import Service, current_service

__all__ = [
    "API",
    "Call",
    "Service",
    "__version__",
    "apipool",
    "create_app",
    "current_service",
    "get_config",
    "get_model",
    "hookimpl",
    "hookspec",
    "letsgo",
    "load_clients",
]

# Imported on first use (PEP 562): `pym --help` needs neither Flask nor pydantic.
_HOMES = {
    "API": "pymacaron.app",
    "Call": "pymacaron.http.call",
    "Service": "pymacaron.service",
    "apipool": "pymacaron.models.pool",
    "create_app": "pymacaron.app",
    "current_service": "pymacaron.service",
    "get_config": "pymacaron.config",
    "get_model": "pymacaron.models.pool",
    "letsgo": "pymacaron.server",
    "load_clients": "pymacaron.client.registry",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pymacaron' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
