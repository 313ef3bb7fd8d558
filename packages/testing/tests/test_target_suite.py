"""The fake target keeps the contract of deploy targets, and each case fails for a target that breaks it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from pymacaron.deploy import DeployTarget, Environment, Lock, Observation, Release
from pymacaron.exceptions import DeployError, LockedError
from pymacaron.service import Service
from pymacaron_testing.fakes import fake_builder, fake_source, fake_target
from pymacaron_testing.fakes.shelf import Shelf
from pymacaron_testing.fakes.target import FakeTarget
from pymacaron_testing.suites import DeployTargetSuite
from pymacaron_testing.suites.targets import TargetUnderTest

SECRET = "secret-of-the-shop"


class Place:
    """A folder for a fake target, with images that a fake builder makes."""

    secret = SECRET

    def __init__(self, folder: Path, service: Service, kind: DeployTarget) -> None:
        self._folder = folder
        self.environment = Environment("shop", "live", service.root, service.config)
        self.shelf = Shelf(folder / "fakes")
        self.kind = kind
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

    def _release(self, release: str, kind: Literal["serving", "crashing", "unready"]) -> Release:
        version = f"{release}-{kind}"
        image = self._building.find(version) or self._building.build(
            fake_source(self._folder / version, kind), version, "c0ffee"
        )
        return Release(release, version, "c0ffee", self._building.push(image), self.environment.label)

    def close(self) -> None:
        """End what was started."""
        pids = [one["pid"] for one in self.shelf.read("releases").values()]
        for pid in [*pids, self.shelf.read("forwarder").get("pid")]:
            if pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def seconds_of(case: str) -> float:
    """Return how long a target waits for a release: no longer than it must where none is ever ready."""
    return 3 if "never_ready" in case else 30


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("SHOP_KEY", SECRET)
    (tmp_path / "pym-config.yaml").write_text("name: shop\nenv_secrets: [SHOP_KEY]\nshop_api_key: SHOP_KEY\n")
    made = Service(tmp_path)
    yield made
    made.close()


class TestFakeTarget(DeployTargetSuite):
    @pytest.fixture
    def place(self, tmp_path: Path, service: Service, request: pytest.FixtureRequest) -> Iterator[TargetUnderTest]:
        made = Place(tmp_path, service, fake_target(tmp_path / "fakes", ready=seconds_of(request.node.name)))
        yield made
        made.close()


class Impatient(DeployTargetSuite):
    """The suite itself, with less patience."""

    patience = 5


class Lacking(FakeTarget):
    """Misses something where all is there."""

    def check(self) -> list[str]:
        return ["there is no cloud: buy one"]


class Generous(FakeTarget):
    """Gives the lock to everybody."""

    def lock(self, lock: Lock) -> None:
        self.unlock(None)
        super().lock(lock)


class Unasking(FakeTarget):
    """Takes the lock of anybody by any token."""

    def unlock(self, token: str | None) -> None:
        super().unlock(None)


class Stubborn(FakeTarget):
    """Holds a lock for ever."""

    def lock(self, lock: Lock) -> None:
        held = self.observe().lock
        if held and held.token != lock.token:
            raise LockedError(f"{held.holder} deploys here")
        super().lock(lock)


class Locking(FakeTarget):
    """Takes the lock to make a plan."""

    def plan(self, release: Release) -> list[str]:
        self.lock(Lock("ada", "plan", datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=1)))
        return super().plan(release)


class Eager(FakeTarget):
    """Gives a release traffic as it is staged."""

    def stage(self, release: Release) -> str:
        url = super().stage(release)
        self.promote(release, lambda url: None)
        return url


class Doorless(FakeTarget):
    """Gives a staged release the URL of what is live."""

    def stage(self, release: Release) -> str:
        url = super().stage(release)
        return self.observe().url or url


class Doubling(FakeTarget):
    """Starts a release again under another name."""

    def stage(self, release: Release) -> str:
        there = self.observe().find(release.id)
        return super().stage(replace(release, id=f"{release.id}.2") if there else release)


class Misleading(FakeTarget):
    """Shows the world the URL of a single release."""

    def observe(self) -> Observation:
        seen = super().observe()
        return replace(seen, url=seen.live.url) if seen.live else seen


class Lagging(FakeTarget):
    """Says that a release has the traffic, which stays where it was."""

    def promote(self, release: Release, verify: Callable[[str], None]) -> str:
        port = (self._shelf.folder / "port").read_text()
        url = super().promote(release, verify)
        (self._shelf.folder / "port").write_text(port)
        return url


class Swapping(FakeTarget):
    """Swaps back when it is asked again."""

    def promote(self, release: Release, verify: Callable[[str], None]) -> str:
        seen = self.observe()
        if seen.live and seen.live.id == release.id:
            return self.rollback(next(one.id for one in seen.releases if one.state == "kept"))
        return super().promote(release, verify)


class Burning(FakeTarget):
    """Takes away what it went back from."""

    def rollback(self, release: str) -> str:
        left = self.observe().live
        url = super().rollback(release)
        if left:
            self.discard(left.id)
        return url


class Agreeing(FakeTarget):
    """Is content with going back to nothing."""

    def rollback(self, release: str) -> str:
        seen = self.observe()
        return super().rollback(release) if seen.find(release) else str(seen.url)


class Careless(FakeTarget):
    """Takes the live release away."""

    def discard(self, release: str) -> None:
        if (live := self.observe().live) and live.id == release:
            self._change(release, state="kept")
        super().discard(release)


class Terse(FakeTarget):
    """Keeps the last lines of a release that ended to itself."""

    def stage(self, release: Release) -> str:
        try:
            return super().stage(release)
        except DeployError as error:
            raise DeployError(str(error).partition("\n")[0]) from error


class Hoping(FakeTarget):
    """Takes a release that is not ready for one that will be."""

    def stage(self, release: Release) -> str:
        try:
            return super().stage(release)
        except DeployError as error:
            if "out of order" in str(error):
                raise
            return "http://127.0.0.1:9"


class Endless(FakeTarget):
    """Waits for a release for ever."""

    def stage(self, release: Release) -> str:
        if release.version.endswith("unready"):
            threading.Event().wait()
        return super().stage(release)


class Bare(FakeTarget):
    """Runs commands without the variables of the release."""

    def run(self, release: Release, command: tuple[str, ...]) -> None:
        super().run(replace(release, id="0"), command)


class Hoarding(FakeTarget):
    """Removes nothing."""

    def prune(self, keep: int) -> list[str]:
        return ["nothing"]


class Silent(FakeTarget):
    """Removes without a word."""

    def prune(self, keep: int) -> list[str]:
        super().prune(keep)
        return []


class Modern(Careless):
    """Keeps the newest names, whatever is live."""

    def prune(self, keep: int) -> list[str]:
        old = sorted((one.id for one in self.observe().releases), reverse=True)[keep:]
        for release in old:
            self.discard(release)
        return old


class Blank(FakeTarget):
    """Has an empty log of what is not there."""

    def logs(self, release: str | None, *, role: str = "web", lines: int = 100, follow: bool = False) -> Iterator[str]:
        there = release is None or self.observe().find(release)
        return super().logs(release, role=role, lines=lines, follow=follow) if there else iter(())


class Talking(FakeTarget):
    """Tells the secret."""

    def plan(self, release: Release) -> list[str]:
        return [f"SHOP_KEY={SECRET}"]


SUITE = DeployTargetSuite
BROKEN: dict[type[FakeTarget], tuple[Callable[..., None], str]] = {
    # by target: the case that fails, and what it says
    Lacking: (SUITE.test_nothing_is_missing_and_nothing_is_there, "there is no cloud"),
    Generous: (SUITE.test_a_lock_is_held_by_one, "DID NOT RAISE"),
    Unasking: (SUITE.test_a_lock_is_given_back_by_its_token_alone, "by the token of somebody else"),
    Stubborn: (SUITE.test_a_lock_that_ran_out_keeps_nobody, "ada deploys here"),
    Locking: (SUITE.test_a_plan_changes_nothing, "plan() changed what observe() shows"),
    Eager: (SUITE.test_a_staged_release_answers_at_its_own_url_alone, "answers '2.0' while 2.0 is only staged"),
    Doorless: (SUITE.test_a_staged_release_answers_at_its_own_url_alone, "answers '1.0' where 2.0 is staged"),
    Doubling: (SUITE.test_staging_again_ends_in_the_same_state, "a release that was staged twice has the URLs"),
    Misleading: (SUITE.test_promoting_moves_the_traffic, "is shown"),
    Lagging: (SUITE.test_promoting_moves_the_traffic, "answers '1.0' after 2.0 was promoted"),
    Swapping: (SUITE.test_promoting_again_ends_in_the_same_state, "answers '1.0' after 2.0 was promoted twice"),
    Burning: (SUITE.test_rolling_back_gives_the_traffic_back, "observe() shows {'1.0': 'live'}"),
    Agreeing: (SUITE.test_going_back_to_what_is_not_there_is_refused, "DID NOT RAISE"),
    Careless: (SUITE.test_a_discarded_release_is_gone, "DID NOT RAISE"),
    Terse: (SUITE.test_a_release_that_ends_is_told_with_its_last_lines, "out of order"),
    Hoping: (SUITE.test_a_release_that_is_never_ready_is_waited_for_no_longer_than_told, "DID NOT RAISE"),
    Endless: (SUITE.test_a_release_that_is_never_ready_is_waited_for_no_longer_than_told, "still waits after 5 s"),
    Bare: (SUITE.test_a_command_runs_with_the_variables_of_its_release, "it is 0"),
    Hoarding: (SUITE.test_pruning_keeps_the_last_releases_that_had_the_traffic, "where {'3.0': 'live', '2.0': 'kept'}"),
    Silent: (SUITE.test_pruning_keeps_the_last_releases_that_had_the_traffic, "prune() tells of nothing"),
    Modern: (SUITE.test_pruning_never_removes_what_is_live, "does not answer"),
    Blank: (SUITE.test_logs_are_those_of_a_release, "DID NOT RAISE"),
    Talking: (SUITE.test_no_secret_shows, "a secret shows in what the target tells"),
}


def test_every_case_has_a_target_that_breaks_it() -> None:
    assert {case.__name__ for case, _ in BROKEN.values()} == {*SUITE.cases}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_case_fails_for_a_target_that_breaks_it(tmp_path: Path, service: Service, broken: type[FakeTarget]) -> None:
    case, sentence = BROKEN[broken]
    assert sentence in failure(case, broken, tmp_path, service)


def failure(case: Callable[..., None], broken: type[FakeTarget], folder: Path, service: Service) -> str:
    """Return what a case says of a target; "it passed" where that is content."""

    def opened(environment: Environment) -> FakeTarget:
        return broken(folder / "fakes", environment, seconds_of(case.__name__))

    place = Place(folder, service, DeployTarget("broken", opened))
    arguments = {"place": place, "target": place.kind.open(place.environment)}
    try:
        if "live" in case.__annotations__:
            sound = FakeTarget(folder / "fakes", place.environment, 30)
            sound.stage(place.release("1.0"))
            arguments["live"] = sound.promote(place.release("1.0"), lambda url: None)
        case(Impatient(), **{name: value for name, value in arguments.items() if name in case.__annotations__})
    except (Exception, pytest.fail.Exception) as error:
        return str(error)
    finally:
        place.close()
    return "it passed"
