"""The lock of a deploy on its target, and the thread that renews it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from pymacaron.deploy import Lock, Target
from pymacaron.exceptions import DeployError, LockedError
from pymacaron_docker.pipeline.outside import holder

__all__ = ["LockKeeper", "LostLockError", "described", "new_token", "wait_for_the_dead"]

POLL_SECONDS = 0.5


class LostLockError(LockedError):
    """The lock was lost: somebody else may be changing the environment, so nothing more is touched."""


def new_token() -> str:
    """Return what a lock is known by."""
    return uuid4().hex


def described(lock: Lock) -> str:
    """Return who holds a lock, since when and until when, as a sentence with the next step."""
    since, until = (f"{moment:%H:%M:%S}" for moment in (lock.since, lock.expires))
    return (
        f"{lock.holder} deploys here since {since} UTC, and its lock counts until {until} unless it is renewed: wait, "
        "or type 'pym deploy unlock' where that deploy is dead"
    )


class LockKeeper:
    """Holds the lock: `target` is the keeper's own, since a thread renews by it while another target works."""

    def __init__(self, target: Target, token: str, seconds: int) -> None:
        self._target = target
        self._token = token
        self._seconds = seconds
        self._since = datetime.now(UTC)
        self._until = 0.0
        self._lost = ""
        self._ended = threading.Event()
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Take the lock, renew it as long as the context is entered, and give it back; raises LockedError."""
        self._renew()
        thread = threading.Thread(target=self._beat, name="pym-deploy-lock", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()
            if not self._lost:
                with suppress(DeployError):  # a lock that cannot be given back runs out by itself
                    self._target.unlock(self._token)

    def check(self) -> None:
        """Renew the lock; raises LostLockError where it is not ours any more."""
        with suppress(DeployError):
            self._renew()
        if not self._lost and time.monotonic() > self._until:
            self._lost = "it could not be renewed in time"
        if self._lost:
            raise LostLockError(f"the lock was lost ({self._lost}): type 'pym status', then 'pym deploy --resume'")

    def _renew(self) -> None:
        """Renew the lock, unless it was lost; raises LockedError as it is lost, DeployError for a target that fails."""
        with self._one_at_a_time:
            if self._lost:
                return
            asked = time.monotonic()
            expires = datetime.now(UTC) + timedelta(seconds=self._seconds)
            try:
                self._target.lock(Lock(holder(), self._token, self._since, expires))
            except LockedError as error:
                self._lost = str(error)
                raise
            self._until = asked + self._seconds

    def _beat(self) -> None:
        while not self._lost and not self._ended.wait(self._seconds / 4):
            with suppress(DeployError):  # the target may answer next time: check() knows how long the lock counts
                self._renew()


def wait_for_the_dead(target: Target) -> None:
    """Wait until the lock of somebody who died counts no longer; raises LockedError where it is renewed meanwhile."""
    first = target.observe().lock
    lock = first
    while first is not None and lock is not None and lock.expires > datetime.now(UTC):
        if lock.expires != first.expires or lock.token != first.token:
            raise LockedError(described(lock))
        time.sleep(POLL_SECONDS)
        lock = target.observe().lock
