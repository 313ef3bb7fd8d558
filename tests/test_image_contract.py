"""The builder that this repository ships keeps the contract of image builders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import dockerkit
from base_image import base_image
from pymacaron.service import Service
from pymacaron_docker.environment import environment_of, open_builder
from pymacaron_testing.suites import BuilderUnderTest, ImageBuilderSuite

CANARY = "canary-0c7be9de-do-not-tell"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dockerkit.shared(tmp_path_factory)


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[BuilderUnderTest]:
    folder = tmp_path_factory.mktemp("contract")
    with (
        dockerkit.engine(shared) as engine,
        dockerkit.registry(folder) as host,
        pytest.MonkeyPatch.context() as patch,
    ):
        dockerkit.needs("debootstrap", "debootstrap")
        with dockerkit.alone(shared, "base"):
            base = base_image(engine)
        patch.setenv("DEMO_KEY", CANARY)
        told: list[str] = []
        settings = {
            "name": "contract-demo",
            "docker_base": base,
            "docker_wheels": str(dockerkit.wheels(shared)),
            "docker_registry": host,
            "env_secrets": ["DEMO_KEY"],
            "demo_key": "DEMO_KEY",
        }
        files = {"pym-config.yaml": yaml.safe_dump(settings), "apis/demo.yaml": dockerkit.NOTHING}
        root = dockerkit.commit(folder / "service", files)
        broken = dockerkit.commit(folder / "broken", {**files, "Dockerfile.extra": "RUN exit 3\n"})
        service = Service(root, secrets="ignored")
        service.close()
        building = open_builder(service, environment_of(service, told.append))
        commit = dockerkit.git(root, "rev-parse", "HEAD")
        yield BuilderUnderTest(building, root, broken, service.version, commit, CANARY, told)
        engine.api.remove_image(f"{host}/contract-demo:{service.version}", noprune=True)


class TestDocker(ImageBuilderSuite):
    """The builder "docker", with the fixture above."""
