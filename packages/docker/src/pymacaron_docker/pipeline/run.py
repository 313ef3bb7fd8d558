"""One deploy: what was asked, what is known by now, and what it works with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pymacaron.deploy import Deployed, Environment, Image, ImageBuilding, Observation, Release, Target
from pymacaron.exceptions import DeployError
from pymacaron.service import Service
from pymacaron_docker.environment import environment_of, open_builder
from pymacaron_docker.pipeline.journal import Entry, Journal
from pymacaron_docker.pipeline.opening import live_seconds, settings_of, target_of
from pymacaron_docker.pipeline.progress import Progress
from pymacaron_docker.pipeline.settings import DeploySettings

__all__ = ["Order", "Run", "checked_version", "free_id"]

VERSION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,53}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Order:
    """What was asked for: the options of `pym deploy`; `release` is the one that `--resume` goes on with."""

    commit: str
    version: str = ""
    resume: bool = False
    release: str | None = None
    test: bool = True
    unittest: bool = True
    force_build: bool = False
    push: bool = True
    deploy: bool = True
    allow_breaking: bool = False
    bake: int | None = None
    with_downtime: bool = False


@dataclass
class Run:
    """A deploy on its way: `service` is that of the clean checkout, `home` the folder where the command was typed."""

    service: Service
    home: Path
    order: Order
    progress: Progress
    release_id: str = ""
    image: Image | None = None
    staged_url: str = ""
    live_url: str = ""
    previous: str | None = None
    checkout_seconds: float = 0.0
    told_before: bool = False
    entry: Entry | None = None
    known: Deployed | None = None

    @cached_property
    def settings(self) -> DeploySettings:
        """The settings of the pipeline."""
        return settings_of(self.service)

    @cached_property
    def live_seconds(self) -> int:
        """The seconds within which the live URL answers the release."""
        return live_seconds(self.service)

    @cached_property
    def environment(self) -> Environment:
        """Where the release goes."""
        return environment_of(self.service, self.progress.line)

    @cached_property
    def builder(self) -> ImageBuilding:
        """The open image builder."""
        return open_builder(self.service, self.environment)

    @cached_property
    def target(self) -> Target:
        """The open target."""
        return target_of(self.service).open(self.environment)

    @cached_property
    def journal(self) -> Journal:
        """The journal of this deploy."""
        return Journal(self.home, self.release_id)

    def name(self, release: str) -> None:
        """Give the release another id, and the journal with it."""
        if release != self.release_id:
            self.release_id = release
            self.journal.rename(release)

    @property
    def release(self) -> Release:
        """The release, once its image is known."""
        if self.image is None:
            raise DeployError("there is no image yet: build one first")
        order = self.order
        return Release(self.release_id, order.version, order.commit, self.image, self.environment.label)


def checked_version(version: str) -> str:
    """Return a version that can be the id of a release; raises DeployError."""
    if not VERSION.fullmatch(version):
        raise DeployError(
            f"'{version}' cannot be a version: it wants at most 55 letters, digits, '-' and '.': name one by --version"
        )
    return version


def free_id(version: str, seen: Observation) -> str:
    """Return the version, or with .2, .3 ... the first id that an environment does not know yet."""
    count, release = 1, version
    while seen.find(release) is not None:
        count += 1
        release = f"{version}.{count}"
    return release
