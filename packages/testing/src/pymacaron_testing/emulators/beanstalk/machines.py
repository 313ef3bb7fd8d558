"""The machines of environments: each runs the compose file of a source bundle, as containers of a Docker engine."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Bundle", "DockerMachines", "LaunchError", "Machines", "Running"]

COMPOSE = "docker-compose.yml"
HOOKS = ".platform/hooks/predeploy/"
TIMEOUT = 120


class LaunchError(Exception):
    """A bundle that does not start, with the last lines of its log."""


@dataclass(frozen=True)
class Bundle:
    """What a machine gets: the files of the source bundle, and the environment's variables, secrets among them."""

    environment: str
    files: Mapping[str, bytes]
    variables: Mapping[str, str] = field(repr=False)

    @property
    def services(self) -> dict[str, Any]:
        """The services of the compose file; raises LaunchError where there is none."""
        import yaml

        if COMPOSE not in self.files:
            raise LaunchError(f"the source bundle has no {COMPOSE}")
        services: dict[str, Any] = yaml.safe_load(self.files[COMPOSE])["services"]
        return services


@dataclass(frozen=True)
class Running:
    """What a machine runs: the port of its web server on 127.0.0.1, its log, how it is stopped, and whether it runs."""

    port: int
    logs: Callable[[], str]
    stop: Callable[[], None]
    alive: Callable[[], bool] = lambda: True


class Machines(Protocol):
    """Where bundles are run."""

    def start(self, bundle: Bundle) -> Running:
        """Run a bundle; raises LaunchError."""
        ...


class DockerMachines:
    """Containers of the Docker engine that the command `docker` talks to (DOCKER_HOST), labelled `pymacaron.emulator`.

    Of a compose file, these keys count: image, command, env_file, environment, init, ports, read_only, tmpfs. The
    scripts of `.platform/hooks/predeploy` run on this machine, in a folder that holds the bundle.
    """

    def __init__(self, label: str = "beanstalk") -> None:
        self._label = label
        self._registry = ""
        self._variables: dict[str, str] = {}

    def pull_from(self, registry: str, config: Path) -> None:
        """Pull what is named after a registry from there, logged in by a folder that is docker's configuration."""
        self._registry, self._variables = registry, {"DOCKER_CONFIG": str(config)}

    def start(self, bundle: Bundle) -> Running:
        """Run the hooks, then a container for each service."""
        containers: dict[str, str] = {}
        running = Running(0, lambda: _logs(containers), lambda: _remove(containers.values()))
        with tempfile.TemporaryDirectory(prefix="pymacaron-beanstalk-") as folder:
            _unpack(bundle, Path(folder))
            _run_hooks(bundle, Path(folder), self._variables)
            try:
                for name, service in bundle.services.items():
                    containers[name] = self._container(service, Path(folder))
                web = next((name for name, service in bundle.services.items() if service.get("ports")), "")
                port = self._port(containers, web, bundle.services)
                return Running(port, running.logs, running.stop, lambda: _runs(containers[web]))
            except LaunchError:
                running.stop()
                raise

    def _container(self, service: Mapping[str, Any], folder: Path) -> str:
        command = ["docker", "run", "--detach", "--label", f"pymacaron.emulator={self._label}"]
        for file in service.get("env_file", []):
            command += ["--env-file", str(folder / file)]
        for name, value in service.get("environment", {}).items():
            command += ["--env", f"{name}={value}"]
        for mapping in service.get("ports", []):
            command += ["--publish", f"127.0.0.1::{str(mapping).rpartition(':')[2]}"]
        is_pulled = bool(self._registry) and service["image"].startswith(f"{self._registry}/")
        command += ["--pull", "always"] * is_pulled
        command += ["--init"] * bool(service.get("init")) + ["--read-only"] * bool(service.get("read_only"))
        for path in service.get("tmpfs", []):
            command += ["--tmpfs", path]
        return _docker([*command, service["image"], *service.get("command", [])], self._variables).strip()

    def _port(self, containers: Mapping[str, str], web: str, services: Mapping[str, Any]) -> int:
        if not web:
            raise LaunchError("no service of the compose file has a port")
        inside = str(services[web]["ports"][0]).rpartition(":")[2]
        template = f'{{{{with index .NetworkSettings.Ports "{inside}/tcp"}}}}{{{{(index . 0).HostPort}}}}{{{{end}}}}'
        published = _docker(["docker", "inspect", "--format", template, containers[web]]).strip()
        if not published:
            raise LaunchError(f"the container of {web} ended at once\n{_logs(containers)}")
        return int(published)


def _unpack(bundle: Bundle, folder: Path) -> None:
    for name, content in bundle.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    variables = folder / ".env"
    variables.touch(mode=0o600)
    variables.write_text("".join(f"{name}={value}\n" for name, value in bundle.variables.items()))


def _run_hooks(bundle: Bundle, folder: Path, variables: Mapping[str, str]) -> None:
    for name in sorted(name for name in bundle.files if name.startswith(HOOKS)):
        done = subprocess.run(
            ["sh", name],
            cwd=folder,
            env={**os.environ, **bundle.variables, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        if done.returncode:
            raise LaunchError(f"{name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _runs(container: str) -> bool:
    return _docker(["docker", "inspect", "--format", "{{.State.Running}}", container]).strip() == "true"


def _docker(command: list[str], variables: Mapping[str, str] | None = None) -> str:
    environment = {**os.environ, **(variables or {})}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LaunchError(f"docker cannot be run: {error}") from error
    if done.returncode:
        raise LaunchError(f"'docker {command[1]}' failed: {done.stderr.strip()}")
    return done.stdout


def _logs(containers: Mapping[str, str]) -> str:
    lines = []
    for name, container in list(containers.items()):
        done = subprocess.run(
            ["docker", "logs", "--tail", "1000", container],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=TIMEOUT,
        )
        lines += [f"{name}-1  | {line}\n" for line in done.stdout.splitlines()]
    return "".join(lines)


def _remove(containers: Any) -> None:
    # Each in a thread of its own: a container that ignores SIGTERM takes ten seconds.
    threads = [threading.Thread(target=_remove_one, args=(container,)) for container in containers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _remove_one(container: str) -> None:
    for command in (["stop", "--time", "10", container], ["rm", "--force", "--volumes", container]):
        subprocess.run(["docker", *command], capture_output=True, check=False, timeout=TIMEOUT)
