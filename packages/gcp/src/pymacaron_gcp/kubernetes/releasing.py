"""Releases on their way: staged in a place of their own, rolled out live, taken back to the template of before."""

from __future__ import annotations

import copy
from datetime import datetime

from pymacaron.deploy import Release
from pymacaron.exceptions import DeployError
from pymacaron_gcp.kubernetes import pods
from pymacaron_gcp.kubernetes.client import Cluster, Object
from pymacaron_gcp.kubernetes.extra import Extra, read_extra
from pymacaron_gcp.kubernetes.leftovers import Leftovers
from pymacaron_gcp.kubernetes.memory import KEY
from pymacaron_gcp.kubernetes.observing import Seen, look
from pymacaron_gcp.kubernetes.site import PREFIX, Site, image_of
from pymacaron_gcp.kubernetes.surroundings import before_releases, scaling
from pymacaron_gcp.kubernetes.waiting import Watch, release_of

__all__ = ["Releases", "back_to"]

# What others write on a Deployment, and what another manager of ours does.
FOREIGN = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration", KEY)


class Releases:
    """The releases of one environment."""

    def __init__(self, site: Site, cluster: Cluster, watch: Watch) -> None:
        self._site, self._cluster, self._watch = site, cluster, watch
        self._leftovers, self._is_promoted = Leftovers(site, cluster), False

    # Manifests

    def surroundings(self) -> list[Object]:
        """Return what can be there before any release is, with that of the service itself in front."""
        ours, extra = before_releases(self._site), self._extra
        return [*extra.others(self._names(ours), self._site.labels), *(extra.over(one) for one in ours)]

    def staged(self, release: Release, since: datetime | None = None) -> Object:
        """Return the Deployment of a release that is staged."""
        return self._extra.over(pods.staging_web(self._site, release, since))

    def live(self, release: Release) -> list[Object]:
        """Return what makes a release live: its background processes first, so that no task waits for one."""
        roles = self._site.environment.roles.items()
        workers = [pods.worker(self._site, release, role, command) for role, command in roles]
        return [self._extra.over(one) for one in [*workers, pods.web(self._site, release), *scaling(self._site)]]

    @property
    def _extra(self) -> Extra:
        return read_extra(self._site.environment.root)

    def _names(self, ours: list[Object]) -> list[Object]:
        """Return manifests of all that is ours, whatever the release: what the service merges is not another thing."""
        site = self._site
        names = [site.places.live.name, site.places.staging.name, *map(site.places.worker, site.environment.roles)]
        deployments = [{"kind": "Deployment", "metadata": {"name": name}} for name in names]
        return [*ours, *scaling(site), *deployments]

    # Staging

    def prepare(self) -> None:
        """Have what surrounds releases be there."""
        surroundings = self.surroundings()
        for manifest in surroundings:
            self._cluster.apply(manifest)
        self._leftovers.remember(surroundings)

    def stage(self, release: Release) -> None:
        """Roll a release out in staging, and wait until it is ready."""
        self.prepare()
        seen = look(self._site, self._cluster)
        self._cluster.apply(self.staged(release, _since(seen, release)))
        self._watch.until_rolled_out(self._site.places.staging.name)

    # Promotion

    def promote(self, release: Release) -> None:
        """Roll a staged release out live, and end what staging runs."""
        seen = look(self._site, self._cluster)
        if release.id not in (seen.staged, seen.wanted):
            raise DeployError(f"{release.id} is not staged: type 'pym deploy'")
        for manifest in self.live(release):
            self._cluster.apply(manifest)
            if manifest["kind"] == "Deployment":
                self._watch.until_rolled_out(manifest["metadata"]["name"])
        self._end_other_workers(set(self._site.environment.roles))
        self._remember(release.id)
        self._end_staging(release.id)
        self._is_promoted = True

    def _end_other_workers(self, roles: set[str]) -> None:
        """Have no pods for background processes that the release has not; their history is kept to go back to."""
        ours = {self._site.places.worker(role) for role in roles}
        for one in self.workers():
            if one["metadata"]["name"] not in ours and one["spec"].get("replicas"):
                self._cluster.apply(back_to(one, one["spec"]["template"], 0))

    def _remember(self, release: str) -> None:
        seen = look(self._site, self._cluster)
        if seen.memory.newest[:1] != [release]:
            seen.memory.with_live(release).write(self._cluster, self._site.places.live.name)

    def _end_staging(self, release: str) -> None:
        if look(self._site, self._cluster).staged == release:
            self._cluster.delete("Deployment", self._site.places.staging.name)

    # Going back

    def roll_back(self, release: str) -> None:
        """Give the live Deployment the template of a release again, by one call, and have the others follow."""
        seen = look(self._site, self._cluster)
        if release not in seen.memory.promoted or release not in seen.sets or seen.live is None:
            known = ", ".join(one for one in seen.memory.newest if one in seen.sets) or "none"
            raise DeployError(f"{release} is no release to go back to: there are {known}")
        self._undo(seen, release)
        self._watch.until_rolled_out(self._site.places.live.name)
        self._workers_follow(release)
        self._remember(release)

    def _undo(self, seen: Seen, release: str) -> None:
        if seen.live is not None and seen.wanted != release:
            self._cluster.apply(back_to(seen.live, seen.sets[release]["spec"]["template"], None))

    def _workers_follow(self, release: str) -> None:
        for one in self.workers():
            name, labels = one["metadata"]["name"], one["spec"]["selector"]["matchLabels"]
            sets = self._cluster.list("ReplicaSet", {**labels, f"{PREFIX}release": release})
            template = sets[-1]["spec"]["template"] if sets else one["spec"]["template"]
            replicas = self._site.settings.kubernetes_workers if sets else 0
            if release_of(one) != release or one["spec"].get("replicas") != replicas:
                self._cluster.apply(back_to(one, template, replicas))
                self._watch.until_rolled_out(name)

    def workers(self) -> list[Object]:
        """Return the Deployments of background processes, also those that no release needs any more."""
        found = self._cluster.list("Deployment", self._site.labels)
        webs = {self._site.places.live.name, self._site.places.staging.name}
        return [one for one in found if one["metadata"]["name"] not in webs and release_of(one)]

    # The end

    def discard(self, release: str) -> None:
        """Remove a release that is not live; one that was on its way to be so is taken back first."""
        seen = look(self._site, self._cluster)
        if release == seen.live_release:
            raise DeployError(f"{release} is live: promote another one first")
        if release == seen.wanted and seen.live_release:
            self.roll_back(seen.live_release)
        elif release == seen.wanted:
            self._remove_all()
        else:
            self._workers_back(seen, release)
        if release == seen.staged:
            self._cluster.delete("Deployment", self._site.places.staging.name)
        self.forget(release)

    def _workers_back(self, seen: Seen, release: str) -> None:
        """Take background processes back that were rolled out before a promotion failed."""
        if seen.live_release and any(release_of(one) == release for one in self.workers()):
            self._workers_follow(seen.live_release)

    def _remove_all(self) -> None:
        """Remove the first release of all, which nothing was before."""
        for one in self.workers():
            self._cluster.delete("Deployment", one["metadata"]["name"])
        name = self._site.places.live.name
        for kind in ("HorizontalPodAutoscaler", "PodDisruptionBudget", "Deployment"):
            self._cluster.delete(kind, name)

    def forget(self, release: str) -> None:
        """Remove the ReplicaSets of a release, and what is remembered of it."""
        labels = {**self._site.labels, f"{PREFIX}release": release}
        for one in self._cluster.list("ReplicaSet", labels):
            self._cluster.delete("ReplicaSet", one["metadata"]["name"])
        seen = look(self._site, self._cluster)
        if release in seen.memory.promoted:
            seen.memory.without(release).write(self._cluster, self._site.places.live.name)

    def prune(self, keep: int) -> list[str]:
        """Forget the releases before the last `keep` that had the traffic, and what no release needs."""
        seen = look(self._site, self._cluster)
        left = {*[one for one in seen.memory.newest if one in seen.sets][:keep], seen.live_release, seen.wanted}
        going = [one for one in seen.sets if one not in left and one != seen.staged]
        for release in [*going, *(one for one in seen.memory.promoted if one not in seen.sets)]:
            self.forget(release)
        return [f"release {one}" for one in going] + self._prune_workers() + self._prune_surroundings()

    def _prune_workers(self) -> list[str]:
        """Remove Deployments of background processes that no release which is kept has."""
        gone = []
        for one in self.workers():
            if one["spec"].get("replicas") == 0 and not self._is_kept(one):
                self._cluster.delete("Deployment", one["metadata"]["name"])
                gone.append(f"Deployment {one['metadata']['name']}")
        return gone

    def _prune_surroundings(self) -> list[str]:
        """Remove what stands around releases for nothing; after a promotion alone: other checkouts may be old."""
        return self._leftovers.remove(self.surroundings(), self._names([])) if self._is_promoted else []

    def _is_kept(self, worker: Object) -> bool:
        """Tell whether a release to go back to has a background process, or the settings still do."""
        names = {self._site.places.worker(role) for role in self._site.environment.roles}
        kept = look(self._site, self._cluster).memory.promoted
        sets = self._cluster.list("ReplicaSet", worker["spec"]["selector"]["matchLabels"])
        return worker["metadata"]["name"] in names or any(release_of(one) in kept for one in sets)


