"""`pym migrate`: what PyMacaron 3 does otherwise with a service of PyMacaron 1 or 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pymacaron.cli.context import Context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymacaron.tools.migrate import Finding

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
    from pymacaron.tools.migrate import findings, mend

    context = ctx.find_object(Context) or Context()
    mended = mend(context.root) if fix else []
    left = findings(context.root)
    if as_json:
        from pymacaron.cli.output import print_json

        print_json([*(as_data(each, fixed=True) for each in mended), *(as_data(each, fixed=False) for each in left)])
    else:
        tell(mended, left)
    if any(each.severity == "error" for each in left):
        ctx.exit(1)


def as_data(finding: Finding, fixed: bool) -> dict[str, Any]:
    """Return a finding as plain data."""
    from pymacaron.text import shown

    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "file": shown(finding.path),
        "line": finding.line,
        "message": finding.sentence,
        "step": finding.step,
        "fixable": bool(finding.edits),
        "fixed": fixed,
    }


def tell(mended: Sequence[Finding], left: Sequence[Finding]) -> None:
    """Print a line for each finding, and how many there are."""
    from pymacaron.text import printable

    for each in mended:
        click.echo(f"{click.style('fixed', fg='green')}: {printable(str(each))}")
    for each in left:
        click.echo(printable(str(each)))
    numbers = {kind: sum(each.severity == kind for each in left) for kind in ("error", "warning")}
    counts = [f"{number} {kind}{'' if number == 1 else 's'}" for kind, number in numbers.items()]
    fixable = sum(bool(each.edits) for each in left)
    hint = f"; 'pym migrate --fix' mends {fixable}" if fixable else ""
    click.echo(", ".join([*([f"{len(mended)} fixed"] if mended else []), *counts]) + hint)
