"""`pym plugins`: what is installed, what is active, and what is broken and why."""

from __future__ import annotations

from dataclasses import asdict

import click

from pymacaron.cli.context import Context
from pymacaron.cli.output import print_json, print_table

__all__ = ["plugins"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@click.pass_obj
def plugins(context: Context, as_json: bool) -> None:
    """List plugins, and say what is broken.

    Each with distribution, version, status, hooks and config sections.
    """
    found = context.plugins().plugins()
    if as_json:
        print_json([asdict(plugin) for plugin in found])
        return
    rows = [["PLUGIN", "DISTRIBUTION", "STATUS", "HOOKS", "CONFIG SECTIONS"]]
    for plugin in found:
        distribution = f"{plugin.distribution} {plugin.version}".strip()
        hooks, sections = ", ".join(plugin.hooks) or "-", ", ".join(plugin.config_sections) or "-"
        rows.append([plugin.name, distribution, plugin.status, hooks, sections])
    print_table(rows)
    for problem in context.plugins().problems():
        click.echo(f"{click.style('broken', fg='red')}: {problem}")
