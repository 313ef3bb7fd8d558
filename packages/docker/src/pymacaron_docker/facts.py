"""What an engine is told and tells: records of images and containers, read from its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Container", "ImageFacts", "Running", "image_of", "running_of"]


@dataclass(frozen=True)
class ImageFacts:
    """What the engine knows of an image; `layers` are the digests of their contents, the base's first."""

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    labels: Mapping[str, str]
    environment: Mapping[str, str]
    layers: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Container:
    """How a container is to be run.

    `ports` are those of the container, by number, each with the address and the port of the host (0 for any that is
    free); `folders` are paths of the engine's host by where the container reads them; `scratch` are folders in memory
    that it may write to. Without `healthy`, the HEALTHCHECK of its image is not run. `terminal` is for people who type.
    """

    image: str
    name: str | None = None
    command: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)
    scratch: tuple[str, ...] = ("/tmp",)  # noqa: S108 - the one folder of the container that it may write to
    network: str | None = None
    restarts: bool = False
    healthy: bool = True
    terminal: bool = False


@dataclass(frozen=True)
class Running:
    """A container as the engine shows it; `ports` are those of the host by those of the container."""

    id: str
    name: str
    state: str
    exit_code: int
    image: str
    labels: Mapping[str, str]
    ports: Mapping[int, int]
    created: str

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self.state == "running"


def image_of(found: Mapping[str, Any]) -> ImageFacts:
    """Read what the engine says of an image."""
    config = found.get("Config") or {}
    return ImageFacts(
        id=found["Id"],
        tags=tuple(found.get("RepoTags") or ()),
        digests=tuple(found.get("RepoDigests") or ()),
        labels=config.get("Labels") or {},
        environment=dict(line.partition("=")[::2] for line in config.get("Env") or ()),
        layers=tuple(found["RootFS"].get("Layers") or ()),
        size=int(found["Size"]),
    )


def running_of(found: Mapping[str, Any]) -> Running:
    """Read what the engine says of a container."""
    bound = found["NetworkSettings"].get("Ports") or {}
    return Running(
        id=found["Id"],
        name=found["Name"].removeprefix("/"),
        state=found["State"]["Status"],
        exit_code=int(found["State"]["ExitCode"]),
        image=found["Image"],
        labels=found["Config"].get("Labels") or {},
        ports={int(port.partition("/")[0]): int(hosts[0]["HostPort"]) for port, hosts in bound.items() if hosts},
        created=found["Created"],
    )
