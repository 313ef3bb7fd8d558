"""JSON texts to data, with each whole number as the integer that is written, however it is written."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from pydantic_core import from_json

from pymacaron.models.problems import MOST, InvalidValue, ValueProblem

__all__ = ["EXACT", "as_integer", "decoded", "may_be_vast", "whole"]

EXACT = 2**53
"""Below this a float holds each integer (RFC 8259, section 6)."""
_VAST = re.compile(rb"[0-9]{16}|[0-9][eE]\+?[0-9]")


def decoded(data: bytes) -> Any:
    """Return the data of a JSON text; raise InvalidValue for one that is none, or holds a number beyond all bounds."""
    try:
        value = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        told = "Is nested too deeply" if "recursion" in str(error) else "Is not JSON"
        raise InvalidValue([ValueProblem((), told)]) from None
    if not may_be_vast(data):
        return value
    largest = _largest(value)
    if not math.isfinite(largest):
        places = islice(_infinite(value, ()), MOST)
        raise InvalidValue([ValueProblem(place, "Numbers should be finite", "type") for place in places])
    return json.loads(data, parse_float=_number) if largest >= EXACT else value


def may_be_vast(data: bytes) -> bool:
    """Tell whether a JSON text may hold a number that is beyond what floats hold exactly."""
    return _VAST.search(data) is not None


def as_integer(value: float) -> int:
    """Return a whole number as JSON writes it: 1e30 is 10**30, not the float next to it."""
    return int(value) if abs(value) < EXACT else int(Decimal(repr(value)))


def whole(data: Any) -> Any:
    """Return data with each number that is an integer as one: draft 4 itself takes 1.0 for none."""
    if isinstance(data, float):
        return as_integer(data) if data.is_integer() else data
    if isinstance(data, dict):
        return {name: whole(value) for name, value in data.items()}
    return [whole(item) for item in data] if isinstance(data, list) else data


def _largest(data: Any) -> float:
    """Return the size of the largest float in data."""
    if isinstance(data, float):
        return abs(data)
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return max(map(_largest, inner), default=0.0)


def _infinite(data: Any, pointer: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of each number that floats do not hold."""
    if isinstance(data, float) and not math.isfinite(data):
        yield pointer
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for token, value in inner:
        if isinstance(value, float | dict | list):
            yield from _infinite(value, (*pointer, token))


def _number(text: str) -> int | float:
    value = float(text)
    if abs(value) < EXACT:
        return value
    exact = Decimal(text)
    return int(exact) if exact == exact.to_integral_value() else value
