"""What every command gets as `context.obj`: the folder, the environment's name, and the service that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pymacaron.plugins.manager import PluginManager

if TYPE_CHECKING:
    from pymacaron.service import Service

__all__ = ["Context", "look_ahead", "with_shared_options"]


@dataclass
class Context:
    """The options that all commands share: --root, --env and --debug."""

    root: Path = Path()
    env: str | None = None
    debug: bool = False
    _plugins: PluginManager | None = None

    def service(self, secrets: Literal["required", "ignored"] = "ignored") -> Service:
        """Return the service of the folder, without an app."""
        from pymacaron.service import Service

        return Service(self.root, env=self.env, secrets=secrets)

    def folder_of(self, document: Path) -> Path:
        """Return the folder in which references of a document stay: the root where it stands in it, else its own."""
        root = self.root.resolve()
        return root if document.resolve().is_relative_to(root) else document.resolve().parent

    def plugins(self) -> PluginManager:
        """Return the plugins of the folder, or of what is installed where it is no service's folder."""
        if self._plugins is None:
            self._plugins = PluginManager(self._settings())
        return self._plugins

    def _settings(self) -> dict[str, list[str]]:
        if not any(self.root.glob("pym-config*.yaml")):
            return {}
        from pymacaron.config import plugin_settings, read_config_file
        from pymacaron.modules import Modules

        file = read_config_file(self.root, self.env)
        settings = plugin_settings(file)
        if settings.get("local"):
            Modules(self.root).claim()
        return settings


def look_ahead(context: Context, arguments: Sequence[str]) -> None:
    """Learn --root and --env wherever they stand: they choose the plugins, which bring the commands to be parsed."""
    own = [*takewhile(lambda argument: argument != "--", arguments)]
    for argument, following in pairwise([*own, ""]):
        option, equals, value = argument.partition("=")
        value = value if equals else following
        if option == "--env" and value:
            context.env = value
        elif option == "--root" and Path(value).is_dir():
            context.root = Path(value)


def with_shared_options(command: click.Command) -> click.Command:
    """Give a command, and the commands below it, the options --root, --env and --debug unless it has its own."""
    taken = {option for parameter in command.params for option in parameter.opts}
    command.params += [option for option in _shared() if not taken.intersection(option.opts)]
    if isinstance(command, click.Group):
        for child in command.commands.values():
            with_shared_options(child)
    return command


def _shared() -> list[click.Option]:
    return [
        click.Option(
            ["--root"],
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Folder of the service; the current one by default.",
            expose_value=False,
            callback=_keep,
        ),
        click.Option(["--env"], help="Use pym-config.<env>.yaml.", expose_value=False, callback=_keep),
        click.Option(["--debug"], is_flag=True, help="Show tracebacks.", expose_value=False, callback=_keep),
    ]


def _keep(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if value and parameter.name:
        setattr(ctx.ensure_object(Context), parameter.name, value)
