"""JSON as the text of a parameter: read strictly and within bounds, written compactly."""

from __future__ import annotations

import json
from typing import Any

from pymacaron.spec import DEFAULT_LIMITS
from pymacaron.wire.bounds import decode_strictly, problem_of_json
from pymacaron.wire.errors import Unreadable, Unsendable

__all__ = ["read_json", "write_json"]


def read_json(text: str) -> Any:
    """Return the value of a JSON text; raise Unreadable for one that is none, or that is past the default bounds."""
    try:
        problem = problem_of_json(text.encode(), DEFAULT_LIMITS)
        if problem is None:
            return decode_strictly(text)
    except (ValueError, RecursionError):
        problem = "Is not JSON"
    raise Unreadable(problem)


def write_json(value: Any) -> str:
    """Return a value as JSON text of ASCII characters; raise Unsendable for what is no JSON value."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise Unsendable(f"Is no JSON value: {type(error).__name__}") from None
