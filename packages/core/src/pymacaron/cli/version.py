"""`pym version`: the version of the service."""

from __future__ import annotations

import click

from pymacaron.cli.context import Context

__all__ = ["version"]


@click.command()
@click.pass_obj
def version(context: Context) -> None:
    """Print the version of the service.

    That is PYM_VERSION, else <date>-<time>-<commits>-<sha> of the last commit.
    """
    click.echo(context.service().version)
