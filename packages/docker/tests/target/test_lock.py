"""The lock of an environment: one holder, renewed, running out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pymacaron.deploy import Lock
from pymacaron.exceptions import LockedError
from pymacaron_docker.target.target import DockerTarget


def lock(token: str, seconds: float = 60) -> Lock:
    now = datetime.now(UTC)
    return Lock(f"{token}@desk", token, now, now + timedelta(seconds=seconds))


@pytest.fixture(scope="module")
def place(places: Any) -> Any:
    return places()


@pytest.fixture
def target(place: Any) -> DockerTarget:
    place.target.unlock(None)
    held: DockerTarget = place.target
    return held


def test_of_eight_who_want_the_lock_at_once_one_gets_it_and_the_others_are_told_who(place: Any) -> None:
    def attempt(number: int) -> str:
        try:
            DockerTarget(place.environment).lock(lock(f"deploy{number}"))
        except LockedError as error:
            return str(error)
        return "won"

    for _ in range(3):
        place.target.unlock(None)
        with ThreadPoolExecutor(8) as threads:
            told = list(threads.map(attempt, range(8)))
        winner = f"deploy{told.index('won')}@desk"
        assert told.count("won") == 1
        assert all(winner in sentence for sentence in told if sentence != "won")
        assert place.target.observe().lock.holder == winner


def test_the_holder_renews_the_lock_and_gives_it_back(target: DockerTarget) -> None:
    target.lock(lock("mine", 30))
    later = lock("mine", 90)
    target.lock(later)
    assert target.observe().lock == later
    with pytest.raises(LockedError, match=r"is being changed by mine@desk since .*pym deploy unlock"):
        target.lock(lock("other"))
    target.unlock("other")
    assert target.observe().lock == later
    target.unlock("mine")
    target.unlock("mine")
    assert target.observe().lock is None


def test_a_lock_that_ran_out_is_taken_and_not_renewed_by_its_old_holder(target: DockerTarget) -> None:
    target.lock(lock("dead", -1))
    assert target.observe().lock is None
    target.lock(lock("next"))
    with pytest.raises(LockedError, match="next@desk"):
        target.lock(lock("dead"))


def test_anybody_may_take_a_lock_away(target: DockerTarget) -> None:
    target.lock(lock("gone"))
    target.unlock(None)
    target.lock(lock("next"))
    held = target.observe().lock
    assert held
    assert held.token == "next"
