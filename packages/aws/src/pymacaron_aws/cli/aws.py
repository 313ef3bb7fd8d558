"""`pym aws`: the commands that concern Amazon Web Services, and those of PyMacaron 2 that became some of them."""

from __future__ import annotations

import click

from pymacaron_aws.cli.account import check, clean, live, login, policy, setup
from pymacaron_aws.cli.tables import tables

__all__ = ["aws", "beanstalk_cleaner", "get_live_environment", "pymaws"]


@click.group()
def aws() -> None:
    """Look after what the service has in Amazon Web Services."""


for command in (check, setup, policy, login, live, clean, tables):
    aws.add_command(command)


def pymaws() -> None:
    """Run `pym aws`, under the name it had in PyMacaron 2."""
    _run("aws")


def get_live_environment() -> None:
    """Run `pym aws live`, under the name it had in PyMacaron 2."""
    _run("aws", "live")


def beanstalk_cleaner() -> None:
    """Run `pym aws clean`, under the name it had in PyMacaron 2."""
    _run("aws", "clean")


def _run(*command: str) -> None:
    import sys

    from pymacaron.cli import main

    sys.argv[1:1] = command
    main()
