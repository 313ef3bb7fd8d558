"""The target that this repository ships keeps the contract of deploy targets, on a real engine behind a real proxy."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
import yaml

import dockerkit
from hostkit import CANARY, Stand, stand
from ports import free_port
from pymacaron.deploy import DeployTarget, Environment, Image, Release
from pymacaron.service import Service
from pymacaron_docker.environment import environment_of
from pymacaron_docker.target.archives import File, packed
from pymacaron_testing.suites import DeployTargetSuite, TargetUnderTest

CRASHES = "import sys; sys.exit('out of order: ' + open('/run/secrets/STAND_KEY').read())"
HANGS = "import time; time.sleep(99)"

Variant = Callable[[str], Image]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory, "contract", ("core",)) as one:
        yield one


@pytest.fixture(scope="module")
def variant(made: Stand) -> Variant:
    """Give the image of the service, or one that starts with a command of Python instead."""
    built = json.loads(dockerkit.pym(made.root, "docker", "build", "--version", "1", "--json", **made.variables).stdout)
    images = {"": Image(**built)}

    def give(code: str) -> Image:
        if code not in images:
            reference = f"{made.settings['name']}/variant:{len(images)}"
            text = f"FROM {built['id']}\nCMD {json.dumps(['python', '-c', code])}\n"
            made.engine.build(io.BytesIO(packed([File("Dockerfile", text.encode())])), reference, lambda line: None)
            found = made.engine.image(reference)
            assert found
            images[code] = Image(reference, found.id, built["commit"])
        return images[code]

    return give


@dataclass
class Place:
    """An environment of its own on the engine."""

    kind: DeployTarget
    environment: Environment
    variant: Variant
    secret: str = CANARY

    def release(self, release: str) -> Release:
        """Return one that serves."""
        return self._release(release, "")

    def crashing(self, release: str) -> Release:
        """Return one that ends."""
        return self._release(release, CRASHES)

    def unready(self, release: str) -> Release:
        """Return one that is never ready."""
        return self._release(release, HANGS)

    def _release(self, release: str, code: str) -> Release:
        image = self.variant(code)
        return Release(release, release, image.commit, image, self.environment.label)


class TestDocker(DeployTargetSuite):
    """The target "docker", with the fixture below."""

    @pytest.fixture
    def place(
        self, made: Stand, variant: Variant, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
    ) -> Iterator[TargetUnderTest]:
        monkeypatch.setenv("STAND_KEY", CANARY)
        name = uuid4().hex[:8]
        seconds = 8 if "never_ready" in request.node.name else 60
        own = {"docker_proxy_port": free_port(), "docker_ready_timeout": seconds, "graceful_timeout": 2}
        path = made.root / f"pym-config.{name}.yaml"
        path.write_text(yaml.safe_dump({**made.settings, **own}))
        with Service(made.root, env=name, secrets="ignored") as service:
            kind = service.hooks.deploy_targets()["docker"]
            yield Place(kind, environment_of(service), variant)
        dockerkit.clear(made.engine, f"{made.settings['name']}-{name}")
        path.unlink()
