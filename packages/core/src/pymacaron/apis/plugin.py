"""The plugin that brings the built-in API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl
from pymacaron.plugins.records import ApiDocument

if TYPE_CHECKING:
    from pymacaron.config import Config

__all__ = ["pym_apis"]


@hookimpl
def pym_apis(config: Config) -> list[ApiDocument]:
    """Bring /ping, /ready and /version."""
    return [ApiDocument("ping", Path(__file__).with_name("ping.yaml"))]
