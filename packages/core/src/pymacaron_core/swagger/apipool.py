"""Compatibility: PyMacaron 1's `ApiPool` is the `apipool` of pymacaron."""

from __future__ import annotations

from pymacaron import apipool

__all__ = ["ApiPool"]

ApiPool = apipool
