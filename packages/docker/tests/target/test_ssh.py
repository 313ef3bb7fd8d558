"""A host behind SSH: its engine and its loopback are reached over one connection of the command `ssh`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hostkit import wait_until
from pymacaron.exceptions import DeployError
from pymacaron_docker.engine import Engine
from sshkit import SshHost, ssh_host


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    with ssh_host(tmp_path_factory.mktemp("ssh")) as made:
        yield made


@pytest.fixture
def url(host: SshHost, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PATH", f"{host.commands}{os.pathsep}{os.environ['PATH']}")
    return host.url(engine.url.removeprefix("unix://"))


def told_by(url: str) -> Any:
    with urllib.request.urlopen(f"{url}/version", timeout=60) as reply:
        return json.load(reply)["release"]


def test_a_release_goes_to_a_host_that_only_ssh_leads_to(places: Any, url: str, host: SshHost) -> None:
    place = places({"worker": ("python3", "-c", "import time; time.sleep(999)")}, docker_hosts=[url])
    assert place.target.check() == []
    for release in ("a", "b"):
        staged = place.target.stage(place.release(release))
        assert told_by(staged) == release
        inner = place.engine.find(f"{place.environment.label}-{release}-web").ports[8080]
        assert staged.startswith("http://127.0.0.1:")
        assert not staged.endswith(f":{inner[1]}")
        assert place.target.promote(place.release(release), lambda url: None) == place.url
    assert told_by(place.url) == "b"
    place.target.rollback("a")
    assert (told_by(place.url), place.states()) == ("a", {"a": "live", "b": "kept"})
    assert [one.url for one in place.target.observe().releases] == [None, None]
    assert place.target.execute(None, "web", ("python3", "-c", "print(6 * 7)")) == (0, "42\n")
    assert any("Booting worker" in line for line in list(place.target.logs(None, lines=50)))


def test_the_connection_ends_with_the_engine_that_wanted_it(host: SshHost, url: str) -> None:
    before = host.sessions()
    engine = Engine(url)
    assert len(host.sessions()) == len(before) + 1
    engine.close()
    wait_until(lambda: host.sessions() == before, "the connection stays")


def test_the_connection_ends_with_a_deploy_that_is_killed(host: SshHost, url: str) -> None:
    before = host.sessions()
    code = "from pymacaron_docker.engine import Engine; engine = Engine(); print(engine.tunnel.port(80)); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=-1, stdout=-1, env={**os.environ, "DOCKER_HOST": url}
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        assert len(host.sessions()) == len(before) + 1
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: host.sessions() == before, "the connection stays")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"port": ":1"}, "ssh cannot connect to {url} (ssh: connect to host 127.0.0.1 port 1: Connection refused): "),
        (
            {"user": "nobody-here@"},
            "ssh cannot connect to {url} (nobody-here@127.0.0.1: Permission denied (publickey).",
        ),
        ({"socket": "/nobody.sock"}, "the Docker engine at {url} cannot be reached ("),
    ],
    ids=["port", "user", "socket"],
)
def test_what_ssh_does_not_reach_is_told_in_a_sentence(url: str, wrong: dict[str, str], told: str) -> None:
    user, _, rest = url.removeprefix("ssh://").rpartition("@")
    place, _, socket = rest.partition("/")
    parts = {"user": f"{user}@", "port": f":{place.partition(':')[2]}", "socket": f"/{socket}", **wrong}
    other = f"ssh://{parts['user']}127.0.0.1{parts['port']}{parts['socket']}"
    with pytest.raises(DeployError) as error:
        Engine(other)
    assert str(error.value).startswith(told.format(url=other))
    assert "\n" not in str(error.value)


def test_a_host_whose_key_is_not_known_is_refused_without_a_question(host: SshHost, url: str) -> None:
    known = host.commands.parent / "known"
    before = known.read_text()
    known.write_text("")
    try:
        with pytest.raises(DeployError, match=r"\(Host key verification failed\.\): see that 'ssh 127.0.0.1' works"):
            Engine(url)
    finally:
        known.write_text(before)


def test_a_host_that_forwards_no_ports_is_told(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with ssh_host(tmp_path, AllowTcpForwarding="no") as closed:
        monkeypatch.setenv("PATH", f"{closed.commands}{os.pathsep}{os.environ['PATH']}")
        url = closed.url(engine.url.removeprefix("unix://"))
        with pytest.raises(DeployError, match=rf"the Docker engine at {url} cannot be reached \("):
            Engine(url)


def test_a_machine_without_ssh_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeployError, match=r"ssh://shop\.example\.com needs the command ssh: install OpenSSH's client"):
        Engine("ssh://shop.example.com")


def test_an_engine_behind_tcp_wants_an_address_of_the_host(places: Any, engine: Engine, url: str) -> None:
    place = places(docker_hosts=[url])
    place.engine.url, place.engine.tunnel = "tcp://shop.example.com:2376", None
    (told,) = place.target.check()
    assert told.startswith("docker_stage_address is 127.0.0.1, which nobody reaches on tcp://shop.example.com:2376")
