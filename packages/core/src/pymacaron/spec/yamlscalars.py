"""The scalars of YAML 1.2's core schema (YAML 1.2.2, section 10.3), where `no`, `1:30` and dates are text."""

from __future__ import annotations

import math
import re
from typing import Any

from pymacaron.spec.limits import MAX_DIGITS, TextError

__all__ = ["CORE", "plain_scalar", "tagged_scalar", "unknown_tag"]

CORE = "tag:yaml.org,2002:"
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NOT_TEXT = frozenset("0123456789+-.~nNtTfF")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BASES = {"0o": 8, "0x": 16}


def plain_scalar(text: str, line: int) -> Any:
    """Return the value of a plain scalar (YAML 1.2.2, section 10.3.2)."""
    if text and text[0] not in _NOT_TEXT:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > MAX_DIGITS and (_FLOAT.fullmatch(text) or _INTEGER.fullmatch(text)):
        raise TextError((line, f"a number of {len(text)} characters is too long; shorten it, or quote it as text"))
    if _INTEGER.fullmatch(text):
        return int(text, _BASES.get(text[:2], 10))
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        raise TextError((line, f"'{text}' is no number that JSON can hold; write a finite one, or quote it as text"))
    return text


def tagged_scalar(event: Any, line: int) -> Any:
    """Return the value of a scalar with an explicit tag of the core schema; raise TextError for another tag."""
    kind = event.tag.removeprefix(CORE)
    if kind in ("str", "!"):
        return event.value
    kinds: dict[str, tuple[type, ...]] = {"null": (type(None),), "bool": (bool,), "int": (int,), "float": (float, int)}
    if kind not in kinds:
        raise unknown_tag(event.tag, line)
    value = plain_scalar(event.value, line)
    if type(value) not in kinds[kind]:
        raise TextError((line, f"'{event.value}' is tagged !!{kind} but is none; correct the tag or the value"))
    return value


def unknown_tag(tag: str, line: int) -> TextError:
    """Return the refusal of a tag that is none of the core schema's."""
    written = tag.replace(CORE, "!!")
    return TextError((line, f"the YAML tag '{written}' is not known; remove it, a document holds only JSON's types"))
