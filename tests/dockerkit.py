"""What tests of images share: a Docker engine, a registry, wheels of this repository, and folders that git tracks."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml

from ports import free_port
from pymacaron_docker.engine import Engine
from pymacaron_docker.target.archives import File, packed
from pymacaron_docker.target.calls import HostEngine

ROOT = Path(__file__).resolve().parent.parent
_started: list[subprocess.Popen[bytes]] = []

OWN_PROCESSES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")

PYM = f"{sysconfig.get_path('scripts')}/pym"


NOTHING = """
openapi: 3.1.0
info: {title: Nothing, version: "1"}
paths: {}
"""


def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of this run of tests share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def needs(command: str, package: str) -> str:
    """Return the path of a command, or skip the test where it is missing."""
    found = shutil.which(command)
    if found is None:
        pytest.skip(f"needs {command}: apt-get install {package}")
    return found


@contextmanager
def alone(folder: Path, name: str) -> Iterator[None]:
    """Let one process at a time run the block."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def users(folder: Path, change: int) -> int:
    """Change how many processes use what is in a folder, and return how many do; call it in `alone`."""
    path = folder / "users"
    count = int(path.read_text() if path.exists() else 0) + change
    path.write_text(str(count))
    return count


@contextmanager
def engine(folder: Path) -> Iterator[Engine]:
    """Give the engine at DOCKER_HOST, else one of our own that all processes of this run of tests share."""
    with (
        nullcontext() if _answers(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")) else own_engine(folder)
    ):
        opened = Engine()
        yield opened
        opened.close()


def _answers(url: str) -> bool:
    """Tell whether something listens; what is no path of this machine is taken to."""
    if not url.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(url.removeprefix("unix://")) == 0


@contextmanager
def own_engine(folder: Path) -> Iterator[None]:
    """Run dockerd with everything that it keeps in one folder, until its last user is done.

    It has processes, mounts and a bridge of its own: when it is killed, so is every container that it runs, and no
    engine beside it or after it gives its addresses again.
    """
    dockerd = needs("dockerd", "docker.io")
    folder = folder / "docker"
    folder.mkdir(exist_ok=True)
    url = f"unix://{folder}/docker.sock"
    os.environ["DOCKER_HOST"] = url
    with alone(folder, "users"):
        if users(folder, +1) == 1:
            _start(dockerd, folder, url)
    try:
        yield
    finally:
        with alone(folder, "users"):
            if users(folder, -1) == 0:
                _stop(folder)
        del os.environ["DOCKER_HOST"]


def _start(dockerd: str, folder: Path, url: str) -> None:
    places = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-p", f"{folder}/pid"]
    places += ["-b", _bridge(folder)]
    with (folder / "log").open("a") as log:
        command = [*OWN_PROCESSES, dockerd, *places, "-H", url, "--ip", "127.0.0.1"]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    _started.append(process)
    (folder / "parent").write_text(str(process.pid))
    for _ in range(900):
        if process.poll() is not None:
            pytest.skip(f"needs dockerd: run the tests as root ({(folder / 'log').read_text()[-300:]})")
        if _answers(url):
            return
        time.sleep(0.1)
    pytest.fail(f"dockerd does not answer: {folder}/log")


def _bridge(folder: Path) -> str:
    """Make a bridge with addresses that follow from the number of this process, and return its name.

    Its hardware address is given: else it takes one of its containers', another with each that comes or goes, and the
    others reach nobody for seconds.
    """
    number = os.getpid()
    name = f"pym{number}"
    (folder / "bridge").write_text(name)
    for command in (
        f"ip link add {name} address 02:00:00:00:00:01 type bridge",
        f"ip address add 10.{16 + number // 250 % 200}.{number % 250}.1/24 dev {name}",
        f"ip link set {name} up",
    ):
        subprocess.run(command.split(), check=True)
    return name


def _stop(folder: Path) -> None:
    """End dockerd, which a process that ended before may have started."""
    parent = int((folder / "parent").read_text())
    number = int(Path(f"/proc/{parent}/task/{parent}/children").read_text())
    os.kill(number, signal.SIGTERM)
    for process in _started:
        process.wait(60)
    while Path(f"/proc/{number}/exe").exists():
        time.sleep(0.1)
    subprocess.run(["ip", "link", "delete", (folder / "bridge").read_text()], check=True)


@contextmanager
def registry(folder: Path, htpasswd: str | None = None) -> Iterator[str]:
    """Run a registry on a free port and give its host; `htpasswd` are the lines of that file."""
    server = needs("docker-registry", "docker-registry")
    host = f"127.0.0.1:{free_port()}"
    settings: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": host},
    }
    if htpasswd:
        (folder / "htpasswd").write_text(htpasswd)
        settings["auth"] = {"htpasswd": {"realm": "registry", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(yaml.safe_dump(settings))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([server, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        listens(host, process)
        yield host
    finally:
        process.terminate()
        process.wait(60)


def listens(host: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process listens on a host and port."""
    address, _, port = host.partition(":")
    for _ in range(1200):
        with socket.socket() as client:
            if client.connect_ex((address, int(port))) == 0:
                return
        assert process.poll() is None, f"the process for {host} ended"
        time.sleep(0.05)
    pytest.fail(f"nobody listens on {host}")


def wheels(folder: Path, names: tuple[str, ...] = ("core", "auth", "async")) -> Path:
    """Return a folder with wheels of our own distributions, built once of this repository (build-an-image.md)."""
    with alone(folder, "wheels"):
        made = folder / "wheels"
        if not made.exists():
            partial = folder / "wheels-partial"
            for name in names:
                command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(partial)]
                subprocess.run(command, cwd=ROOT / "packages" / name, check=True, capture_output=True, timeout=120)
            partial.rename(made)
        return made


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def git(root: Path, *arguments: str) -> str:
    """Run git in a folder, as somebody who has no settings of their own."""
    moment = "2026-01-01T00:00:00 +0000"
    own = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *who, *arguments], cwd=root, env=os.environ | own, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """Write files, and commit all that is in the folder."""
    write(root, files or {})
    if not (root / ".git").exists():
        git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "A change")
    return root


def proxy(engine: Engine, base: str, reference: str) -> str:
    """Make an image of Debian's caddy, and return its reference."""
    caddy = Path(needs("caddy", "caddy"))
    return made_of(engine, base, "COPY caddy /usr/bin/caddy", {"caddy": caddy}, reference)


def redis(engine: Engine, base: str, reference: str) -> str:
    """Make an image of this machine's Redis, with its libraries, whatever the base has; it listens to its network."""
    server = Path(needs("redis-server", "redis-server"))
    told = subprocess.run(["ldd", server], capture_output=True, text=True, check=True).stdout
    needed = [Path(path) for path in re.findall(r"(/\S+) \(", told)]
    (loader,) = [path.name for path in needed if path.name.startswith("ld-")]
    options = ["--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--dir", "/tmp"]
    command = [f"/redis/{loader}", "--library-path", "/redis", "/redis/redis-server", *options]
    files = {"redis/redis-server": server, **{f"redis/{path.name}": path for path in needed}}
    return made_of(engine, base, f"COPY redis /redis\nCMD {json.dumps(command)}", files, reference)


def made_of(engine: Engine, base: str, lines: str, files: Mapping[str, Path], reference: str) -> str:
    """Make an image of programs of this machine, and return its reference."""
    context = [File(name, path.read_bytes(), mode=0o755) for name, path in files.items()]
    archive = packed([File("Dockerfile", f"FROM {base}\n{lines}\n".encode()), *context])
    engine.build(io.BytesIO(archive), reference, lambda line: None)
    return reference


def clear(engine: HostEngine, label: str) -> None:
    """Remove whatever an environment has on an engine."""
    for container in engine.with_labels(environment=label):
        engine.remove(container.name)
    for volume in [*engine.volumes(environment=label), *engine.volumes(lock=label)]:
        engine.remove_volume(volume)
    if engine.has_network(f"{label}-network"):
        engine.api.remove_network(f"{label}-network")


def name_of(root: Path) -> str:
    """Return the name of the service in a folder."""
    return str(yaml.safe_load((root / "pym-config.yaml").read_text())["name"])


def pym(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `pym` in a folder to its end."""
    command = [PYM, *arguments]
    return subprocess.run(command, cwd=root, env=environment(**variables), capture_output=True, text=True, timeout=300)


def environment(**variables: str) -> dict[str, str]:
    """Return the variables of this process and some more."""
    return {**os.environ, **variables}
