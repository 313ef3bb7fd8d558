"""`pym aws tables`: what the models of a service lack in DynamoDB, and making it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pymacaron.cli.context import Context

if TYPE_CHECKING:
    from pymacaron_aws.dynamodb.schema import Change

__all__ = ["tables"]


@click.group()
def tables() -> None:
    """Compare the tables of DynamoDB with the models that are kept there."""


@tables.command()
@click.pass_obj
def plan(context: Context) -> None:
    """Show what the models lack; exits with 1 where that is anything."""
    _, found = _planned(context)
    _show(found)
    raise click.exceptions.Exit(1 if found else 0)


@tables.command()
@click.pass_obj
def create(context: Context) -> None:
    """Create what the models lack; nothing is ever removed."""
    from pymacaron_aws.dynamodb.schema import carry_out

    client, found = _planned(context)
    for change in found:
        click.echo(f"{change.table}: {change.told}")
        carry_out(client, change)
    if not found:
        _show(found)


def _planned(context: Context) -> tuple[Any, list[Change]]:
    from pymacaron.store.tables import kept_by
    from pymacaron_aws.dynamodb.schema import merged, plans
    from pymacaron_aws.dynamodb.store import connect

    with context.service(secrets="ignored") as service:
        service.load_apis(service.config.apis)
        wanted = merged(each.table for each in kept_by(service))
        client = connect(service.config.get("aws_region"), service.config.get("aws_user"))
        return client, list(plans(client, wanted))


def _show(found: list[Change]) -> None:
    for change in found:
        click.echo(f"{change.table}: {change.told}")
    if not found:
        click.echo("every table is as the models need it")
