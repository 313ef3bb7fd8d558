"""The function that an API is given as `error_reporter`, in either of its two forms."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pymacaron.text import where

if TYPE_CHECKING:
    from pymacaron.report.desk import Reporter
    from pymacaron.report.records import Report

__all__ = ["as_reporter"]


def as_reporter(function: Callable[..., Any]) -> Reporter:
    """Return a function of (title, data, exception), or of (title, message) with the report as JSON text, as reporter.

    Raises TypeError for one that takes neither.
    """
    if _takes(function, 3):
        return lambda report, error: function(report.title, dict(report.data), error)
    if _takes(function, 2):
        return lambda report, error: function(report.title, message(report))
    raise TypeError(
        f"error_reporter wants a function of (title, data, exception) or (title, message): {where(function)}"
    )


def message(report: Report) -> str:
    """Return a report as JSON for people."""
    return json.dumps(report.data, indent=2, ensure_ascii=False, default=str)


def _takes(function: Callable[..., Any], arguments: int) -> bool:
    try:
        inspect.signature(function).bind(*range(arguments))
    except (TypeError, ValueError):
        return False
    return True
