"""The truth about releases, as Deployments and ReplicaSets tell it, whoever made them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pymacaron.deploy import Deployed, State
from pymacaron_gcp.kubernetes.client import Cluster, Object
from pymacaron_gcp.kubernetes.memory import Memory
from pymacaron_gcp.kubernetes.site import PREFIX, Site
from pymacaron_gcp.kubernetes.waiting import failure_of, release_of, revision_of

__all__ = ["Seen", "look"]


@dataclass(frozen=True)
class Seen:
    """What is there: the Deployments of both places, and the ReplicaSets of the live one by release, newest first."""

    staging: Object | None
    live: Object | None
    sets: dict[str, Object]
    memory: Memory

    @property
    def staged(self) -> str:
        """The release that staging is of, "" for none."""
        return release_of(self.staging) if self.staging else ""

    @property
    def wanted(self) -> str:
        """The release that the live Deployment is of, or on its way to."""
        return release_of(self.live) if self.live else ""

    @property
    def live_release(self) -> str:
        """The release that is live: the wanted one once it was rolled out, the one before until then."""
        if self.wanted in self.memory.promoted:
            return self.wanted
        return next((one for one in self.memory.newest if one in self.sets), "")

    def releases(self, live_url: str | None, staged_url: str | None) -> tuple[Deployed, ...]:
        """Return all releases, the newest first."""
        found = {release: self._kept(release, one, live_url) for release, one in self.sets.items()}
        if self.staging is not None and self.staged and self.staged not in self.memory.promoted:
            found[self.staged] = _staged(self.staging, staged_url)
        return tuple(sorted(found.values(), key=lambda one: one.since, reverse=True))

    def _kept(self, release: str, one: Object, live_url: str | None) -> Deployed:
        is_live, moment = release == self.live_release, self.memory.promoted.get(release)
        state: State = "live" if is_live else "kept" if moment else "broken"
        return _deployed(one, state, moment or _moment(one), live_url if is_live else None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What else people should know."""
        if self.live is None or self.wanted == self.live_release:
            return ()
        return (f"{self.wanted} is being rolled out, or was when its deploy ended: type 'pym deploy --resume'",)


def look(site: Site, cluster: Cluster) -> Seen:
    """Ask for the Deployments and the ReplicaSets of an environment."""
    live, staging = (cluster.find("Deployment", place.name) for place in (site.places.live, site.places.staging))
    sets = cluster.list("ReplicaSet", site.selector(site.places.live)) if live else []
    by_release = {release_of(one): one for one in sorted(sets, key=_number)}
    by_release.pop("", None)
    return Seen(staging, live, by_release, Memory.of(live))


def _staged(staging: Object, url: str | None) -> Deployed:
    since = (staging["metadata"].get("annotations") or {}).get(f"{PREFIX}since")
    moment = datetime.fromisoformat(since) if since else _moment(staging)
    return _deployed(staging, "broken" if failure_of(staging) else "staged", moment, url)


def _deployed(one: Object, state: State, since: datetime, url: str | None) -> Deployed:
    annotations = one["spec"]["template"]["metadata"].get("annotations") or {}
    facts = {key: str(annotations.get(PREFIX + key, "")) for key in ("version", "commit", "image")}
    return Deployed(release_of(one), **facts, state=state, since=since, url=url)


def _moment(one: Object) -> datetime:
    return datetime.fromisoformat(one["metadata"]["creationTimestamp"]).astimezone(UTC)


def _number(one: Object) -> int:
    text = revision_of(one)
    return int(text) if text.isdigit() else 0
