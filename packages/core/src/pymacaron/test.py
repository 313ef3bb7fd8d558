"""Compatibility: PyMacaron 2's `pymacaron.test.PyMacaronTestCase` is in pymacaron-testing, where that is installed."""

from __future__ import annotations

from typing import Any

from pymacaron.forwarding import forwarded

FORWARDED = ("PyMacaronTestCase",)

__all__ = [*FORWARDED]


def __getattr__(name: str) -> Any:
    return forwarded(__name__, name, FORWARDED, "pymacaron_testing")
