"""What changed between two OpenAPI documents, and which of it breaks callers: `compare` is the way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymacaron_testing.diff.change import Change
    from pymacaron_testing.diff.comparison import compare

__all__ = ["Change", "compare"]

_HOMES = {"Change": "change", "compare": "comparison"}


def __getattr__(name: str) -> Any:
    """Import on first use (PEP 562): the list of commands needs none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'pymacaron_testing.diff' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"pymacaron_testing.diff.{_HOMES[name]}"), name)
