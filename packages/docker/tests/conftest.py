"""A Docker engine, a base image, wheels and a registry, once for all tests; and a small service for images."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

import dockerkit
from base_image import base_image as make_base_image
from pymacaron_docker.engine import Engine

HANDLERS = """
import hashlib, os
from pathlib import Path
from pymacaron import get_config

def tell():
    return {
        "secret": hashlib.sha256(get_config().stall_key.encode()).hexdigest(),
        "user": f"{os.getuid()}:{os.getgid()}",
        "code": _writes("/app"), "libraries": _writes("/opt/venv"),
        "open to all": _writes("/var/tmp"), "scratch": _writes("/tmp"),
    }

def _writes(folder):
    try:
        Path(folder, "written").write_text("x")
    except OSError:
        return False
    return True
"""

DOCUMENT = {
    "swagger": "2.0",
    "info": {"title": "Stall", "version": "1"},
    "paths": {
        "/tell": {
            "get": {
                "operationId": "tell",
                "x-bind-server": "stall.api.tell",
                "produces": ["application/json"],
                "responses": {"200": {"description": "What it is like here", "schema": {"type": "object"}}},
            }
        }
    },
}


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of this run of tests share."""
    return dockerkit.shared(tmp_path_factory)


@pytest.fixture(scope="session")
def engine(shared: Path) -> Iterator[Engine]:
    """Open a Docker engine, and remove the images that tests gave names of `project`."""
    with dockerkit.engine(shared) as opened:
        yield opened


@pytest.fixture(scope="session")
def base_image(engine: Engine, shared: Path) -> str:
    """Return an image with python3 that services are built on."""
    dockerkit.needs("debootstrap", "debootstrap")
    with dockerkit.alone(shared, "base"):
        return make_base_image(engine)


@pytest.fixture(scope="session")
def wheels(shared: Path) -> Path:
    """Return a folder with wheels of core, auth and async."""
    return dockerkit.wheels(shared)


@pytest.fixture(scope="session")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a registry that is open to all; give its host and port."""
    with dockerkit.registry(tmp_path_factory.mktemp("registry")) as host:
        yield host


@pytest.fixture(scope="session")
def project(engine: Engine) -> Iterator[str]:
    """Return a `docker_repo` of this process alone; images below it are removed in the end."""
    name = f"pymacaron-test-{uuid4().hex[:8]}"
    yield name
    for image in engine.api.images(filters={"reference": [f"{name}/*", f"*/{name}/*"]}):
        for tag in image["RepoTags"] or ():
            engine.api.remove_image(tag, noprune=True)


@pytest.fixture(scope="session")
def stall(base_image: str, wheels: Path, project: str) -> Callable[..., Path]:
    """Make the folder of a small service, committed: `settings` and `files` are added to its own."""

    def make(
        root: Path,
        settings: Mapping[str, Any] | None = None,
        files: Mapping[str, str] | None = None,
        name: str = "stall",  # with what tells apart tests that run at the same time
    ) -> Path:
        own = {
            "name": f"{name}-{project[-8:]}",
            "docker_base": base_image,
            "docker_wheels": str(wheels),
            "docker_repo": project,
            "env_secrets": ["STALL_KEY"],
            "stall_key": "STALL_KEY",
        }
        return dockerkit.commit(
            dockerkit.write(
                root,
                {
                    "pym-config.yaml": yaml.safe_dump({**own, **(settings or {})}, sort_keys=False),
                    "apis/stall.yaml": yaml.safe_dump(DOCUMENT, sort_keys=False),
                    "stall/__init__.py": "",
                    "stall/api.py": HANDLERS,
                    "test/test_stall.py": "def test_nothing():\n    pass\n",
                    **(files or {}),
                },
            )
        )

    return make


@pytest.fixture(scope="session")
def build() -> Callable[..., dict[str, Any]]:
    """Run `pym docker build --json` in a folder and return what it prints."""

    def run(root: Path, *arguments: str, **variables: str) -> dict[str, Any]:
        done = dockerkit.pym(root, "docker", "build", "--json", *arguments, **variables)
        assert done.returncode == 0, done.stderr
        image: dict[str, Any] = json.loads(done.stdout)
        return image

    return run
