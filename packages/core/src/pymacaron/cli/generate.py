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
@click.option(
    "--clients",
    metavar="FOLDER",
    help="The folder of documents that load_clients() reads: models and clients alone; from the service's folder on.",
)
@click.pass_obj
@click.pass_context
def generate(
    ctx: click.Context, context: Context, apis: tuple[str, ...], check: bool, stubs: bool, clients: str | None
) -> None:
    """Write typed Python for editors and type checkers.

    Beside each document: its models, the signatures of its handlers, and its client. Functions that a document binds
    and nobody wrote yet are added as stubs; what a person wrote is never changed. Generated files that nothing asks
    for any more are removed.
    """
    from pymacaron.tools.generate import generate as write
    from pymacaron.tools.generate import stale

    found = (stale if check else write)(context.service(), apis, stubs=stubs, clients=clients)
    for path, text in found.items():
        done = "written" if text is not None else "removed"
        click.echo(f"{'stale' if check else done}: {shown(path)}")
    if not found:
        click.echo("up to date")
    elif check:
        command = "pym generate" if clients is None else f"pym generate --clients {clients}"
        click.echo(f"Error: run '{command}', and commit what it changes", err=True)
        ctx.exit(1)
