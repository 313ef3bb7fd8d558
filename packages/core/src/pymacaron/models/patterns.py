"""Patterns that look around or back, which no engine judges in linear time: judged within a bound of steps."""

from __future__ import annotations

import functools
import re
from typing import Any

__all__ = ["STEPS", "BoundedPattern", "TooCostlyError", "bounded"]

STEPS = 10_000
"""Steps back that a pattern may take in a text."""
_WORK = 2**23
"""Steps times bytes: each look of a step may walk all of the text, so that long texts are given fewer, 15 ms in all."""
_LOOK = re.compile(r"\(\?<?[=!]")
_REMEMBERED = 256


class TooCostlyError(Exception):
    """A text that a pattern cannot judge within its bound: it is refused, whatever stands around the pattern."""


class BoundedPattern:
    """Tells whether a text fits a pattern; one that does not is remembered, by its hash, and not judged again."""

    def __init__(self, pattern: str) -> None:
        self.name = f"pattern {pattern}"
        self._pattern = pattern
        self._work = _WORK // max(1, len(_LOOK.findall(pattern)))
        self._validators: dict[int, Any] = {}
        self._refused: dict[tuple[int, int], bool] = {}

    def __call__(self, text: str) -> bool:
        """Return the verdict; raise TooCostlyError where the bound does not allow for one."""
        key = (len(text), hash(text))
        costly = self._refused.get(key)
        if costly is None:
            error = next(self._validator(len(text.encode("utf-8", "replace"))).iter_errors(text), None)
            if error is None:
                return True
            costly = type(error.kind).__name__ != "Pattern"
            if len(self._refused) >= _REMEMBERED:
                self._refused.clear()
            self._refused[key] = costly
        if costly:
            raise TooCostlyError
        return False

    def fits(self, text: str) -> bool:
        """Tell whether a text is known to fit."""
        try:
            return self(text)
        except TooCostlyError:
            return False

    def _validator(self, length: int) -> Any:
        """Return the validator for texts of a length in bytes: one for each power of 2."""
        size = length.bit_length()
        if size not in self._validators:
            import jsonschema_rs

            options = jsonschema_rs.FancyRegexOptions(backtrack_limit=max(1, min(STEPS, self._work >> size)))
            self._validators[size] = jsonschema_rs.Draft202012Validator(
                {"pattern": self._pattern}, pattern_options=options, offline=True
            )
        return self._validators[size]


@functools.lru_cache(maxsize=1024)
def bounded(pattern: str) -> BoundedPattern | None:
    """Return what judges by a pattern within bounds; None for one that takes linear time, or that is none at all."""
    import jsonschema_rs

    schema = {"pattern": pattern}
    try:
        jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions(), offline=True)
    except ValueError:
        try:
            jsonschema_rs.Draft202012Validator(schema, offline=True)
        except ValueError:
            return None
        return BoundedPattern(pattern)
    return None
