"""helloworld with `with_async: true` in an emulated cluster: the pods of the worker do what `/async` queues."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import dockerkit
from base_image import REFERENCE
from cloudkit import get
from hostkit import wait_until
from k8sstand import ClusterStand, cluster_stand

SETTINGS: dict[str, Any] = {
    "env_secrets": ["HELLO_BROKER"],
    "async_broker": "HELLO_BROKER",
    "async_workers": 1,
    "live_host": None,
    "plugins": {"require": ["async"]},
}


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=60, check=True).stdout.strip()


@contextmanager
def redis() -> Iterator[str]:
    """Run the Redis of this machine in a container, where pods reach it, and give its URL."""
    dockerkit.needs("redis-server", "redis-server")
    command = ["redis-server", "--save", "", "--protected-mode", "no"]
    container = docker("run", "--detach", "--volume", "/usr:/usr:ro", REFERENCE, *command)
    try:
        wait_until(lambda: "Ready to accept connections" in docker("logs", container), "Redis is ready")
        yield f"redis://{docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', container)}:6379/0"
    finally:
        docker("rm", "--force", "--volumes", container)


@pytest.fixture(scope="module")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterStand]:
    with cluster_stand(tmp_path_factory, "helloworld", **SETTINGS) as made, redis() as url:
        made.cluster.add_secret("helloworld", "helloworld-live", {"HELLO_BROKER": url})
        made.variables["HELLO_BROKER"] = url
        yield made


@pytest.mark.endurance
def test_what_a_request_queues_is_done_by_the_worker_of_the_release_that_is_live(hello: ClusterStand) -> None:
    for version in ("1", "2"):
        hello.fast(version)
        answer = get(hello.url, f"/v1/async?name=Ada-{version}")
        assert answer == {"message": f"Ada-{version} will be greeted"}
        greeting = f"Hello Ada-{version}, from the background!"
        wait_until(lambda: greeting in hello.pym("logs", "--role", "worker"), greeting)  # noqa: B023
    assert hello.names("Deployment") == ["helloworld-live", "helloworld-live-worker"]
    assert hello.variables["HELLO_BROKER"] not in str(hello.cluster.state.all("Deployment"))
