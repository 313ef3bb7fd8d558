"""Properties that are write-only, taken out of what is sent: wherever a schema that may apply says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pymacaron.models.applying import Applying, items, members
from pymacaron.models.merge import parts_of
from pymacaron.models.resources import reached
from pymacaron.spec import Schema

__all__ = ["Hiding", "has_write_only"]


def has_write_only(schema: Schema) -> bool:
    """Tell whether anything that a schema reaches is write-only."""
    return any(each.siblings.get("writeOnly") is True for each in reached(schema))


class Hiding:
    """Takes out what a schema calls write-only."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._applying = Applying(schema)

    def without(self, data: Any) -> Any:
        """Return JSON data without its write-only properties."""
        return self._without([self._schema], data)

    def _without(self, schemas: Iterable[Schema], data: Any) -> Any:
        if not isinstance(data, dict | list):
            return data
        parts = self._applying.parts(schemas)
        if isinstance(data, list):
            return [self._without(items(parts, index), item) for index, item in enumerate(data)]
        kept = {}
        for name, value in data.items():
            inner = members(parts, name)
            if not any(_write_only(schema) for schema in inner):
                kept[name] = self._without(inner, value)
        return kept


def _write_only(schema: Schema) -> bool:
    return any(part.siblings.get("writeOnly") is True for part in parts_of(schema))
