"""The lock of an environment: volumes that nobody mounts, one for each claim, on its first host.

Whoever wants the lock writes a claim first and looks for the claims of others then; where there is one, the own claim
is taken back. Of two at once, at least one sees the other, whatever the order: nobody needs a call of the engine that
replaces something in one step, which it has not. Two that see each other both take back, wait a little while that
differs, and try again.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pymacaron.deploy import Lock
from pymacaron.exceptions import LockedError

if TYPE_CHECKING:
    from pymacaron_docker.target.calls import HostEngine

__all__ = ["Locks"]

PATIENCE = 3.0
"""Seconds for which somebody else's claim, which may be taken back, is waited for."""


@dataclass(frozen=True)
class _Claim:
    volume: str
    lock: Lock


class Locks:
    """The claims to one environment."""

    def __init__(self, engine: HostEngine, label: str) -> None:
        self._engine, self._label = engine, label

    def held(self) -> Lock | None:
        """Return the lock that counts now."""
        return next((claim.lock for claim in self._claims() if not _expired(claim)), None)

    def take(self, lock: Lock) -> None:
        """Take the lock, or renew it; raises LockedError where somebody else has it."""
        if any(claim.lock.token == lock.token and not _expired(claim) for claim in self._claims()):
            self._write(lock)
        else:
            self._win(lock)
        current = self._name(lock)
        for claim in self._claims():
            if claim.volume != current and (claim.lock.token == lock.token or _expired(claim)):
                self._engine.remove_volume(claim.volume)

    def give(self, token: str | None) -> None:
        """Give back the lock of a token, or with None that of anybody."""
        for claim in self._claims():
            if token in (None, claim.lock.token):
                self._engine.remove_volume(claim.volume)

    def _win(self, lock: Lock) -> None:
        deadline = time.monotonic() + PATIENCE
        while (other := self._attempt(lock)) is not None:
            if time.monotonic() > deadline:
                since = f"{other.since:%H:%M:%S} UTC"
                raise LockedError(
                    f"{self._label} is being changed by {other.holder} since {since}: wait, or type pym deploy unlock"
                )
            time.sleep(random.uniform(0.02, 0.4))  # noqa: S311 - to differ is all it has to do

    def _attempt(self, lock: Lock) -> Lock | None:
        """Return who is in the way, and leave no claim then."""
        if other := self._other(lock):
            return other
        self._write(lock)
        if other := self._other(lock):
            self._engine.remove_volume(self._name(lock))
        return other

    def _other(self, lock: Lock) -> Lock | None:
        others = (claim for claim in self._claims() if claim.lock.token != lock.token)
        return next((claim.lock for claim in others if not _expired(claim)), None)

    def _write(self, lock: Lock) -> None:
        told = {
            "lock": self._label,
            "holder": lock.holder,
            "token": lock.token,
            "since": lock.since.isoformat(),
            "expires": lock.expires.isoformat(),
        }
        self._engine.make_volume(self._name(lock), {f"pymacaron.{name}": text for name, text in told.items()})

    def _name(self, lock: Lock) -> str:
        return f"{self._label}-lock-{lock.token}-{lock.expires:%Y%m%d%H%M%S%f}"

    def _claims(self) -> list[_Claim]:
        found = self._engine.volumes(lock=self._label)
        return [_Claim(name, _lock(labels)) for name, labels in sorted(found.items())]


def _lock(labels: dict[str, str]) -> Lock:
    since, expires = (datetime.fromisoformat(labels[f"pymacaron.{name}"]) for name in ("since", "expires"))
    return Lock(labels["pymacaron.holder"], labels["pymacaron.token"], since, expires)


def _expired(claim: _Claim) -> bool:
    return claim.lock.expires <= datetime.now(UTC)
