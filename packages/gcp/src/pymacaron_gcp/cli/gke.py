"""`pym gke`: the commands that concern a cluster, and the one of PyMacaron 2 that became it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pymacaron.cli.context import Context
    from pymacaron_gcp.kubernetes import KubernetesTarget

__all__ = ["gke", "pymgke"]

PASSED = {"ignore_unknown_options": True, "help_option_names": []}


@click.group()
def gke() -> None:
    """Look after what the service has in a cluster, of GKE or another one."""


@gke.command()
@click.pass_obj
def check(context: Context) -> None:
    """Tell what the cluster lacks; exit with 1 if anything."""
    _tell_missing(_target(context))


@gke.command()
@click.option("--yes", is_flag=True, help="Do not ask before anything is made.")
@click.pass_obj
def setup(context: Context, yes: bool) -> None:
    """Make the namespace, and what can be there before a release: account, Services, what leads to them."""
    target = _target(context)
    for sentence in target.check():
        click.echo(sentence)
    if not yes:
        click.confirm(f"Make what is missing in the namespace {target.cluster.namespace}?", abort=True)
    for line in target.setup():
        click.echo(f"done: {line}")
    _tell_missing(target)


@gke.command()
@click.option("--setup", is_flag=True, help="Allow 'pym gke setup' too.")
@click.pass_obj
def policy(context: Context, setup: bool) -> None:
    """Print the Role of who deploys, with the verbs of the calls that are made, as `kubectl apply -f -` takes it.

    Who deploys to GKE needs container.clusters.get in the project beside it.
    """
    click.echo(json.dumps(_target(context).policy(setup), indent=2))


@gke.command()
@click.pass_obj
def ip(context: Context) -> None:
    """Print the addresses, to which names of DNS have to lead."""
    from pymacaron.exceptions import DeployError

    target = _target(context)
    places = (target.site.places.live, target.site.places.staging)
    found = {place.name: target.addresses.address(place) for place in places}
    for name, address in found.items():
        click.echo(f"{name} {address or 'has no address yet'}")
    if not all(found.values()):
        raise DeployError("an address is missing: run 'pym gke setup', or wait a minute")


def _forwarded(name: str) -> click.Command:
    @click.command(name, context_settings=PASSED, help=f"The same as `pym {name}`.", add_help_option=False)
    @click.argument("others", nargs=-1, type=click.UNPROCESSED)
    @click.pass_context
    def forwarded(ctx: click.Context, others: tuple[str, ...]) -> None:
        root = ctx.find_root()
        command = root.command.get_command(root, name) if isinstance(root.command, click.Group) else None
        if command is None and "--help" in others:
            click.echo(ctx.get_help())
            return
        if command is None:
            raise click.UsageError(f"'pym {name}' is missing: pip install 'pymacaron-docker>=3'")
        with command.make_context(name, list(others), parent=root) as inner:
            command.invoke(inner)

    return forwarded


for forwarded_name in ("logs", "status", "rollback"):
    gke.add_command(_forwarded(forwarded_name))


def _tell_missing(target: KubernetesTarget) -> None:
    lacking = target.check()
    for sentence in lacking:
        click.echo(sentence)
    if lacking:
        raise click.exceptions.Exit(1)
    click.echo("nothing is missing")


def _target(context: Context) -> KubernetesTarget:
    from pymacaron.deploy import Environment
    from pymacaron.exceptions import ConfigError
    from pymacaron_gcp.kubernetes import KubernetesTarget

    service = context.service(secrets="ignored")
    kind = service.config.get("deploy_target")
    if kind not in ("gke", "kubernetes"):
        raise ConfigError(f"this needs 'deploy_target: gke' or 'kubernetes', but it is '{kind}'")
    roles = {each.name: ("python", *each.arguments) for each in service.hooks.background_processes(service.config)}
    environment = Environment(service.name, context.env or "live", service.root, service.config, roles)
    return KubernetesTarget(environment, is_gke=kind == "gke")


def pymgke() -> None:
    """Run `pym gke`, under the name that the command for GKE had in PyMacaron 2."""
    import sys

    from pymacaron.cli import main

    sys.argv[1:1] = ["gke"]
    main()
