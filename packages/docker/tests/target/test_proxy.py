"""The proxy follows its settings: a deploy replaces it where they changed, and it goes on where that fails."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import yaml

import dockerkit
from ports import free_port
from pymacaron.deploy import Environment
from pymacaron.exceptions import DeployError
from pymacaron.service import Service
from pymacaron_docker.target.calls import HostEngine
from pymacaron_docker.target.front import Front
from pymacaron_docker.target.target import DockerTarget


def changed(place: Any, **settings: Any) -> Any:
    """Change settings of a place, and open it as the next command does."""
    for file in place.root.glob("pym-config*.yaml"):
        file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **settings}))
    old = place.environment
    with Service(place.root, env=old.name, secrets="ignored") as service:
        environment = Environment(old.service, old.name, old.root, service.config, tell=place.said.append)
    return replace(place, environment=environment, target=DockerTarget(environment))


def url_of(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def release_at(url: str) -> str:
    with urllib.request.urlopen(f"{url}/version", timeout=60) as reply:
        return str(json.load(reply)["release"])


def listens(url: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0


def proxies(place: Any) -> dict[str, bool]:
    """Return whether each proxy runs, by its name without that of the environment."""
    label = place.environment.label
    found = place.engine.with_labels(environment=label, part="proxy")
    return {one.name.removeprefix(f"{label}-"): one.running for one in found}


@contextmanager
def taken(by: str, places: Any) -> Iterator[int]:
    """Give a port that a container or a process listens on."""
    if by == "container":
        other = places()
        other.target.prepare()
        yield int(other.url.rpartition(":")[2])
        return
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port := free_port()))
        listener.listen()
        yield port


@contextmanager
def slow_request(url: str) -> Iterator[list[int]]:
    """Send a request that takes two seconds, and give its status when the block has ended."""
    status: list[int] = []

    def ask() -> None:
        with urllib.request.urlopen(f"{url}/slow?seconds=2", data=b"", timeout=60) as reply:
            status.append(reply.status)

    thread = threading.Thread(target=ask)
    thread.start()
    yield status
    thread.join()


def test_a_deploy_replaces_the_proxy_as_its_plan_says_once_the_release_is_known_to_be_good(places: Any) -> None:
    place = places()
    place.deploy("a")
    before, port = place.url, free_port()
    place = changed(place, docker_proxy_port=port)
    assert "replace the proxy" in place.target.plan(place.release("b"))[0]
    place.target.stage(place.release("b"))
    assert (place.url, release_at(before)) == (before, "a")
    assert place.target.promote(place.release("b"), lambda url: None) == url_of(port)
    assert (release_at(url_of(port)), listens(before)) == ("b", False)
    assert (proxies(place), place.target.missing()) == ({"proxy": True}, [])
    assert place.target.rollback("a") == url_of(port)
    assert release_at(url_of(port)) == "a"


@pytest.mark.parametrize("by", ["container", "process"])
def test_a_port_that_is_taken_is_told_with_its_setting_and_another_one_is_used_by_the_next_deploy(
    places: Any, by: str
) -> None:
    port = free_port()
    with taken(by, places) as occupied:
        place = places(docker_proxy_port=occupied)
        with pytest.raises(DeployError) as caught:
            place.deploy("a")
    assert str(caught.value) == (
        f"docker_proxy_port: port {occupied} of 127.0.0.1 is taken on {place.engine.url}: set docker_proxy_port to one "
        "that is free, or stop what listens there"
    )
    place = changed(place, docker_proxy_port=port)
    place.deploy("a")
    assert (release_at(url_of(port)), proxies(place)) == ("a", {"proxy": True})


def test_a_proxy_that_was_made_and_never_started_is_made_anew(places: Any) -> None:
    place = places()
    place.target.prepare()
    front = place.target.hosts[0].front
    place.engine.remove(front.names.proxy)
    with taken("process", places) as occupied:
        place.engine.make(replace(front._proxy(), name=front.names.proxy, ports={80: ("127.0.0.1", occupied)}))
        with pytest.raises(DeployError):
            place.engine.start(front.names.proxy)
        place.deploy("a")
        assert (release_at(place.url), proxies(place)) == ("a", {"proxy": True})


@pytest.mark.parametrize("wrong", ["port", "image"])
def test_the_proxy_of_before_goes_on_where_the_new_one_does_not_start(places: Any, wrong: str) -> None:
    place = places()
    place.deploy("a")
    before = place.url
    with taken("container", places) as occupied:
        settings = {"port": {"docker_proxy_port": occupied}, "image": {"docker_proxy_image": place.image.reference}}
        place = changed(place, **settings[wrong])
        with pytest.raises(DeployError, match="docker_proxy_port: port" if wrong == "port" else "caddy"):
            place.deploy("b")
    assert (release_at(before), place.target.observe().live.id, proxies(place)) == ("a", "a", {"proxy": True})
    assert place.target.rollback("a") == before
    place.target.discard("b")
    port = free_port()
    place = changed(place, docker_proxy_port=port, docker_proxy_image=places().environment.config.docker_proxy_image)
    place.deploy("c")
    assert (release_at(url_of(port)), listens(before)) == ("c", False)


def test_the_proxy_of_before_goes_on_where_its_replacement_is_interrupted(
    places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(front: Front, name: str) -> None:
        wait(front, name)
        if name == front.names.next_proxy:
            raise KeyboardInterrupt

    place = places()
    place.deploy("a")
    place = changed(place, docker_stage_address="127.0.0.2")
    wait = Front._await
    monkeypatch.setattr(Front, "_await", interrupt)
    with pytest.raises(KeyboardInterrupt):
        place.target.prepare()
    assert (release_at(place.url), proxies(place)) == ("a", {"proxy": True})


@pytest.mark.parametrize("setting", ["docker_proxy_port", "docker_stage_address"])
def test_a_request_that_is_under_way_is_answered_while_its_proxy_is_replaced(places: Any, setting: str) -> None:
    place = places()
    place.deploy("a")
    before = place.url
    other = {"docker_proxy_port": free_port(), "docker_stage_address": "127.0.0.2"}
    place = changed(place, **{setting: other[setting]})
    place.target.stage(place.release("b"))
    with slow_request(before) as status:
        place.target.promote(place.release("b"), lambda url: None)
    assert (status, release_at(place.url), place.target.missing()) == ([200], "b", [])


def killed_after(moment: str, name: str, dead: list[str]) -> Callable[..., None]:
    """Return a method of an engine that works until a proxy met `moment`, from which on all of them raise."""
    work = getattr(HostEngine, name)

    def call(self: HostEngine, container: str, *arguments: Any) -> None:
        if not dead:
            work(self, container, *arguments)
            if name == moment and "-proxy" in container and (name != "remove" or not container.endswith("-next")):
                dead.append(container)
        if dead:
            raise KeyboardInterrupt

    return call


@pytest.mark.parametrize(
    "moment", ["stop", "remove", *(pytest.param(each, marks=pytest.mark.endurance) for each in ("start", "rename"))]
)
def test_a_replacement_that_is_cut_off_hides_no_release_and_is_ended_by_the_next_deploy(
    places: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    place = places()
    place.deploy("a")
    place = changed(place, docker_stage_address="127.0.0.2")
    place.target.stage(place.release("b"))
    dead: list[str] = []
    for name in ("start", "stop", "remove", "rename"):
        monkeypatch.setattr(HostEngine, name, killed_after(moment, name, dead))
    with pytest.raises(KeyboardInterrupt):
        place.target.promote(place.release("b"), lambda url: None)
    monkeypatch.undo()
    place.target.rollback("a")
    assert release_at(place.url) == "a"
    assert place.states() == {"a": "live", "b": "staged"}
    place.deploy("b")
    assert (release_at(place.url), place.states()) == ("b", {"b": "live", "a": "kept"})
    assert proxies(place) == {"proxy": True}


def test_the_status_is_that_of_the_proxy_that_is_there_and_tells_how_settings_that_changed_are_applied(
    places: Any,
) -> None:
    place = places()
    place.deploy("a")
    changed(place, docker_proxy_port=free_port())
    label = place.environment.label
    done = dockerkit.pym(place.root, "status", "--env", place.environment.name)
    assert done.stdout == (
        f"a is live at {place.url}\n{place.engine.url}: replace the proxy {label}-proxy, whose settings changed; it is "
        "away for a moment: type 'pym deploy' or 'pym docker setup'\n"
    )
