"""The plugin that brings the targets `gcp-cloud-run`, `gke` and `kubernetes`, their settings and commands."""

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
    """Bring the settings of Google Cloud, and those of clusters."""
    return [
        ConfigSection("gcp", "pymacaron_gcp.settings:GcpSettings"),
        ConfigSection("kubernetes", "pymacaron_gcp.kubernetes.settings:KubernetesSettings"),
    ]


@hookimpl
def pym_commands() -> list[click.Command]:
    """Bring `pym gcp` and `pym gke`."""
    from pymacaron_gcp.cli.gcp import gcp
    from pymacaron_gcp.cli.gke import gke

    return [gcp, gke]


@hookimpl
def pym_deploy_targets() -> list[DeployTarget]:
    """Bring Cloud Run and Kubernetes."""
    from pymacaron.deploy import DeployTarget

    return [
        DeployTarget("gcp-cloud-run", _cloud_run, _registry),
        DeployTarget("gke", lambda environment: _kubernetes(environment, is_gke=True), _registry),
        DeployTarget("kubernetes", lambda environment: _kubernetes(environment, is_gke=False)),
    ]


def _cloud_run(environment: Environment) -> Target:
    from pymacaron_gcp.cloudrun import opened

    return opened(environment)


def _registry(environment: Environment) -> Registry:
    from pymacaron_gcp.registry import artifact_registry

    return artifact_registry(environment)


def _kubernetes(environment: Environment, is_gke: bool) -> Target:
    from pymacaron_gcp.kubernetes import KubernetesTarget

    return KubernetesTarget(environment, is_gke)
