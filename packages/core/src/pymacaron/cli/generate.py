"""`pym generate`: typed Python of the service's documents."""

from __future__ import annotations

import click

from pymacaron.cli.context import Context
from pymacaron.text import shown

__all__ = ["generate"]


@click.command()
@click.argument("apis", nargs=-1, metavar="[API]...")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 when a file is stale.")
@click.option("--stubs/--no-stubs", default=True, help="Add stubs of handlers that are missing; by default, yes.")
@click.pass_obj
@click.pass_context
def generate(ctx: click.Context, context: Context, apis: tuple[str, ...], check: bool, stubs: bool) -> None:
    """Write typed Python for editors and type checkers.

    Beside each document: its models, the signatures of its handlers, and its client. Functions that a document binds
    and nobody wrote yet are added as stubs; what a person wrote is never changed.
    """
    from pymacaron.tools.generate import generate as write
    from pymacaron.tools.generate import stale

    service = context.service()
    if not check:
        for path in write(service, apis, stubs=stubs):
            click.echo(f"written: {shown(path)}")
        return
    found = stale(service, apis, stubs=stubs)
    for path in found:
        click.echo(f"stale: {shown(path)}")
    if found:
        click.echo("Error: run 'pym generate', and commit what it writes", err=True)
        ctx.exit(1)
