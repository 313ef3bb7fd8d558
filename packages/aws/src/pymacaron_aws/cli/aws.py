"""`pym aws`: the commands that concern Amazon Web Services."""

from __future__ import annotations

import click

from pymacaron_aws.cli.tables import tables

__all__ = ["aws"]


@click.group()
def aws() -> None:
    """Look after what the service has in Amazon Web Services."""


aws.add_command(tables)
