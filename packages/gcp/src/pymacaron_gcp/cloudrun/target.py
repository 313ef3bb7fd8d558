"""The target itself: a release is a revision, staged with a tag and no traffic, and live when it has all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pymacaron.deploy import Environment, Lock, Observation, Release
from pymacaron.exceptions import DeployError
from pymacaron_gcp.client import Gcp
from pymacaron_gcp.cloudrun import templates
from pymacaron_gcp.cloudrun.checking import made, missing
from pymacaron_gcp.cloudrun.invoking import Invoking
from pymacaron_gcp.cloudrun.jobs import Jobs
from pymacaron_gcp.cloudrun.locking import JobLock
from pymacaron_gcp.cloudrun.logs import Logs
from pymacaron_gcp.cloudrun.memory import Memory
from pymacaron_gcp.cloudrun.names import lock_name, pool_name, service_name, short
from pymacaron_gcp.cloudrun.observing import live_revision, observed
from pymacaron_gcp.cloudrun.promoting import Promotion
from pymacaron_gcp.cloudrun.secrets import pinned_secrets
from pymacaron_gcp.cloudrun.service import RunService, failure_of, release_of
from pymacaron_gcp.cloudrun.staging import Staging
from pymacaron_gcp.cloudrun.traffic import shares, tags, targets
from pymacaron_gcp.cloudrun.waiting import Watch
from pymacaron_gcp.cloudrun.workers import Workers
from pymacaron_gcp.settings import GcpSettings, gcp_settings

__all__ = ["CloudRunTarget"]


class CloudRunTarget:
    """An environment of a service on Cloud Run; a Target of `pymacaron.deploy`."""

    def __init__(self, environment: Environment, settings: GcpSettings | None = None) -> None:
        """Open it by the settings of the environment, where others are not given."""
        settings = settings or gcp_settings(environment.config)
        self.environment, self.settings = environment, settings
        self.gcp = Gcp(str(settings.gcp_project), str(settings.gcp_region), settings.gcp_key_file)
        name = service_name(environment.label)
        self._service, self._logs = RunService(self.gcp, name), Logs(self.gcp, name)
        self._lock = JobLock(self.gcp, lock_name(name), environment.label, settings.gcp_service_account)
        self.invoking = Invoking(self._service, settings.gcp_public)
        self._jobs = Jobs(self.gcp, environment, name, self._logs)
        self._workers = Workers(self.gcp, settings, environment, name, self._logs)
        self._watch = Watch(self._service, self._logs, environment.tell, settings.gcp_deploy_timeout)
        self._promotion = Promotion(self._service, self._watch, settings, self._logs, environment.tell)

    def check(self) -> list[str]:
        """Return what is missing in the project, and what the caller may not do."""
        return missing(self.gcp, self.settings, self.environment)

    def setup(self) -> Iterator[str]:
        """Make what is missing in the project but for secrets, and give a line for each thing that was made."""
        return made(self.gcp, self.settings, self.environment)

    def lock(self, lock: Lock) -> None:
        """Take the lock, or renew it."""
        self._lock.take(lock)

    def unlock(self, token: str | None) -> None:
        """Give the lock back."""
        self._lock.give_back(token)

    def headers(self, url: str) -> dict[str, str]:
        """Return what a request to a URL of the service carries where not everybody may call it."""
        return self.invoking.headers(url)

    def plan(self, release: Release) -> list[str]:
        """Have Cloud Run judge what would be changed, and return a line for each thing."""
        return [*self._staging(release).plan(), *self._workers.plan(self._preview(release))]

    def run(self, release: Release, command: tuple[str, ...]) -> None:
        """Run a command as a job."""
        for line in self.output(release, command):
            self.environment.tell(line)

    def output(self, release: Release, command: tuple[str, ...]) -> list[str]:
        """Run a command as a job, and return its last lines."""
        secrets = pinned_secrets(self.gcp, self.settings, self.environment)
        return self._jobs.run(release, command, templates.job(self.settings, release, secrets, command))

    def stage(self, release: Release) -> str:
        """Make the revision of a release, without traffic unless it is the first of all, and return its tag's URL."""
        return self._staging(release).stage()

    def promote(self, release: Release, verify: Callable[[str], None]) -> str:
        """Move the traffic to a staged release by the steps of `gcp_canary`, and return the service's URL."""
        revision = self._revision(release.id)
        service = self._promotion.promote(short(revision.name), verify, lambda: self._workers.follow(revision))
        self._workers.tidy(revision)
        return str(service.uri)

    def observe(self) -> Observation:
        """Ask for the service, its revisions and the lock."""
        service = self._service.read()
        if service is None:
            return Observation(lock=self._lock.held())
        return Observation(str(service.uri) or None, observed(service, self._service.revisions()), self._lock.held())

    def rollback(self, release: str) -> str:
        """Give all traffic to a revision that is there, by one call, and have the worker pools follow."""
        revision = self._revision(release)
        name = short(revision.name)

        def back(service: Any) -> dict[str, Any]:
            if live_revision(service) == name and shares(service) == {name: 100}:
                return {}
            memory = Memory.of(service)
            if name not in memory.promoted:
                raise DeployError(f"{release} was never live: deploy it")
            return {"traffic": targets({name: 100}, tags(service)), "annotations": memory.with_live(name).annotations}

        self._service.change(back)
        service = self._watch.until_moved()
        self._workers.follow(revision)
        self._workers.tidy(revision)
        return str(service.uri)

    def discard(self, release: str) -> None:
        """Remove a release that is not live: its tag, its traffic and its revision, and take worker pools back."""
        for revision in self._of(release):
            self._discard(short(revision.name), release)
        self._workers.take_back(self._live())

    def remove(self) -> None:
        """Remove the service with all that it is, and serves, and its worker pools."""
        self._service.delete()
        self._workers.take_back(None)

    def logs(self, release: str | None, *, role: str = "web", lines: int = 100, follow: bool = False) -> Iterator[str]:
        """Give log lines of a revision, or of the worker pool of a role."""
        wanted = self._log_filter(release, role)
        return self._logs.follow(wanted, lines) if follow else iter(self._logs.tail(wanted, lines))

    def prune(self, keep: int) -> list[str]:
        """Remove the revisions that nobody goes back to, and nothing that has traffic or a tag."""
        service = self._service.read()
        if service is None:
            return []
        memory, used = Memory.of(service), {*shares(service), *tags(service).values()}
        old = sorted(memory.promoted, key=lambda name: memory.promoted[name], reverse=True)
        left = set(old[: self.settings.gcp_keep_revisions or keep]) | used
        going = [name for name in old if name not in left]
        gone = {
            name for name in (*going, *memory.discarded) if name not in used and self._service.delete_revision(name)
        }
        self._forget(gone, going)
        return [f"revision {name}" for name in going]

    def _forget(self, gone: set[str], going: list[str]) -> None:
        """Forget revisions that are deleted; those that Cloud Run keeps as the newest count as discarded."""

        def forgotten(service: Any) -> dict[str, Any]:
            memory = Memory.of(service)
            for name in going:
                memory = memory.with_discarded(name)
            after = memory.without(gone).annotations
            return {} if after == Memory.of(service).annotations else {"annotations": after}

        self._service.change(forgotten)

    def _discard(self, name: str, release: str) -> None:
        service = self._service.existing()
        if live_revision(service) == name:
            raise DeployError(f"{release} is live: promote another one first")
        if live_revision(service) is None and set(shares(service)) <= {name} and len(self._service.revisions()) == 1:
            self._service.delete()
            return

        def without(service: Any) -> dict[str, Any]:
            return {
                "traffic": targets(
                    _moved(service, name), {tag: one for tag, one in tags(service).items() if one != name}
                ),
                "annotations": Memory.of(service).with_discarded(name).annotations,
            }

        self._service.change(without)
        self._watch.until_moved()
        if self._service.delete_revision(name):
            self._forget({name}, [])

    def _live(self) -> Any:
        service = self._service.read()
        live = live_revision(service) if service is not None else None
        return next((one for one in self._service.revisions() if short(one.name) == live), None)

    def _staging(self, release: Release) -> Staging:
        secrets = pinned_secrets(self.gcp, self.settings, self.environment)
        return Staging(self._service, self._watch, self.settings, release, secrets, self.environment.roles)

    def _preview(self, release: Release) -> Any:
        from google.cloud.run_v2 import RevisionTemplate

        secrets = pinned_secrets(self.gcp, self.settings, self.environment)
        return RevisionTemplate(templates.revision(self.settings, release, secrets, self.environment.roles))

    def _of(self, release: str) -> list[Any]:
        return [one for one in self._service.revisions() if release_of(one) == release]

    def _revision(self, release: str) -> Any:
        good = [one for one in self._of(release) if not failure_of(one)]
        if not good:
            raise DeployError(f"{release} is not there, or did not start: see 'pym releases', or stage it again")
        return good[0]

    def _log_filter(self, release: str | None, role: str) -> str:
        if role != "web":
            if role not in self.environment.roles:
                known = ", ".join(["web", *self.environment.roles])
                raise DeployError(f"{self.environment.service} has no role '{role}': choose among {known}")
            return self._logs.of_pool(pool_name(self._service.name, role))
        if release is None:
            live = live_revision(self._service.existing())
            if live is None:
                raise DeployError(f"nothing is live in {self.environment.label}: name a release")
            return self._logs.of_revision(live)
        found = self._of(release)
        if not found:
            raise DeployError(f"there is no release {release}: see 'pym releases'")
        return self._logs.of_revision(short(found[0].name))


def _moved(service: Any, name: str) -> dict[str, int]:
    """Return the percentages without a revision: what it had goes to the live one, else to the newest of the others."""
    percents = {one: share for one, share in shares(service).items() if one != name}
    if not percents:
        others = [one for one in tags(service).values() if one != name]
        percents = {others[-1]: 100} if others else {name: 100}
    elif (missing := 100 - sum(percents.values())) > 0:
        heir = live_revision(service) or next(iter(percents))
        percents[heir] = percents.get(heir, 0) + missing
    return percents
