"""examples/shop in a git repository, that `pym deploy` brings to an emulated cluster as a real image."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

import dockerkit
from base_image import base_image
from hostkit import CANARY, Stand
from pymacaron_docker.target.calls import HostEngine
from pymacaron_testing.emulators.kubernetes import Kubernetes
from pymacaron_testing.emulators.kubernetes.containers import DockerContainers

FILES = {
    ".gitignore": "wheels\n__pycache__\n",
    # The shop keeps its items in the process: of several, each request may reach another one.
    "Dockerfile.extra": "ENV WEB_CONCURRENCY=1\n",
    "testaccept/test_rejecting.py": """
import os


def test_that_nobody_rejects():
    with open(os.environ["ACCEPTED"], "a+") as file:
        file.write("once\\n")
        file.seek(0)
        assert len(file.readlines()) != int(os.environ.get("REJECT", "0")), "rejected"
""",
}


@dataclass
class ClusterStand(Stand):
    """The repository, the cluster, and what commands run with; `example` is the folder of the service."""

    cluster: Kubernetes = field(default_factory=Kubernetes)
    example: Path = dockerkit.ROOT

    @property
    def url(self) -> str:
        """The live URL."""
        return str(json.loads(self.pym("status", "--json", code=None))["url"])

    def commit(self, files: Mapping[str, str] | None = None, **settings: Any) -> str:
        """Write the settings, with these changed, and files, and commit them."""
        text = yaml.safe_dump({**self.settings, **settings})
        dockerkit.write(self.root, {"pym-config.yaml": text, **(files or {})})
        dockerkit.git(self.root, "add", "-A")
        dockerkit.git(self.root, "commit", "-q", "--allow-empty", "-m", "A change")
        return dockerkit.git(self.root, "rev-parse", "HEAD")

    def forget(self, registry: str) -> None:
        """Remove the images that were made."""
        for image in self.engine.api.images(filters={"reference": f"{registry}/*"}):
            for tag in image["RepoTags"] or ():
                self.engine.api.remove_image(tag, noprune=True)

    def containers_of(self, label: str) -> list[str]:
        """Return the containers that the emulator left."""
        command = ["docker", "ps", "--all", "--quiet", "--filter", f"label=pymacaron.emulator={label}"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    def names(self, kind: str) -> list[str]:
        """Return the names of all objects of a kind."""
        return [one["metadata"]["name"] for one in self.cluster.state.all(kind, self.settings["name"])]


@contextmanager
def cluster_stand(
    factory: pytest.TempPathFactory,
    example: str,
    wheels: tuple[str, ...] = ("core", "auth", "async"),
    **settings: Any,
) -> Iterator[ClusterStand]:
    """Give an example that was never deployed, and remove all that is left of it on the engine."""
    dockerkit.needs("docker", "docker.io")
    dockerkit.needs("debootstrap", "debootstrap")
    shared, folder = dockerkit.shared(factory), factory.mktemp(example)
    label = f"kubernetes-{uuid4().hex[:8]}"
    with dockerkit.engine(shared), dockerkit.alone(shared, "base"):
        engine = HostEngine()
        base = base_image(engine)
    source = dockerkit.ROOT / "examples" / example
    given = {
        **yaml.safe_load((source / "pym-config.yaml").read_text()),
        "deploy_target": "kubernetes",
        "docker_base": base,
        "docker_wheels": "wheels",
        "docker_start_timeout": 60,
        "kubernetes_min_replicas": 1,
        "kubernetes_max_replicas": 1,
        "kubernetes_drain_seconds": 1,
        "kubernetes_deploy_timeout": 120,
        "kubernetes_start_timeout": 60,
        "live_timeout": 30,
        "lock_seconds": 10,
        "keep_releases": 2,
        "graceful_timeout": 2,
        **settings,
    }
    with dockerkit.registry(folder) as registry:
        given["docker_registry"] = registry
        with dockerkit.engine(shared), Kubernetes(containers=DockerContainers(label), backoff=0.3) as cluster:
            root = folder / "service"
            shutil.copytree(source, root, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            shutil.copytree(dockerkit.wheels(shared, wheels), root / "wheels")
            made = ClusterStand(root, engine, given, {**cluster.environment, "STAND_KEY": CANARY}, cluster, source)
            dockerkit.git(root, "init", "-q")
            made.commit(FILES)
            made.pym("gke", "setup", "--yes", code=None)
            yield made
        assert made.containers_of(label) == []
        made.forget(registry)
