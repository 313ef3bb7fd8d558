"""Images of a proxy and of a service, and environments of their own on a real engine."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

import dockerkit
from ports import free_port
from pymacaron.deploy import Environment, Image, Release
from pymacaron.service import Service
from pymacaron_docker.engine import Engine
from pymacaron_docker.target.archives import File, packed
from pymacaron_docker.target.calls import HostEngine
from pymacaron_docker.target.target import DockerTarget

CANARY = "canary-8c1e4b02-do-not-tell"
HANDLERS = """
import hashlib, time
from pymacaron import get_config

def tell():
    return {"secret": hashlib.sha256(get_config().stall_key.encode()).hexdigest()}

def slow(seconds):
    time.sleep(seconds)
    return {}
"""


def operation(name: str, method: str = "get", *parameters: Mapping[str, Any]) -> dict[str, Any]:
    reply = {"description": "It is so", "schema": {"type": "object"}}
    bound = {"operationId": name, "x-bind-server": f"stall.api.{name}", "produces": ["application/json"]}
    return {f"/{name}": {method: {**bound, "parameters": parameters, "responses": {"200": reply}}}}


SECONDS = {"name": "seconds", "in": "query", "type": "number", "required": True}
DOCUMENT = {
    "swagger": "2.0",
    "info": {"title": "Stall", "version": "1"},
    "paths": {**operation("tell"), **operation("slow", "post", SECONDS)},
}


@dataclass(frozen=True)
class Place:
    """An environment on an engine: its folder, its target, and releases for it."""

    root: Path
    environment: Environment
    target: DockerTarget
    image: Image
    said: list[str]

    @property
    def url(self) -> str:
        """The URL of the proxy."""
        return self.target.hosts[0].front.url()

    @property
    def engine(self) -> HostEngine:
        """The engine of the first host."""
        return self.target.hosts[0].engine

    def release(self, identity: str, image: Image | None = None) -> Release:
        """Return a release of the service."""
        return Release(identity, "1", "abc", image or self.image, self.environment.label)

    def deploy(self, identity: str) -> None:
        """Stage and promote a release."""
        release = self.release(identity)
        self.target.stage(release)
        self.target.promote(release, lambda url: None)

    def states(self) -> dict[str, str]:
        """Return the state of each release."""
        return {one.id: one.state for one in self.target.observe().releases}

    def containers(self) -> dict[str, bool]:
        """Return whether each container of a release runs, by release and role."""
        found = self.engine.with_labels(environment=self.environment.label)
        roles = [one for one in found if "pymacaron.release" in one.labels]
        return {f"{one.labels['pymacaron.release']} {one.labels['pymacaron.role']}": one.running for one in roles}


@pytest.fixture(scope="session")
def proxy_image(engine: Engine, base_image: str, project: str) -> str:
    """Return an image of Debian's caddy."""
    return dockerkit.proxy(engine, base_image, f"{project}/proxy:1")


@pytest.fixture(scope="session")
def stall_image(
    stall: Callable[..., Path], build: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Image:
    """Return the image of the service, built once."""
    files = {"apis/stall.yaml": yaml.safe_dump(DOCUMENT), "stall/api.py": HANDLERS}
    root = stall(tmp_path_factory.mktemp("target"), {"graceful_timeout": 5}, files, name="counter")
    return Image(**build(root, STALL_KEY=CANARY))


@pytest.fixture(scope="session")
def broken_image(engine: Engine, stall_image: Image, project: str) -> Callable[[str], Image]:
    """Make an image of the service that starts with another command."""

    def make(name: str) -> Image:
        commands = {
            "crashes": "print('the shelf is gone'); raise SystemExit(3)",
            "hangs": "import time; time.sleep(99)",
        }
        text = f"FROM {stall_image.id}\nCMD {json.dumps(['python3', '-c', commands[name]])}\n"
        reference = f"{project}/{name}:1"
        context = packed([File("Dockerfile", text.encode())])
        engine.build(io.BytesIO(context), reference, lambda line: None)
        found = engine.image(reference)
        assert found
        return Image(reference, found.id, "abc")

    return make


Places = Callable[..., Place]


@pytest.fixture(scope="module")
def places(
    engine: Engine, proxy_image: str, stall_image: Image, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Places]:
    """Make environments, and remove what they left on the engine."""
    made: list[Place] = []
    os.environ["STALL_KEY"] = CANARY

    def make(roles: dict[str, tuple[str, ...]] | None = None, **settings: Any) -> Place:
        root = tmp_path_factory.mktemp("place")
        own = {
            "name": "counter",
            "graceful_timeout": 5,
            "env_secrets": ["STALL_KEY"],
            "stall_key": "STALL_KEY",
            "docker_proxy_image": proxy_image,
            "docker_proxy_address": "127.0.0.1",
            "docker_proxy_port": free_port(),
        }
        name = uuid4().hex[:8]
        for file in ("pym-config.yaml", f"pym-config.{name}.yaml"):
            (root / file).write_text(yaml.safe_dump({**own, **settings}))
        said: list[str] = []
        with Service(root, env=name, secrets="ignored") as service:
            environment = Environment("counter", name, root, service.config, roles=roles or {}, tell=said.append)
        made.append(Place(root, environment, DockerTarget(environment), stall_image, said))
        return made[-1]

    yield make
    del os.environ["STALL_KEY"]
    for place in made:
        for host in place.target.hosts:
            dockerkit.clear(host.engine, place.environment.label)
