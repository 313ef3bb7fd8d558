"""The names that code written for pymacaron-dynamodb imports; they are those of `pymacaron.store`."""

from __future__ import annotations

from pymacaron.store import DynamoDBItemNotFound, PersistentSwaggerObject

__all__ = ["DynamoDBItemNotFound", "PersistentSwaggerObject"]
