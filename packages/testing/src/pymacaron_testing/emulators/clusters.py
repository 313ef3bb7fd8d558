"""A cluster of Kubernetes on this machine, and for GKE what is around it in a project of Google Cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from pymacaron_testing.emulators.gcp import GcpEmulators, gcp_emulators
from pymacaron_testing.emulators.kubernetes import DockerContainers, Kubernetes

__all__ = ["GkeEmulators", "gke_emulators"]


@dataclass(frozen=True)
class GkeEmulators:
    """What runs: a cluster that knows the kinds of GKE, and the project around it with the registry of images."""

    cluster: Kubernetes
    around: GcpEmulators

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead a process to the emulators."""
        return {**self.around.environment, **self.cluster.environment}


@contextmanager
def gke_emulators(project: str = "rehearsal", region: str = "europe-west1") -> Iterator[GkeEmulators]:
    """Run a cluster, a project and its registry until the context is left; nothing is kept.

    Meanwhile the variables of this process lead deploys there, whatever account the shell is logged in to. Pods pull
    what the registry has.
    """
    containers = DockerContainers()
    with gcp_emulators(project, region) as around:
        containers.pull_from(around.registry.host, around.docker_config)
        with Kubernetes(containers=containers) as cluster, patch.dict("os.environ", cluster.environment):
            yield GkeEmulators(cluster, around)
