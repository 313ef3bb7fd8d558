"""`pym worker` and `pym tasks`; Celery is imported when one of them runs."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from celery import Celery

    from pymacaron.cli.context import Context
    from pymacaron_async.failed import FailedTask
    from pymacaron_async.overview import Overview

__all__ = ["pymasync", "tasks", "worker"]


@click.command()
@click.option("--concurrency", type=click.IntRange(1), help="Processes; by default `async_workers`.")
@click.option("--queues", help="Names of queues, with commas; by default all of the service.")
@click.option("--max-memory", type=click.IntRange(16), help="Megabytes at which a process is replaced.")
@click.pass_obj
def worker(context: Context, concurrency: int | None, queues: str | None, max_memory: int | None) -> None:
    """Run the background tasks of this folder's service.

    TERM ends it: what runs has `graceful_timeout` seconds, and goes back to the broker then.
    """
    from pymacaron_async.worker import work

    names = [name.strip() for name in (queues or "").split(",") if name.strip()]
    code = work(context.root, context.env, (concurrency, names, max_memory), beside="PYM_BESIDE" in os.environ)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # threads of Celery's pool keep Python from taking itself apart


def pymasync() -> None:
    """Run `pym worker` under its old name."""
    from pymacaron.cli import main

    sys.argv = [sys.argv[0], "worker", *sys.argv[1:]]
    main()


@click.group(invoke_without_command=True)
@click.option("--watch", is_flag=True, help="Tell again every two seconds, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def tasks(ctx: click.Context, watch: bool, as_json: bool) -> None:
    """Tell which background tasks wait, run, are scheduled and have failed."""
    if ctx.invoked_subcommand is not None:
        return
    from pymacaron_async.overview import overview

    app = _app(ctx.obj)
    while True:
        told = overview(app)
        click.echo(json.dumps(dataclasses.asdict(told)) if as_json else "\n".join(_lines(told)))
        if not watch:
            return
        time.sleep(2)


@tasks.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def failed(context: Context, as_json: bool) -> None:
    """List the tasks that failed for good, oldest first."""
    from pymacaron_async.failed import failed_tasks

    found = failed_tasks(_app(context))
    if as_json:
        click.echo(json.dumps([{key: value for key, value in vars(one).items() if key != "message"} for one in found]))
        return
    _print_failed(found)


@tasks.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that failed.")
@click.pass_obj
def retry(context: Context, ids: Sequence[str], every: bool) -> None:
    """Queue failed tasks again, each under its own id and with all its attempts."""
    from pymacaron_async.failed import retry_failed

    _tell_done("queued again", retry_failed(_app(context), _wanted(ids, every)))


@tasks.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that failed.")
@click.pass_obj
def purge(context: Context, ids: Sequence[str], every: bool) -> None:
    """Throw failed tasks away."""
    from pymacaron_async.failed import purge_failed

    _tell_done("thrown away", purge_failed(_app(context), _wanted(ids, every)))


def _app(context: Context) -> Celery:
    """Return the Celery app of the folder's service, whose tasks are known."""
    from pymacaron_async.broker import require_broker
    from pymacaron_async.celeryapp import celery_of
    from pymacaron_async.worker import load_service

    service, flask_app = load_service(context.root, context.env)
    require_broker(service.config)
    service.__enter__()
    click.get_current_context().call_on_close(service.close)
    click.get_current_context().meta["pymacaron_async.app"] = flask_app  # lives as long as the command
    return celery_of(service)


def _wanted(ids: Sequence[str], every: bool) -> Callable[[FailedTask], bool]:
    if bool(ids) == every:
        raise click.UsageError("name the ids of failed tasks, or say --all")
    return lambda failed: every or failed.id in ids


def _tell_done(what: str, done: Sequence[FailedTask]) -> None:
    _print_failed(done)
    click.echo(f"{len(done)} {what}")


def _print_failed(found: Sequence[FailedTask]) -> None:
    for one in found:
        moment = datetime.fromtimestamp(one.failed_at, UTC).isoformat(timespec="seconds")
        click.echo(f"{one.id}  {moment}  {one.name}  attempts={one.attempts}  {one.error}")


def _lines(told: Overview) -> list[str]:
    lines = [f"{name}: {count} waiting" for name, count in told.waiting.items()]
    if told.running is not None:
        lines.append(f"running: {len(told.running)}")
        lines += [f"  {_row(one)}" for one in told.running]
    return [*lines, f"scheduled: {told.scheduled}", f"failed: {told.failed}"]


def _row(one: Any) -> str:
    seconds = "" if one.since is None else f"  for {max(0.0, time.time() - one.since):.1f} s"
    return f"{one.id}  {one.name}  on {one.worker}{seconds}"
