"""Compatibility: PyMacaron 1's `pymacaron_unit.testcase.PyMacaronTestCase` is that of pymacaron-testing."""

from __future__ import annotations

from pymacaron_testing import PyMacaronTestCase

__all__ = ["PyMacaronTestCase"]
