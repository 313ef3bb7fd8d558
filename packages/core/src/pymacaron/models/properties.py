"""The properties of an object, as all of its parts declare and require them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pymacaron.models.plans import Anything, Nullable, Presence, Value
from pymacaron.spec import Schema

__all__ = ["declared_in", "presence_of", "required_in"]


def declared_in(parts: Sequence[Schema]) -> dict[str, list[Schema]]:
    """Return what each part says of each property; one that is only required may be anything."""
    declared: dict[str, list[Schema]] = {}
    for part in parts:
        if isinstance(part.siblings.get("properties"), dict):
            for name, schema in part.children("properties").items():
                declared.setdefault(name, []).append(schema)
    for name, part in required_in(parts).items():
        if name not in declared:
            declared[name] = [replace(part, place=part.place.child("properties", name), keywords={})]
    return declared


def required_in(parts: Sequence[Schema]) -> dict[str, Schema]:
    """Return the part that requires each required property; the `required: true` of a parameter is no list."""
    lists = [(part, part.siblings.get("required")) for part in parts]
    return {name: part for part, names in lists if isinstance(names, list) for name in names if isinstance(name, str)}


def presence_of(value: Value, required: bool, written_null: bool) -> Presence:
    """Tell what an absent property is."""
    if required:
        return Presence.REQUIRED
    if written_null:
        return Presence.WRITTEN_NULL
    return Presence.NULL_WHEN_SET if isinstance(value, Nullable | Anything) else Presence.OPTIONAL
