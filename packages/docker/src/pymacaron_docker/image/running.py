"""An image that runs on this machine: started on a loopback port, waited for, and removed."""

from __future__ import annotations

import http.client
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pymacaron.deploy import Environment, Image, Started
from pymacaron.exceptions import DeployError
from pymacaron_docker.engine import Container, Engine
from pymacaron_docker.image.dockerfile import PORT
from pymacaron_docker.secrets import PLACE, read_secrets, secrets_folder

__all__ = ["PROCESS", "ROLE", "SERVICE", "Contained", "contained", "started"]

SERVICE = "io.pymacaron.service"
ROLE = "io.pymacaron.role"
PROCESS = "io.pymacaron.process"
"""Labels of the containers that run here for a while: the service, what of it they run, the host and process for it."""

GRACE = 15
"""Seconds that a container has to end."""


@dataclass(frozen=True)
class Contained:
    """A container that runs: its URL, empty for a role that serves nothing, and its id."""

    url: str
    id: str


@contextmanager
def started(engine: Engine, environment: Environment, image: Image, variables: Mapping[str, str]) -> Iterator[Started]:
    """Run the web server of an image until the block ends, on a port that is free."""
    with contained(engine, environment, image, variables) as container:
        yield Started(container.url, lambda: "\n".join(engine.logs(container.id, 50)))


@contextmanager
def contained(
    engine: Engine,
    environment: Environment,
    image: Image,
    variables: Mapping[str, str],
    *,
    role: str = "web",
    port: int = 0,
) -> Iterator[Contained]:
    """Run a role of an image until the block ends; the web server is ready when it begins.

    Raises DeployError, with the last log lines, where the container ends or is not ready in time.
    """
    if not engine.is_local:
        raise DeployError(f"images are started on this machine, but DOCKER_HOST is {engine.url}: unset it")
    _remove_orphans(engine, environment.service)
    with secrets_folder(read_secrets(environment.config)) as secrets:
        container = engine.create(
            Container(
                image=image.id or image.reference,
                command=command_of(environment, role),
                environment={**variables, "PYM_ROLE": role, "PYM_SECRETS_DIR": PLACE},
                labels={SERVICE: environment.service, ROLE: role, PROCESS: f"{socket.gethostname()}:{os.getpid()}"},
                ports={PORT: ("127.0.0.1", port)} if role == "web" else {},
                folders={PLACE: secrets},
                healthy=role == "web",
            )
        )
        try:
            engine.start(container)
            url = _wait(engine, container, environment.config.docker_start_timeout) if role == "web" else ""
            yield Contained(url, container)
            engine.stop(container, GRACE)
        finally:
            engine.remove(container)


def _remove_orphans(engine: Engine, service: str) -> None:
    """Remove what a process of this host left running that was killed."""
    for container in engine.containers(**{SERVICE: service}):
        host, _, process = container.labels.get(PROCESS, "").rpartition(":")
        if host == socket.gethostname() and not _lives(int(process)):
            engine.remove(container.id)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_of(environment: Environment, role: str) -> tuple[str, ...] | None:
    """Return what overrides the command of the image: nothing for the web server."""
    if role == "web":
        return None
    if role not in environment.roles:
        known = ", ".join(["web", *environment.roles])
        raise DeployError(f"{environment.service} has no role '{role}': choose among {known}")
    return environment.roles[role]


def _wait(engine: Engine, container: str, seconds: float) -> str:
    """Return the URL of a container once it is ready."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        shown = engine.container(container)
        if shown is None or shown.state in ("exited", "dead"):
            code = "was removed" if shown is None else f"ended with exit code {shown.exit_code}"
            raise _failed(engine, container, f"the container {code} before it was ready")
        port = shown.ports.get(PORT)
        if port and _is_ready(port):
            return f"http://127.0.0.1:{port}"
        time.sleep(0.1)
    raise _failed(engine, container, f"the container was not ready within {seconds} s")


def _failed(engine: Engine, container: str, what: str) -> DeployError:
    logs = "\n".join(engine.logs(container, 20))
    return DeployError(f"{what}: read its last log lines and mend the service\n{logs}")


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
