"""The shop's own plugin: a config section, a command, a check, and a header on every reply."""

import click

from pymacaron import hookimpl
from pymacaron.plugins.records import Check, ConfigSection


@hookimpl
def pym_config_sections():
    """Declare the keys that start with shop_."""
    return [ConfigSection("shop", "shop.settings:ShopSettings")]


@click.command()
@click.pass_obj
def prices(context):
    """Print the shop's currency."""
    click.echo(f"prices are in {context.service().config.shop_currency}")


@hookimpl
def pym_commands():
    """Add `pym prices`."""
    return [prices]


@hookimpl
def pym_checks(service):
    """Let `pym doctor` doubt a currency that the shop's customers do not have."""
    wanted = "set shop_currency to SEK or EUR in pym-config.yaml"
    return [Check("shop currency", lambda: None if service.config.shop_currency in ("SEK", "EUR") else wanted)]


@hookimpl
def pym_app_created(app, service):
    """Name the shop in a header of every reply."""

    @app.after_request
    def add_header(response):
        response.headers["X-Shop"] = service.name
        return response
