"""`pym fuzz`: schemathesis against a service, for a time."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pymacaron.cli.context import Context
from pymacaron_testing.cli.files import NEW_FILE
from pymacaron_testing.cli.reach import Authenticated, Wanted, credential_options, reachable, target_options

if TYPE_CHECKING:
    from pymacaron_testing.fuzz.findings import Findings
    from pymacaron_testing.selection import Selected

__all__ = ["fuzz"]

SHOWN = re.compile(r"-[Ha]|--(header|auth)(=|$)")
"""Options of schemathesis by which credentials are sent."""


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@target_options
@click.option("--only", multiple=True, help="Fuzz this operation, 'GET /pets' or its operationId; repeat for more.")
@click.option("--exclude", multiple=True, help="Leave this operation out; repeat for more.")
@credential_options
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another number asks for others.")
@click.option(
    "--max-time", type=click.IntRange(5, 86400), default=60, show_default=True, help="Seconds to take, in all."
)
@click.option("--junit-xml", type=NEW_FILE, help="Write the results there.")
@click.pass_obj
def fuzz(
    context: Context,
    arguments: tuple[str, ...],
    wanted: Wanted,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    authenticated: Authenticated,
    seed: int,
    max_time: int,
    junit_xml: Path | None,
) -> None:
    """Ask this service for what its documents allow, and for what they forbid, and judge its replies.

    The service is this folder, served for this, that of an image, or one that runs at a URL or a host. ARGUMENTS go to
    schemathesis, which has to be installed.
    """
    from pymacaron_testing.fuzz.campaign import Campaign, want_schemathesis
    from pymacaron_testing.fuzz.campaign import fuzz as fuzzed
    from pymacaron_testing.fuzz.junit import write_junit
    from pymacaron_testing.selection import operations_of, selected

    want_schemathesis()
    refuse_secrets(arguments)
    service, secrets = authenticated(context)
    wanted = wanted.of(service)
    operations = selected(operations_of(service), only, exclude)
    base = service.config.ignore_base_path
    if sys.stderr.isatty():
        click.echo(f"Fuzzing {len(operations)} operations for {max_time} s", err=True)
    with reachable(context, service, wanted) as started:
        campaign = Campaign(
            operations, started.url, wanted.shown, max_time, seed, secrets, wanted.verify_ssl, base, arguments
        )
        findings = fuzzed(campaign, service.references)
    if junit_xml:
        write_junit(junit_xml, findings.by_operation())
    sys.exit(told(findings, operations, wanted, seed))


def refuse_secrets(arguments: Sequence[str]) -> None:
    """Raise UsageError for credentials that reports would show."""
    if any(SHOWN.match(argument) for argument in arguments):
        raise click.UsageError("reports would show what that header holds: send it by --header NAME=VARIABLE")


def told(findings: Findings, operations: Sequence[Selected], wanted: Wanted, seed: int) -> int:
    """Print what was found; return the exit code."""
    found = [finding for each in findings.by_operation().values() for finding in each]
    for finding in found:
        click.echo(f"{click.style('Failure', fg='red')}: {finding}\n")
    click.echo(f"{sum(findings.requests.values())} requests to {len(findings.requests)} operations, seed {seed}")
    if unasked := [each.name for each in operations if each.name not in findings.requests]:
        click.echo(f"Not asked, for want of time: {', '.join(unasked)}")
    if found and wanted.url is None:
        start = f"docker run -p 8080:8080 {wanted.image}" if wanted.image else "pym run"
        click.echo(f"The lines of curl ask {wanted.shown}: start the service there by `{start}`")
    return int(bool(found))
