"""What generated files are while a program runs: the classes of the current service, under the names in the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymacaron.exceptions import ServiceError, StartError
from pymacaron.models.pool import ModelPool, apipool

__all__ = ["clients_of", "models_of"]


def models_of(api: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module of models (PEP 562): nothing is kept, since services come and go."""

    def find(name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _pool(api, name).named(name)

    return find


def clients_of(api: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module of clients: `client` and `aclient` are those of the API."""

    def find(name: str) -> Any:
        if name not in ("client", "aclient"):
            raise AttributeError(name)
        return getattr(_pool(api, name), name)

    return find


def _pool(api: str, name: str) -> ModelPool:
    """Return the models of an API; `from ... import` would hide the reason of an AttributeError."""
    try:
        pool: ModelPool = getattr(apipool, api)
    except (AttributeError, StartError) as error:
        raise ServiceError(
            f"no service has loaded the API '{api}', whose '{name}' is asked for: call create_app() first (or "
            "load_clients() for an API that is only called), or import it under 'if TYPE_CHECKING:'"
        ) from error
    return pool
