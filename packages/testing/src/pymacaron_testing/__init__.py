"""Test tools for PyMacaron services and plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymacaron_testing.testcase import PyMacaronTestCase

__all__ = ["PyMacaronTestCase"]


def __getattr__(name: str) -> Any:
    if name == "PyMacaronTestCase":  # imported on first use (PEP 562): unittest and httpx2 are not for `pym --help`
        from pymacaron_testing.testcase import PyMacaronTestCase

        return PyMacaronTestCase
    raise AttributeError(f"module 'pymacaron_testing' has no attribute '{name}'")
