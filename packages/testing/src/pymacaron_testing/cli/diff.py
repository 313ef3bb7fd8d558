"""`pym diff`: what changed between two versions of a document, and whether it breaks callers."""

from __future__ import annotations

from contextlib import ExitStack

import click

from pymacaron.cli.context import Context

__all__ = ["diff"]


@click.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How changes are told.")
@click.pass_context
def diff(ctx: click.Context, old: str, new: str | None, form: str) -> None:
    """Tell breaking changes from compatible ones; exit with 1 on a break.

    OLD and NEW are files, or what git has: REVISION:FILE, or REVISION for every document of the service. Without NEW,
    the files as they are now.
    """
    from pymacaron.cli.output import print_json
    from pymacaron_testing.diff.output import as_data, as_lines
    from pymacaron_testing.diff.pairs import changes_between
    from pymacaron_testing.diff.revisions import Side, opened

    context = ctx.find_object(Context) or Context()
    with ExitStack() as stack:
        before = stack.enter_context(opened(old, context.root))
        after = stack.enter_context(opened(new, context.root)) if new else Side(context.root.resolve())
        changes = changes_between(before, after, _apis(context))
        if form == "json":
            print_json(as_data(changes))
        else:
            click.echo("\n".join(as_lines(changes)))
    if any(change.breaking for _, change in changes):
        ctx.exit(1)


def _apis(context: Context) -> str:
    """Return the folder of the documents: what the service sets, else the default."""
    if not any(context.root.glob("pym-config*.yaml")):
        return "apis"
    return str(context.service().config.apis)
