"""A cluster of Kubernetes on this machine, and for GKE what is around it in a project of Google Cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest.mock import patch

from pymacaron_testing.emulators.kubernetes import Containers, Kubernetes

if TYPE_CHECKING:
    from pymacaron_testing.emulators.cloudrun import CloudRun

__all__ = ["ClusterEmulators", "cluster_emulators", "gke_emulators"]


@dataclass(frozen=True)
class ClusterEmulators:
    """What runs: `cloud` is the project of Google Cloud around the cluster, if any."""

    cluster: Kubernetes
    cloud: CloudRun | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead a process to the emulators."""
        around = self.cloud.environment if self.cloud is not None else {}
        return {**around, **self.cluster.environment}


@contextmanager
def cluster_emulators(*, containers: Containers | None = None) -> Iterator[ClusterEmulators]:
    """Run a cluster until the context is left; nothing is kept, and KUBECONFIG leads this process there meanwhile."""
    with Kubernetes(gke=False, containers=containers) as cluster, cluster.apply():
        yield ClusterEmulators(cluster)


@contextmanager
def gke_emulators(
    project: str = "rehearsal", region: str = "europe-west1", *, containers: Containers | None = None
) -> Iterator[ClusterEmulators]:
    """Run a cluster that knows the kinds of GKE, in a project of Google Cloud that has nothing yet."""
    from pymacaron_testing.emulators.cloudrun import CloudRun

    with ExitStack() as stack:
        cloud = stack.enter_context(CloudRun(project, region))
        emulators = ClusterEmulators(stack.enter_context(Kubernetes(containers=containers)), cloud)
        stack.enter_context(patch.dict("os.environ", emulators.environment))
        yield emulators
