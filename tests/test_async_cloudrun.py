"""helloworld with `with_async: true` on the emulated Cloud Run: a worker pool does what `/async` queues.

Its sample in the ordinary run is that worker pools run the release that is live, in test_cloudrun.py.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

import dockerkit
from architecture import ROOT
from hostkit import wait_until
from pymacaron_docker.engine import Engine
from pymacaron_docker.target.archives import File, packed
from runkit import Rehearsal, copy_wheels, docker, rehearsal

LIBRARIES = re.compile(r"=> (/\S+)")
DOCKERFILE = """
FROM {base}
COPY server /usr/bin/redis-server
COPY libraries /opt/libraries
ENV LD_LIBRARY_PATH=/opt/libraries
"""
HELLOWORLD = ROOT / "examples" / "helloworld"


@contextmanager
def redis(engine: Engine, base: str, label: str) -> Iterator[str]:
    """Run Debian's Redis where the containers of the emulator reach it, and give its URL."""
    server = dockerkit.needs("redis-server", "redis-server")
    found = LIBRARIES.findall(subprocess.run(["ldd", server], capture_output=True, text=True, check=True).stdout)
    files = [File(f"libraries/{Path(one).name}", Path(one).read_bytes()) for one in found]
    files += [File("Dockerfile", DOCKERFILE.format(base=base).encode())]
    files += [File("server", Path(server).read_bytes(), mode=0o755)]
    image = f"pymacaron-test/redis:{label}"
    engine.build(io.BytesIO(packed(files)), image, lambda line: None)
    command = ["redis-server", "--save", "", "--protected-mode", "no"]
    container = docker("run", "--detach", "--label", f"pymacaron.test={label}", image, *command).strip()
    try:
        wait_until(lambda: "Ready to accept connections" in docker("logs", container), "Redis is ready")
        yield f"redis://{docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', container).strip()}:6379/0"
    finally:
        docker("rm", "--force", container)
        engine.remove_image(image)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with rehearsal(tmp_path_factory) as made, redis(Engine(), made.base, uuid4().hex[:8]) as url:
        made.variables["HELLO_BROKER"] = url
        made.gcp.cloud.project.secrets["helloworld-live-HELLO_BROKER"] = [url]
        yield made


@pytest.fixture(scope="module")
def root(place: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of helloworld, committed, with a broker and no tests that take their time."""
    root = tmp_path_factory.mktemp("service") / "helloworld"
    shutil.copytree(HELLOWORLD, root, ignore=shutil.ignore_patterns("test", "__pycache__"))
    copy_wheels(tmp_path_factory, root)
    own = yaml.safe_load((HELLOWORLD / "pym-config.yaml").read_text())
    broker = {"env_secrets": ["HELLO_BROKER"], "async_broker": "HELLO_BROKER", "plugins": {"require": ["async"]}}
    own |= {**place.settings, **broker, "gcp_workers": 2, "async_workers": 1}
    files = {"pym-config.yaml": yaml.safe_dump(own), ".gitignore": "wheels\n__pycache__\n"}
    return dockerkit.commit(root, files)


def ask(url: str) -> object:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.endurance
def test_what_a_request_queues_is_done_by_the_worker_pool_of_the_release_that_is_live(
    place: Rehearsal, root: Path
) -> None:
    pym(root, place, "gcp", "setup", "--yes")
    for version in ("1", "2"):
        pym(root, place, "deploy", "--version", version)
        url = f"{place.url('helloworld-live')}/v1/async?name=Ada-{version}"
        assert ask(url) == {"message": f"Ada-{version} will be greeted"}
        greeting = f"Hello Ada-{version}, from the background!"
        wait_until(lambda: greeting in pym(root, place, "logs", "--role", "worker"), greeting)  # noqa: B023
    live = [one for one in place.containers() if one == "helloworld-live 2"]
    assert len(live) == 3, "a server and two workers"
    assert place.variables["HELLO_BROKER"] not in str(place.gcp.cloud.state.resources.values())


def pym(root: Path, place: Rehearsal, *arguments: str) -> str:
    done = dockerkit.pym(root, *arguments, **place.variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
