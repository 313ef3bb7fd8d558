"""What no rollback needs is removed: never what is live, nor what has just been replaced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pymacaron_aws.beanstalk.account import Account, Described
from pymacaron_aws.beanstalk.launching import Launcher
from pymacaron_aws.beanstalk.names import RUN, Stored
from pymacaron_aws.beanstalk.observing import live_release, runs

__all__ = ["prune"]


def prune(account: Account, launcher: Launcher, keep: int, now: datetime) -> list[str]:
    """Remove environments that baked, and versions beyond the last `keep` that were live; return a line for each.

    Environments of commands go too, as one that is there when nobody deploys was left by a deploy that was killed.
    What stays because it was replaced only just is told as progress.
    """
    versions, environments = account.versions(), account.environments()
    live = live_release(account, versions, environments)
    lines = list(_left(account, launcher, environments))
    if live is None:
        return lines
    owner = account.owner(environments)
    kept = _kept(versions, live, keep)
    baking = _baked(account, live, now)
    for stored in versions:
        found = runs(stored, environments)
        if stored is live or (found and found is owner) or not _is_old(stored, live):
            continue
        if found and stored.promoted and baking:
            name = found["EnvironmentName"]
            account.environment.tell(f"{name} ({stored.id}) stays until {baking:%H:%M} UTC for a rollback at once")
        else:
            lines += _removed(launcher, stored, found, stored in kept)
    return lines


def _left(account: Account, launcher: Launcher, environments: list[Described]) -> Iterator[str]:
    for environment in environments:
        name, label = environment["EnvironmentName"], str(environment.get("VersionLabel"))
        release = label.removeprefix(f"{account.environment.label}-").removesuffix(RUN)
        if label.endswith(RUN) and name == account.name_of(release, "run"):
            launcher.terminate(environment)
            launcher.forget(label)
            yield f"terminated the environment {name} of a command that was cut off"


def _kept(versions: list[Stored], live: Stored, keep: int) -> list[Stored]:
    were_live = sorted((one for one in versions if one.promoted), key=lambda one: str(one.promoted), reverse=True)
    return [live, *(one for one in were_live if one is not live)][: max(keep, 1)]


def _is_old(stored: Stored, live: Stored) -> bool:
    """Tell whether a release was live, or was left behind by the deploys of others; not one that is being staged."""
    return bool(stored.promoted or (stored.since and live.promoted and stored.since < live.promoted))


def _baked(account: Account, live: Stored, now: datetime) -> datetime | None:
    end = (live.promoted or now) + timedelta(minutes=account.settings.aws_bake_minutes)
    return None if end <= now else end


def _removed(launcher: Launcher, stored: Stored, environment: Described | None, is_kept: bool) -> Iterator[str]:
    if environment:
        launcher.terminate(environment)
        yield f"terminated the environment {environment['EnvironmentName']} of {stored.id}"
    if not is_kept:
        launcher.forget(stored.label)
        yield f"deleted the version {stored.label} and its source bundle"
