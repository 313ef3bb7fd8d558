"""Compatibility: PyMacaron 1's `pymacaron_core.models.get_model` is that of pymacaron."""

from __future__ import annotations

from pymacaron import get_model

__all__ = ["get_model"]