def back_to(deployment: Object, template: Object, replicas: int | None) -> Object:
    """Return the manifest that gives a Deployment another template; with None, its replicas are somebody else's."""
    metadata = {key: deployment["metadata"][key] for key in ("name", "labels")}
    annotations = deployment["metadata"].get("annotations") or {}
    if theirs := {key: text for key, text in annotations.items() if key not in FOREIGN}:
        metadata["annotations"] = theirs
    spec = {key: value for key, value in deployment["spec"].items() if key not in ("replicas", "template")}
    spec["template"] = copy.deepcopy(template)
    spec["template"]["metadata"].get("labels", {}).pop("pod-template-hash", None)
    spec["template"]["metadata"].pop("creationTimestamp", None)
    if replicas is not None:
        spec["replicas"] = replicas
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def _since(seen: Seen, release: Release) -> datetime | None:
    """Return when a release was staged that still is, so that staging it again changes nothing."""
    if seen.staging is None or seen.staged != release.id:
        return None
    metadata = seen.staging["spec"]["template"]["metadata"]
    if (metadata.get("annotations") or {}).get(f"{PREFIX}image") != image_of(release):
        return None
    text = (seen.staging["metadata"].get("annotations") or {}).get(f"{PREFIX}since")
    return datetime.fromisoformat(text) if text else None
