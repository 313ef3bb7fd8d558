"""Models that are kept: by the store of the current service, an embedded SQLite file unless a setting names another."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymacaron.store.contract import (
        Item,
        Key,
        KeyKind,
        KeyValue,
        ModelStore,
        Search,
        Store,
        Table,
        TableKeys,
        Unchanged,
    )
    from pymacaron.store.errors import (
        ItemChangedError,
        ItemNotFoundError,
        ItemTooLargeError,
        StoreBusyError,
        StoreError,
    )
    from pymacaron.store.errors import ItemNotFoundError as DynamoDBItemNotFound
    from pymacaron.store.persistent import PersistentModel
    from pymacaron.store.persistent import PersistentModel as PersistentSwaggerObject

__all__ = [
    "DynamoDBItemNotFound",
    "Item",
    "ItemChangedError",
    "ItemNotFoundError",
    "ItemTooLargeError",
    "Key",
    "KeyKind",
    "KeyValue",
    "ModelStore",
    "PersistentModel",
    "PersistentSwaggerObject",
    "Search",
    "Store",
    "StoreBusyError",
    "StoreError",
    "Table",
    "TableKeys",
    "Unchanged",
]

_OLD = {"DynamoDBItemNotFound": "ItemNotFoundError", "PersistentSwaggerObject": "PersistentModel"}


def __getattr__(name: str) -> Any:
    """Import what is asked for on first use (PEP 562): a start needs none of it."""
    if name not in __all__:
        raise AttributeError(f"module 'pymacaron.store' has no attribute '{name}'")
    own = _OLD.get(name, name)
    home = "errors" if own.endswith("Error") else "persistent" if own == "PersistentModel" else "contract"
    return getattr(importlib.import_module(f"pymacaron.store.{home}"), own)
