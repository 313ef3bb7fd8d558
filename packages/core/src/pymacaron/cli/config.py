"""`pym config`: what a service is set to, whether that is right, and which settings there are."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from pymacaron.cli.context import Context
from pymacaron.cli.output import print_json

__all__ = ["config"]


@click.group()
def config() -> None:
    """Show, check and document pym-config.yaml."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
@click.pass_obj
def show(context: Context, as_json: bool) -> None:
    """Print every setting, secrets as ***."""
    values = context.service(secrets="ignored").config.show()
    if as_json:
        print_json(values)
        return
    import yaml

    click.echo(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), nl=False)


@contextmanager
def printed_not_logged() -> Iterator[None]:
    """Keep the warnings of a configuration out of the log, for a command that prints them."""
    logger = logging.getLogger("pymacaron.config")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@config.command()
@click.option("--without-secrets", is_flag=True, help="Do not ask for the secrets that the file names.")
@click.pass_obj
def check(context: Context, without_secrets: bool) -> None:
    """Check the file and its secrets; exit with 2 if wrong."""
    with printed_not_logged():
        settings = context.service(secrets="ignored" if without_secrets else "required").config
    for warning in settings.warnings:
        click.echo(warning)
    click.echo(f"{settings.config_file.path.name}: ok")


@config.command()
@click.pass_obj
def docs(context: Context) -> None:
    """Print the reference of all settings as Markdown."""
    from pymacaron.config.reference import settings_page, settings_table
    from pymacaron.plugins.collect import Hooks

    plugins = context.plugins()
    owners = {section: plugin.distribution for plugin in plugins.plugins() for section in plugin.config_sections}
    click.echo(settings_page(settings_table(Hooks(plugins).config_sections()), owners), nl=False)
