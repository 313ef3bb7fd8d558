"""What revisions, worker pools and jobs run in: containers of a Docker engine."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

__all__ = ["Command", "Containers", "DockerContainers", "LaunchError", "Running"]

TIMEOUT = 120


class LaunchError(Exception):
    """A container that cannot be started."""


@dataclass(frozen=True)
class Command:
    """What is run: `command` overrides the entry point of the image, `args` its command; `port` is 0 for no server."""

    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    port: int = 0


@dataclass(frozen=True)
class Running:
    """A container that was started.

    `port` is that of its server on 127.0.0.1, `logs` its lines, each behind its time (RFC 3339) and a space. `code` is
    its exit code once it has ended, and None until then; `wait` returns it when it ends.
    """

    port: int
    logs: Callable[[], list[str]]
    code: Callable[[], int | None]
    wait: Callable[[], int]
    stop: Callable[[], None]


class Containers(Protocol):
    """Where containers are run."""

    def start(self, command: Command) -> Running:
        """Start a container; raises LaunchError."""
        ...


class DockerContainers:
    """Containers of the Docker engine that `docker` talks to (DOCKER_HOST), labelled `pymacaron.emulator`."""

    def __init__(self, label: str = "cloud-run") -> None:
        self._label = label
        self._registry = self._config = ""

    def pull_from(self, registry: str, config: Path) -> None:
        """Pull what is named after a registry from there, logged in by a folder that is docker's configuration."""
        self._registry, self._config = f"{registry}/", str(config)

    def start(self, command: Command) -> Running:
        """Start a container."""
        line = ["docker", "run", "--detach", "--label", f"pymacaron.emulator={self._label}"]
        for name in command.variables:
            line += ["--env", name]
        line += ["--publish", f"127.0.0.1::{command.port}"] if command.port else []
        line += ["--entrypoint", command.command[0]] if command.command else []
        variables = dict(command.variables)
        if self._registry and command.image.startswith(self._registry):
            line += ["--pull", "always"]
            variables |= {"DOCKER_CONFIG": self._config}
        container = _docker([*line, command.image, *command.command[1:], *command.args], variables).strip()
        try:
            port = _port(container, command.port) if command.port else 0
        except LaunchError:
            _remove(container)
            raise
        return Running(
            port,
            lambda: _logs(container),
            lambda: _code(container),
            lambda: int(_docker(["docker", "wait", container], timeout=3600)),
            lambda: _remove(container),
        )


def _port(container: str, inside: int) -> int:
    try:
        return int(_docker(["docker", "port", container, str(inside)]).split()[0].rpartition(":")[2])
    except (LaunchError, IndexError) as error:
        lines = [line.partition(" ")[2] for line in _logs(container)]
        raise LaunchError("the container ended: " + " ".join(lines[-3:])) from error


def _code(container: str) -> int | None:
    try:
        state, code = _docker(
            ["docker", "inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", container]
        ).split()
    except LaunchError:
        return 137
    return int(code) if state in ("exited", "dead") else None


def _logs(container: str) -> list[str]:
    done = subprocess.run(
        ["docker", "logs", "--timestamps", "--tail", "1000", container],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=TIMEOUT,
    )
    return sorted(done.stdout.splitlines()) if done.returncode == 0 else []


def _remove(container: str) -> None:
    for command in (["stop", "--time", "10", container], ["rm", "--force", "--volumes", container]):
        subprocess.run(["docker", *command], capture_output=True, check=False, timeout=TIMEOUT)


def _docker(command: list[str], variables: Mapping[str, str] | None = None, timeout: float = TIMEOUT) -> str:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **(variables or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LaunchError(f"docker cannot be run: {error}") from error
    if done.returncode:
        raise LaunchError(f"'docker {command[1]}' failed: {' '.join(done.stderr.split())}")
    return done.stdout


def in_parallel(works: list[Callable[[], None]]) -> None:
    """Do several things at once: a container that ignores SIGTERM takes ten seconds to stop."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
