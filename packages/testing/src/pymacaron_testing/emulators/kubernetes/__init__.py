"""An emulator of a Kubernetes cluster over HTTP, whose pods run the real image as containers here.

`with Kubernetes() as cluster, cluster.apply():` runs one and sets KUBECONFIG to `cluster.kubeconfig`, a file whose
current context `emulator` leads the client of Kubernetes there.
"""

from pymacaron_testing.emulators.kubernetes.containers import (
    Command,
    Containers,
    DockerContainers,
    LaunchError,
    Running,
)
from pymacaron_testing.emulators.kubernetes.faults import Fault, Faults
from pymacaron_testing.emulators.kubernetes.server import CONTEXT, Kubernetes

__all__ = [
    "CONTEXT",
    "Command",
    "Containers",
    "DockerContainers",
    "Fault",
    "Faults",
    "Kubernetes",
    "LaunchError",
    "Running",
]
