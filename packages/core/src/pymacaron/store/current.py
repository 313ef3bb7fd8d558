"""The store of the current service: opened when it is first needed, in each process that needs it."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING

from pymacaron.exceptions import ConfigError
from pymacaron.service import Service, current_service
from pymacaron.store.settings import StoreSettings
from pymacaron.text import did_you_mean

if TYPE_CHECKING:
    from pymacaron.store.contract import Store

__all__ = ["current_store"]

_stores: weakref.WeakKeyDictionary[Service, Store] = weakref.WeakKeyDictionary()
_inherited: list[Store] = []
"""Those of the process that forked this one: they are neither used nor closed here, as the other still uses them."""
_lock = threading.Lock()


def current_store() -> Store:
    """Return the store that `model_store` names; raises ConfigError where no plugin brings it, and what it raises."""
    service = current_service()
    store = _stores.get(service)
    if store is None:
        with _lock:
            store = _stores.get(service) or _stores.setdefault(service, _opened(service))
    return store


def _opened(service: Service) -> Store:
    name = service.config.section(StoreSettings).model_store
    stores = service.hooks.model_stores(service.config)
    if name not in stores:
        hint = did_you_mean(name, stores) or f"; there is {', '.join(stores)}"
        place = service.config.config_file.place("model_store")
        raise ConfigError(f"{place}: no plugin brings the model_store '{name}'{hint}")
    owner = weakref.ref(service)
    service.closing.append(lambda: _close(owner()))
    return stores[name].open(service)


def _close(service: Service | None) -> None:
    store = None if service is None else _stores.pop(service, None)
    if store is not None:
        store.close()


def _be_another_process() -> None:
    global _lock
    _lock = threading.Lock()
    _inherited.extend(_stores.values())
    _stores.clear()


os.register_at_fork(after_in_child=_be_another_process)
