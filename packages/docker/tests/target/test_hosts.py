"""Several hosts, and what a container may do and show."""

from __future__ import annotations

import io
import json
import tarfile
import urllib.request
from typing import Any

import pytest

import dockerkit
from pymacaron.exceptions import DeployError
from pymacaron_docker.target.host import Host

CANARY = "canary-8c1e4b02-do-not-tell"


def told_by(url: str, path: str) -> Any:
    with urllib.request.urlopen(f"{url}{path}", timeout=60) as reply:
        return json.load(reply)


@pytest.fixture(scope="module")
def place(places: Any) -> Any:
    made = places({"worker": ("python3", "-c", "import time; time.sleep(999)")}, docker_memory="256m")
    made.deploy("a")
    return made


def test_the_secret_reaches_the_service_and_shows_nowhere_else(place: Any) -> None:
    import hashlib

    assert told_by(place.url, "/tell")["secret"] == hashlib.sha256(CANARY.encode()).hexdigest()
    api, label = place.engine.api, place.environment.label
    shown = [api.inspect_container(each.name) for each in place.engine.with_labels(environment=label)]
    shown += [api.inspect_volume(name) for name in place.engine.volumes(environment=label)]
    shown += [api.inspect_network(f"{label}-network"), api.history(place.image.id), api.inspect_image(place.image.id)]
    shown += [list(place.engine.logs(each.name)) for each in place.engine.with_labels(environment=label)]
    shown += place.said
    assert len(shown) > 8
    assert CANARY not in json.dumps(shown)


def test_the_files_of_secrets_can_be_read_by_the_service_alone_and_written_by_nobody(place: Any) -> None:
    archive = place.engine.get(f"{place.environment.label}-a-web", "/run/secrets")
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        modes = {member.name: (oct(member.mode & 0o777), member.uid) for member in opened if member.isreg()}
    user = int(place.engine.user_of(place.image.id).partition(":")[0])
    assert user > 0
    assert modes == {"secrets/STALL_KEY": ("0o400", user)}
    code = "open('/run/secrets/STALL_KEY', 'a')"
    assert place.engine.execute(f"{place.environment.label}-a-web", ("python3", "-c", code))[0] == 1


def test_a_secret_that_is_not_set_is_told_before_anything_is_done(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STALL_KEY")
    assert place.target.check() == [
        f"{place.environment.label} needs the environment variable STALL_KEY, which is not set: export STALL_KEY='...'"
    ]
    with pytest.raises(DeployError, match="STALL_KEY, which is not set"):
        place.target.stage(place.release("b"))


def test_a_proxy_that_cannot_be_had_is_told_before_anything_is_built(places: Any) -> None:
    place = places(docker_proxy_image="127.0.0.1:9/proxy:1")
    assert place.target.check() == [
        f"docker_proxy_image: 127.0.0.1:9/proxy:1 is neither on {place.engine.url} nor in a registry that it reaches: "
        "load it there, or name another"
    ]


@pytest.mark.parametrize("role", ["web", "worker"])
def test_a_container_has_no_rights_it_does_not_need(place: Any, role: str) -> None:
    shown = place.engine.api.inspect_container(f"{place.environment.label}-a-{role}")
    host = shown["HostConfig"]
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["SecurityOpt"], host["Init"], host["Memory"]) == (
        True,
        ["ALL"],
        ["no-new-privileges"],
        True,
        256 * 1024 * 1024,
    )
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "3"}
    assert shown["Config"]["StopTimeout"] == 10


def test_a_staged_release_is_reached_from_its_host_alone(place: Any) -> None:
    assert place.target.stage(place.release("s")).startswith("http://127.0.0.1:")
    place.target.discard("s")


def test_the_engine_that_does_not_answer_is_named(place: Any) -> None:
    done = dockerkit.pym(place.root, "docker", "setup", "--plan", DOCKER_HOST="unix:///nobody.sock")
    assert "the Docker engine at unix:///nobody.sock cannot be reached" in done.stderr
    assert done.returncode == 1


def test_releases_go_to_one_host_after_the_other_and_each_is_verified_between(places: Any) -> None:
    place, second = places(), places()
    place.target.hosts.append(Host(place.engine, second.environment))  # names and ports differ, as on another machine
    verified: list[str] = []
    place.target.stage(place.release("a"))
    place.target.promote(place.release("a"), verified.append)
    assert (verified, place.states()) == ([place.url], {"a": "live"})
    assert [told_by(host.front.url(), "/version")["release"] for host in place.target.hosts] == ["a", "a"]
    place.target.hosts[0].stage(place.release("b"))
    place.target.hosts[0].promote("b")
    seen = place.target.observe()
    assert (seen.live, seen.notes) == (None, tuple(f"{h.engine.url}: {h.live()} is live" for h in place.target.hosts))
    place.target.rollback("a")
    assert place.states() == {"a": "live", "b": "broken"}
