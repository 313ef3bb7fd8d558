"""`pym config`: what a service is set to, whether that is right, and which settings there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from pymacaron.config.secrets import SecretsMode
    from pymacaron.service import Service

__all__ = ["config"]


class Folder(Protocol):
    """What the root group hands to its commands: the service of the folder that was named."""

    def service(self, secrets: SecretsMode = "required") -> Service:
        """Return the service, with its secrets or without."""


@click.group()
def config() -> None:
    """Show, check and document pym-config.yaml."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
@click.pass_obj
def show(folder: Folder, as_json: bool) -> None:
    """Print every setting with its value, secrets as ***."""
    values = folder.service(secrets="ignored").config.show()
    if as_json:
        click.echo(json.dumps(values, indent=2))
        return
    import yaml

    click.echo(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), nl=False)


@config.command()
@click.option("--without-secrets", is_flag=True, help="Do not ask for the secrets that the file names.")
@click.pass_obj
def check(folder: Folder, without_secrets: bool) -> None:
    """Check the file and its secrets: exit with 2 where something is wrong."""
    settings = folder.service(secrets="ignored" if without_secrets else "required").config
    for warning in settings.warnings:
        click.echo(warning)
    click.echo(f"{settings.config_file.path.name}: ok")


@config.command()
@click.pass_obj
def docs(folder: Folder) -> None:
    """Print the reference page of all settings, plugins' included, as Markdown."""
    from pymacaron.config import settings_page, settings_table

    sections = folder.service(secrets="ignored").hooks.config_sections()
    click.echo(settings_page(settings_table(sections)), nl=False)
