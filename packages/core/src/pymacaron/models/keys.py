"""Whether a JSON text holds a key twice in one object, told mostly by counting: the parsed value has fewer members."""

from __future__ import annotations

import json
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, RootModel

__all__ = ["repeats_a_key"]

LOOSE_COLONS = (b" :", b"\n:", b"\t:", b"\r:")
LEAVES = (str, int, float, bool, bytes, type(None))


def repeats_a_key(data: bytes, value: Any) -> bool:
    """Tell whether an object of a JSON text holds a key twice; `value` is what was read from the text, models or not.

    A key ends in a quote with a colon behind it. Where there are as many of these as the value has members, no key was
    lost; else (unknown properties, odd white space, a key twice) the text is read once more, and watched.
    """
    keys = data.count(b'":')
    loose = keys != data.count(b":") and any(colon in data for colon in LOOSE_COLONS)
    if not loose and (keys < 2 or keys == _members(value)):
        return False
    try:
        json.loads(data, object_pairs_hook=_unique)
    except _Twice:
        return True
    except ValueError:
        return False
    return False


class _Twice(Exception):
    """A key that stands twice."""


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise _Twice


def _members(value: Any) -> int:
    """Count the members of all objects of a value."""
    count = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        kind = item.__class__
        if kind is list:
            waiting += item
        elif kind is dict:
            count += len(item)
            waiting += item.values()
        elif (nested := _nested(kind)) is not None:
            given = item.__pydantic_fields_set__
            count += len(given)
            if nested:
                held = item.__dict__
                waiting += [held[name] for name in nested if name in given]
            if item.__pydantic_extra__:
                waiting += item.__pydantic_extra__.values()
    return count


@cache
def _nested(kind: type) -> tuple[str, ...] | None:
    """Return the fields of a model that may hold objects; None for what is no model, or one that is its one value."""
    if not issubclass(kind, BaseModel) or issubclass(kind, RootModel):
        return None
    return tuple(name for name, field in kind.model_fields.items() if not _is_leaf(field.annotation))


def _is_leaf(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Literal:
        return True
    if origin is Annotated:
        return _is_leaf(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return all(map(_is_leaf, get_args(annotation)))
    return annotation in LEAVES
