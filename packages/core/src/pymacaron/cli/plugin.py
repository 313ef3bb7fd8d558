"""The plugin that brings core's own commands, each imported from its module when it is needed."""

from __future__ import annotations

import importlib

import click

from pymacaron.plugins.markers import hookimpl

__all__ = ["own_commands", "pym_commands"]

COMMANDS = (
    "bundle",
    "completion",
    "config",
    "convert",
    "doctor",
    "drain",
    "generate",
    "init",
    "migrate",
    "plugins",
    "routes",
    "run",
    "serve",
    "version",
)


def own_commands(only: str | None = None) -> list[click.Command]:
    """Return core's commands, or the one of a name."""
    wanted = [name for name in COMMANDS if only in (None, name)]
    return [getattr(importlib.import_module(f"pymacaron.cli.{name}"), name) for name in wanted]


@hookimpl
def pym_commands() -> list[click.Command]:
    """Bring core's commands."""
    return own_commands()
