"""The built-in plugin that declares core's own settings."""

from __future__ import annotations

from pymacaron.plugins.markers import hookimpl
from pymacaron.plugins.records import ConfigSection

__all__ = ["pym_config_sections"]


@hookimpl
def pym_config_sections() -> list[ConfigSection]:
    """Declare the keys of core."""
    return [ConfigSection("core", "pymacaron.config.core:CoreConfig")]
