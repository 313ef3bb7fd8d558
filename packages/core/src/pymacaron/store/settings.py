"""The settings that say where models are kept."""

from __future__ import annotations

from pymacaron.config.settings import Settings, setting

__all__ = ["StoreSettings"]


class StoreSettings(Settings):
    """The keys of models that are kept."""

    model_store: str = setting(
        "sqlite",
        description="The store that keeps models with `x-persist`: `sqlite`, or one that a plugin brings.",
        example="dynamodb",
        min_length=1,
    )
    model_store_file: str = setting(
        "models.sqlite3",
        description="The file of the store `sqlite`, within the folder of the service unless its path is absolute.",
        example="var/models.sqlite3",
        min_length=1,
    )
