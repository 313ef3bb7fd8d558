"""`pym docker`: build, run, push and look into images."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from pymacaron.cli.context import Context

if TYPE_CHECKING:
    from pymacaron.deploy import Image, ImageBuilding
    from pymacaron.service import Service

__all__ = ["docker", "pymdocker", "pymversion"]


@click.group()
def docker() -> None:
    """Build, run and push the image of a service."""


VERSION = click.option("--version", help="Version of the image; that of `pym version` by default.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@docker.command()
@VERSION
@click.option("--dirty", is_flag=True, help="Build what is there, although it differs from the commit.")
@click.option("--push", "pushes", is_flag=True, help="Push the image too.")
@click.option("--dockerfile", "shows", is_flag=True, help="Print the Dockerfile, and build nothing.")
@JSON
@click.pass_obj
def build(context: Context, version: str | None, dirty: bool, pushes: bool, shows: bool, as_json: bool) -> None:
    """Build an image of what git tracks."""
    from pymacaron_docker.cli.progress import Progress
    from pymacaron_docker.environment import environment_of, open_builder
    from pymacaron_docker.image.tree import commit_of

    service = context.service()
    commit = commit_of(service.root)
    if dirty:
        version, commit = version or f"{service.version}-dirty", f"{commit}-dirty"
    if shows:
        _show(service, version or service.version, commit)
        return
    with Progress() as tell:
        builder = open_builder(service, environment_of(service, tell))
        image = builder.build(service.root, version or service.version, commit)
        image = builder.push(image) if pushes else image
    _print(image, as_json)


@docker.command()
@VERSION
@JSON
@click.pass_obj
def push(context: Context, version: str | None, as_json: bool) -> None:
    """Push an image to its registry, and print the digest that it has there."""
    from pymacaron.exceptions import DeployError
    from pymacaron_docker.cli.progress import Progress
    from pymacaron_docker.environment import environment_of, open_builder

    service = context.service()
    with Progress() as tell:
        builder = open_builder(service, environment_of(service, tell))
        image = builder.push(_found(builder, version or service.version))
    if image.digest is None:
        raise DeployError(f"{image.reference} was not pushed: set docker_registry, or docker_repo for Docker Hub")
    _print(image, as_json)


@docker.command()
@VERSION
@click.option("--role", default="web", show_default=True, help="What of the service to run.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port of 127.0.0.1.")
@click.pass_obj
def run(context: Context, version: str | None, role: str, port: int) -> None:
    """Run an image on this machine until Ctrl-C, and show what it logs."""
    from pymacaron_docker.cli.interrupts import terminated_as_interrupt
    from pymacaron_docker.environment import environment_of
    from pymacaron_docker.image.builder import DockerBuilding
    from pymacaron_docker.image.running import contained

    service = context.service()
    environment = environment_of(service)
    builder = DockerBuilding(environment)
    version = version or service.version
    image = _found(builder, version)
    variables = {"PYM_ENV": environment.label, "PYM_RELEASE": version, "PYM_VERSION": version}
    running = contained(builder.engine, environment, image, variables, role=role, port=port)
    with terminated_as_interrupt(), running as container:
        answers = f"answers at {container.url}" if container.url else f"runs as {role}"
        click.echo(f"{image.reference} {answers}; Ctrl-C ends it", err=True)
        try:
            for line in builder.engine.logs(container.id, follow=True):
                click.echo(line)
        except KeyboardInterrupt:
            return


@docker.command()
@VERSION
@click.argument("command", nargs=-1)
@click.pass_obj
def shell(context: Context, version: str | None, command: tuple[str, ...]) -> None:
    """Open a shell in an image, or run COMMAND (after `--`), without the secrets of the service."""
    from pymacaron_docker.environment import environment_of
    from pymacaron_docker.image.builder import DockerBuilding
    from pymacaron_docker.image.running import ROLE, SERVICE
    from pymacaron_docker.shell import open_shell

    service = context.service()
    builder = DockerBuilding(environment_of(service))
    image = _found(builder, version or service.version)
    sys.exit(open_shell(builder.engine, image.id, command, {SERVICE: service.name, ROLE: "shell"}))


@docker.command()
@click.option("--role", default="web", show_default=True, help="Whose logs.")
@click.option("--lines", "-n", type=click.IntRange(0), default=100, show_default=True, help="How many lines.")
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@click.pass_obj
def logs(context: Context, role: str, lines: int, follow: bool) -> None:
    """Show the last log lines of the newest container that `pym docker run` runs here."""
    from pymacaron.exceptions import DeployError
    from pymacaron_docker.engine import Engine
    from pymacaron_docker.image.running import ROLE, SERVICE

    service = context.service()
    engine = Engine()
    found = engine.containers(**{SERVICE: service.name, ROLE: role})
    if not found:
        raise DeployError(f"no container runs {service.name} as {role} here: pym docker run")
    for line in engine.logs(found[0].id, lines, follow=follow):
        click.echo(line)


def _found(builder: ImageBuilding, version: str) -> Image:
    from pymacaron.exceptions import DeployError

    image = builder.find(version)
    if image is None:
        raise DeployError(f"there is no image of version {version}: pym docker build --version {version}")
    return image


def _show(service: Service, version: str, commit: str) -> None:
    from pymacaron_docker.environment import environment_of
    from pymacaron_docker.image.builder import recipe
    from pymacaron_docker.image.dockerfile import dockerfile
    from pymacaron_docker.image.libraries import libraries

    made = libraries(service.root, service.config)
    click.echo(dockerfile(recipe(environment_of(service), service.root, version, commit, made)), nl=False)


def _print(image: Image, as_json: bool) -> None:
    from pymacaron.cli.output import print_json

    if as_json:
        print_json(asdict(image))
    else:
        click.echo(image.digest or image.reference)


def pymdocker() -> None:
    """Run `pym docker`, whose `build` is meant where no command is named."""
    _instead("docker", *([] if sys.argv[1:2] and sys.argv[1] in docker.commands else ["build"]))


def pymversion() -> None:
    """Run `pym version`."""
    _instead("version")


def _instead(*arguments: str) -> None:
    from pymacaron.cli import main

    sys.argv[1:1] = arguments
    main()
