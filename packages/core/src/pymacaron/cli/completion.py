"""`pym completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what completes commands in SHELL.

    To be evaluated: eval "$(pym completion bash)".
    """
    script = get_completion_class(shell)
    if script is not None:
        click.echo(script(ctx.find_root().command, {}, "pym", "_PYM_COMPLETE").source())
