"""`pym worker` and `pym tasks`; Celery is imported when one of them runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pymacaron.cli.context import Context

__all__ = ["pymasync", "worker"]


@click.command()
@click.option("--concurrency", type=click.IntRange(1), help="Processes; by default `async_workers`.")
@click.option("--queues", help="Names of queues, with commas; by default all of the service.")
@click.option("--max-memory", type=click.IntRange(16), help="Megabytes at which a process is replaced.")
@click.option("--beside-server", is_flag=True, hidden=True)
@click.pass_obj
def worker(
    context: Context, concurrency: int | None, queues: str | None, max_memory: int | None, beside_server: bool
) -> None:
    """Run the background tasks of this folder's service.

    TERM ends it: what runs has `graceful_timeout` seconds, and goes back to the broker then.
    """
    from pymacaron_async.worker import work

    names = [name.strip() for name in (queues or "").split(",") if name.strip()]
    sys.exit(work(context.root, context.env, (concurrency, names, max_memory), beside=beside_server))


def pymasync() -> None:
    """Run `pym worker` under its old name."""
    from pymacaron.cli import main

    sys.argv = [sys.argv[0], "worker", *sys.argv[1:]]
    main()


