"""The commands of `pym gcp` about a project: what it lacks, what IAM must allow, and commands that run there."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pymacaron.cli.context import Context
    from pymacaron.deploy import Environment
    from pymacaron_gcp.cloudrun import CloudRunTarget

__all__ = ["check", "login", "policy", "run", "setup"]


@click.command()
@click.pass_obj
def check(context: Context) -> None:
    """Tell what the project lacks; exit with 1 if anything."""
    _tell(_lacking(context))


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask before anything is made.")
@click.pass_obj
def setup(context: Context, yes: bool) -> None:
    """Enable APIs, make the repository and service account where they are missing, and open or close the service."""
    from pymacaron_gcp.cloudrun import opened

    target = opened(_environment(context))
    for sentence in target.check():
        click.echo(sentence)
    if not yes:
        click.confirm("Make what is missing?", abort=True)
    for line in target.setup():
        click.echo(f"done: {line}")
    _tell(target.check())


@click.command()
@click.option("--setup", is_flag=True, help="Allow 'pym gcp setup' too.")
@click.pass_obj
def policy(context: Context, setup: bool) -> None:
    """Print the custom role of who deploys, with the permissions of the calls that are made and no other.

    `role` is what `gcloud iam roles create --file` takes; `grants` names roles on single things that are needed too.
    """
    from pymacaron_gcp.cloudrun.policy import deployer_role

    click.echo(json.dumps(deployer_role(_target(context), setup), indent=2))


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def run(context: Context, command: tuple[str, ...]) -> None:
    """Run COMMAND (after `--`) to its end, in the image and with the secrets of the release that is live."""
    from pymacaron.deploy import Image, Release
    from pymacaron.exceptions import DeployError

    target = _target(context)
    live = target.observe().live
    if live is None:
        raise DeployError(f"nothing is live in {target.environment.label}: run 'pym deploy'")
    image = Image(live.image, "", live.commit, live.image)
    release = Release(live.id, live.version, live.commit, image, target.environment.label)
    for line in target.output(release, command):
        click.echo(line)


@click.command()
@click.pass_obj
def login(context: Context) -> None:
    """Log docker in to Artifact Registry, for an hour."""
    from pymacaron_gcp.registry import log_in

    click.echo(log_in(_target(context).gcp))


def _target(context: Context) -> CloudRunTarget:
    from pymacaron_gcp.cloudrun import CloudRunTarget

    return CloudRunTarget(_environment(context))


def _lacking(context: Context) -> list[str]:
    from pymacaron_gcp.cloudrun import opened

    return opened(_environment(context)).check()


def _environment(context: Context) -> Environment:
    from pymacaron.deploy import Environment

    service = context.service(secrets="ignored")
    if service.config.get("deploy_target") == "gke":
        service.config.env_secrets = []  # a cluster has them in Secrets of its own
    tell = partial(click.echo, err=True)
    return Environment(service.name, context.env or "live", service.root, service.config, tell=tell)


def _tell(lacking: list[str]) -> None:
    for sentence in lacking:
        click.echo(sentence)
    if lacking:
        raise click.exceptions.Exit(1)
    click.echo("nothing is missing")
