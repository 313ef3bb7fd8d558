"""Deploy targets: where releases are staged, promoted, observed and rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pymacaron.deploy.images import Registry
    from pymacaron.deploy.releases import Environment, Release

__all__ = ["LIVE_TIMEOUT", "DeployTarget", "Deployed", "Guarded", "InPlace", "Lock", "Observation", "State", "Target"]

LIVE_TIMEOUT = 60
"""The seconds in which the live URL answers a release that was promoted, where no name of DNS has to change."""

State = Literal["staged", "live", "kept", "broken"]
"""`staged` has its own URL and no traffic, `live` has the traffic, `kept` was live and can be again at once."""


@dataclass(frozen=True)
class Lock:
    """Who may change an environment: `holder` for people, `token` to know the lock again.

    It counts until `expires` (UTC) and no longer, so that a holder that died is waited for a minute and not for ever.
    """

    holder: str
    token: str
    since: datetime
    expires: datetime


@dataclass(frozen=True)
class Deployed:
    """A release as the target shows it, with what anybody needs to go on without the journal.

    `since` (UTC) is when it got the traffic last, or was staged where it never had any.
    """

    id: str
    version: str
    commit: str
    image: str
    state: State
    since: datetime
    url: str | None = None


@dataclass(frozen=True)
class Observation:
    """What is there: releases, the newest `since` first, the URL that the world calls, and who holds the lock."""

    url: str | None = None
    releases: tuple[Deployed, ...] = ()
    lock: Lock | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def live(self) -> Deployed | None:
        """The release that has the traffic."""
        return next((release for release in self.releases if release.state == "live"), None)

    def find(self, release: str) -> Deployed | None:
        """Return a release by its id."""
        return next((one for one in self.releases if one.id == release), None)


class Target(Protocol):
    """An open deploy target.

    Each method may be called again after it failed or was killed at any point, and then ends in the same state. What
    cannot be done raises DeployError: one sentence, the last log lines behind it. Waits always end.
    """

    def check(self) -> list[str]:
        """Return what is missing, a sentence each with its next step; nothing is changed."""
        ...

    def lock(self, lock: Lock) -> None:
        """Take the lock, or renew it where its token is known; raises LockedError where somebody else holds it."""
        ...

    def unlock(self, token: str | None) -> None:
        """Give the lock of a token back, or with None that of whoever holds it; nothing happens where there is none."""
        ...

    def plan(self, release: Release) -> list[str]:
        """Return what staging and promoting would change, a line each; nothing is changed."""
        ...

    def run(self, release: Release, command: tuple[str, ...]) -> None:
        """Run a command to its end in a new container of a release, with its secrets and variables."""
        ...

    def stage(self, release: Release) -> str:
        """Start a release beside what is live, wait until it is ready, and return the URL of its own."""
        ...

    def promote(self, release: Release, verify: Callable[[str], None]) -> str:
        """Give a staged release the traffic and return the live URL.

        Where traffic moves in steps, `verify(url)` is called between them; what it raises stops the promotion. Wherever
        this is killed, `observe()` shows the release live only with the traffic, and kept only where it had any.
        """
        ...

    def observe(self) -> Observation:
        """Return what is there: the truth, asked for now."""
        ...

    def rollback(self, release: str) -> str:
        """Give the traffic back to a release that was live, and return the live URL."""
        ...

    def discard(self, release: str) -> None:
        """Remove a release that is not live; nothing happens where it is gone."""
        ...

    def logs(self, release: str | None, *, role: str = "web", lines: int = 100, follow: bool = False) -> Iterator[str]:
        """Give the last log lines of a release, of the live one with None, and go on with `follow`."""
        ...

    def prune(self, keep: int) -> list[str]:
        """Remove what is older than the last `keep` releases that had the traffic, and return a line for each thing.

        The one that is live counts among them.
        """
        ...


@runtime_checkable
class InPlace(Protocol):
    """What an open target has beside the methods of `Target` where it can deploy with a downtime too."""

    def replace(self, release: Release) -> str:
        """Have what is live run a release, wait until it is ready, and return the live URL; nothing is staged.

        Where nothing is live yet, the release is staged and promoted. `rollback` leads back from it.
        """
        ...


@runtime_checkable
class Guarded(Protocol):
    """What an open target has beside the methods of `Target` where not everybody gets an answer from its URLs."""

    def headers(self, url: str) -> Mapping[str, str]:
        """Return the headers with which a URL of this target answers, {} where it answers everybody.

        They are asked for before each request, and are credentials: who gets them sends them to that URL and nowhere
        else, shows them to nobody, and lets the headers of the request itself be. Raises DeployError where there are
        none to be had, or the URL is none of this target's.
        """
        ...


@dataclass(frozen=True)
class DeployTarget:
    """A kind of place that releases are deployed to, by the name that `deploy_target` has in pym-config.yaml.

    `open` raises DeployError where it cannot be reached and ConfigError where a setting is missing. `registry` gives
    the one that images of an environment go to without `docker_registry`, None where they stay where they were built.
    `live_timeout` is the default of the setting of this name: the seconds until callers reach what was promoted.
    """

    name: str
    open: Callable[[Environment], Target]
    registry: Callable[[Environment], Registry | None] = lambda environment: None
    live_timeout: int = LIVE_TIMEOUT
