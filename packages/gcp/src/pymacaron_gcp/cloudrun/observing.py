"""The truth about releases, as the service and its revisions tell it, whoever made them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pymacaron.deploy import Deployed, State
from pymacaron_gcp.cloudrun.memory import Memory
from pymacaron_gcp.cloudrun.names import short
from pymacaron_gcp.cloudrun.service import failure_of, release_of
from pymacaron_gcp.cloudrun.templates import ANNOTATION
from pymacaron_gcp.cloudrun.traffic import shares, tags, uri_of

__all__ = ["live_revision", "observed"]


def live_revision(service: Any) -> str | None:
    """Return the revision that is live: the last promoted one among those with traffic.

    Before the first promotion of all nobody is: the first revision of a service has its traffic from the start, because
    Cloud Run wants all of it to go somewhere.
    """
    promoted = Memory.of(service).promoted
    live = [name for name in shares(service) if name in promoted]
    return max(live, key=lambda name: promoted[name], default=None)


def observed(service: Any, revisions: list[Any]) -> tuple[Deployed, ...]:
    """Return a release for each of its revisions, the newest `since` first; of two of one, that which counts more."""
    order = ("live", "staged", "kept", "broken")
    found: dict[str, Deployed] = {}
    for revision in revisions:
        one = _deployed(service, revision)
        known = found.get(one.id)
        if known is None or order.index(one.state) < order.index(known.state):
            found[one.id] = one
    return tuple(sorted(found.values(), key=lambda one: one.since, reverse=True))


def _deployed(service: Any, revision: Any) -> Deployed:
    name = short(revision.name)
    promoted = Memory.of(service).promoted.get(name)
    facts = {key: str(revision.annotations.get(ANNOTATION + key, "")) for key in ("version", "commit", "image")}
    state = _state(service, revision)
    return Deployed(
        release_of(revision),
        **facts,
        state=state,
        since=promoted or datetime.fromtimestamp(revision.create_time.timestamp(), UTC),
        url=str(service.uri) if state == "live" else uri_of(service, name),
    )


def _state(service: Any, revision: Any) -> State:
    name = short(revision.name)
    if live_revision(service) == name:
        return "live"
    if failure_of(revision):
        return "broken"
    if name in Memory.of(service).promoted:
        return "kept"
    return "staged" if name in tags(service).values() else "broken"
