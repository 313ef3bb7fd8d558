"""Images: what goes into one, what one is, and who builds, runs and pushes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from pymacaron.config import Config
    from pymacaron.deploy.releases import Environment

__all__ = ["Image", "ImageBuilder", "ImageBuilding", "ImageContext", "ImageStep", "Phase", "Registry", "Started"]

Phase = Literal["base", "system", "python", "code", "start"]
"""When a step of an image comes: the base, packages of the system, the libraries, the code, and how it starts."""


@dataclass(frozen=True)
class ImageContext:
    """What an image is made for: the folder of the service, its configuration and its version."""

    root: Path
    config: Config
    version: str


@dataclass(frozen=True)
class ImageStep:
    """Lines of a Dockerfile for one phase; within a phase, steps follow each other by name."""

    name: str
    phase: Phase
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Image:
    """A built image.

    `reference` is "<repository>/<name>:<version>", `id` the content's "sha256:..." where it was built, and `digest`
    "<repository>/<name>@sha256:..." once it was pushed.
    """

    reference: str
    id: str
    commit: str
    digest: str | None = None


@dataclass(frozen=True)
class Registry:
    """Where images go without `docker_registry`.

    `place` stands before the name of the service: "<host>/<path>". `login` returns the user and the password of a push
    to that host; it is called when one begins, and raises DeployError.
    """

    place: str
    login: Callable[[], tuple[str, str]]


@dataclass(frozen=True)
class Started:
    """A service that runs on this machine, in a container or a process: its URL, and its last log lines."""

    url: str
    logs: Callable[[], str]


class ImageBuilding(Protocol):
    """An open image builder. Each method raises DeployError with one sentence, the last log lines behind it."""

    def check(self) -> list[str]:
        """Return what is missing, a sentence each."""
        ...

    def find(self, version: str) -> Image | None:
        """Return the image of a version where it was built before."""
        ...

    def build(self, root: Path, version: str, commit: str) -> Image:
        """Build the image of a clean checkout."""
        ...

    def start(self, image: Image, variables: Mapping[str, str]) -> AbstractContextManager[Started]:
        """Run the web server of an image on this machine until the context is left, ready when it is entered."""
        ...

    def push(self, image: Image) -> Image:
        """Push an image to its registry, unless it is there, and return it with its digest.

        Where the settings name no registry, the image stays where it was built and is returned as it is.
        """
        ...


@dataclass(frozen=True)
class ImageBuilder:
    """A way of building images; `open` raises DeployError where it cannot be reached."""

    name: str
    open: Callable[[Environment], ImageBuilding]
