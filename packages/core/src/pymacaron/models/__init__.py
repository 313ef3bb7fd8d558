"""Schemas as pydantic models, reached through `apipool`: built in memory, and only those that are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymacaron.models.pool import ApiPool, ModelPool, apipool, get_model, same_or_refuse

if TYPE_CHECKING:
    from pymacaron.models.base import PymacaronBaseModel, PymacaronRootModel

__all__ = [
    "ApiPool",
    "ModelPool",
    "PymacaronBaseModel",
    "PymacaronRootModel",
    "apipool",
    "get_model",
    "same_or_refuse",
]


def __getattr__(name: str) -> Any:
    """Import the classes of models on first use (PEP 562): a start needs none."""
    if name not in ("PymacaronBaseModel", "PymacaronRootModel"):
        raise AttributeError(f"module 'pymacaron.models' has no attribute '{name}'")
    from pymacaron.models import base

    return getattr(base, name)
