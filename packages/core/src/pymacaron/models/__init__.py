"""Schemas as pydantic models, reached through `apipool`: built in memory, and only those that are used."""

from pymacaron.models.base import PymacaronBaseModel, PymacaronRootModel
from pymacaron.models.pool import ApiPool, ModelPool, apipool, get_model, same_or_refuse

__all__ = [
    "ApiPool",
    "ModelPool",
    "PymacaronBaseModel",
    "PymacaronRootModel",
    "apipool",
    "get_model",
    "same_or_refuse",
]
