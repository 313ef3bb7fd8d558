"""The target with `gcp_staging`: a release is live in a service for staging before it goes to that for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pymacaron.deploy import Deployed, Lock, Observation, Release
from pymacaron.exceptions import ConfigError
from pymacaron_gcp.cloudrun.target import CloudRunTarget

__all__ = ["TwoServices"]


class TwoServices:
    """An environment that is two services, `<name>-staging` and `<name>-live`; a Target of `pymacaron.deploy`.

    What the one for staging serves is staged, as long as the other does not have it. The lock is that of the latter.
    """

    def __init__(self, live: CloudRunTarget) -> None:
        """Open both; raises ConfigError for an environment called "staging", whose name the one of "live" needs."""
        if live.environment.name == "staging":
            raise ConfigError("'staging' is where releases of 'live' are tested: give the environment another name")
        self.live, self.staging = live, _for_staging(live)
        self._owners: dict[str, CloudRunTarget] = {}

    def check(self) -> list[str]:
        """Return what is missing in the project for either."""
        return list(dict.fromkeys([*self.staging.check(), *self.live.check()]))

    def setup(self) -> Iterator[str]:
        """Make what is missing in the project for either."""
        yield from self.staging.setup()
        yield from self.live.setup()

    def lock(self, lock: Lock) -> None:
        """Take the lock, or renew it."""
        self.live.lock(lock)

    def unlock(self, token: str | None) -> None:
        """Give the lock back."""
        self.live.unlock(token)

    def headers(self, url: str) -> dict[str, str]:
        """Return what a request to a URL of either service carries where not everybody may call them."""
        if self.live.settings.gcp_public:
            return {}
        if url not in self._owners:
            self._owners[url] = self.staging if self.staging.invoking.knows(url) else self.live
        return self._owners[url].headers(url)

    def plan(self, release: Release) -> list[str]:
        """Have Cloud Run judge what would be changed in both."""
        return [*self.staging.plan(self._staged(release)), *self.live.plan(release)]

    def run(self, release: Release, command: tuple[str, ...]) -> None:
        """Run a command with the variables and secrets of staging, and then with those of the other."""
        self.staging.run(self._staged(release), command)
        self.live.run(release, command)

    def stage(self, release: Release) -> str:
        """Give a release all traffic of the service for staging, and return its URL."""
        staged = self._staged(release)
        self.staging.stage(staged)
        return self.staging.promote(staged, lambda url: None)

    def promote(self, release: Release, verify: Callable[[str], None]) -> str:
        """Make the revision of a release in the service that is called, and move its traffic."""
        self.live.stage(release)
        return self.live.promote(release, verify)

    def observe(self) -> Observation:
        """Ask for both services; what only that for staging has is staged."""
        seen, staging = self.live.observe(), self.staging.observe()
        only = [
            _as_staged(one, staging.url)
            for one in staging.releases
            if seen.find(one.id) is None and _is_on_its_way(one, seen)
        ]
        return replace(seen, releases=tuple(sorted([*seen.releases, *only], key=lambda one: one.since, reverse=True)))

    def rollback(self, release: str) -> str:
        """Give all traffic of the service that is called to a revision that is there; staging stays."""
        return self.live.rollback(release)

    def discard(self, release: str) -> None:
        """Remove a release that is not live from both; staging goes back to the one before."""
        self.live.discard(release)
        seen = self.staging.observe()
        if seen.live is not None and seen.live.id == release:
            before = next((one.id for one in seen.releases if one.state == "kept"), None)
            if before is None:
                self.staging.remove()
                return
            self.staging.rollback(before)
        self.staging.discard(release)

    def logs(self, release: str | None, *, role: str = "web", lines: int = 100, follow: bool = False) -> Iterator[str]:
        """Give log lines of a release where it is live or was, else of staging."""
        is_staged = release is not None and self.live.observe().find(release) is None
        target = self.staging if is_staged else self.live
        return target.logs(release, role=role, lines=lines, follow=follow)

    def prune(self, keep: int) -> list[str]:
        """Remove the revisions that nobody goes back to, and of staging all but the newest."""
        return [*self.live.prune(keep), *self.staging.prune(1)]

    def _staged(self, release: Release) -> Release:
        return replace(release, environment=self.staging.environment.label)


def _for_staging(live: CloudRunTarget) -> CloudRunTarget:
    """Return the target of staging: its traffic moves at once, and it costs nothing while nobody calls."""
    name = "staging" if live.environment.name == "live" else f"{live.environment.name}-staging"
    workers = min(live.settings.gcp_workers, 1)
    small = {"gcp_canary": [100], "gcp_min_instances": 0, "gcp_workers": workers, "gcp_keep_revisions": 1}
    return CloudRunTarget(replace(live.environment, name=name), live.settings.model_copy(update=small))


def _is_on_its_way(one: Deployed, seen: Observation) -> bool:
    """Tell whether a release of staging is before its promotion: staging goes on to serve what was pruned since."""
    is_old = one.state == "live" and seen.live is not None and one.since < seen.live.since
    return one.state != "kept" and not is_old


def _as_staged(one: Deployed, url: str | None) -> Deployed:
    return replace(one, state="staged", url=url) if one.state == "live" else one
