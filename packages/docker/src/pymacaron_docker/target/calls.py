"""What the engine of a host is asked for, beside what images need: volumes, networks, containers that stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pymacaron_docker.engine import Engine

__all__ = ["HostEngine", "Shown", "Spec"]


@dataclass(frozen=True)
class Spec:
    """A container to be made. `volumes` maps paths to (volume, writable), `ports` inner ports to (address, port).

    Port 0 is any that is free; `stop_timeout` is in seconds.
    """

    name: str
    image: str
    labels: Mapping[str, str]
    command: tuple[str, ...] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None
    alias: str | None = None
    volumes: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    ports: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    user: str | None = None
    capabilities: tuple[str, ...] = ()
    restarts: bool = False
    healthy: bool = True
    stop_timeout: int = 10
    memory: str | None = None
    processes: int | None = None


@dataclass(frozen=True)
class Shown:
    """A container as the engine shows it; `ports` maps inner ports to the address and port on the host."""

    name: str
    labels: Mapping[str, str]
    image: str
    running: bool
    started: bool
    created: str
    exit_code: int
    ports: Mapping[int, tuple[str, int]]


class HostEngine(Engine):
    """The Docker engine of a host."""

    def ping(self) -> None:
        """Ask for an answer."""
        with self._told("answer"):
            self.api.ping()

    def user_of(self, image: str) -> str:
        """Return the user that an image runs as, "" for root."""
        with self._told(f"show the image {image}"):
            return str(self.api.inspect_image(image)["Config"].get("User") or "")

    def release_image(self, image: str) -> bool:
        """Remove an image unless something uses it, and tell whether it is gone."""
        from docker.errors import APIError

        with self._told(f"remove the image {image}"):
            try:
                self.api.remove_image(image)
            except APIError:
                return False
        return True

    def find(self, name: str) -> Shown | None:
        """Return a container by its name."""
        from docker.errors import NotFound

        with self._told(f"show {name}"):
            try:
                return _shown(self.api.inspect_container(name))
            except NotFound:
                return None

    def with_labels(self, **labels: str) -> list[Shown]:
        """Return the containers that carry all these labels of ours."""
        with self._told("list containers"):
            listed = self.api.containers(all=True, filters={"label": _filters(labels)})
        found = (self.find(each["Id"]) for each in listed)
        return [container for container in found if container]

    def make(self, spec: Spec) -> None:
        """Make a container; nothing happens where its name is there."""
        from docker.errors import APIError

        with self._told(f"make {spec.name}"):
            try:
                self.api.create_container(
                    spec.image,
                    name=spec.name,
                    command=list(spec.command) if spec.command else None,
                    environment=dict(spec.variables),
                    labels=dict(spec.labels),
                    user=spec.user,
                    ports=list(spec.ports),
                    stop_timeout=spec.stop_timeout,
                    healthcheck=None if spec.healthy else {"Test": ["NONE"]},
                    host_config=self._kept_in(spec),
                    networking_config=self._joined(spec),
                )
            except APIError as error:
                if error.status_code != 409:
                    raise

    def _kept_in(self, spec: Spec) -> Any:
        """Say how a container is kept in: what it writes goes to volumes and to /tmp, which is forgotten."""
        return self.api.create_host_config(
            binds=[f"{name}:{path}:{'rw' if writable else 'ro'}" for path, (name, writable) in spec.volumes.items()],
            port_bindings={port: (address, number or None) for port, (address, number) in spec.ports.items()},
            restart_policy={"Name": "unless-stopped" if spec.restarts else "no"},
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

    def _joined(self, spec: Spec) -> Any:
        if spec.network is None:
            return None
        endpoint = self.api.create_endpoint_config(aliases=[spec.alias] if spec.alias else None)
        return self.api.create_networking_config({spec.network: endpoint})

    def rename(self, name: str, wanted: str) -> None:
        """Give a container another name."""
        with self._told(f"rename {name}"):
            self.api.rename(name, wanted)

    def restart_always(self, name: str) -> None:
        """Have a container started again whenever it ends or the host starts, until it is stopped."""
        with self._told(f"update {name}"):
            self.api.update_container(name, restart_policy={"Name": "unless-stopped"})

    def put(self, name: str, folder: str, archive: bytes) -> None:
        """Unpack a tar archive in a folder of a container."""
        with self._told(f"write to {name}"):
            self.api.put_archive(name, folder, archive)

    def get(self, name: str, path: str) -> bytes | None:
        """Return a file or folder of a container as a tar archive."""
        from docker.errors import NotFound

        with self._told(f"read from {name}"):
            try:
                pieces, _ = self.api.get_archive(name, path)
                return b"".join(pieces)
            except NotFound:
                return None

    def has_network(self, name: str) -> bool:
        """Tell whether a network is there."""
        with self._told("list networks"):
            return any(each["Name"] == name for each in self.api.networks(names=[name]))

    def make_network(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a network unless it is there."""
        from docker.errors import APIError

        with self._told(f"make the network {name}"):
            try:
                self.api.create_network(name, driver="bridge", labels=dict(labels), check_duplicate=True)
            except APIError as error:
                if error.status_code != 409:
                    raise

    def volumes(self, **labels: str) -> dict[str, dict[str, str]]:
        """Return the labels of the volumes that carry all these labels of ours, by name."""
        with self._told("list volumes"):
            listed = self.api.volumes(filters={"label": _filters(labels)})["Volumes"]
        return {each["Name"]: each["Labels"] for each in listed or ()}

    def make_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a volume; one of that name stays as it is."""
        with self._told(f"make the volume {name}"):
            self.api.create_volume(name, labels=dict(labels))

    def remove_volume(self, name: str) -> None:
        """Remove a volume; nothing happens where it is gone."""
        from docker.errors import NotFound

        with self._told(f"remove the volume {name}"):
            try:
                self.api.remove_volume(name)
            except NotFound:
                return


def _filters(labels: Mapping[str, str]) -> list[str]:
    return [f"pymacaron.{name}={value}" for name, value in labels.items()]


def _shown(found: dict[str, Any]) -> Shown:
    state, published = found["State"], found["NetworkSettings"]["Ports"] or {}
    return Shown(
        name=found["Name"].lstrip("/"),
        labels=found["Config"]["Labels"] or {},
        image=found["Image"],
        running=state["Running"] and not state["Restarting"],
        started=not state["StartedAt"].startswith("0001"),
        created=found["Created"],
        exit_code=state["ExitCode"],
        ports={
            int(port.partition("/")[0]): (bound[0]["HostIp"], int(bound[0]["HostPort"]))
            for port, bound in published.items()
            if bound
        },
    )
