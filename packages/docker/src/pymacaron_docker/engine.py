"""The one module that speaks with a Docker engine: a small typed class over docker's SDK, imported when used."""

from __future__ import annotations

import os
import re
import socket
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import IO, TYPE_CHECKING, Any

from pymacaron.exceptions import DeployError
from pymacaron_docker.complaints import complaint_of_engine, complaint_of_push
from pymacaron_docker.facts import Container, ImageFacts, Running, image_of, running_of
from pymacaron_docker.tunnel import Tunnel

if TYPE_CHECKING:
    from docker import DockerClient

__all__ = ["Container", "Engine", "ImageFacts", "Login", "Running"]

TIMEOUT = 120
"""Seconds that the engine has for a reply, and between two lines of one that goes on."""

BUILD_TIMEOUT = 900
"""Seconds that a step of a build may be silent, such as the download of a large library."""

Login = tuple[str, str] | None
"""A user and a password of a registry; None for what docker's own configuration says."""

_RETRYING = re.compile(r"(\S+) Retrying in (\d+) seconds?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Engine:
    """An open Docker engine; every method raises DeployError where the engine refuses or cannot be reached."""

    def __init__(self, url: str | None = None) -> None:
        """Open the engine at a URL, else at DOCKER_HOST, else on this machine."""
        self.url = url or os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        with ExitStack() as opened:
            self.tunnel = opened.enter_context(closing(Tunnel(self.url))) if self.url.startswith("ssh://") else None
            """The way to an engine behind SSH, None for others."""
            with self._told("be reached"):
                self._client = opened.enter_context(closing(self._open(url)))
                self._client.ping()
            self.close = weakref.finalize(self, opened.pop_all().close)
            """Close the connections, at the latest when nobody knows this object any more."""

    def _open(self, url: str | None) -> DockerClient:
        import docker

        url = f"unix://{self.tunnel.socket}" if self.tunnel else url
        return docker.DockerClient(base_url=url, timeout=TIMEOUT) if url else docker.from_env(timeout=TIMEOUT)

    @property
    def api(self) -> Any:
        """The low-level client of the SDK, whose answers are the engine's own JSON."""
        return self._client.api

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, and sees its files."""
        return self.url.startswith(("unix://", "http+unix://"))

    def build(self, context: IO[bytes], tag: str, tell: Callable[[str], None]) -> None:
        """Build an image of a tar that holds a Dockerfile, by the classic builder, and tell what it says."""
        with self._told(f"build {tag}"):
            said = self.api.build(
                fileobj=context,
                custom_context=True,
                tag=tag,
                rm=True,
                forcerm=True,
                decode=True,
                timeout=BUILD_TIMEOUT,
            )
            failure = ""
            for message in said:  # to its end, which closes the connection
                failure = failure or str(message.get("error", ""))
                for line in _COLOUR.sub("", str(message.get("stream", ""))).splitlines():
                    tell(line)
        if failure:
            raise DeployError(complaint_of_engine(failure))

    def image(self, reference: str) -> ImageFacts | None:
        """Return an image, by its reference or id, or None where there is none."""
        from docker.errors import ImageNotFound

        with self._told(f"show the image {reference}"):
            try:
                found = self.api.inspect_image(reference)
            except ImageNotFound:
                return None
            return image_of(found)

    def images(self, **labels: str) -> list[ImageFacts]:
        """Return the images that have all these labels."""
        with self._told("list images"):
            found = self.api.images(filters={"label": _filters(labels)})
            return [image_of(self.api.inspect_image(each["Id"])) for each in found]

    def tag(self, image: str, reference: str) -> None:
        """Give an image one more name."""
        repository, _, tag = reference.rpartition(":")
        with self._told(f"tag {reference}"):
            self.api.tag(image, repository, tag)

    def remove_image(self, reference: str) -> None:
        """Remove an image, or one of its names; nothing happens where it is gone."""
        from docker.errors import ImageNotFound

        with self._told(f"remove the image {reference}"):
            try:
                self.api.remove_image(reference)
            except ImageNotFound:
                return

    def push(self, reference: str, tell: Callable[[str], None], login: Login = None) -> str:
        """Push an image, and return the digest that it has there."""
        repository, _, tag = reference.rpartition(":")
        digest = failure = last = ""
        with self._told(f"push {reference}"):
            for message in self.api.push(repository, tag=tag, stream=True, decode=True, auth_config=_auth(login)):
                failure = failure or str(message.get("error", ""))
                digest = message.get("aux", {}).get("Digest", digest)
                line = f"{message.get('id', '')} {message.get('status', '')}".strip()
                if line and not message.get("progressDetail") and not _counts_down(last, line):
                    tell(line)
                last = line
        if failure:
            raise DeployError(f"{reference} cannot be pushed: {complaint_of_push(failure, reference)}")
        if not digest:
            raise DeployError(f"{reference} was pushed, but its registry told no digest: push it again")
        return digest

    def pull(self, reference: str) -> None:
        """Fetch an image that was pushed, by its tag or its digest."""
        with self._told(f"pull {reference}"):
            self._client.images.pull(reference)

    def is_pushed(self, reference: str, login: Login = None) -> bool:
        """Tell whether a registry has an image by this tag or digest."""
        from docker.errors import APIError

        try:
            self.api.inspect_distribution(reference, auth_config=_auth(login))
        except APIError:
            return False
        return True

    def create(self, container: Container) -> str:
        """Make a container that cannot write to its image, has no rights, and can gain none; returns its id."""
        with self._told(f"make a container of {container.image}"):
            made = self.api.create_container(
                container.image,
                command=list(container.command) if container.command is not None else None,
                name=container.name,
                environment=dict(container.environment),
                labels=dict(container.labels),
                ports=list(container.ports),
                tty=container.terminal,
                stdin_open=container.terminal,
                healthcheck=None if container.healthy else {"Test": ["NONE"]},
                networking_config=self._network(container.network),
                host_config=self._host(container),
            )
            return str(made["Id"])

    def _host(self, container: Container) -> Any:
        return self.api.create_host_config(
            port_bindings=dict(container.ports),
            binds={str(path): {"bind": place, "mode": "ro"} for place, path in container.folders.items()},
            tmpfs=dict.fromkeys(container.scratch, "mode=1777"),
            network_mode=container.network,
            restart_policy={"Name": "unless-stopped"} if container.restarts else None,
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
        )

    def _network(self, name: str | None) -> Any:
        return self.api.create_networking_config({name: self.api.create_endpoint_config()}) if name else None

    def start(self, container: str) -> None:
        """Start a container."""
        with self._told("start the container"):
            self.api.start(container)

    def container(self, name: str) -> Running | None:
        """Return a container by its name or id, or None where there is none."""
        from docker.errors import NotFound

        with self._told(f"show the container {name}"):
            try:
                return running_of(self.api.inspect_container(name))
            except NotFound:
                return None

    def containers(self, **labels: str) -> list[Running]:
        """Return all containers that have these labels, also those that do not run, newest first."""
        with self._told("list containers"):
            found = self.api.containers(all=True, filters={"label": _filters(labels)})
        shown = [self.container(each["Id"]) for each in found]
        return sorted((each for each in shown if each), key=lambda each: each.created, reverse=True)

    def logs(self, container: str, lines: int = 100, *, follow: bool = False) -> Iterator[str]:
        """Yield the last lines that a container wrote, and go on with `follow`."""
        from docker.errors import NotFound

        with self._told("show logs"):
            try:
                chunks = self.api.logs(container, tail=lines, stream=True, follow=follow)
            except NotFound:
                return
            with closing(chunks):
                yield from _lines(chunks)

    def execute(self, container: str, command: tuple[str, ...]) -> tuple[int, str]:
        """Run a command in a running container; returns its exit code and what it wrote."""
        with self._told("run a command in the container"):
            made = self.api.exec_create(container, list(command))
            output = self.api.exec_start(made["Id"])
            return int(self.api.exec_inspect(made["Id"])["ExitCode"]), output.decode(errors="replace")

    def wait(self, container: str) -> int:
        """Wait until a container has ended, and return its exit code."""
        with self._told("wait for the container"):
            return int(self.api.wait(container, timeout=None)["StatusCode"])

    @contextmanager
    def attached(self, container: str) -> Iterator[socket.socket]:
        """Give the terminal of a container as a socket."""
        with self._told("attach to the container"):
            stream = self.api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        try:
            yield getattr(stream, "_sock", stream)
        finally:
            stream.close()

    def resize(self, container: str, lines: int, columns: int) -> None:
        """Tell the terminal of a container how large it is."""
        with self._told("resize the terminal"):
            self.api.resize(container, lines, columns)

    def stop(self, container: str, seconds: int) -> None:
        """Tell a container to end, and kill it after some seconds; nothing happens where it is gone."""
        from docker.errors import NotFound

        with self._told("stop the container"):
            try:
                self.api.stop(container, timeout=seconds)
            except NotFound:
                return

    def remove(self, container: str) -> None:
        """Kill and remove a container; nothing happens where it is gone."""
        from docker.errors import NotFound

        with self._told("remove the container"):
            try:
                self.api.remove_container(container, force=True, v=True)
            except NotFound:
                return

    @contextmanager
    def _told(self, action: str) -> Iterator[None]:
        """Turn what the SDK and its HTTP client raise into a sentence; a connection that broke is made anew before."""
        from docker.errors import APIError, DockerException
        from requests.exceptions import RequestException

        if self.tunnel:
            self.tunnel.renew()
        try:
            yield
        except APIError as error:
            reason = str(error.explanation or error)
            raise DeployError(
                f"the Docker engine at {self.url} cannot {action}: {complaint_of_engine(reason)}"
            ) from error
        except (DockerException, RequestException) as error:
            advice = self.tunnel.advice if self.tunnel else "start it, or set DOCKER_HOST to where it listens"
            raise DeployError(
                f"the Docker engine at {self.url} cannot {action} ({type(error).__name__}): {advice}"
            ) from error


def _counts_down(last: str, line: str) -> bool:
    """Tell whether a line only tells again that something is tried again, in fewer seconds."""
    before, now = _RETRYING.fullmatch(last), _RETRYING.fullmatch(line)
    return bool(before and now and before[1] == now[1] and int(before[2]) > int(now[2]))


def _auth(login: Login) -> dict[str, str] | None:
    return {"username": login[0], "password": login[1]} if login else None


def _filters(labels: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in labels.items()]


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """Give whole lines of chunks that end anywhere."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in lines)
    if rest:
        yield rest.decode(errors="replace")
