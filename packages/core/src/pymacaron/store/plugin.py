"""The built-in plugin of models that are kept: its settings, and the embedded store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl
from pymacaron.plugins.records import ConfigSection

if TYPE_CHECKING:
    from pymacaron.service import Service
    from pymacaron.store.contract import ModelStore, Store

__all__ = ["pym_config_sections", "pym_model_stores"]


@hookimpl
def pym_config_sections() -> list[ConfigSection]:
    """Declare the keys of stores."""
    return [ConfigSection("store", "pymacaron.store.settings:StoreSettings")]


@hookimpl
def pym_model_stores() -> list[ModelStore]:
    """Bring the store that needs no server."""
    from pymacaron.store.contract import ModelStore

    return [ModelStore("sqlite", _open)]


def _open(service: Service) -> Store:
    from pymacaron.store.settings import StoreSettings
    from pymacaron.store.sqlite import SqliteStore

    return SqliteStore(service.root / service.config.section(StoreSettings).model_store_file)
