"""`pym load`: one operation of a running service at a fixed rate, for a time."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import click

from pymacaron.cli.context import Context
from pymacaron_testing.cli.files import NEW_FILE
from pymacaron_testing.cli.reach import Authenticated, credential_options, usable

__all__ = ["load"]

FASTEST = 1000
LONGEST = 600
KINDS = 100


@click.command()
@click.argument("operation")
@click.option("--url", required=True, help="Ask the service at this URL. Make sure that it is yours to load.")
@click.option(
    "--rate",
    type=click.FloatRange(0, FASTEST, min_open=True),
    default=10,
    show_default=True,
    help="Requests a second.",
)
@click.option(
    "--time",
    "seconds",
    type=click.FloatRange(0, LONGEST, min_open=True),
    default=10,
    show_default=True,
    help="Seconds to ask for.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 60, min_open=True),
    default=10,
    show_default=True,
    help="Seconds until a request counts as lost.",
)
@click.option("--set", "fixed", multiple=True, help="Always send this for a parameter, NAME=VALUE; repeat for more.")
@click.option("--body", type=click.File(encoding="utf-8"), help="Send the JSON of this file as the body.")
@credential_options
@click.option("--seed", type=int, default=0, show_default=True, help="Another number makes other requests.")
@click.option("--no-ssl-check", is_flag=True, help="Take any certificate.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--html", type=NEW_FILE, help="Write a page with plots there.")
@click.pass_obj
def load(
    context: Context,
    operation: str,
    url: str,
    rate: float,
    seconds: float,
    timeout: float,
    fixed: tuple[str, ...],
    body: TextIO | None,
    authenticated: Authenticated,
    seed: int,
    no_ssl_check: bool,
    as_json: bool,
    html: Path | None,
) -> None:
    """Ask for OPERATION, "GET /pets" or its operationId, at a fixed rate, and tell how long replies took.

    Requests are made from the documents of this folder. Each is sent when it is due, however slow the replies are, and
    its latency counts from then. Ends with 1 where a request was not answered, or with a status from 500 up.
    """
    from pymacaron.cli.output import print_json, print_table
    from pymacaron_testing.load.drive import drive
    from pymacaron_testing.load.measured import measured
    from pymacaron_testing.load.page import as_html
    from pymacaron_testing.load.requests import Given, requests_of
    from pymacaron_testing.selection import called, operations_of

    service, secrets = authenticated(context)
    (selected, *_) = called(operations_of(service), operation)
    given = Given(pairs(fixed), content(body), {each.header: f"{each.prefix}{each.value}" for each in secrets})
    base = usable(url) + selected.base(ignored=service.config.ignore_base_path)
    requests = requests_of(selected, base, KINDS, seed, given)
    replies = drive(requests, rate, seconds, timeout=timeout, verify_ssl=not no_ssl_check, told=progress())
    result = measured(selected.name, rate, replies)
    if html:
        html.write_text(as_html(result, replies), encoding="utf-8")
    if as_json:
        print_json(result.as_data())
    else:
        print_table(result.lines())
    sys.exit(int(result.failed))


def pairs(written: tuple[str, ...]) -> dict[str, str]:
    """Return what --set tells; raises UsageError for what has no `=`."""
    for each in written:
        if "=" not in each:
            raise click.UsageError(f"--set takes NAME=VALUE: correct '{each}'")
    return dict(each.split("=", 1) for each in written)


def content(body: TextIO | None) -> Any:
    """Return what --body tells, None without it; raises UsageError for what is no JSON."""
    try:
        return None if body is None else json.load(body)
    except ValueError as error:
        raise click.UsageError(f"--body is no JSON: {error}") from None


def progress() -> Callable[[int, int], None]:
    """Return what shows on a terminal how many requests have ended, ten times a second at most."""
    shown = 0.0

    def show(ended: int, count: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown > 0.1 or ended == count:
            shown = now
            click.echo(f"\r{ended} of {count}", err=True, nl=ended == count)

    return show if sys.stderr.isatty() else lambda ended, count: None
