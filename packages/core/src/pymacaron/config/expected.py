"""What a setting should hold, and what was found in its place, in words."""

from __future__ import annotations

import types
from collections.abc import Collection, Iterable
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

__all__ = ["alternatives", "expected", "found"]

_WORDS: dict[Any, tuple[str, str]] = {
    bool: ("true or false", "values true or false"),
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    str: ("text", "texts"),
    Path: ("a path", "paths"),
    dict: ("a mapping", "mappings"),
    list: ("a list", "lists"),
    Any: ("any value", "any values"),
}
_LISTS = (list, tuple, set, frozenset)
_LONGEST = 40


def expected(field: FieldInfo) -> str:
    """Return what a field should hold: "an integer from 1 to 65535", or the words that its author gave."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "expected" in extra:
        return str(extra["expected"])
    return _type_words(field.annotation) + _limits(field)


def alternatives(annotation: Any) -> list[Any]:
    """Return the types of a union without None, or the one type that it is."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [part for part in get_args(annotation) if part is not type(None)]
    return [annotation]


def found(value: Any, secret: bool) -> str:
    """Return what stands in a setting: a short scalar that is no secret as it is, else only its type."""
    if value is None:
        return "empty"
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, bool) and not secret:
        return str(value).lower()
    if isinstance(value, str | int | float) and not secret and len(repr(value)) <= _LONGEST:
        return repr(value)
    kind = next((words for known, words in _WORDS.items() if type(value) is known), None)
    return kind[0] if kind else type(value).__name__


def _type_words(annotation: Any, plural: bool = False) -> str:
    parts = alternatives(annotation)
    if len(parts) > 1:
        return _either(_type_words(part, plural) for part in parts)
    (kind,) = parts
    if get_origin(kind) is Annotated:
        return expected(FieldInfo.from_annotation(kind))
    origin = get_origin(kind) or kind
    if origin is Literal:
        return _one_of(get_args(kind))
    if isinstance(origin, type) and issubclass(origin, Enum):
        return _one_of([option.value for option in origin])
    if origin in _LISTS and get_args(kind):
        item = FieldInfo.from_annotation(get_args(kind)[0])
        return f"{'lists' if plural else 'a list'} of {_type_words(item.annotation, plural=True)}"
    if isinstance(origin, type) and issubclass(origin, BaseModel):
        return f"{_WORDS[dict][plural]} of {', '.join(origin.model_fields)}"
    name = str(getattr(origin, "__name__", origin))
    return _WORDS.get(origin, (name, name))[plural]


def _one_of(options: Collection[Any]) -> str:
    words = _either(found(option, secret=False) for option in options)
    return f"one of {words}" if len(options) > 1 else words


def _limits(field: FieldInfo) -> str:
    limits = {name: value for rule in field.metadata for name, value in _rules(rule)}
    unit = " characters" if str in alternatives(field.annotation) else " items"
    if limits.get("min_length") == 1 and "max_length" not in limits:
        return " that is not empty"
    if "ge" in limits and "le" in limits:
        return f" from {limits['ge']} to {limits['le']}"
    words = {
        "ge": "of at least {}",
        "gt": "above {}",
        "le": "of at most {}",
        "lt": "below {}",
        "min_length": "of at least {}" + unit,
        "max_length": "of at most {}" + unit,
        "pattern": "that matches {}",
    }
    told = [sentence.format(limits[name]) for name, sentence in words.items() if name in limits]
    return " " + " and ".join(told) if told else ""


def _rules(rule: object) -> Iterable[tuple[str, Any]]:
    names = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
    return [(name, value) for name in names if (value := getattr(rule, name, None)) is not None]


def _either(options: Iterable[str]) -> str:
    *first, last = options
    return f"{', '.join(first)} or {last}" if first else last
