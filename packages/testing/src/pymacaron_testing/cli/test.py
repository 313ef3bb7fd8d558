"""`pym test`: the acceptance tests of a service, against wherever it runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pymacaron.cli.context import Context

if TYPE_CHECKING:
    from pymacaron.service import Service
    from pymacaron_testing.acceptance import Outcome

__all__ = ["main", "test"]

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--url", help="Test the service at this URL; without it, or a host, this folder is served for the tests.")
@click.option("--host", help="Test the service on this host.")
@click.option("--port", type=click.IntRange(1, 65535), help="Its port, 443 meaning https; 8080 by default.")
@click.option("--live", is_flag=True, help="Test the service at the live_host of the configuration (with --env NAME).")
@click.option("--local", is_flag=True, hidden=True, help="What is done anyway, in the words of PyMacaron 1.")
@click.option("--folder", default="testaccept", show_default=True, help="Where the tests are.")
@click.option("--gen-token", is_flag=True, help="Make a token, as PYM_JWT_TOKEN of the tests.")
@click.option("--user", help="Whose token --gen-token makes; default_user_id's by default.")
@click.option("--no-ssl-check", is_flag=True, help="Take any certificate.")
@click.option("--no-stop", is_flag=True, help="Go on after a test that fails.")
@click.option("--loop", is_flag=True, help="Run the tests again and again, until one fails.")
@click.option(
    "--start-timeout", type=float, default=30.0, show_default=True, help="Seconds until the service is ready."
)
@click.option(
    "--junit-xml", type=click.Path(dir_okay=False, path_type=Path), help="Write the results of the tests there."
)
@click.option(
    "--coverage-json", type=click.Path(dir_okay=False, path_type=Path), help="Write what was exercised there."
)
@click.option("--coverage-html", type=FILE, help="Write a page of it there.")
@click.option("--min-coverage", type=click.FloatRange(0, 100), help="Fail where less of the documents was exercised.")
@click.pass_obj
def test(
    context: Context,
    arguments: tuple[str, ...],
    url: str | None,
    host: str | None,
    port: int | None,
    live: bool,
    local: bool,
    folder: str,
    gen_token: bool,
    user: str | None,
    no_ssl_check: bool,
    no_stop: bool,
    loop: bool,
    start_timeout: float,
    junit_xml: Path | None,
    coverage_json: Path | None,
    coverage_html: Path | None,
    min_coverage: float | None,
) -> None:
    """Run the acceptance tests of this service with pytest.

    The service is this folder, served for the tests, or one that runs at a URL or a host. Whatever the tests and the
    service say to each other is held against the documents: a violation fails the run. ARGUMENTS go to pytest.
    """
    from pymacaron_testing.acceptance import Run, accept, documents_app

    service = context.service("required" if gen_token else "ignored")
    address = chosen_url(service, url, host, port, live)
    token = generated_token(service, user) if gen_token else None
    options = [*([] if no_stop else ["-x"]), *([f"--junitxml={junit_xml.absolute()}"] if junit_xml else []), *arguments]
    with documents_app(service) as app, reachable(context, service, address, start_timeout, no_ssl_check) as target:
        run = Run(service.root, target, folder, token, not no_ssl_check, options)
        outcome = accept(run, app)
        while loop and outcome.code == 0 and not outcome.violations:
            outcome = accept(run, app)
    written(outcome, coverage_json, coverage_html)
    sys.exit(told(outcome, min_coverage))


def chosen_url(service: Service, url: str | None, host: str | None, port: int | None, live: bool) -> str | None:
    """Return the URL to test, None for this folder; raises UsageError where two are named, or live_host is not set."""
    from pymacaron_testing.target import Target

    if sum(map(bool, (url, host or port, live))) > 1:
        raise click.UsageError("name one service: by --url, by --host and --port, or by --live")
    if host or port:
        return Target(host or "127.0.0.1", port or 8080).url
    if live:
        url = service.config.get("live_host")
        if not url:
            raise click.UsageError("live_host is not set: name its configuration by --env, or the service by --url")
        url = url if "://" in url else f"https://{url}"
    return url.rstrip("/") if url else None


def generated_token(service: Service, user: str | None) -> str:
    """Return a token of a user by the plugin that makes some; raises UsageError where none does."""
    issuers = service.hooks.token_issuers(service.config)
    if not issuers:
        raise click.UsageError("--gen-token: no plugin of this service makes tokens: pip install 'pymacaron-auth>=3'")
    return issuers[0].issue(user)


@contextmanager
def reachable(context: Context, service: Service, url: str | None, seconds: float, no_ssl_check: bool) -> Iterator[str]:
    """Give the URL of the service once it is ready, served for the tests where it is this folder."""
    from pymacaron_testing.runner import served, wait_until_ready

    if url is None:
        with served(service.root, context.env, seconds) as local:
            yield local
    else:
        wait_until_ready(url, seconds, verify_ssl=not no_ssl_check)
        yield url


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
