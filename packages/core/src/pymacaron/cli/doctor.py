"""`pym doctor`: everything that would keep the service from starting, and what plugins check beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click

from pymacaron.cli.context import Context
from pymacaron.exceptions import StartError
from pymacaron.plugins.records import Check
from pymacaron.text import one_line

__all__ = ["doctor"]


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check configuration, secrets, plugins, documents and handlers; exit code 1 where anything is wrong."""
    context = ctx.find_object(Context) or Context()
    failed = False
    for check in checks(context):
        complaint = outcome(check)
        failed |= complaint is not None
        mark = click.style("FAILED", fg="red") if complaint else click.style("ok", fg="green")
        click.echo(f"{mark}: {check.name}")
        for line in (complaint or "").splitlines():
            click.echo(f"    {line}")
    if failed:
        ctx.exit(1)


def checks(context: Context) -> Iterator[Check]:
    """Yield core's own checks, then those of plugins where the configuration can be read."""
    yield Check("configuration and secrets", _quiet(lambda: context.service(secrets="required").close()))
    yield Check("plugins", lambda: "\n".join(context.plugins().problems()) or None)
    yield Check("documents and handlers", _quiet(lambda: _bind(context)))
    try:
        service = context.service()
    except StartError:
        return
    yield from service.hooks.checks(service)


def outcome(check: Check) -> str | None:
    """Return what a check complains of; one that raises complains of that."""
    try:
        return check.run()
    except Exception as error:
        return f"the check itself raised {one_line(error)}"


def _bind(context: Context) -> None:
    from flask import Flask

    from pymacaron.app import API

    service = context.service()
    try:
        API(Flask(service.name), service=service).load_apis().bind()
    finally:
        service.close()


def _quiet(work: Callable[[], None]) -> Callable[[], str | None]:
    def run() -> str | None:
        try:
            work()
        except StartError as error:
            return str(error)
        return None

    return run
