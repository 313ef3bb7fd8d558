"""What only hosts with a Docker engine can do: `pym docker setup`, `pym docker exec` and `pym maintenance`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pymacaron.cli.context import Context

if TYPE_CHECKING:
    from pymacaron_docker.target.target import DockerTarget

__all__ = ["execute", "maintenance", "setup"]


@click.command()
@click.option("--plan", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def setup(context: Context, plan: bool, yes: bool) -> None:
    """Make the network and the proxy on each host, or renew a proxy whose settings changed."""
    target = _target(context)
    lines = target.missing()
    click.echo("\n".join(lines) or "nothing to do")
    if lines and not plan:
        if not yes:
            click.confirm("Do this?", abort=True)
        target.prepare()
        click.echo("done")


@click.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--release", help="Release to run it in; the live one by default.")
@click.option("--role", default="web", show_default=True, help="Role to run it in.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def execute(context: Context, release: str | None, role: str, command: tuple[str, ...]) -> None:
    """Run COMMAND in a running container on the first host, and end with its exit code."""
    code, output = _target(context).execute(release, role, command)
    click.echo(output, nl=False)
    sys.exit(code)


@click.command()
@click.argument("wanted", type=click.Choice(["on", "off"]))
@click.pass_obj
def maintenance(context: Context, wanted: str) -> None:
    """Have the proxies answer 503 with Retry-After, or send requests to the live release again."""
    _target(context).maintain(wanted == "on")
    click.echo(f"maintenance is {wanted}")


def _target(context: Context) -> DockerTarget:
    from pymacaron.exceptions import ConfigError
    from pymacaron_docker.environment import environment_of
    from pymacaron_docker.target.target import DockerTarget

    service = context.service()
    kind = service.config.get("deploy_target") or "docker"
    if kind != "docker":
        raise ConfigError(f"this needs 'deploy_target: docker', but it is '{kind}': use what that target offers")
    return DockerTarget(environment_of(service, click.echo))
