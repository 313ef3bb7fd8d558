"""A service that `pym deploy` brings to an emulated Cloud Run, in real containers of its real image."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import dockerkit
from base_image import base_image
from hostkit import CANARY
from pymacaron.deploy.emulators import EMULATION
from pymacaron_docker.engine import Engine
from pymacaron_docker.target.calls import HostEngine
from pymacaron_testing.emulators.cloudrun import DockerContainers
from pymacaron_testing.emulators.gcp import GcpEmulators, gcp_emulators
from shopkit import Shop

TARGET = "gcp-cloud-run"
REGION = "europe-west1"


@dataclass
class Rehearsal:
    """The emulators of a project, the settings that lead there, and the variables that commands run with."""

    gcp: GcpEmulators
    label: str
    base: str
    settings: dict[str, Any]
    variables: dict[str, str]

    def url(self, service: str = "shop-live") -> str:
        """Return the URL of a service, "" before there is one."""
        served = self.gcp.cloud.state.served.get(f"{self.gcp.cloud.state.parent}/services/{service}")
        return f"http://{served.address.name}" if served else ""

    def containers(self) -> list[str]:
        """Return the environment and the release of every container that the emulator has, in order."""
        shown = docker("ps", "--all", "--quiet", "--filter", f"label=pymacaron.emulator={self.label}").split()
        return sorted(filter(None, map(self._of, shown)))

    def _of(self, container: str) -> str:
        lines = docker("inspect", "--format", "{{range .Config.Env}}{{println .}}{{end}}", container).splitlines()
        variables = dict(line.split("=", 1) for line in lines if "=" in line)
        return f"{variables['PYM_ENV']} {variables['PYM_RELEASE']}" if variables else ""


def docker(*command: str) -> str:
    """Run docker, and return what it prints; what is gone meanwhile is left out."""
    return subprocess.run(["docker", *command], capture_output=True, text=True, timeout=60, check=False).stdout


@contextmanager
def rehearsal(factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Give a project with nothing in it; nothing of it is left on the engine."""
    shared, folder, own = dockerkit.shared(factory), factory.mktemp("rehearsal"), uuid4().hex[:8]
    dockerkit.needs("docker", "docker.io")
    dockerkit.needs("debootstrap", "debootstrap")
    with dockerkit.engine(shared) as engine:
        with dockerkit.alone(shared, "base"):
            base = base_image(engine)
        project, label = f"rehearsal-{own}", f"cloud-run-{own}"
        emulation = folder / TARGET
        emulation.mkdir()
        with gcp_emulators(project, REGION, containers=DockerContainers(label), patience=30) as gcp:
            yield Rehearsal(gcp, label, base, settings_of(base, project), {EMULATION: str(emulation)})
        assert docker("ps", "--all", "--quiet", "--filter", f"label=pymacaron.emulator={label}") == ""
        forget(engine, project)


def settings_of(base: str, project: str) -> dict[str, Any]:
    """Return the settings that lead a service to a project."""
    return {
        "deploy_target": TARGET,
        "gcp_project": project,
        "gcp_region": REGION,
        "gcp_deploy_timeout": 60,
        "gcp_canary_seconds": 0,
        "docker_base": base,
        "docker_wheels": "wheels",
        "docker_start_timeout": 60,
        "live_timeout": 10,
        "keep_releases": 2,
    }


def forget(engine: Engine, project: str) -> None:
    """Remove the images that were built for a project."""
    for reference in (f"{REGION}-docker.pkg.dev/{project}/*/*", f"{project}/*"):
        for image in engine.api.images(filters={"reference": reference}):
            for tag in image["RepoTags"] or ():
                engine.api.remove_image(tag, noprune=True)


@contextmanager
def shop(factory: pytest.TempPathFactory, **settings: Any) -> Iterator[tuple[Shop, Rehearsal]]:
    """Give a shop that was never deployed, in a project that was set up."""
    with rehearsal(factory) as place:
        own = {**place.settings, "env_secrets": ["SHOP_KEY"], "shop_api_key": "SHOP_KEY", **settings}
        place.gcp.cloud.project.secrets |= {f"shop-{name}-SHOP_KEY": [CANARY] for name in ("live", "staging")}
        root = factory.mktemp("service") / "shop"
        made = Shop(root, HostEngine(), own, {"SHOP_KEY": CANARY, **place.variables}, place.url)
        copy_wheels(factory, root)
        made.commit()
        made.pym("gcp", "setup", "--yes")
        yield made, place
        made.engine.close()


@contextmanager
def unrehearsed(factory: pytest.TempPathFactory, project: str) -> Iterator[Shop]:
    """Give a shop in a repository without a commit, whose settings lead to a project that nothing stands in for."""
    dockerkit.needs("docker", "docker.io")
    dockerkit.needs("debootstrap", "debootstrap")
    shared, root = dockerkit.shared(factory), factory.mktemp("service") / "shop"
    with dockerkit.engine(shared) as engine:
        with dockerkit.alone(shared, "base"):
            settings = settings_of(base_image(engine), project)
        own = {**settings, "env_secrets": ["SHOP_KEY"], "shop_api_key": "SHOP_KEY"}
        made = Shop(root, HostEngine(), own, {"SHOP_KEY": CANARY})
        copy_wheels(factory, root)
        yield made
        made.engine.close()
        forget(engine, project)


def copy_wheels(factory: pytest.TempPathFactory, root: Path) -> None:
    """Put the wheels of this repository into the folder of a service, and make it a repository of git."""
    shutil.copytree(dockerkit.wheels(dockerkit.shared(factory)), root / "wheels")
    dockerkit.git(root, "init", "-q")
