"""Google Cloud on this machine: a project, Cloud Run by our own emulator, and a registry for images."""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from pymacaron.deploy.emulators import REGISTRY
from pymacaron_testing.emulators.cloudrun import CloudRun, Containers, DockerContainers
from pymacaron_testing.emulators.ecr import logged_in_docker_config
from pymacaron_testing.emulators.registry import Refused, Registry

if TYPE_CHECKING:
    from pymacaron.service import Service

__all__ = ["ArtifactRegistry", "GcpEmulators", "gcp_emulators", "secrets_of"]


class ArtifactRegistry(Registry):
    """A registry that takes the access tokens of a cloud, and images of the repositories that its project has."""

    user = "oauth2accesstoken"

    def __init__(self, folder: Path, cloud: CloudRun) -> None:
        super().__init__(folder, self._admit)
        self._cloud = cloud

    def knows(self, header: str | None) -> bool:
        """Tell whether a header has a token that is good, or the password of the cloud itself, which pulls images."""
        return super().knows(header) or header == f"Basic {_encoded(self.user, self._cloud.token)}"

    def _admit(self, name: str, overwritten: str | None) -> None:
        repository = "/".join(name.split("/")[:-1])
        known = self._cloud.project.repositories
        if not any(self._path(one) in (repository, *_parents(repository)) for one in known):
            raise Refused(404, "NAME_UNKNOWN", f"Repository '{repository}' not found")

    def _path(self, repository: str) -> str:
        _, project, _, _, _, short = repository.split("/")
        return f"{project.replace(':', '/')}/{short}"


@dataclass(frozen=True)
class GcpEmulators:
    """What runs: Cloud Run with what is around it, and the registry of its images.

    `docker_config` is a folder that is docker's configuration, logged in to the registry.
    """

    cloud: CloudRun
    registry: ArtifactRegistry
    docker_config: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a process to the emulators."""
        return {**self.cloud.environment, REGISTRY: self.registry.host}


def secrets_of(service: Service, values: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what Secret Manager has to hold, in all versions, for the variables of a service with these values."""
    label = f"{service.name}-{service.env or 'live'}"
    labels = (label, re.sub("-live$", "", label) + "-staging")
    found: dict[str, list[str]] = {}
    for variable, value in values.items():
        named = (service.config.get("gcp_secrets") or {}).get(variable)
        for name in [named] if named else [f"{one}-{variable}" for one in labels]:
            secret, _, version = name.rpartition("/")[2].partition(":")
            found[secret] = [value] * int(version or 1)
    return found


@contextmanager
def gcp_emulators(
    project: str = "rehearsal",
    region: str = "europe-west1",
    *,
    containers: Containers | None = None,
    delay: float = 0.05,
    patience: float = 30,
) -> Iterator[GcpEmulators]:
    """Run the emulators until the context is left; nothing is kept, and the project has nothing yet.

    Meanwhile the variables of this process lead deploys there, whatever account the shell is logged in to.
    `containers`, `delay` and `patience` are those of `CloudRun`; containers of docker pull what the registry has.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pymacaron-gcp-")))
        containers = containers or DockerContainers()
        cloud = CloudRun(project, region, containers=containers, delay=delay, patience=patience)
        registry = stack.enter_context(ArtifactRegistry(_made(folder / "images"), cloud))
        stack.callback(registry.forget)
        docker_config = logged_in_docker_config(_made(folder / "docker"), registry)
        if isinstance(containers, DockerContainers):
            containers.pull_from(registry.host, docker_config)
        stack.enter_context(cloud)
        emulators = GcpEmulators(cloud, registry, docker_config)
        stack.enter_context(patch.dict("os.environ", emulators.environment))
        yield emulators


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _encoded(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
