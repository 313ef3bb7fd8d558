"""Whether a JSON text holds a key twice in one object, told mostly by counting: the parsed value has fewer members."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, RootModel

__all__ = ["Shapes", "repeats_a_key"]

WHITE_SPACE = b" \t\r\n"
HOLDERS = (BaseModel, list, dict, tuple, set)


def repeats_a_key(data: bytes, value: Any, shapes: Shapes) -> bool:
    """Tell whether an object of a JSON text holds a key twice; `value` is what was read from the text, models or not.

    `shapes` is a dict that the caller keeps for texts of one kind: what was learnt of their models.

    Behind each key stands a colon, so where a text has no more colons than the value has members, no key was lost. Nor
    was one where that holds for colons behind quotes, white space apart. Else the text is read once more, and watched.
    """
    colons = data.count(b":")
    if colons < 2:
        return False
    members = _members(value, shapes)
    if members == colons or members == data.translate(None, WHITE_SPACE).count(b'":'):
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


def _members(value: Any, shapes: Shapes) -> int:
    """Count the members of all objects of a value."""
    count = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        kind = item.__class__
        if kind is list:
            count += _plain_members(item, waiting, shapes)
        elif kind is dict:
            count += len(item)
            waiting += item.values()
        elif (shape := shapes.get(kind, UNSEEN)) is not None:
            if shape is UNSEEN:
                shape = shapes[kind] = _shape(kind)
                waiting.append(item)
                continue
            given = item.__pydantic_fields_set__
            count += len(given)
            if shape.holders:
                held = item.__dict__
                waiting += [held[name] for name in shape.holders if name in given]
            if shape.is_open and item.__pydantic_extra__:
                waiting += item.__pydantic_extra__.values()
    return count


def _plain_members(items: list[Any], waiting: list[Any], shapes: Shapes) -> int:
    """Count the members of models that hold no others, the same kind one after the other; leave the rest waiting."""
    kind = items[0].__class__ if items else None
    shape = shapes.get(kind) if kind is not None else None
    if shape is None or shape.holders or shape.is_open:
        waiting += items
        return 0
    count = 0
    for item in items:
        if item.__class__ is kind:
            count += len(item.__pydantic_fields_set__)
        else:
            waiting.append(item)
    return count


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which fields of a model may hold objects, and whether it keeps what it does not declare."""

    holders: tuple[str, ...] = ()
    is_open: bool = False


UNSEEN = _Shape()
Shapes = dict[type, _Shape | None]


def _shape(kind: type) -> _Shape | None:
    """Return the shape of a model; None for what is no model, or one that is its one value."""
    if not issubclass(kind, BaseModel) or issubclass(kind, RootModel):
        return None
    holders = tuple(name for name, field in kind.model_fields.items() if not _is_leaf(field.annotation))
    return _Shape(holders, kind.model_config.get("extra") == "allow")


def _is_leaf(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Literal:
        return True
    if origin is Annotated:
        return _is_leaf(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return all(map(_is_leaf, get_args(annotation)))
    return isinstance(annotation, type) and annotation is not object and not issubclass(annotation, HOLDERS)
