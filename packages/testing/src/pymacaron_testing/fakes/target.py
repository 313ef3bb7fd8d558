"""The fake deploy target: a process for each release, a forwarder for the traffic, and its memory in a folder."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymacaron.deploy import Deployed, DeployTarget, Environment, Image, Lock, Observation, Release, State
from pymacaron.exceptions import DeployError, LockedError
from pymacaron.log import masked
from pymacaron_testing.fakes.builder import folder_of, secrets_of
from pymacaron_testing.fakes.processes import alive, forward, run_to_end, serve, stop
from pymacaron_testing.fakes.shelf import Shelf

__all__ = ["FakeTarget", "end", "fake_target"]


def fake_target(folder: Path, *, ready: float = 10.0) -> DeployTarget:
    """Return the target "fake", which keeps all that it knows in a folder; `ready` is how long it waits, in seconds."""
    return DeployTarget("fake", lambda environment: FakeTarget(folder, environment, ready))


def end(folder: Path) -> None:
    """End every process that a folder knows of: those of its releases, and the forwarder of their traffic."""
    shelf = Shelf(folder)
    for facts in (*shelf.read("releases").values(), shelf.read("forwarder")):
        if facts.get("pid"):
            stop(facts["pid"])


class FakeTarget:
    """Releases by id in `releases.json`: what is known of each, its state and its process."""

    def __init__(self, folder: Path, environment: Environment, ready: float = 10.0) -> None:
        self._shelf = Shelf(folder)
        self._environment = environment
        self._ready = ready

    def check(self) -> list[str]:
        """Miss what a file `missing` says."""
        missing = self._shelf.folder / "missing"
        return [missing.read_text(encoding="utf-8")] if missing.exists() else []

    def lock(self, lock: Lock) -> None:
        """Take or renew the lock."""
        with self._alone():
            held = self._lock()
            if held and held.token != lock.token and held.expires > datetime.now(UTC):
                raise LockedError(f"{held.holder} deploys here since {held.since:%H:%M:%S} UTC")
            self._shelf.write("lock", {**asdict(lock), "since": str(lock.since), "expires": str(lock.expires)})

    def unlock(self, token: str | None) -> None:
        """Give the lock back."""
        with self._alone():
            held = self._lock()
            if held and token in (None, held.token):
                self._shelf.write("lock", {})

    def plan(self, release: Release) -> list[str]:
        """Tell of the process that would be started."""
        live = self.observe().live
        return [
            f"start a process of {release.image.reference}",
            f"move the traffic from {live.id if live else 'nothing'}",
        ]

    def run(self, release: Release, command: tuple[str, ...]) -> None:
        """Run a command in the folder of the image."""
        self._shelf.moment("run begin", release.id)
        run_to_end(self._folder(release.image), command, release.variables, self._secrets())
        self._shelf.moment("run end", release.id)

    def stage(self, release: Release) -> str:
        """Start the process of a release, unless it runs."""
        self._shelf.moment("stage begin", release.id)
        known = self._known().get(release.id)
        if known is None or not alive(known["pid"]):
            self._remember(release.id, **self._facts(release), state="broken", pid=0, url=None)
            log = self._shelf.folder / f"{release.id}.log"
            pid, url = serve(self._folder(release.image), release.variables, self._secrets(), log, self._ready)
            self._remember(release.id, pid=pid, url=url)
            self._shelf.moment("stage middle", release.id)
            self._remember(release.id, state="staged")
        elif known["state"] == "broken":
            self._remember(release.id, state="staged")
        self._shelf.moment("stage end", release.id)
        return str(self._known()[release.id]["url"])

    def promote(self, release: Release, verify: Callable[[str], None]) -> str:
        """Move the traffic."""
        self._shelf.moment("promote begin", release.id)
        url = self._give_traffic(release.id, "promote")
        self._shelf.moment("promote end", release.id)
        return url

    def observe(self) -> Observation:
        """Read the folder."""
        self._shelf.moment("observe begin")
        known = self._known()
        releases = sorted((_deployed(*item) for item in known.items()), key=lambda one: one.since, reverse=True)
        url = self._shelf.read("forwarder").get("url")
        return Observation(url, tuple(releases), self._lock())

    def rollback(self, release: str) -> str:
        """Move the traffic back."""
        self._shelf.moment("rollback begin", release)
        if release not in self._known():
            raise DeployError(f"there is no release {release}: see 'pym releases'")
        url = self._give_traffic(release, "rollback")
        self._shelf.moment("rollback end", release)
        return url

    def discard(self, release: str) -> None:
        """Stop and forget a release; raises DeployError for the one that is live."""
        self._shelf.moment("discard begin", release)
        known = self._known()
        if release not in known:
            return
        if known[release]["state"] == "live":
            raise DeployError(f"{release} is live: promote another one first")
        if known[release]["pid"]:
            stop(known[release]["pid"])
        with self._alone():
            known = self._known()
            known.pop(release, None)
            self._shelf.write("releases", known)

    def logs(self, release: str | None, *, role: str = "web", lines: int = 100, follow: bool = False) -> Iterator[str]:
        """Read the log of its process."""
        live = self.observe().live
        name = release or (live.id if live else None)
        if name is None or name not in self._known():
            raise DeployError(f"there is no release {name}: see 'pym releases'")
        told = (self._shelf.folder / f"{name}.log").read_text(encoding="utf-8").splitlines()
        yield from map(masked, told[-lines:])

    def prune(self, keep: int) -> list[str]:
        """Discard what is older than the last releases that were live."""
        self._shelf.moment("prune begin")
        old = [one.id for one in self.observe().releases if one.state == "kept"][max(keep - 1, 0) :]
        for release in old:
            self.discard(release)
        self._shelf.moment("prune end")
        return [f"release {release}" for release in old]

    def _give_traffic(self, release: str, moment: str) -> str:
        known = self._known()
        if release not in known or not alive(known[release]["pid"]):
            raise DeployError(f"{release} does not run: stage it first")
        file = self._shelf.folder / "port"
        file.write_text(str(known[release]["url"]).rpartition(":")[2])
        self._shelf.moment(f"{moment} middle", release)
        with self._alone():
            for other, facts in self._known().items():
                if facts["state"] == "live" and other != release:
                    self._change(other, state="kept")
            if self._known()[release]["state"] != "live":
                self._change(release, state="live", since=datetime.now(UTC).isoformat())
        return self._forwarder(file)

    def _forwarder(self, file: Path) -> str:
        found = self._shelf.read("forwarder")
        if not found or not alive(found["pid"]):
            pid, url = forward(file, self._shelf.folder / "forwarder.log")
            found = {"pid": pid, "url": url}
            self._shelf.write("forwarder", found)
        return str(found["url"])

    def _folder(self, image: Image) -> Path:
        return folder_of(self._shelf.folder, image)

    def _secrets(self) -> dict[str, str]:
        return secrets_of(self._environment.config)

    def _facts(self, release: Release) -> dict[str, Any]:
        image = release.image.digest or release.image.reference
        now = datetime.now(UTC).isoformat()
        return {"version": release.version, "commit": release.commit, "image": image, "since": now}

    def _known(self) -> dict[str, Any]:
        return self._shelf.read("releases")

    def _remember(self, release: str, **facts: Any) -> None:
        with self._alone():
            self._change(release, **facts)

    def _change(self, release: str, **facts: Any) -> None:
        known = self._known()
        known[release] = {**known.get(release, {}), **facts}
        self._shelf.write("releases", known)

    def _lock(self) -> Lock | None:
        data = self._shelf.read("lock")
        if not data:
            return None
        moments = {name: datetime.fromisoformat(data[name]) for name in ("since", "expires")}
        return Lock(data["holder"], data["token"], **moments)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes out while something is read and written."""
        with (self._shelf.folder / "mutex").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _deployed(release: str, facts: dict[str, Any]) -> Deployed:
    state: State = facts["state"] if facts["pid"] and alive(facts["pid"]) else "broken"
    since = datetime.fromisoformat(facts["since"])
    return Deployed(release, facts["version"], facts["commit"], facts["image"], state, since, facts["url"])
