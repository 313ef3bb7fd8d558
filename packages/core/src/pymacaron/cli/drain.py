"""`pym drain`: ask for no more requests, before the server is stopped."""

from __future__ import annotations

import time

import click

from pymacaron.cli.context import Context

__all__ = ["drain"]


@click.command()
@click.option("--wait", type=click.FloatRange(0), default=0, metavar="SECONDS", help="Return only after that long.")
@click.option("--end", is_flag=True, help="Want requests again.")
@click.pass_obj
def drain(context: Context, wait: float, end: bool) -> None:
    """Have /ready answer 503, so that no more requests are sent here.

    It counts for the processes of this service, PYM_ENV and PYM_RELEASE on this machine, until --end or a restart.
    """
    from pymacaron import draining
    from pymacaron.config import read_config_file

    name = str(read_config_file(context.root, context.env).data["name"])
    (draining.end_drain if end else draining.drain)(name)
    time.sleep(wait)
