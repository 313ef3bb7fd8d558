"""What the small commands work with: the target of a folder, opened, and the release that a word means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from pymacaron.cli.context import Context
from pymacaron.deploy import DeployTarget, Environment, Observation, Target
from pymacaron.exceptions import DeployError
from pymacaron.text import did_you_mean
from pymacaron_docker.environment import environment_of
from pymacaron_docker.pipeline.lockkeeper import LockKeeper, new_token
from pymacaron_docker.pipeline.opening import live_seconds, settings_of, target_of
from pymacaron_docker.pipeline.settings import DeploySettings

__all__ = ["Opened", "earlier", "opened"]


@dataclass(frozen=True)
class Opened:
    """A target that is open, with where it is and what is set."""

    environment: Environment
    settings: DeploySettings
    kind: DeployTarget
    target: Target
    live_seconds: int

    @contextmanager
    def locked(self) -> Iterator[LockKeeper]:
        """Hold the lock of the environment."""
        keeper = LockKeeper(self.kind.open(self.environment), new_token(), self.settings.lock_seconds)
        with keeper.held():
            yield keeper


@contextmanager
def opened(context: Context) -> Iterator[Opened]:
    """Give the target of the folder, with the plugins known to be healthy."""
    context.plugins().require_healthy()
    with context.service() as service:
        environment = environment_of(service, lambda line: click.echo(f"    {line}", err=True))
        kind = target_of(service)
        yield Opened(environment, settings_of(service), kind, kind.open(environment), live_seconds(service))


def earlier(seen: Observation, wanted: str | None) -> str:
    """Return the id of the release to go back to: the one named, or the newest before the one that is live."""
    kept = [one.id for one in seen.releases if one.state == "kept"]
    if wanted is not None:
        if wanted not in kept:
            known = ", ".join(kept) or "none"
            raise DeployError(f"'{wanted}' is no release to go back to{did_you_mean(wanted, kept)}: there are {known}")
        return wanted
    ids = [one.id for one in seen.releases]
    before = ids[ids.index(seen.live.id) + 1 :] if seen.live else ids
    for release in before:
        if release in kept:
            return release
    raise DeployError("no earlier release is kept: see 'pym releases', and name one")
