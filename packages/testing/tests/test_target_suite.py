"""The fake target keeps the contract of deploy targets, and each case fails for a target that breaks it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pymacaron.deploy import DeployTarget, Environment, Lock, Observation, Release
from pymacaron.service import Service
from pymacaron_testing.fakes import fake_builder, fake_target
from pymacaron_testing.fakes.shelf import Shelf
from pymacaron_testing.fakes.target import FakeTarget
from pymacaron_testing.suites import DeployTargetSuite
from pymacaron_testing.suites.targets import TargetUnderTest

SECRET = "secret-of-the-shop"
SERVER = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODE = {mode!r}
if MODE == "crashing":
    sys.exit("out of order")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        ready = MODE != "unready" or self.path != "/ready"
        body = json.dumps({{"release": os.environ["PYM_RELEASE"]}}).encode()
        self.send_response(200 if ready else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
"""


class Place:
    """A folder for a fake target, with images that a fake builder makes."""

    secret = SECRET

    def __init__(self, folder: Path, service: Service, kind: DeployTarget | None = None) -> None:
        self._folder = folder
        self.environment = Environment("shop", "live", service.root, service.config)
        self.shelf = Shelf(folder / "fakes")
        self.kind = kind or fake_target(folder / "fakes", ready=1)
        self._building = fake_builder(folder / "fakes").open(self.environment)

    def release(self, release: str) -> Release:
        """Return one that serves."""
        return self._release(release, "serving")

    def crashing(self, release: str) -> Release:
        """Return one that ends."""
        return self._release(release, "crashing")

    def unready(self, release: str) -> Release:
        """Return one that is never ready."""
        return self._release(release, "unready")

    def _release(self, release: str, mode: str) -> Release:
        version = f"{release}-{mode}"
        source = self._folder / version
        source.mkdir(exist_ok=True)
        (source / "server.py").write_text(SERVER.format(mode=mode))
        image = self._building.find(version) or self._building.build(source, version, "c0ffee")
        return Release(release, version, "c0ffee", self._building.push(image), self.environment.label)

    def close(self) -> None:
        """End what was started."""
        pids = [one["pid"] for one in self.shelf.read("releases").values()]
        for pid in [*pids, self.shelf.read("forwarder").get("pid")]:
            if pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("SHOP_KEY", SECRET)
    (tmp_path / "pym-config.yaml").write_text("name: shop\nenv_secrets: [SHOP_KEY]\nshop_api_key: SHOP_KEY\n")
    made = Service(tmp_path)
    yield made
    made.close()


class TestFakeTarget(DeployTargetSuite):
    @pytest.fixture
    def place(self, tmp_path: Path, service: Service) -> Iterator[TargetUnderTest]:
        made = Place(tmp_path, service)
        yield made
        made.close()


class Eager(FakeTarget):
    """Gives a release traffic as it is staged."""

    def stage(self, release: Release) -> str:
        url = super().stage(release)
        self.promote(release, lambda url: None)
        return url


class Generous(FakeTarget):
    """Gives the lock to everybody."""

    def lock(self, lock: Lock) -> None:
        self.unlock(None)
        super().lock(lock)


class Swapping(FakeTarget):
    """Swaps back when it is asked again."""

    def promote(self, release: Release, verify: Callable[[str], None]) -> str:
        seen = self.observe()
        if seen.live and seen.live.id == release.id:
            return self.rollback(next(one.id for one in seen.releases if one.state == "kept"))
        return super().promote(release, verify)


class Doubling(FakeTarget):
    """Starts a release again under another name."""

    def stage(self, release: Release) -> str:
        there = self.observe().find(release.id)
        return super().stage(replace(release, id=f"{release.id}.2") if there else release)


class Hoarding(FakeTarget):
    """Removes nothing."""

    def prune(self, keep: int) -> list[str]:
        return ["nothing"]


class Forgetting(FakeTarget):
    """Shows nothing of the lock."""

    def observe(self) -> Observation:
        return replace(super().observe(), lock=None)


class Talking(FakeTarget):
    """Tells the secret."""

    def plan(self, release: Release) -> list[str]:
        return [f"SHOP_KEY={SECRET}"]


class Careless(FakeTarget):
    """Takes the live release away."""

    def discard(self, release: str) -> None:
        if (live := self.observe().live) and live.id == release:
            self._change(release, state="kept")
        super().discard(release)


BROKEN: dict[type[FakeTarget], Any] = {
    Eager: DeployTargetSuite.test_a_staged_release_answers_at_its_own_url_alone,
    Generous: DeployTargetSuite.test_a_lock_is_held_by_one,
    Swapping: DeployTargetSuite.test_promoting_again_ends_in_the_same_state,
    Doubling: DeployTargetSuite.test_staging_again_ends_in_the_same_state,
    Hoarding: DeployTargetSuite.test_pruning_keeps_the_last_releases_that_had_the_traffic,
    Forgetting: DeployTargetSuite.test_a_lock_that_ran_out_keeps_nobody,
    Talking: DeployTargetSuite.test_no_secret_shows,
    Careless: DeployTargetSuite.test_a_discarded_release_is_gone,
}


@pytest.mark.parametrize(("broken", "case"), BROKEN.items(), ids=[one.__name__ for one in BROKEN])
def test_a_case_fails_for_a_target_that_breaks_it(
    tmp_path: Path, service: Service, broken: type[FakeTarget], case: Any
) -> None:
    def opened(environment: Environment) -> FakeTarget:
        return broken(tmp_path / "fakes", environment, 1)

    place = Place(tmp_path, service, DeployTarget("broken", opened))
    target = place.kind.open(place.environment)
    arguments = {"place": place, "target": target}
    try:
        if "live" in case.__annotations__:
            FakeTarget(tmp_path / "fakes", place.environment, 1).stage(place.release("1.0"))
            arguments["live"] = FakeTarget.promote(target, place.release("1.0"), lambda url: None)  # type: ignore[arg-type]
        wanted = {name: value for name, value in arguments.items() if name in case.__annotations__}
        with pytest.raises(pytest.fail.Exception):
            case(TestFakeTarget(), **wanted)
    finally:
        place.close()
