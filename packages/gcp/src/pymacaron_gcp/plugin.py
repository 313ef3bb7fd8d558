"""The plugin that brings the target `gcp-cloud-run`, its settings and the commands `pym gcp ...`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron import hookimpl
from pymacaron.plugins.records import ConfigSection

if TYPE_CHECKING:
    import click

    from pymacaron.deploy import DeployTarget, Environment, Registry, Target

__all__ = ["pym_commands", "pym_config_sections", "pym_deploy_targets"]


@hookimpl
def pym_config_sections() -> list[ConfigSection]:
    """Bring the settings of Google Cloud."""
    return [ConfigSection("gcp", "pymacaron_gcp.settings:GcpSettings")]


@hookimpl
def pym_commands() -> list[click.Command]:
    """Bring `pym gcp`."""
    from pymacaron_gcp.cli.gcp import gcp

    return [gcp]


@hookimpl
def pym_deploy_targets() -> list[DeployTarget]:
    """Bring Cloud Run."""
    from pymacaron.deploy import DeployTarget

    return [DeployTarget("gcp-cloud-run", _cloud_run, _registry)]


def _cloud_run(environment: Environment) -> Target:
    from pymacaron_gcp.cloudrun import opened

    return opened(environment)


def _registry(environment: Environment) -> Registry:
    from pymacaron_gcp.registry import artifact_registry

    return artifact_registry(environment)
