"""Snapshots: what a function tells, as bounded plain JSON that nobody changes any more, whatever it was."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import islice
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import BaseModel, SecretBytes, SecretStr

from pymacaron.config.redaction import MASK, looks_secret
from pymacaron.config.settings import is_secret

__all__ = ["snapshot"]

DEEPEST = 10
MOST_VALUES = 1_000
MOST_CHARACTERS = 100_000
LONGEST_TEXT = 10_000
TOLD_AS_TEXT = (date, time, timedelta, Decimal, PurePath, UUID)
MORE = "..."


def snapshot(value: Any) -> Any:
    """Return a value as plain JSON of 1000 values and 100 000 characters at most, 10 levels deep; never raises.

    What does not fit is '...' or "<dict>", what is no JSON is told by its type ("<bytes>"), and what a key that is
    called like a secret holds is '***'.
    """
    return _Snapshot().of(value, DEEPEST)


class _Snapshot:
    """One snapshot, and how much still fits into it."""

    def __init__(self) -> None:
        self._values = MOST_VALUES
        self._characters = MOST_CHARACTERS

    def of(self, value: Any, depth: int) -> Any:
        self._values -= 1
        try:
            return self._told(value, depth)
        except Exception:  # of a class of somebody else, or a dict that another thread changes
            return _kind(value)

    def _told(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Enum):
            return self._told(value.value, depth)
        if isinstance(value, SecretStr | SecretBytes):
            return MASK
        if isinstance(value, int | float | str):
            return self._plain(value)
        if isinstance(value, TOLD_AS_TEXT):
            return self._text(str(value))
        if (items := _items(value)) is not None:
            return self._object(items, depth) if depth else _kind(value)
        if isinstance(value, list | tuple | set | frozenset | deque):
            return self._array(value, depth) if depth else _kind(value)
        return _kind(value)

    def _plain(self, value: float | str) -> Any:
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, int):
            return int(value) if value.bit_length() < 64 else self._text(hex(value))
        return float(value) if math.isfinite(value) else str(float(value))

    def _text(self, text: str) -> str:
        fits = max(0, min(LONGEST_TEXT, self._characters))
        self._characters -= min(len(text), fits)
        told = text[:fits].encode("utf-8", "backslashreplace").decode()  # half a surrogate pair is no text
        return told if len(text) <= fits else told + MORE

    def _object(self, items: Iterable[tuple[Any, Any, bool]], depth: int) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for key, value, secret in items:
            if self._values <= 0:
                told[MORE] = MORE
                break
            name = self._text(key) if isinstance(key, str) else self._text(str(self.of(key, 0)))
            secret = secret or looks_secret(key if isinstance(key, str) else name)
            told[name] = MASK if secret and value is not None else self.of(value, depth - 1)
        return told

    def _array(self, values: Iterable[Any], depth: int) -> list[Any]:
        told: list[Any] = []
        for value in islice(values, MOST_VALUES + 1):
            if self._values <= 0:
                told.append(MORE)
                break
            told.append(self.of(value, depth - 1))
        return told


def _items(value: Any) -> Iterator[tuple[Any, Any, bool]] | None:
    """Give name, value and whether it was declared as secret of what has names, None for what has none."""
    if isinstance(value, BaseModel):
        return _of_model(value)
    if isinstance(value, Mapping):
        return ((key, item, False) for key, item in value.items())
    if is_dataclass(value) and not isinstance(value, type):
        return ((field.name, getattr(value, field.name), False) for field in fields(value))
    return None


def _of_model(model: BaseModel) -> Iterator[tuple[Any, Any, bool]]:
    for name, field in type(model).model_fields.items():
        yield name, vars(model).get(name), is_secret(name, field)
    for name, value in (model.model_extra or {}).items():
        yield name, value, False


def _kind(value: Any) -> str:
    return f"<{type(value).__name__}>"
