"""One text and the JSON value that it stands for, as the types of a schema tell."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from pymacaron.wire.errors import Unreadable, Unsendable
from pymacaron.wire.jsontexts import read_json, write_json

__all__ = ["COMPOUND", "Delimited", "Scalar"]

Read = Callable[[str], Any]

COMPOUND = frozenset({"array", "object"})
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,99})")
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,99})?([eE][+-]?[0-9]{1,3})?")
BOOLEANS = {"true": True, "false": False}
MOST_EXACT = 2**53


class Scalar:
    """Reads and writes single texts: each type is tried, null first and text last.

    A text that no type reads is returned as it is, so that validation names what is wrong. Arrays and objects within
    others, of which the specification says nothing, are JSON.
    """

    __slots__ = ("read", "types")

    def __init__(self, types: Iterable[str]) -> None:
        self.types = frozenset(types)
        steps = [step for name, step in STEPS.items() if name in self.types]
        if self.types & COMPOUND:
            steps.append(_compound)
        self.read: Read = str if not steps else _by_one(steps[0]) if len(steps) == 1 else _by_any(steps)

    @property
    def reads_one(self) -> bool:
        """Whether a single text may be a value that is neither an array nor an object."""
        return bool(self.types - COMPOUND - {"null"})

    def write(self, value: Any) -> str:
        """Return the text of a JSON value; raise Unsendable for what is none."""
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        if isinstance(value, float) and not math.isfinite(value):
            raise Unsendable("Numbers should be finite")
        return json.dumps(value) if isinstance(value, bool | int | float) else write_json(value)


class Delimited(Scalar):
    """Reads and writes arrays within one text, their items between a character that no item holds."""

    __slots__ = ("_character", "_item")

    def __init__(self, types: Iterable[str], item: Scalar, character: str) -> None:
        super().__init__(types)
        self._item = item
        self._character = character
        self.read = self._read

    def write(self, value: Any) -> str:
        """Return the text of an array; raise Unsendable where an item holds the character."""
        if not isinstance(value, list):
            return super().write(value)
        texts = [self._item.write(item) for item in value]
        if any(self._character in text for text in texts) or texts == [""]:
            raise Unsendable(f"An item that is empty or holds '{self._character}' cannot be told from others")
        return self._character.join(texts)

    def _read(self, text: str) -> list[Any]:
        return [self._item.read(part) for part in text.split(self._character)] if text else []


class _Unread:
    """A text that a type does not read."""


UNREAD = _Unread()


def _by_one(step: Read) -> Read:
    def read(text: str) -> Any:
        value = step(text)
        return text if value is UNREAD else value

    return read


def _by_any(steps: list[Read]) -> Read:
    def read(text: str) -> Any:
        for step in steps:
            value = step(text)
            if value is not UNREAD:
                return value
        return text

    return read


def _null(text: str) -> Any:
    return None if text == "" else UNREAD


def _boolean(text: str) -> Any:
    return BOOLEANS.get(text, UNREAD)


def _integer(text: str) -> Any:
    """Read an integer, also one that is written as 1.0 or 1e3."""
    if INTEGER.fullmatch(text):
        return int(text)
    number = _number(text)
    whole = number is not UNREAD and number.is_integer() and abs(number) < MOST_EXACT
    return int(number) if whole else UNREAD


def _number(text: str) -> Any:
    if INTEGER.fullmatch(text):
        return int(text)
    number = float(text) if NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else UNREAD


def _compound(text: str) -> Any:
    if text[:1] not in ("[", "{"):
        return UNREAD
    try:
        return read_json(text)
    except Unreadable:
        return UNREAD


STEPS: dict[str, Read] = {"null": _null, "boolean": _boolean, "integer": _integer, "number": _number}
