"""DeployTargetSuite: what holds for every place that releases are deployed to."""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Protocol

import httpx2
import pytest

from pymacaron.deploy import DeployTarget, Environment, Guarded, Lock, Observation, Release, Target
from pymacaron.exceptions import DeployError, LockedError
from pymacaron_testing.suites.base import Suite, held

__all__ = ["DeployTargetSuite", "TargetUnderTest"]

SHOWS_RELEASE = ("python", "-c", "import os; raise SystemExit('it is ' + os.environ['PYM_RELEASE'])")


class TargetUnderTest(Protocol):
    """A deploy target with nothing deployed yet, and images for it.

    `secret` is the content of a secret in `env_secrets` of the environment's configuration.
    """

    kind: DeployTarget
    environment: Environment
    secret: str

    def release(self, release: str) -> Release:
        """Return a release by its id, with an image that serves /ping, /ready and /version where it was pushed to."""

    def crashing(self, release: str) -> Release:
        """Return one whose image prints "out of order" and ends as soon as it starts."""

    def unready(self, release: str) -> Release:
        """Return one whose image serves, and never answers 200 at /ready."""


class DeployTargetSuite(Suite, is_contract=True):
    """The contract of a deploy target: the fixture `place` is a TargetUnderTest, made afresh for each case.

    `patience` are the seconds in which staging a release that is never ready has to end.
    """

    roles: ClassVar[tuple[str, ...]] = ("web",)
    patience: ClassVar[float] = 300

    @pytest.fixture
    def target(self, place: TargetUnderTest) -> Target:
        """Open the target."""
        return place.kind.open(place.environment)

    @pytest.fixture
    def live(self, place: TargetUnderTest, target: Target) -> str:
        """Have release 1.0 live, and return its URL."""
        return _deployed(target, place.release("1.0"))

    def test_nothing_is_missing_and_nothing_is_there(self, target: Target) -> None:
        """A deploy may begin, and what is observed is empty."""
        missing = target.check()
        held(not missing, f"check() finds what is missing where all is there: {missing}")
        seen = target.observe()
        held((seen.releases, seen.live, seen.lock) == ((), None, None), f"observe() shows {seen} before any deploy")

    def test_a_lock_is_held_by_one(self, place: TargetUnderTest, target: Target) -> None:
        """Whoever has another token is told who holds it; its holder renews it, also by a target opened anew."""
        target.lock(_lock("ada", "one"))
        seen = target.observe().lock
        held(seen is not None and seen.holder == "ada", f"observe() shows the lock {seen}, which ada holds")
        with pytest.raises(LockedError, match="ada"):
            place.kind.open(place.environment).lock(_lock("bob", "two"))
        place.kind.open(place.environment).lock(_lock("ada", "one", seconds=90))
        renewed = target.observe().lock
        held(seen and renewed and renewed.expires > seen.expires, "the lock is not renewed by its own token")

    def test_a_lock_is_given_back_by_its_token_alone(self, target: Target) -> None:
        """Another token changes nothing; with None the lock of anybody is taken away; twice is no error."""
        target.lock(_lock("ada", "one"))
        target.unlock("two")
        held(target.observe().lock, "unlock() took the lock away by the token of somebody else")
        target.unlock("one")
        target.unlock("one")
        held(target.observe().lock is None, "unlock() leaves the lock of its own token")
        target.lock(_lock("bob", "two"))
        target.unlock(None)
        held(target.observe().lock is None, "unlock(None) leaves the lock")

    def test_a_lock_that_ran_out_keeps_nobody(self, target: Target) -> None:
        """A deploy that died is followed by another one."""
        target.lock(_lock("ada", "one", seconds=-1))
        target.lock(_lock("bob", "two"))
        seen = target.observe().lock
        held(seen is not None and seen.holder == "bob", f"observe() shows the lock {seen} after bob took it")

    def test_a_plan_changes_nothing(self, place: TargetUnderTest, target: Target, live: str) -> None:
        """It tells lines, and what is observed stays as it was."""
        before = target.observe()
        held(target.plan(place.release("2.0")), "plan() tells no line of what staging would change")
        held(target.observe() == before, "plan() changed what observe() shows")

    def test_a_staged_release_answers_at_its_own_url_alone(
        self, place: TargetUnderTest, target: Target, live: str
    ) -> None:
        """The traffic stays where it is."""
        release = place.release("2.0")
        url = target.stage(release)
        _serves(target, url, "2.0", "where 2.0 is staged")
        _serves(target, live, "1.0", "while 2.0 is only staged")
        seen = target.observe().find("2.0")
        told = (seen.version, seen.commit, seen.state, seen.url) if seen else None
        held(told == (release.version, release.commit, "staged", url), f"observe() shows the staged release as {told}")

    def test_staging_again_ends_in_the_same_state(self, place: TargetUnderTest, target: Target, live: str) -> None:
        """A deploy that was killed goes on from here, in another process."""
        urls = {target.stage(place.release("2.0")) for target in (target, place.kind.open(place.environment))}
        held(len(urls) == 1, f"a release that was staged twice has the URLs {urls}")
        _shows(target, {"2.0": "staged", "1.0": "live"})

    def test_promoting_moves_the_traffic(self, place: TargetUnderTest, target: Target, live: str) -> None:
        """The live URL stays and answers the new release; the old one is kept."""
        url = _deployed(target, place.release("2.0"))
        held(
            url == live == target.observe().url,
            f"the live URL was {live}, is {url}, and {target.observe().url} is shown",
        )
        _serves(target, url, "2.0", "after 2.0 was promoted")
        _shows(target, {"2.0": "live", "1.0": "kept"})

    def test_promoting_again_ends_in_the_same_state(self, place: TargetUnderTest, target: Target, live: str) -> None:
        """Nothing is doubled, and nothing swaps back."""
        release = place.release("2.0")
        _deployed(target, release)
        held(target.promote(release, _verified) == live, "a second promote() returns another URL")
        _serves(target, live, "2.0", "after 2.0 was promoted twice")
        _shows(target, {"2.0": "live", "1.0": "kept"})

    def test_rolling_back_gives_the_traffic_back(self, place: TargetUnderTest, target: Target, live: str) -> None:
        """At once, as often as it is asked, and forth again."""
        _deployed(target, place.release("2.0"))
        for _ in range(2):
            held(target.rollback("1.0") == live, "rollback() returns another URL than promote()")
            _serves(target, live, "1.0", "after going back to 1.0")
            _shows(target, {"1.0": "live", "2.0": "kept"})
        target.rollback("2.0")
        _serves(target, live, "2.0", "after going forth to 2.0")

    def test_going_back_to_what_is_not_there_is_refused(self, target: Target, live: str) -> None:
        """And leaves what is live."""
        with pytest.raises(DeployError):
            target.rollback("0.9")
        _serves(target, live, "1.0")

    def test_a_discarded_release_is_gone(self, place: TargetUnderTest, target: Target, live: str) -> None:
        """Twice is no error; the live one is refused."""
        target.stage(place.release("2.0"))
        target.discard("2.0")
        target.discard("2.0")
        _shows(target, {"1.0": "live"})
        with pytest.raises(DeployError):
            target.discard("1.0")
        _serves(target, live, "1.0", "after discard() of the live release: refuse that")

    def test_a_release_that_ends_is_told_with_its_last_lines(
        self, place: TargetUnderTest, target: Target, live: str
    ) -> None:
        """It never has traffic, and another try goes well."""
        with pytest.raises(DeployError, match=r"(?s)^[^\n]+\n.*out of order"):
            target.stage(place.crashing("2.0"))
        held(target.observe().live == target.observe().find("1.0"), "a release that crashed took the live one's place")
        target.discard("2.0")
        _serves(target, _deployed(target, place.release("2.0")), "2.0", "where 2.0 is deployed after it failed once")

    def test_a_release_that_is_never_ready_is_waited_for_no_longer_than_told(
        self, place: TargetUnderTest, target: Target, live: str
    ) -> None:
        """The wait ends with a sentence."""
        release = place.unready("2.0")
        staging = Future[str]()
        work = contextvars.copy_context().run
        threading.Thread(target=work, args=(_settle, staging, lambda: target.stage(release)), daemon=True).start()
        held(
            wait([staging], self.patience).done,
            f"stage() still waits after {self.patience:g} s for a release that is never ready: give up, and say so",
        )
        with pytest.raises(DeployError):
            staging.result()
        _serves(target, live, "1.0")

    def test_a_command_runs_with_the_variables_of_its_release(self, place: TargetUnderTest, target: Target) -> None:
        """One that fails is told with what it printed, and one that does not leaves nothing."""
        with pytest.raises(DeployError, match="it is 1\\.0"):
            target.run(place.release("1.0"), SHOWS_RELEASE)
        target.run(place.release("1.0"), ("python", "-c", "pass"))
        _shows(target, {})

    def test_pruning_keeps_the_last_releases_that_had_the_traffic(
        self, place: TargetUnderTest, target: Target, live: str
    ) -> None:
        """The live one counts among them, and twice removes nothing more."""
        for release in ("2.0", "3.0"):
            _deployed(target, place.release(release))
        held(target.prune(2), "prune() tells of nothing that it removes")
        _shows(target, {"3.0": "live", "2.0": "kept"})
        held(not target.prune(2), "prune() removes more when it is called again")
        _serves(target, live, "3.0", "after prune()")

    def test_pruning_never_removes_what_is_live(self, place: TargetUnderTest, target: Target, live: str) -> None:
        """Also where a newer release is kept, after going back."""
        _deployed(target, place.release("2.0"))
        target.rollback("1.0")
        target.prune(1)
        _serves(target, live, "1.0", "after prune(1)")
        _shows(target, {"1.0": "live"})

    def test_logs_are_those_of_a_release(self, place: TargetUnderTest, target: Target, live: str) -> None:
        """Of the live one without a name; a release that is not there is refused."""
        for role in self.roles:
            held(
                list(target.logs("1.0", role=role)) == list(target.logs(None, role=role)),
                "logs(None) are not the live one's",
            )
        with pytest.raises(DeployError):
            list(target.logs("0.9"))

    def test_no_secret_shows(self, place: TargetUnderTest, target: Target, live: str) -> None:
        """Neither in what is observed and planned, nor in logs and errors."""
        told: list[object] = [target.observe(), target.plan(place.release("2.0")), list(target.logs(None))]
        for wrong in (
            lambda: target.stage(place.crashing("2.0")),
            lambda: target.run(place.release("2.0"), ("false",)),
        ):
            told.append(_error_of(wrong))
        held(place.secret not in repr(told), "a secret shows in what the target tells")


