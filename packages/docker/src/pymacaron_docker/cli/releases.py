"""`pym releases`, `pym status`, `pym rollback`, `pym logs` and `pym prune`: the same words for every target."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pymacaron.cli.context import Context

if TYPE_CHECKING:
    from pymacaron.deploy import Deployed, Observation

__all__ = ["logs", "prune", "releases", "rollback", "status"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def releases(ctx: click.Context, as_json: bool) -> None:
    """List the releases that the target has, newest first."""
    from pymacaron.cli.output import print_json, print_table

    seen = _seen(ctx)
    if as_json:
        print_json([_data(one) for one in seen.releases])
    elif seen.releases:
        rows = [[one.id, one.state, f"{one.since:%Y-%m-%d %H:%M} UTC", one.commit[:12]] for one in seen.releases]
        print_table([["release", "state", "since", "commit"], *rows])
    else:
        click.echo("nothing was deployed yet")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Tell what is live, what its URL answers, and who deploys."""
    from pymacaron.cli.output import print_json
    from pymacaron_docker.pipeline.commands import opened
    from pymacaron_docker.pipeline.lockkeeper import described
    from pymacaron_docker.pipeline.proof import complaint

    with opened(ctx.find_object(Context) or Context()) as here:
        seen = here.target.observe()
        wrong = complaint(here.target, seen.url, seen.live.id) if seen.live and seen.url else "nothing is live"
    if as_json:
        live = _data(seen.live) if seen.live else None
        lock = described(seen.lock) if seen.lock else None
        print_json({"url": seen.url, "live": live, "answers": not wrong, "lock": lock, "notes": list(seen.notes)})
    else:
        click.echo(f"{seen.live.id} is live at {seen.url}" if seen.live else wrong)
        for note in [*([wrong] if wrong and seen.live else []), *seen.notes]:
            click.echo(note)
        if seen.lock:
            click.echo(described(seen.lock))
    if wrong:
        ctx.exit(1)


@click.command()
@click.argument("release", required=False)
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def rollback(ctx: click.Context, release: str | None, yes: bool, as_json: bool) -> None:
    """Go back to a release that was live, by default the one before, and prove it."""
    import sys

    from pymacaron.cli.output import print_json
    from pymacaron_docker.pipeline.commands import earlier, opened
    from pymacaron_docker.pipeline.proof import prove

    with opened(ctx.find_object(Context) or Context()) as here, here.locked():
        seen = here.target.observe()
        chosen = earlier(seen, release)
        if sys.stdin.isatty() and not yes:
            click.confirm(f"Go back from {seen.live.id if seen.live else 'nothing'} to {chosen}?", abort=True)
        url = here.target.rollback(chosen)
        prove(here.target, url, chosen, here.live_seconds)
    if as_json:
        print_json({"live": chosen, "url": url})
    else:
        click.echo(f"live: {chosen} at {url}, proven by /version")


@click.command()
@click.argument("release", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--role", default="web", show_default=True, help="Of the web server, or of a background process.")
@click.option("--lines", type=click.IntRange(1), default=100, show_default=True, help="How many lines.")
@click.pass_context
def logs(ctx: click.Context, release: str | None, follow: bool, role: str, lines: int) -> None:
    """Show the log of a release, by default of the live one."""
    from pymacaron_docker.pipeline.commands import opened

    with opened(ctx.find_object(Context) or Context()) as here:
        for line in here.target.logs(release, role=role, lines=lines, follow=follow):
            click.echo(line)


@click.command()
@click.option("--keep", type=click.IntRange(1), help="How many to keep; keep_releases by default.")
@click.pass_context
def prune(ctx: click.Context, keep: int | None) -> None:
    """Remove releases that are older than those to keep."""
    from pymacaron_docker.pipeline.commands import opened

    with opened(ctx.find_object(Context) or Context()) as here, here.locked():
        removed = here.target.prune(keep or here.settings.keep_releases)
    click.echo("\n".join(removed) or "there is nothing to remove")


def _seen(ctx: click.Context) -> Observation:
    from pymacaron_docker.pipeline.commands import opened

    with opened(ctx.find_object(Context) or Context()) as here:
        return here.target.observe()


def _data(release: Deployed) -> dict[str, Any]:
    return {**asdict(release), "since": release.since.isoformat()}
