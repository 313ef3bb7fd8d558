"""Properties that are write-only, taken out of what is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pymacaron.models.heirs import variants
from pymacaron.models.merge import parts_of
from pymacaron.models.resources import reached
from pymacaron.spec import Place, Schema

__all__ = ["has_write_only", "without_write_only"]


def has_write_only(schema: Schema) -> bool:
    """Tell whether anything that a schema reaches is write-only."""
    return any(each.siblings.get("writeOnly") is True for each in reached(schema))


def without_write_only(schemas: Iterable[Schema], data: Any) -> Any:
    """Return JSON data without the properties that any of its schemas calls write-only, however deep."""
    parts: dict[Place, Schema] = {}
    for schema in schemas:
        _gather(schema, parts)
    if isinstance(data, dict):
        kept = {}
        for name, value in data.items():
            inner = _members(parts.values(), name)
            if not any(_write_only(schema) for schema in inner):
                kept[name] = without_write_only(inner, value)
        return kept
    if isinstance(data, list):
        items = [part.child("items") for part in parts.values() if isinstance(part.siblings.get("items"), dict)]
        return [without_write_only(items, item) for item in data] if items else data
    return data


def _gather(schema: Schema, parts: dict[Place, Schema]) -> None:
    """Add a schema and whatever it combines, the branches of unions too."""
    for heir in variants(schema):
        if heir.place not in parts:
            _gather(heir, parts)
    for part in parts_of(schema):
        if part.place not in parts:
            parts[part.place] = part
            for word in ("oneOf", "anyOf"):
                if isinstance(part.siblings.get(word), list):
                    for branch in part.children(word).values():
                        _gather(branch, parts)


def _members(parts: Iterable[Schema], name: str) -> list[Schema]:
    found = []
    for part in parts:
        properties = part.siblings.get("properties")
        if isinstance(properties, dict) and name in properties:
            found.append(part.child("properties", name))
        elif isinstance(part.siblings.get("additionalProperties"), dict):
            found.append(part.child("additionalProperties"))
    return found


def _write_only(schema: Schema) -> bool:
    return any(part.siblings.get("writeOnly") is True for part in parts_of(schema))
