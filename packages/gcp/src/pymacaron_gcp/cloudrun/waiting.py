"""Waits for Cloud Run: they ask what is there, tell of the progress, fail as soon as it is clear, and always end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from pymacaron.exceptions import DeployError
from pymacaron_gcp.cloudrun.logs import Logs
from pymacaron_gcp.cloudrun.names import short
from pymacaron_gcp.cloudrun.service import RunService, failure_of, is_done, release_of
from pymacaron_gcp.cloudrun.traffic import is_settled

__all__ = ["Watch", "ticks"]

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 3.0
SILENCE = 5.0


def ticks(seconds: float, tell: Callable[[str], None], what: str) -> Iterator[float]:
    """Yield the seconds that passed, at growing pauses, for the last time when all have; tell of it now and then."""
    start, pause = time.monotonic(), FIRST_PAUSE
    told = start
    while True:
        passed = time.monotonic() - start
        yield passed
        if passed >= seconds:
            return
        if time.monotonic() - told > SILENCE:
            told = time.monotonic()
            tell(f"{what}, {passed:.0f} s")
        time.sleep(max(0.0, min(pause, seconds - passed)))
        pause = min(pause * 1.4, LONGEST_PAUSE)


class Watch:
    """A watch on a service, for at most `seconds`."""

    def __init__(self, service: RunService, logs: Logs, tell: Callable[[str], None], seconds: float) -> None:
        self._service, self._logs, self._tell, self._seconds = service, logs, tell, seconds

    def until_ready(self, revision: str) -> Any:
        """Wait until a revision is ready and the traffic is settled, and return the service."""
        for _ in ticks(self._seconds, self._tell, f"{revision} is being started"):
            service = self._service.existing()
            found = [one for one in self._service.all_revisions() if short(one.name) == revision]
            if found and (failure := failure_of(found[0])):
                self._fail(found[0], failure)
            if is_done(service):
                if not found:
                    raise DeployError(f"{revision} was not made: {failure_of(service) or 'stage it again'}")
                if not found[0].reconciling and is_settled(service):
                    return service
                if failure := failure_of(service):
                    raise DeployError(f"{self._service.name} cannot be changed: {failure}")
        raise DeployError(f"{revision} was not ready within {self._seconds:g} s: see its log, then --resume")

    def until_moved(self) -> Any:
        """Wait until the traffic goes where it shall, and return the service."""
        for _ in ticks(self._seconds, self._tell, "traffic is moving"):
            service = self._service.existing()
            if is_settled(service) and is_done(service):
                return service
            if is_done(service) and (failure := failure_of(service, "RoutesReady") or failure_of(service)):
                raise DeployError(f"the traffic of {self._service.name} cannot be moved: {failure}")
        raise DeployError(f"the traffic of {self._service.name} did not move within {self._seconds:g} s: --resume")

    def _fail(self, revision: Any, failure: str) -> NoReturn:
        sentence = f"{release_of(revision)} did not start: {failure}"
        raise DeployError("\n".join([sentence, *self._logs.last_words(short(revision.name))]))
