"""`pym init`: a new service that runs, is tested, and can be shipped."""

from __future__ import annotations

import sys
from pathlib import Path

import click

__all__ = ["init"]

NO_CI = "none"


def is_terminal() -> bool:
    """Tell whether somebody is there to answer questions."""
    return sys.stdin.isatty()


@click.command()
@click.argument("name", required=False)
@click.option("--title", help="Title of its OpenAPI document; made of the name by default.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port that it listens on; 8080 by default.")
@click.option("--ci", type=click.Choice(["github", "gitlab", NO_CI]), help="Whose CI file to write; github by default.")
@click.option("--directory", type=click.Path(path_type=Path), help="Folder to make; ./NAME by default.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take the default of every option that is not given.")
def init(
    name: str | None, title: str | None, port: int | None, ci: str | None, directory: Path | None, yes: bool
) -> None:
    """Make a new service called NAME.

    It has a document, handlers, unit and acceptance tests, a configuration, and a CI file. On a terminal, options that
    are not given are asked for.
    """
    from pymacaron.tools.init import NewService, write, wrong_name

    asks = is_terminal() and not yes
    name = name or (click.prompt("Name of the service") if asks else None)
    if name is None:
        raise click.UsageError("a new service needs a NAME: pym init book-shop")
    if wrong := wrong_name(name):
        raise click.UsageError(wrong)
    default = name.replace("-", " ").replace("_", " ").capitalize()
    title = title or (click.prompt("Title of its document", default) if asks else default)
    port = port or (click.prompt("Port", 8080, type=click.IntRange(1, 65535)) if asks else 8080)
    choice = click.Choice(["github", "gitlab", NO_CI])
    ci = ci or (click.prompt("CI file", "github", type=choice) if asks else "github")
    folder = directory or Path(name)
    files = write(NewService(name, title, port, None if ci == NO_CI else ci), folder)
    for path in files:
        click.echo(folder / path)
    click.echo(f"\nServe it:  cd {folder} && pym run\nAsk it:    curl -s http://127.0.0.1:{port}/v1/hello/Ada")
