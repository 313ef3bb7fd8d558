"""All calls of the target `docker` to a Docker engine, and none elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from pymacaron.exceptions import DeployError

__all__ = ["Container", "Engine", "Spec"]

TIMEOUT = 60
"""Seconds that an engine has to answer a call."""


@dataclass(frozen=True)
class Spec:
    """A container to be made. `volumes` maps paths to (volume, writable), `ports` inner ports to (address, port)."""

    name: str
    image: str
    labels: Mapping[str, str]
    command: tuple[str, ...] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None
    alias: str | None = None
    volumes: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    ports: Mapping[int, tuple[str, int | None]] = field(default_factory=dict)
    user: str | None = None
    capabilities: tuple[str, ...] = ()
    restart: str = "no"
    stop_timeout: int = 10
    memory: str | None = None
    processes: int | None = None


@dataclass(frozen=True)
class Container:
    """A container as the engine shows it; `ports` maps inner ports to what they are published as on the host."""

    name: str
    labels: Mapping[str, str]
    image: str
    running: bool
    started: bool
    created: str
    exit_code: int
    ports: Mapping[int, tuple[str, int]]


class Engine:
    """One Docker engine. What it refuses raises DeployError."""

    def __init__(self, url: str) -> None:
        import docker

        self.url = url
        with self._told("reach"):
            self._api: Any = docker.APIClient(base_url=url, version="auto", timeout=TIMEOUT, use_ssh_client=True)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        from docker.errors import APIError, DockerException

        try:
            yield
        except APIError as error:
            raise DeployError(f"the Docker engine at {self.url} cannot {what}: {error.explanation or error}") from None
        except (DockerException, OSError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DeployError(f"the Docker engine at {self.url} does not answer ({reason}): start it") from None

    def ping(self) -> None:
        """Ask for an answer."""
        with self._told("answer"):
            self._api.ping()

    def image(self, reference: str) -> dict[str, Any] | None:
        """Return what the engine has of an image."""
        from docker.errors import ImageNotFound

        with self._told(f"look for the image {reference}"), suppress(ImageNotFound):
            found: dict[str, Any] = self._api.inspect_image(reference)
            return found
        return None

    def pull(self, reference: str) -> None:
        """Pull an image."""
        with self._told(f"pull the image {reference}"):
            for line in self._api.pull(reference, stream=True, decode=True):
                if "error" in line:
                    raise DeployError(f"the Docker engine at {self.url} cannot pull {reference}: {line['error']}")

    def remove_image(self, identity: str) -> bool:
        """Remove an image unless something uses it, and tell whether it is gone."""
        from docker.errors import APIError

        with self._told(f"remove the image {identity}"):
            try:
                self._api.remove_image(identity)
            except APIError:
                return False
        return True

    def find(self, name: str) -> Container | None:
        """Return a container by its name."""
        from docker.errors import NotFound

        with self._told(f"inspect {name}"), suppress(NotFound):
            return _container(self._api.inspect_container(name))
        return None

    def containers(self, **labels: str) -> list[Container]:
        """Return the containers that carry all these labels."""
        wanted = [f"pymacaron.{name}={value}" for name, value in labels.items()]
        with self._told("list containers"):
            listed = self._api.containers(all=True, filters={"label": wanted})
        found = (self.find(each["Names"][0].lstrip("/")) for each in listed if each.get("Names"))
        return [container for container in found if container]

    def create(self, spec: Spec) -> None:
        """Make a container; nothing happens where its name is there."""
        from docker.errors import APIError

        with self._told(f"make {spec.name}"):
            try:
                self._api.create_container(
                    spec.image,
                    name=spec.name,
                    command=list(spec.command) if spec.command else None,
                    environment=dict(spec.variables),
                    labels=dict(spec.labels),
                    user=spec.user,
                    ports=list(spec.ports),
                    stop_timeout=spec.stop_timeout,
                    host_config=self._host_config(spec),
                    networking_config=self._networking(spec),
                )
            except APIError as error:
                if error.status_code != 409:
                    raise

    def _host_config(self, spec: Spec) -> Any:
        """Say how a container is kept in: what it writes goes to volumes and to /tmp, which is forgotten."""
        return self._api.create_host_config(
            binds=[f"{name}:{path}:{'rw' if writable else 'ro'}" for path, (name, writable) in spec.volumes.items()],
            port_bindings=dict(spec.ports),
            restart_policy={"Name": spec.restart},
            read_only=True,
            tmpfs={"/tmp": "mode=1777"},  # noqa: S108 - within the container
            cap_drop=["ALL"],
            cap_add=list(spec.capabilities),
            security_opt=["no-new-privileges"],
            init=True,
            mem_limit=spec.memory,
            pids_limit=spec.processes,
            log_config={"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}},
        )

    def _networking(self, spec: Spec) -> Any:
        if spec.network is None:
            return None
        aliases = [spec.alias] if spec.alias else None
        endpoint = self._api.create_endpoint_config(aliases=aliases)
        return self._api.create_networking_config({spec.network: endpoint})

    def start(self, name: str) -> None:
        """Start a container; nothing happens where it runs."""
        with self._told(f"start {name}"):
            self._api.start(name)

    def restart_always(self, name: str) -> None:
        """Have a container started again whenever it ends or the host starts, until it is stopped."""
        with self._told(f"update {name}"):
            self._api.update_container(name, restart_policy={"Name": "unless-stopped"})

    def stop(self, name: str, seconds: int) -> None:
        """End a container by its stop signal, and kill it after so many seconds."""
        with self._told(f"stop {name}"):
            self._api.stop(name, timeout=seconds)

    def remove(self, name: str) -> None:
        """Kill and remove a container; nothing happens where it is gone."""
        from docker.errors import NotFound

        with self._told(f"remove {name}"), suppress(NotFound):
            self._api.remove_container(name, force=True, v=True)

    def wait(self, name: str) -> int:
        """Wait for the end of a container, however long it takes, and return its exit code."""
        with self._told(f"wait for {name}"):
            return int(self._api.wait(name, timeout=None)["StatusCode"])

    def execute(self, name: str, command: tuple[str, ...]) -> tuple[int, str]:
        """Run a command in a running container, and return its exit code and output."""
        with self._told(f"run {command[0]} in {name}"):
            identity = self._api.exec_create(name, list(command))["Id"]
            output = self._api.exec_start(identity)
            code = self._api.exec_inspect(identity)["ExitCode"]
        return int(code), output.decode(errors="replace")

    def put(self, name: str, folder: str, archive: bytes) -> None:
        """Unpack a tar archive in a folder of a container."""
        with self._told(f"write to {name}"):
            self._api.put_archive(name, folder, archive)

    def get(self, name: str, path: str) -> bytes | None:
        """Return a file or folder of a container as a tar archive."""
        from docker.errors import NotFound

        with self._told(f"read from {name}"), suppress(NotFound):
            pieces, _ = self._api.get_archive(name, path)
            return b"".join(pieces)
        return None

    def logs(self, name: str, lines: int, *, follow: bool = False) -> Iterator[str]:
        """Give the last lines that a container wrote, and go on with `follow`."""
        with self._told(f"read the log of {name}"):
            rest = b""
            for piece in self._api.logs(name, stream=True, follow=follow, tail=lines):
                *whole, rest = (rest + piece).split(b"\n")
                yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
            if rest:
                yield rest.decode(errors="replace")

    def has_network(self, name: str) -> bool:
        """Tell whether a network is there."""
        with self._told("list networks"):
            return any(each["Name"] == name for each in self._api.networks(names=[name]))

    def make_network(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a network unless it is there."""
        from docker.errors import APIError

        with self._told(f"make the network {name}"):
            try:
                self._api.create_network(name, driver="bridge", labels=dict(labels), check_duplicate=True)
            except APIError as error:
                if error.status_code != 409:
                    raise

    def volumes(self, **labels: str) -> dict[str, dict[str, str]]:
        """Return the labels of the volumes that carry all these labels, by name."""
        wanted = [f"pymacaron.{name}={value}" for name, value in labels.items()]
        with self._told("list volumes"):
            listed = self._api.volumes(filters={"label": wanted})["Volumes"]
        return {each["Name"]: each["Labels"] for each in listed or ()}

    def make_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a volume; one of that name stays as it is."""
        with self._told(f"make the volume {name}"):
            self._api.create_volume(name, labels=dict(labels))

    def remove_volume(self, name: str) -> None:
        """Remove a volume; nothing happens where it is gone."""
        from docker.errors import NotFound

        with self._told(f"remove the volume {name}"), suppress(NotFound):
            self._api.remove_volume(name)


def _container(shown: dict[str, Any]) -> Container:
    state, published = shown["State"], shown["NetworkSettings"]["Ports"] or {}
    return Container(
        name=shown["Name"].lstrip("/"),
        labels=shown["Config"]["Labels"] or {},
        image=shown["Image"],
        running=state["Running"] and not state["Restarting"],
        started=not state["StartedAt"].startswith("0001"),
        created=shown["Created"],
        exit_code=state["ExitCode"],
        ports={int(port.partition("/")[0]): _address(bound[0]) for port, bound in published.items() if bound},
    )


def _address(bound: dict[str, str]) -> tuple[str, int]:
    return bound["HostIp"], int(bound["HostPort"])
