"""The target itself: a release is a Deployment in staging first, and a ReplicaSet of the live Deployment then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pymacaron.deploy import Environment, Lock, Observation, Release
from pymacaron.exceptions import DeployError
from pymacaron_gcp.kubernetes.addresses import Addresses
from pymacaron_gcp.kubernetes.checking import made, missing
from pymacaron_gcp.kubernetes.commands import Commands
from pymacaron_gcp.kubernetes.connecting import cluster_of
from pymacaron_gcp.kubernetes.locking import LeaseLock
from pymacaron_gcp.kubernetes.logs import Logs
from pymacaron_gcp.kubernetes.observing import look
from pymacaron_gcp.kubernetes.planning import planned
from pymacaron_gcp.kubernetes.policy import deployer_roles
from pymacaron_gcp.kubernetes.releasing import Releases
from pymacaron_gcp.kubernetes.secrets import Masking
from pymacaron_gcp.kubernetes.settings import kubernetes_settings
from pymacaron_gcp.kubernetes.site import PREFIX, Site
from pymacaron_gcp.kubernetes.waiting import Watch

__all__ = ["KubernetesTarget"]


class KubernetesTarget:
    """An environment of a service in a cluster; a Target of `pymacaron.deploy`."""

    def __init__(self, environment: Environment, is_gke: bool = False) -> None:
        self.environment, self.settings = environment, kubernetes_settings(environment.config, is_gke)
        site = self.site = Site(environment, self.settings, is_gke)
        cluster = self.cluster = cluster_of(environment, self.settings, is_gke)
        self._logs = Logs(cluster, Masking(site, cluster))
        watch = Watch(cluster, self._logs, environment.tell, self.settings.kubernetes_deploy_timeout)
        self._releases = Releases(site, cluster, watch)
        self.addresses = Addresses(site, cluster, environment.tell)
        self._lock = LeaseLock(cluster, site.places.lock, environment.label)

    def check(self) -> list[str]:
        """Return what is missing in the cluster."""
        return missing(self.site, self.cluster, self._releases)

    def lock(self, lock: Lock) -> None:
        """Take the lock, or renew it."""
        self._lock.take(lock)

    def unlock(self, token: str | None) -> None:
        """Give the lock back."""
        self._lock.give_back(token)

    def plan(self, release: Release) -> list[str]:
        """Have the cluster judge what would be applied, and return a line for each change."""
        manifests = [*self._releases.surroundings(), self._releases.staged(release), *self._releases.live(release)]
        return planned(self.cluster, manifests)

    def run(self, release: Release, command: tuple[str, ...]) -> None:
        """Run a command in a pod of its own."""
        self._releases.prepare()
        for line in Commands(self.site, self.cluster, self._logs).run(release, command):
            self.environment.tell(line)

    def stage(self, release: Release) -> str:
        """Roll a release out in staging, and return the URL of staging."""
        self._releases.stage(release)
        return self.addresses.wait(self.site.places.staging)

    def promote(self, release: Release, verify: Callable[[str], None]) -> str:
        """Roll a staged release out live, pod by pod, and return the live URL."""
        self._releases.promote(release)
        return self.addresses.wait(self.site.places.live)

    def observe(self) -> Observation:
        """Ask for Deployments, ReplicaSets, addresses and the lock."""
        seen = look(self.site, self.cluster)
        url = self.addresses.url(self.site.places.live)
        staged = self.addresses.url(self.site.places.staging) if seen.staging else None
        return Observation(url, seen.releases(url, staged), self._lock.held(), seen.notes)

    def rollback(self, release: str) -> str:
        """Give the live Deployment the template of a release again, and wait until all pods are of it."""
        self._releases.roll_back(release)
        return self.addresses.wait(self.site.places.live)

    def discard(self, release: str) -> None:
        """Remove a release that is not live."""
        self._releases.discard(release)

    def logs(self, release: str | None, *, role: str = "web", lines: int = 100, follow: bool = False) -> Iterator[str]:
        """Give log lines of the pods of a release that run."""
        labels = self._log_labels(release, role)
        return self._logs.follow(labels, lines) if follow else iter(self._logs.tail(labels, lines))

    def prune(self, keep: int) -> list[str]:
        """Remove the releases that nobody goes back to."""
        return self._releases.prune(keep)

    # What only this target offers

    def setup(self) -> Iterator[str]:
        """Make what can be there before a release, and yield a line for each thing that was made."""
        return made(self.site, self.cluster, self._releases)

    def policy(self, setup: bool = False) -> dict[str, Any]:
        """Return the roles of who deploys."""
        return deployer_roles(self.site, self.cluster, self._releases, setup)

    def _log_labels(self, release: str | None, role: str) -> dict[str, str]:
        if role != "web" and role not in self.environment.roles:
            known = ", ".join(["web", *self.environment.roles])
            raise DeployError(f"{self.environment.service} has no role '{role}': choose among {known}")
        seen, places = look(self.site, self.cluster), self.site.places
        wanted = release or seen.live_release
        if not wanted:
            raise DeployError(f"nothing is live in {self.environment.label}: name a release")
        if wanted not in seen.sets and wanted != seen.staged:
            raise DeployError(f"there is no release {wanted}: see 'pym releases'")
        place = places.staging if wanted == seen.staged and wanted != seen.wanted else places.live
        return {**self.site.selector(place, role), f"{PREFIX}release": wanted}
