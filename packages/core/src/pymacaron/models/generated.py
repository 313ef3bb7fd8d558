"""What generated files are while a program runs: the classes of the current service, under the names in the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymacaron.models.pool import apipool

__all__ = ["clients_of", "models_of"]


def models_of(api: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module of models (PEP 562): nothing is kept, since services come and go."""

    def find(name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(apipool, api).named(name)

    return find


def clients_of(api: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module of clients: `client` and `aclient` are those of the API."""

    def find(name: str) -> Any:
        if name not in ("client", "aclient"):
            raise AttributeError(name)
        return getattr(getattr(apipool, api), name)

    return find
