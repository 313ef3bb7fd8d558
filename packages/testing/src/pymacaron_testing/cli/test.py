"""`pym test`: the acceptance tests of a service, against wherever it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pymacaron.cli.context import Context
from pymacaron_testing.cli.files import NEW_FILE
from pymacaron_testing.cli.reach import Wanted, generated_token, reachable, target_options

if TYPE_CHECKING:
    from pymacaron_testing.acceptance import Outcome

__all__ = ["main", "test"]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@target_options
@click.option("--local", is_flag=True, help="Serve this folder, also where --env names a configuration.")
@click.option("--folder", default="testaccept", show_default=True, help="Where the tests are.")
@click.option("--gen-token", is_flag=True, help="Make a token, as PYM_JWT_TOKEN of the tests.")
@click.option("--user", help="Whose token --gen-token makes; default_user_id's by default.")
@click.option("--no-stop", is_flag=True, help="Go on after a test that fails.")
@click.option("--loop", is_flag=True, help="Run the tests again and again, until one fails.")
@click.option("--junit-xml", type=NEW_FILE, help="Write the results of the tests there.")
@click.option("--coverage-json", type=NEW_FILE, help="Write what was exercised there.")
@click.option("--coverage-html", type=NEW_FILE, help="Write a page of it there.")
@click.option("--min-coverage", type=click.FloatRange(0, 100), help="Fail where less of the documents was exercised.")
@click.pass_obj
def test(
    context: Context,
    arguments: tuple[str, ...],
    wanted: Wanted,
    local: bool,
    folder: str,
    gen_token: bool,
    user: str | None,
    no_stop: bool,
    loop: bool,
    junit_xml: Path | None,
    coverage_json: Path | None,
    coverage_html: Path | None,
    min_coverage: float | None,
) -> None:
    """Run the acceptance tests of this service with pytest.

    The service is this folder, served for the tests, that of an image, or one that runs: at a URL, on a host or, with
    --env NAME, at the live_host of pym-config.NAME.yaml. Whatever the tests and the service say to each other is held
    against the documents: a violation fails the run. ARGUMENTS go to pytest.
    """
    from pymacaron_testing.acceptance import Run, accept, documents_app, want_tests

    service = context.service("required" if gen_token else "ignored")
    want_tests(service.root, folder)
    wanted = (wanted if local else wanted.live_where_named(service)).of(service)
    token = generated_token(service, user) if gen_token else None
    options = [*([] if no_stop else ["-x"]), *([f"--junitxml={junit_xml.absolute()}"] if junit_xml else []), *arguments]
    with documents_app(service) as app, reachable(context, service, wanted) as started:
        run = Run(service.root, started.url, folder, token, wanted.verify_ssl, options)
        outcome = accept(run, app)
        while loop and outcome.code == 0 and not outcome.violations:
            outcome = accept(run, app)
        if outcome.failed:
            tell_log(started.logs())
    written(outcome, coverage_json, coverage_html)
    sys.exit(told(outcome, min_coverage))


def tell_log(lines: str) -> None:
    """Print the last lines of a log, which the tests say nothing of, where there are any."""
    if lines:
        click.echo("\nThe last lines of the service's log:", err=True)
        for line in lines.splitlines():
            click.echo(f"  {line}", err=True)


def written(outcome: Outcome, coverage_json: Path | None, coverage_html: Path | None) -> None:
    """Write the files that are wanted."""
    import json

    from pymacaron_testing.contract.report import as_data, as_html

    if coverage_json:
        coverage_json.write_text(json.dumps(as_data(outcome.coverage, outcome.violations), indent=2) + "\n")
    if coverage_html:
        coverage_html.write_text(as_html(outcome.coverage, outcome.violations))


def told(outcome: Outcome, least: float | None) -> int:
    """Print what was exercised and what was violated; return the exit code."""
    from pymacaron.cli.output import print_table
    from pymacaron_testing.contract.report import rows

    percent = outcome.coverage.percent
    click.echo(f"\nContract: {percent:.0f} % exercised")
    if table := rows(outcome.coverage):
        print_table([["operation", "calls", "not exercised"], *table])
    for violation in outcome.violations:
        click.echo(f"{click.style('Violation', fg='red')}: {violation}", err=True)
    if least is not None and percent < least:
        click.echo(f"{click.style('Error', fg='red')}: {least:g} % were to be exercised: test more", err=True)
    return outcome.code or int(bool(outcome.violations) or (least is not None and percent < least))


def main() -> None:
    """Run `pym test` under the names that it had: pymtest and run_acceptance_tests."""
    from pymacaron.cli import main as pym

    sys.argv.insert(1, "test")
    pym()
