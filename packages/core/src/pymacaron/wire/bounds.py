"""What a JSON text may hold: judged on its bytes before anything is parsed, by counting where counting is enough."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from pymacaron.spec import RequestLimits

__all__ = ["decode_strictly", "problem_of_json"]

MOST_DIGITS = 400
DIGITS = bytes.maketrans(b"123456789", b"000000000")
DIGITS_IN_A_ROW = b"0" * (MOST_DIGITS + 1)
STRIDE = 100
SAMPLES_IN_A_ROW = b"0" * (MOST_DIGITS // STRIDE)
"""What every hundredth byte shows, wherever a row of more than MOST_DIGITS digits begins."""
LONG_NUMBER = re.compile(rb"[0-9]{401}")
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')
ALL_BYTES = bytes(range(256))
NOT_BRACKETS = ALL_BYTES.translate(None, b"[]{}")
NOT_OPENING = ALL_BYTES.translate(None, b"[{")
NOT_STRUCTURE = NOT_BRACKETS.translate(None, b'"')


def problem_of_json(data: bytes, limits: RequestLimits) -> str | None:
    """Return what makes a JSON text too large to be parsed, None where nothing does; what is no JSON may pass.

    A text of n bytes has fewer than n / 2 + 1 items, and is no deeper than it has opening brackets: that settles
    ordinary texts without looking at each character.
    """
    if len(data) > MOST_DIGITS and SAMPLES_IN_A_ROW in data[::STRIDE].translate(DIGITS) and _has_long_number(data):
        return f"Holds a number of more than {MOST_DIGITS} digits"
    opened = len(data.translate(None, NOT_OPENING))
    if opened <= limits.depth and len(data) <= 2 * limits.items:
        return None
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    if data.count(b",") + opened > limits.items and _items(data, limits.items) > limits.items:
        return f"Holds more than {limits.items:,} items"
    if opened > limits.depth and _is_deeper(_brackets(data), limits.depth):
        return f"Is nested more than {limits.depth} levels deep"
    return None


def _has_long_number(data: bytes) -> bool:
    return DIGITS_IN_A_ROW in data.translate(DIGITS) and LONG_NUMBER.search(STRING.sub(b'""', data)) is not None


def decode_strictly(text: str) -> Any:
    """Return the value of a JSON text; raise ValueError for a key twice, a number beyond floats, or half a pair."""
    value = DECODER.decode(text)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _without_strings(data: bytes) -> bytes:
    return b'"'.join(data.split(b'"')[::2])


def _items(data: bytes, most: int) -> int:
    """Count the items and members: one for each comma, and one more for each bracket that is not empty.

    Each has two strings at most, so that too many strings need no counting.
    """
    if data.count(b'"') > 4 * most + 4:
        return most + 1
    packed = _without_strings(data).translate(None, b" \t\r\n")
    empty = packed.count(b"{}") + packed.count(b"[]")
    return packed.count(b",") + packed.count(b"{") + packed.count(b"[") - empty


def _brackets(data: bytes) -> bytes:
    """Return the brackets outside strings: all of them, where quotes come in pairs with no bracket in between."""
    brackets = data.translate(None, NOT_STRUCTURE).replace(b'""', b"")
    return _without_strings(data).translate(None, NOT_BRACKETS) if b'"' in brackets else brackets


def _is_deeper(brackets: bytes, depth: int) -> bool:
    """Tell whether brackets are left when the innermost pairs were taken away as often as there may be levels."""
    for _ in range(depth):
        if not brackets:
            return False
        shorter = brackets.replace(b"{}", b"!").replace(b"[]", b"!").replace(b"!", b"")
        if len(shorter) == len(brackets):
            return brackets.count(b"{") + brackets.count(b"[") > depth
        brackets = shorter
    return brackets != b""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("Holds a key twice in one object")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("Holds a number that is too large")
    return number


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("Holds a number that is too large")
    return int(text)


def _refused(_text: str) -> NoReturn:
    raise ValueError("Is not JSON")


DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_int=_whole, parse_constant=_refused, strict=True
)
