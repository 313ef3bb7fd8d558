"""Core's own features, which are plugins first: every one of them is registered from this tuple."""

from __future__ import annotations

__all__ = ["BUILT_IN"]

BUILT_IN = (
    "pymacaron.config.plugin",
    "pymacaron.cli.plugin",
    "pymacaron.apis.plugin",
    "pymacaron.http.cors",
)
