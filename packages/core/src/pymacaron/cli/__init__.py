"""The `pym` command: a root group that renders every error as one sentence, and a module for each command."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from pymacaron.cli.context import Context, look_ahead, with_shared_options
from pymacaron.exceptions import PyMacaronException, StartError
from pymacaron.text import did_you_mean, one_line
from pymacaron.version import __version__

__all__ = ["main", "pym"]


class Told(click.ClickException):
    """An error of ours, as click shows it."""

    def __init__(self, error: PyMacaronException) -> None:
        from pymacaron.log import masked

        super().__init__(masked(str(error)))
        self.exit_code: int = error.exit_code  # type: ignore[misc]

    def show(self, file: Any = None) -> None:
        """Write one line for each problem to stderr."""
        for line in self.message.splitlines():
            click.echo(f"{click.style('Error', fg='red')}: {line}", err=True)


@contextmanager
def rendered() -> Iterator[None]:
    """Turn whatever PyMacaron raises into a sentence; with --debug the traceback comes first."""
    try:
        yield
    except PyMacaronException as error:
        show_traceback()
        raise Told(error) from error


def show_traceback() -> None:
    """Print the traceback of the exception at hand, its secrets masked, where the command line has --debug."""
    if "--debug" in sys.argv:
        from pymacaron.log import masked

        click.echo(masked(traceback.format_exc()), err=True)


class Root(click.Group):
    """The group of all commands: core's own are found first, so that `pym plugins` works when a plugin is broken."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, those of plugins included where the configuration can be read."""
        return sorted(self._known(ctx))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the command, and those that choose the plugins wherever they stand."""
        look_ahead(ctx.ensure_object(Context), args)
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command, with the options that all of them share."""
        from pymacaron.cli.plugin import own_commands

        with rendered():
            own = own_commands(only=cmd_name)
            command = own[0] if own else self._every(ctx).get(cmd_name)
        return with_shared_options(command) if command else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; for one that is unknown, name one that is meant.

        It is that of a group, such as `config check`, which has the very name, else the nearest.
        """
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            broken = ctx.ensure_object(Context).plugins().problems()
            known = self._known(ctx)
            advice = _within(args[0], known) or did_you_mean(args[0], known)
            told = "".join(f"\n{problem}" for problem in broken)
            raise click.UsageError(f"{error.message.rstrip('.')}{advice}{told}", error.ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        with rendered():
            return super().invoke(ctx)

    def _known(self, ctx: click.Context) -> Mapping[str, click.Command]:
        """Return all commands, core's own alone where the configuration cannot be read."""
        from pymacaron.cli.plugin import own_commands

        with rendered():
            try:
                return self._every(ctx)
            except StartError as error:
                click.echo(f"Warning: {error}", err=True)
                return {str(command.name): command for command in own_commands()}

    def _every(self, ctx: click.Context) -> dict[str, click.Command]:
        from pymacaron.plugins.collect import Hooks

        return Hooks(ctx.ensure_object(Context).plugins()).commands()


def _within(name: str, known: Mapping[str, click.Command]) -> str:
    """Return " (did you mean 'group x'?)" for the groups that have a command of a name, or nothing."""
    groups = [group for group, command in known.items() if name in getattr(command, "commands", ())]
    told = " or ".join(f"'{group} {name}'" for group in sorted(groups))
    return f" (did you mean {told}?)" if told else ""


@click.command(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="pymacaron", prog_name="pymacaron")
@click.pass_context
def pym(ctx: click.Context) -> None:
    """Make, run, check and look into services that are written as OpenAPI documents."""
    ctx.ensure_object(Context)
    if os.environ.get("NO_COLOR"):
        ctx.color = False


with_shared_options(pym)


def main() -> None:
    """Run `pym`: exit code 0 is done, 1 failed, 2 a wrong command line or configuration."""
    try:
        pym(prog_name="pym")
    except Exception as error:
        from pymacaron.log import masked

        show_traceback()
        click.echo(f"Error: pym stumbled over {masked(one_line(error))} (--debug shows the traceback)", err=True)
        sys.exit(1)
