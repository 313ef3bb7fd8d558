"""The commands of `pym aws` about an account: what it lacks, what IAM must allow, what is live."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pymacaron.cli.context import Context
    from pymacaron_aws.beanstalk import BeanstalkTarget

__all__ = ["check", "clean", "live", "login", "policy", "setup"]


@click.command()
@click.pass_obj
def check(context: Context) -> None:
    """Tell what the account lacks; exit with 1 if anything."""
    from pymacaron_aws.requirements import missing

    lacking = missing(_target(context).account)
    for one in lacking:
        click.echo(one.sentence)
    if lacking:
        raise click.exceptions.Exit(1)
    click.echo("nothing is missing")


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask before anything is made.")
@click.pass_obj
def setup(context: Context, yes: bool) -> None:
    """Make what the account lacks, after showing it."""
    from pymacaron_aws.requirements import missing

    lacking = missing(_target(context).account)
    makeable = [one for one in lacking if one.make]
    for one in lacking:
        click.echo(one.plan or one.sentence)
    if makeable and (yes or click.confirm("Go on?", abort=True)):
        for one in makeable:
            if one.make:
                one.make()
            click.echo(f"done: {one.plan}")
    if len(makeable) < len(lacking):
        raise click.exceptions.Exit(1)
    click.echo("nothing is missing")


@click.command()
@click.option("--setup", is_flag=True, help="Allow 'pym aws setup' too.")
@click.pass_obj
def policy(context: Context, setup: bool) -> None:
    """Print the least that IAM must allow who deploys.

    Statements whose Sid begins with Own are the calls that are made here. Those whose Sid begins with Documented are
    what Elastic Beanstalk and docker do in the name of their caller, from AWS's documentation.
    """
    from pymacaron_aws.policy import deployer_policy

    click.echo(json.dumps(deployer_policy(_target(context).account, setup), indent=2))


@click.command()
@click.pass_obj
def login(context: Context) -> None:
    """Log docker in to the registry of the account, for twelve hours."""
    from pymacaron_aws.registry import log_in

    click.echo(log_in(_target(context).aws))


@click.command()
@click.pass_obj
def live(context: Context) -> None:
    """Print the name of the environment that is live; exit with 1 if none."""
    target = _target(context)
    owner = target.account.owner(target.account.environments())
    if owner is None or target.observe().live is None:
        raise click.exceptions.Exit(1)
    click.echo(owner["EnvironmentName"])


@click.command()
@click.option("--keep", default=5, show_default=True, type=click.IntRange(min=1), help="Releases to keep.")
@click.pass_obj
def clean(context: Context, keep: int) -> None:
    """Remove environments and versions that no rollback needs."""
    target = _target(context, click.echo)
    with target.locked():
        for line in target.prune(keep):
            click.echo(line)


def _target(context: Context, tell: Any = lambda line: click.echo(line, err=True)) -> BeanstalkTarget:
    from pymacaron.deploy import Environment
    from pymacaron_aws.beanstalk import BeanstalkTarget

    config = context.service(secrets="ignored").config
    return BeanstalkTarget(Environment(str(config.get("name")), context.env or "live", context.root, config, tell=tell))
