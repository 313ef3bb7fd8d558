"""What the containers of pods are: containers of a Docker engine, and volumes of it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Command", "Containers", "DockerContainers", "LaunchError", "Mount", "Running"]

TIMEOUT = 120
LABEL = "pymacaron.emulator"


class LaunchError(Exception):
    """A container that cannot be started."""


@dataclass(frozen=True)
class Mount:
    """A volume of the engine at a path of a container."""

    volume: str
    path: str
    is_read_only: bool = False


@dataclass(frozen=True)
class Command:
    """What is run: `command` overrides the entry point of the image, `args` its command.

    `ports` are those that are asked or routed to. `user` is "uid[:gid]" or empty, `network` the container whose
    network is shared. `security` are further options of `docker run`.
    """

    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    ports: tuple[int, ...] = ()
    mounts: tuple[Mount, ...] = ()
    user: str = ""
    folder: str = ""
    network: str = ""
    security: tuple[str, ...] = ()


@dataclass(frozen=True)
class Running:
    """A container that was started: `ports` are those of 127.0.0.1 by those inside, `address` is its own.

    `wait` returns its exit code when it ends, and whether it ran out of memory. `execute` runs a command in it and
    returns its exit code and output. `follow` yields its log as bytes, with times where they are wanted, until it ends.
    """

    name: str
    address: str
    ports: Mapping[int, int]
    wait: Callable[[], tuple[int, bool]]
    execute: Callable[[list[str], float], tuple[int, str]]
    logs: Callable[[list[str]], Iterator[bytes]]
    stop: Callable[[float], None]
    remove: Callable[[], None]


class Containers(Protocol):
    """Where containers run."""

    def user_of(self, image: str) -> str | None:
        """Return the user of an image, empty for root, or None where there is no such image."""
        ...

    def make_volumes(self, image: str, volumes: Mapping[str, Mapping[str, bytes] | None]) -> None:
        """Make volumes, with files, or writable for everybody where they hold none; raises LaunchError."""
        ...

    def remove_volumes(self, names: list[str]) -> None:
        """Remove volumes."""
        ...

    def start(self, command: Command) -> Running:
        """Start a container; raises LaunchError."""
        ...


class DockerContainers:
    """Containers of the Docker engine that `docker` talks to (DOCKER_HOST), labelled `pymacaron.emulator`."""

    def __init__(self, label: str = "kubernetes") -> None:
        self._label = f"{LABEL}={label}"
        self._registry, self._config = "", ""

    def pull_from(self, registry: str, config: Path) -> None:
        """Pull what is named after a registry from there, logged in by a folder that is docker's configuration.

        What the engine built and no registry has does not exist from now on.
        """
        self._registry, self._config = f"{registry}/", str(config)

    def user_of(self, image: str) -> str | None:
        """Return the user of an image, which is pulled where it has to be."""
        if self._registry and image.startswith(self._registry):
            _run(["pull", "--quiet", image], {"DOCKER_CONFIG": self._config})
        done = _run(["image", "inspect", "--format", "{{len .RepoDigests}} {{.Config.User}}", image])
        digests, _, user = done.stdout.decode().strip().partition(" ")
        return None if done.returncode or (self._registry and digests == "0") else user

    def make_volumes(self, image: str, volumes: Mapping[str, Mapping[str, bytes] | None]) -> None:
        """Make volumes: a container that never runs takes what they hold, as only so an engine elsewhere gets it."""
        for name in volumes:
            _docker(["volume", "create", "--label", self._label, name])
        mounts = [text for name in volumes for text in ("--volume", f"{name}:/{name}")]
        helper = _docker(["create", "--label", self._label, "--entrypoint", "none", *mounts, image]).strip()
        try:
            _docker(["cp", "-", f"{helper}:/"], content=_archive(volumes))
        finally:
            _run(["rm", helper])

    def remove_volumes(self, names: list[str]) -> None:
        """Remove volumes."""
        if names:
            _run(["volume", "rm", "--force", *names])

    def start(self, command: Command) -> Running:
        """Start a container."""
        name = f"pymacaron-pod-{uuid.uuid4().hex[:12]}"
        try:
            _docker(["run", "--detach", "--name", name, "--label", self._label, *_line(command)], command.variables)
            address, ports = _place(name)
        except LaunchError:
            _run(["rm", "--force", "--volumes", name])
            raise
        return Running(
            name,
            address,
            ports,
            lambda: _wait(name),
            lambda line, seconds: _execute(name, line, seconds),
            lambda options: _logs(name, options),
            lambda grace: _stop(name, grace),
            lambda: _remove(name),
        )


def _line(command: Command) -> Iterator[str]:
    for name in command.variables:
        yield from ("--env", name)
    for mount in command.mounts:
        yield from ("--volume", f"{mount.volume}:{mount.path}" + (":ro" if mount.is_read_only else ""))
    if command.network:
        yield from ("--network", f"container:{command.network}")
    else:
        for port in command.ports:
            yield from ("--publish", f"127.0.0.1::{port}")
    for option, value in (("--user", command.user), ("--workdir", command.folder)):
        if value:
            yield from (option, value)
    yield from command.security
    if command.command:
        yield from ("--entrypoint", command.command[0])
    yield from (command.image, *command.command[1:], *command.args)


def _archive(volumes: Mapping[str, Mapping[str, bytes] | None]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, files in volumes.items():
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o777 if files is None else 0o755
            archive.addfile(folder)
            for path, text in (files or {}).items():
                file = tarfile.TarInfo(f"{name}/{path}")
                file.size, file.mode = len(text), 0o644
                archive.addfile(file, io.BytesIO(text))
    return content.getvalue()


def _place(name: str) -> tuple[str, dict[int, int]]:
    (found,) = json.loads(_docker(["inspect", name]))
    network: Any = found["NetworkSettings"]
    published = {
        int(inside.partition("/")[0]): int(bound[0]["HostPort"])
        for inside, bound in (network.get("Ports") or {}).items()
        if bound
    }
    return str(network.get("IPAddress") or "127.0.0.1"), published


def _wait(name: str) -> tuple[int, bool]:
    done = _run(["wait", name], timeout=None)
    if done.returncode:
        return 137, False
    memory = _run(["inspect", "--format", "{{.State.OOMKilled}}", name]).stdout.strip() == b"true"
    return int(done.stdout), memory


def _execute(name: str, line: list[str], seconds: float) -> tuple[int, str]:
    try:
        done = _run(["exec", name, *line], timeout=seconds)
    except subprocess.TimeoutExpired:
        return 124, f"command timed out: {' '.join(line)} timed out after {seconds:g}s"
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def _logs(name: str, options: list[str]) -> Iterator[bytes]:
    line = ["docker", "logs", *options, name]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            while part := process.stdout.read1(65536):  # type: ignore[attr-defined,unused-ignore]
                yield part
        finally:
            process.kill()


def _stop(name: str, grace: float) -> None:
    _run(["stop", "--time", str(int(grace)), name], timeout=grace + TIMEOUT)


def _remove(name: str) -> None:
    _run(["rm", "--force", "--volumes", name])


def _docker(line: list[str], variables: Mapping[str, str] | None = None, content: bytes | None = None) -> str:
    try:
        done = _run(line, variables, content)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LaunchError(f"docker cannot be run: {error}") from error
    if done.returncode:
        raise LaunchError(" ".join(done.stderr.decode(errors="replace").split()))
    return done.stdout.decode(errors="replace")


def _run(
    line: list[str],
    variables: Mapping[str, str] | None = None,
    content: bytes | None = None,
    timeout: float | None = TIMEOUT,
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["docker", *line],
        env={**os.environ, **(variables or {})},
        input=content,
        capture_output=True,
        check=False,
        timeout=timeout,
    )
