"""`pym lint`: every problem of the documents of a service, or of any document."""

from __future__ import annotations

from pathlib import Path

import click

from pymacaron.cli.context import Context

__all__ = ["lint"]


@click.command()
@click.argument("documents", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="How findings are told.",
)
@click.option("--disable", "disabled", multiple=True, metavar="RULE", help="Leave out a rule; may be repeated.")
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings too.")
@click.pass_context
def lint(ctx: click.Context, documents: tuple[Path, ...], form: str, disabled: tuple[str, ...], strict: bool) -> None:
    """Tell every problem of DOCUMENTS; exit with 1 on an error.

    Without DOCUMENTS, those of the service.
    """
    from pymacaron_testing.lint.output import FORMATS
    from pymacaron_testing.lint.runner import chosen, findings
    from pymacaron_testing.lint.targets import targets

    context = ctx.find_object(Context) or Context()
    rules = chosen(disabled)
    found = [each for path, root in targets(documents, context) for each in findings(path, root, rules)]
    click.echo(FORMATS[form](found), nl=False)
    failing = ("error", "warning") if strict else ("error",)
    if any(each.rule.severity in failing for each in found):
        ctx.exit(1)
