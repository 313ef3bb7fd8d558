"""Calls to other APIs: the operations of their documents as functions, over HTTP or in process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymacaron.client.answers import Answer
    from pymacaron.client.asynchronous import AsyncCall, AsyncClient, AsyncDownload
    from pymacaron.client.events import ServerSentEvent
    from pymacaron.client.outgoing import Outgoing
    from pymacaron.client.synchronous import Call, Client, Download

__all__ = [
    "Answer",
    "AsyncCall",
    "AsyncClient",
    "AsyncDownload",
    "Call",
    "Client",
    "Download",
    "Outgoing",
    "ServerSentEvent",
    "load_clients",
]

_HOMES = {
    "Answer": "answers",
    "AsyncCall": "asynchronous",
    "AsyncClient": "asynchronous",
    "AsyncDownload": "asynchronous",
    "Call": "synchronous",
    "Client": "synchronous",
    "Download": "synchronous",
    "Outgoing": "outgoing",
    "ServerSentEvent": "events",
    "load_clients": "registry",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for on first use (PEP 562): a start needs none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'pymacaron.client' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"pymacaron.client.{_HOMES[name]}"), name)
