"""helloworld on a real engine with a worker beside it: what its operations queue, that container does."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import dockerkit
from architecture import ROOT
from hostkit import Stand, stand, wait_until
from pymacaron_docker.target.calls import Spec
from pymacaron_docker.target.names import Names

HELLOWORLD = {
    path.relative_to(ROOT / "examples/helloworld").as_posix(): path.read_text()
    for folder in ("apis", "helloworld")
    for path in (ROOT / "examples/helloworld" / folder).glob("*.*")
}


@contextmanager
def redis(place: Stand) -> Iterator[str]:
    """Run this machine's Redis in the network of an environment, and give the URL by which containers reach it."""
    names, name = Names(place.label), f"{place.label}-redis"
    image = dockerkit.redis(place.engine, place.settings["docker_base"], f"{place.settings['name']}/redis:1")
    place.engine.make_network(names.network, names.own_labels("network"))
    place.engine.make(Spec(name, image, names.own_labels("redis"), network=names.network))
    place.engine.start(name)
    yield f"redis://{name}:6379/0"


@pytest.mark.endurance
def test_a_task_that_a_request_queued_is_done_by_the_container_of_the_worker(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with stand(tmp_path_factory, "greeter") as place, redis(place) as broker:
        place.commit(HELLOWORLD, with_async=True, async_broker=broker, plugins={"require": ["async"]})
        place.fast("1.0")
        assert place.containers() == ["1.0 web", "1.0 worker", "proxy", "redis"]
        with urllib.request.urlopen(f"{place.url}/v1/async?name=Ada", timeout=60) as reply:
            assert json.load(reply) == {"message": "Ada will be greeted"}
        greeting = "Hello Ada, from the background!"
        wait_until(lambda: greeting in place.pym("logs", "--role", "worker"), "the worker never greeted")
        assert greeting not in place.pym("logs")
