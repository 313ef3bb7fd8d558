"""`pym convert`: a document of Swagger 2.0 or OpenAPI 3.0 as OpenAPI 3.1."""

from __future__ import annotations

from pathlib import Path

import click

from pymacaron.cli.context import Context

__all__ = ["convert"]


@click.command()
@click.argument("document", type=click.Path(path_type=Path))
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write; stdout by default.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), help="By default, what the output is called.")
@click.pass_obj
def convert(context: Context, document: Path, output: Path | None, form: str | None) -> None:
    """Write a DOCUMENT of 2.0 or 3.0 as OpenAPI 3.1.

    In one file. What 3.1 has no words for is told on stderr. Comments and anchors are lost.
    """
    from pymacaron.cli.output import print_document
    from pymacaron.tools.convert import convert as converted

    def warn(sentence: str) -> None:
        click.echo(f"Warning: {sentence}", err=True)

    print_document(converted(document, context.folder_of(document), warn), output, form)
