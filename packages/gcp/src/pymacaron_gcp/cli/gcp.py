"""`pym gcp`: the commands that concern Google Cloud, and the one of PyMacaron 2 that became it."""

from __future__ import annotations

import click

from pymacaron_gcp.cli.account import check, login, policy, run, setup

__all__ = ["gcp", "pymgcr"]


@click.group()
def gcp() -> None:
    """Look after what the service has in Google Cloud."""


for command in (check, setup, policy, login, run):
    gcp.add_command(command)


def pymgcr() -> None:
    """Run `pym gcp`, under the name that the command for Cloud Run had in PyMacaron 2."""
    import sys

    from pymacaron.cli import main

    sys.argv[1:1] = ["gcp"]
    main()
