"""`pym bundle`: one file from a document that refers to others."""

from __future__ import annotations

from pathlib import Path

import click

from pymacaron.cli.context import Context

__all__ = ["bundle"]


@click.command()
@click.argument("document", type=click.Path(path_type=Path))
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write; stdout by default.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), help="By default, what the output is called.")
@click.pass_obj
def bundle(context: Context, document: Path, output: Path | None, form: str | None) -> None:
    """Make one file of a DOCUMENT and all it refers to.

    What other files hold becomes a component. Comments and anchors are lost.
    """
    from pymacaron.cli.output import print_document
    from pymacaron.tools.bundle import bundle as bundled

    print_document(bundled(document, context.folder_of(document)), output, form)
