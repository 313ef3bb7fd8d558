"""Texts of a request, decoded into JSON values as the schema of their parameter asks."""

from __future__ import annotations

import re
from collections.abc import Callable

from pymacaron.spec import Schema

__all__ = ["decoder", "types_of"]

Decoder = Callable[[str], object]

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,40})")
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
BOOLEANS = {"true": True, "false": False}


def decoder(schema: Schema) -> Decoder:
    """Return the function that turns one text into the value that the schema's types read from it.

    A text that none of the types reads is returned as it is, so that validation names what is wrong.
    """
    types = types_of(schema)
    steps = [step for name, step in STEPS if name in types]
    if not steps or types == {"string"}:
        return str
    if len(steps) == 1:
        return _by_one(steps[0])

    def decode(text: str) -> object:
        for step in steps:
            value = step(text)
            if value is not UNREAD:
                return value
        return text

    return decode


def _by_one(step: Decoder) -> Decoder:
    def decode(text: str) -> object:
        value = step(text)
        return text if value is UNREAD else value

    return decode


def types_of(schema: Schema, seen: frozenset[Schema] = frozenset()) -> set[str]:
    """Return the JSON types that a schema names, by itself or through what it refers to and combines."""
    if schema in seen:
        return set()
    seen |= {schema}
    found = _own_types(schema)
    if (target := schema.reference) is not None:
        found |= types_of(target, seen)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for child in schema.children(keyword).values():
            found |= types_of(child, seen)
    return found


def _own_types(schema: Schema) -> set[str]:
    keywords = schema.siblings
    types = keywords.get("type", [])
    found = {types} if isinstance(types, str) else set(types)
    if keywords.get("nullable") is True or keywords.get("x-nullable") is True:
        found.add("null")
    return found


class _Unread:
    """A text that a type does not read."""


UNREAD = _Unread()


def _null(text: str) -> object:
    return None if text == "" else UNREAD


def _boolean(text: str) -> object:
    return BOOLEANS.get(text, UNREAD)


def _integer(text: str) -> object:
    return int(text) if INTEGER.fullmatch(text) else UNREAD


def _number(text: str) -> object:
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else UNREAD


STEPS: tuple[tuple[str, Decoder], ...] = (
    ("null", _null),
    ("boolean", _boolean),
    ("integer", _integer),
    ("number", _number),
)