def _lock(holder: str, token: str, seconds: float = 60) -> Lock:
    now = datetime.now(UTC)
    return Lock(holder, token, now, now + timedelta(seconds=seconds))


def _deployed(target: Target, release: Release) -> str:
    target.stage(release)
    return target.promote(release, _verified)


def _settle(outcome: Future[str], work: Callable[[], str]) -> None:
    """Hand over what a function returns or raises."""
    try:
        outcome.set_result(work())
    except Exception as error:
        outcome.set_exception(error)


def _verified(url: str) -> None:
    """Be content with a release on its way to the whole traffic."""


def _serves(target: Target, url: str, release: str, moment: str = "") -> None:
    found = _answers(target, url)
    held(found == release, f"{url} answers {found!r} {moment}".rstrip())


def _answers(target: Target, url: str) -> str:
    """Return the release that a URL of a target answers at /version."""
    headers = target.headers(url) if isinstance(target, Guarded) else {}
    try:
        with httpx2.Client(timeout=10, trust_env=False) as client:
            reply = client.get(f"{url.rstrip('/')}/version", headers=dict(headers))
    except httpx2.TransportError as error:
        pytest.fail(f"{url} does not answer: {error}", pytrace=False)
    held(reply.status_code == 200, f"{url}/version answers {reply.status_code}")
    return str(json.loads(reply.text).get("release"))


def _shows(target: Target, states: dict[str, str]) -> None:
    """See that the observation has these releases, and in this order those that had traffic."""
    seen: Observation = target.observe()
    found = {one.id: one.state for one in seen.releases}
    held(found == states, f"observe() shows {found}, where {states} is there")
    held(list(found) == list(states), f"observe() shows {list(found)}, where the newest comes first: {list(states)}")


def _error_of(work: Callable[[], object]) -> str:
    with pytest.raises(DeployError) as caught:
        work()
    return str(caught.value)
