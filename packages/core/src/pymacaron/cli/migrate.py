"""`pym migrate`: what PyMacaron 3 does otherwise with a service of PyMacaron 1 or 2."""

from __future__ import annotations

import click

from pymacaron.cli.context import Context

__all__ = ["migrate"]


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended, in place; commit before.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@click.pass_context
def migrate(ctx: click.Context, fix: bool, as_json: bool) -> None:
    """Tell what a service of PyMacaron 1 or 2 has to change.

    An error keeps the service, or its callers, from going on as before; a warning is worth a look. Exits with 1 where
    an error is left.
    """
    from pymacaron.cli.output import print_json
    from pymacaron.text import printable
    from pymacaron.tools.migrate import findings, mend, told

    context = ctx.find_object(Context) or Context()
    mended = mend(context.root) if fix else []
    left = findings(context.root)
    if as_json:
        print_json([each.as_data(fixed) for fixed, every in ((True, mended), (False, left)) for each in every])
    else:
        for line in told(mended, left):
            click.echo(printable(line))
    if any(each.severity == "error" for each in left):
        ctx.exit(1)
