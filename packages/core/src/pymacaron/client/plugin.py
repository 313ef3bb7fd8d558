"""The built-in plugin that declares the settings of clients."""

from __future__ import annotations

from pymacaron.plugins.markers import hookimpl
from pymacaron.plugins.records import ConfigSection

__all__ = ["pym_config_sections"]


@hookimpl
def pym_config_sections() -> list[ConfigSection]:
    """Declare the keys of clients."""
    return [ConfigSection("http-client", "pymacaron.client.settings:ClientSettings")]
