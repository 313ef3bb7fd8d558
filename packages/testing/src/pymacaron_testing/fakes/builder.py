"""The fake image builder: an image is a copy of a folder, and starting it serves that."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from pymacaron.config import Config
from pymacaron.deploy import Environment, Image, ImageBuilder, Started
from pymacaron.exceptions import DeployError
from pymacaron_testing.fakes.processes import alive, serve, stop
from pymacaron_testing.fakes.shelf import Shelf

__all__ = ["fake_builder", "folder_of", "secrets_of"]

READY_SECONDS = 10.0


def fake_builder(folder: Path) -> ImageBuilder:
    """Return the image builder "fake", which keeps its images below a folder."""
    return ImageBuilder("fake", lambda environment: FakeBuilding(folder, environment))


class FakeBuilding:
    """Images by their versions, as folders below `images`."""

    def __init__(self, folder: Path, environment: Environment) -> None:
        self._shelf = Shelf(folder)
        self._environment = environment

    def check(self) -> list[str]:
        """Miss nothing."""
        return []

    def find(self, version: str) -> Image | None:
        """Return an image that was built to its end."""
        data = self._shelf.read("images").get(version)
        return Image(**data) if data else None

    def build(self, root: Path, version: str, commit: str) -> Image:
        """Copy the folder."""
        self._shelf.moment("build begin", version)
        if not root.is_dir():
            raise DeployError(f"{root} is no folder: name the one of the service")
        name = self._environment.service
        image = Image(f"{name}:{version}", f"sha256:{commit}", commit)
        folder = folder_of(self._shelf.folder, image)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(root, folder, ignore=shutil.ignore_patterns(".git", "__pycache__"))
        self._shelf.moment("build middle", version)
        self._remember(version, image)
        self._shelf.moment("build end", version)
        return image

    @contextmanager
    def start(self, image: Image, variables: Mapping[str, str]) -> Iterator[Started]:
        """Serve the copy."""
        self._shelf.moment("start begin", image.reference)
        stop_left_over(self._shelf)
        log = self._shelf.folder / "start.log"
        secrets = secrets_of(self._environment.config)
        pid, url = serve(folder_of(self._shelf.folder, image), variables, secrets, log, READY_SECONDS)
        self._shelf.write("started", {**self._shelf.read("started"), str(pid): os.getpid()})
        self._shelf.moment("start middle", image.reference)
        try:
            yield Started(url, log.read_text)
        finally:
            stop_started(self._shelf, pid)
            self._shelf.moment("start end", image.reference)

    def push(self, image: Image) -> Image:
        """Give the image a digest."""
        self._shelf.moment("push begin", image.reference)
        version = image.reference.rpartition(":")[2]
        pushed = replace(image, digest=f"{image.reference.rpartition(':')[0]}@{image.id}--{version}")
        self._remember(version, pushed)
        self._shelf.moment("push end", image.reference)
        return pushed

    def _remember(self, version: str, image: Image) -> None:
        self._shelf.write("images", {**self._shelf.read("images"), version: asdict(image)})


def stop_left_over(shelf: Shelf) -> None:
    """Stop what was started by a process that was killed."""
    for pid, owner in shelf.read("started").items():
        if not alive(owner):
            stop_started(shelf, int(pid))


def stop_started(shelf: Shelf, pid: int) -> None:
    """Stop what was started, and forget it."""
    stop(pid)
    left = shelf.read("started")
    left.pop(str(pid), None)
    shelf.write("started", left)


def folder_of(folder: Path, image: Image) -> Path:
    """Return where the copy of an image is, by its reference or its digest."""
    version = (image.digest or image.reference).rpartition("--" if image.digest else ":")[2]
    return folder / "images" / version


def secrets_of(config: Config) -> dict[str, str]:
    """Return the secrets of the environment by their names, as containers get them."""
    return {name: os.environ[name] for name in config.env_secrets if name in os.environ}
