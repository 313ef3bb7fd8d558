"""The hooks of pymacaron-docker; what they need is imported when they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron import hookimpl
from pymacaron.deploy import DeployTarget, Environment, ImageBuilder
from pymacaron.plugins.records import Check, ConfigSection

if TYPE_CHECKING:
    import click

    from pymacaron.deploy import ImageBuilding, Target
    from pymacaron.service import Service

__all__ = ["pym_checks", "pym_commands", "pym_config_sections", "pym_deploy_targets", "pym_image_builders"]


@hookimpl
def pym_config_sections() -> list[ConfigSection]:
    """Declare the keys of images, of the docker target and of deploys."""
    return [
        ConfigSection("docker", "pymacaron_docker.settings:DockerSettings"),
        ConfigSection("docker target", "pymacaron_docker.target.settings:TargetSettings"),
        ConfigSection("deploy", "pymacaron_docker.pipeline.settings:DeploySettings"),
    ]


@hookimpl
def pym_commands() -> list[click.Command]:
    """Bring `pym docker`, `pym deploy`, `pym maintenance`, and the commands that look at releases."""
    from pymacaron_docker.cli.deploy import deploy
    from pymacaron_docker.cli.image import docker
    from pymacaron_docker.cli.releases import logs, prune, releases, rollback, status
    from pymacaron_docker.cli.target import execute, maintenance, setup

    docker.add_command(setup)
    docker.add_command(execute)
    return [deploy, docker, logs, maintenance, prune, releases, rollback, status]


@hookimpl
def pym_checks(service: Service) -> list[Check]:
    """See that somebody brings what `deploy_target` and `image_builder` name."""
    return [Check("deploy target", lambda: _complaint(service))]


def _complaint(service: Service) -> str | None:
    from pymacaron.exceptions import ConfigError
    from pymacaron_docker.environment import builder_of
    from pymacaron_docker.pipeline.opening import target_of

    try:
        target_of(service)
        builder_of(service)
    except ConfigError as error:
        return str(error)
    return None


@hookimpl
def pym_image_builders() -> list[ImageBuilder]:
    """Build images by a Docker engine."""
    return [ImageBuilder("docker", _open)]


def _open(environment: Environment) -> ImageBuilding:
    from pymacaron_docker.image.builder import DockerBuilding

    return DockerBuilding(environment)


@hookimpl
def pym_deploy_targets() -> list[DeployTarget]:
    """Deploy to hosts with a Docker engine."""
    return [DeployTarget("docker", _target)]


def _target(environment: Environment) -> Target:
    from pymacaron_docker.target.target import DockerTarget

    return DockerTarget(environment)
