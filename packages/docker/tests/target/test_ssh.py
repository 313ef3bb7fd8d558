"""A host behind SSH: its engine and its loopback are reached over one connection of the command `ssh`."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import pytest

from hostkit import wait_until
from ports import free_port
from pymacaron.exceptions import DeployError
from pymacaron_docker import tunnel
from pymacaron_docker.engine import Engine
from pymacaron_docker.target.calls import HostEngine
from pymacaron_docker.tunnel import Tunnel
from sshkit import SshHost, ssh_host

PROXY = """#!/bin/bash
trap "" HUP TERM
exec 3<>/dev/tcp/$1/$2
cat <&3 &
cat >&3
sleep 30
"""
"""A ProxyCommand that stays when ssh ends."""


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
    (session,) = set(host.sessions()) - set(before)
    engine.close()
    wait_until(lambda: session not in host.sessions(), "the connection stays")


def test_a_proxy_that_stays_ends_with_the_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnel, "CLOSE_SECONDS", 0.5)
    proxy = tmp_path / "proxy"
    proxy.write_text(PROXY)
    proxy.chmod(0o755)
    with ssh_host(tmp_path, {"ProxyCommand": f"{proxy} %h %p"}) as made:
        monkeypatch.setenv("PATH", f"{made.commands}{os.pathsep}{os.environ['PATH']}")
        opened = Tunnel(made.url())
        began = time.monotonic()
        opened.close()
        assert time.monotonic() - began < 15
        wait_until(lambda: not made.sessions(), "the proxy stays", 10)


def test_the_connection_ends_though_a_log_is_still_being_read(host: SshHost, url: str, places: Any) -> None:
    place = places(docker_hosts=[url])
    place.target.stage(place.release("read"))
    before = host.sessions()
    engine = HostEngine(url)
    (session,) = set(host.sessions()) - set(before)
    lines = engine.logs(f"{place.environment.label}-read-web", follow=True)
    assert next(lines)
    began = time.monotonic()
    engine.close()
    assert time.monotonic() - began < 15
    wait_until(lambda: session not in host.sessions(), "the connection stays")
    with suppress(DeployError):
        list(lines)
    place.target.discard("read")


@pytest.mark.parametrize("taken", [False, True], ids=["free", "taken"])
def test_a_connection_that_broke_is_made_anew_by_the_same_ports_if_free(host: SshHost, url: str, taken: bool) -> None:
    before = host.sessions()
    with closing(HostEngine(url)) as engine, ExitStack() as others:
        assert engine.tunnel is not None
        port = engine.tunnel.port(host.port)
        (session,) = set(host.sessions()) - set(before)
        os.kill(session, signal.SIGKILL)
        wait_until(lambda: session not in host.sessions(), "the session stays")
        wait_until(lambda: engine.tunnel is not None and engine.tunnel.lost, "ssh does not see it")
        if taken:
            others.enter_context(socket.create_server(("127.0.0.1", port)))
        engine.ping()
        anew = engine.tunnel.port(host.port)
        assert (anew != port) is taken
        with socket.create_connection(("127.0.0.1", anew), timeout=60) as connection:
            assert connection.recv(4) == b"SSH-"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RemoteCommand", "echo hello"),
        ("SessionType", "none"),
        ("StdinNull", "yes"),
        ("ForkAfterAuthentication", "yes"),
    ],
)
def test_what_the_user_has_set_for_the_host_is_no_hindrance(
    name: str, value: str, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = free_port()
    client = {
        "Host": "Prod-1",
        "HostName": "127.0.0.1",
        "HostKeyAlias": "prod",
        "LocalForward": f"{taken} 127.0.0.1:9",
        "RequestTTY": "force",
        name: value,
    }
    with ssh_host(tmp_path, client) as made, socket.create_server(("127.0.0.1", taken)):
        monkeypatch.setenv("PATH", f"{made.commands}{os.pathsep}{os.environ['PATH']}")
        (tmp_path / "known").write_text(f"prod {(tmp_path / 'host.pub').read_text()}")
        opened = HostEngine(made.url(engine.url.removeprefix("unix://")).replace("127.0.0.1", "Prod-1"))
        opened.ping()
        assert opened.tunnel is not None
        assert not opened.tunnel.lost
        opened.close()


@pytest.mark.parametrize("name", ["with space", "a%d", "a:b", "a" * 60])
def test_a_folder_for_temporary_files_may_have_any_name(
    name: str, host: SshHost, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(prefix=name) as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        with closing(Tunnel(url)) as opened, socket.create_connection(("127.0.0.1", opened.port(host.port))) as reply:
            assert reply.recv(4) == b"SSH-"


def test_an_ssh_without_newer_options_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ssh_host(tmp_path) as made:
        command = made.commands / "ssh"
        command.write_text(command.read_text().replace("exec", 'case "$*" in *SessionType*) exit 255 ;; esac; exec'))
        monkeypatch.setenv("PATH", f"{made.commands}{os.pathsep}{os.environ['PATH']}")
        opened = Tunnel(made.url())
        assert not opened.lost
        opened.close()


def test_an_alias_of_ssh_is_no_address_for_the_world(places: Any, url: str) -> None:
    place = places(docker_hosts=[url], docker_proxy_address="0.0.0.0")
    assert place.target.check() == []
    place.engine.url = "ssh://no-such-host.invalid"
    (told,) = place.target.check()
    assert told.startswith("no-such-host.invalid, which ssh://no-such-host.invalid leads to, is no name that the world")


def test_the_connection_ends_with_a_deploy_that_is_killed(host: SshHost, url: str) -> None:
    before = host.sessions()
    code = "from pymacaron_docker.engine import Engine; engine = Engine(); print(engine.tunnel.port(80)); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=-1, stdout=-1, env={**os.environ, "DOCKER_HOST": url}
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        (session,) = set(host.sessions()) - set(before)
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: session not in host.sessions(), "the connection stays")


@pytest.fixture(scope="module")
def deaf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    folder = tmp_path_factory.mktemp("deaf")
    with ssh_host(folder, ForceCommand=f"touch {folder}/runs; sleep 20") as made:
        yield made


def test_a_host_that_runs_another_command_is_told_in_time(deaf: SshHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{deaf.commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(tunnel, "ANSWER_SECONDS", 2)
    place = re.escape(deaf.url())
    told = rf"ssh cannot connect to {place} \(it does not run cat\): see that 'ssh {place} cat' asks nothing"
    with pytest.raises(DeployError, match=told):
        Tunnel(deaf.url())
    wait_until(lambda: not deaf.sessions(), "the connection stays")


def test_an_interrupt_while_it_connects_ends_the_connection(deaf: SshHost) -> None:
    runs = deaf.commands.parent / "runs"
    runs.unlink(missing_ok=True)
    code = (
        "import signal; from pymacaron_docker.tunnel import Tunnel; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); print(flush=True); Tunnel(input())"
    )
    path = f"{deaf.commands}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=-1, stdout=-1, stderr=-1, env={**os.environ, "PATH": path}
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        process.stdin.write(f"{deaf.url()}\n".encode())
        process.stdin.flush()
        wait_until(runs.exists, "it does not connect")
        process.send_signal(signal.SIGINT)
        assert b"KeyboardInterrupt" in process.communicate(timeout=60)[1]
    wait_until(lambda: not deaf.sessions(), "the connection stays", 10)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"port": ":1"}, "ssh cannot connect to {place} (ssh: connect to host 127.0.0.1 port 1: Connection refused): "),
        (
            {"user": "nobody-here@"},
            "ssh cannot connect to {place} (nobody-here@127.0.0.1: Permission denied (publickey).",
        ),
        ({"socket": "/nobody.sock"}, "the Docker engine at {place}/nobody.sock cannot be reached ("),
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
    assert str(error.value).startswith(told.format(place=other.removesuffix(parts["socket"])))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("place", ["", "/var/run/docker.sock", "h:abc", "h:0", "h:99999", "-oX", "deploy@", "[::1"])
def test_a_url_without_a_host_and_a_port_is_told_as_such(place: str) -> None:
    told = f"ssh://{place.removeprefix('deploy@')} leads to no Docker engine: write ssh://[user@]host[:port]"
    with pytest.raises(DeployError, match=f"^{re.escape(told)}"):
        Engine(f"ssh://{place}")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("{user}:geheim@{host}", "the URL of the Docker engine at ssh://{host}/nobody.sock has a password, "),
        ("{user}:@{host}", "the URL of the Docker engine at ssh://{host}/nobody.sock has a password, "),
        ("{user}:geh/eim@{host}", "ssh://{host}/nobody.sock leads to no Docker engine: "),
        ("{user}:geheim@h:abc", "ssh://h:abc/nobody.sock leads to no Docker engine: "),
    ],
)
def test_a_password_in_a_url_is_refused_and_told_nobody(url: str, place: str, told: str) -> None:
    user, _, rest = url.removeprefix("ssh://").rpartition("@")
    parts = {"user": user, "host": rest.partition("/")[0]}
    with pytest.raises(DeployError, match=f"^{re.escape(told.format(**parts))}") as error:
        Engine(f"ssh://{place.format(**parts)}/nobody.sock")
    assert "geh" not in "".join(traceback.format_exception(error.value))


def test_a_host_whose_key_is_not_known_is_refused_without_a_question(host: SshHost, url: str) -> None:
    known = host.commands.parent / "known"
    before = known.read_text()
    known.write_text("")
    try:
        with pytest.raises(DeployError, match=r"\(Host key verification failed\.\): see that 'ssh ssh:"):
            Engine(url)
    finally:
        known.write_text(before)


def test_a_host_that_forwards_no_ports_is_told(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with ssh_host(tmp_path, AllowTcpForwarding="no") as closed:
        monkeypatch.setenv("PATH", f"{closed.commands}{os.pathsep}{os.environ['PATH']}")
        url = closed.url(engine.url.removeprefix("unix://"))
        with pytest.raises(DeployError, match=rf"the Docker engine at {url} .* sshd forwards sockets and ports$"):
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
