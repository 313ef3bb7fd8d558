"""Waits for Cloud Run: they ask what is there, tell of the progress, fail as soon as it is clear, and always end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from pymacaron.exceptions import DeployError
from pymacaron_gcp.cloudrun.logs import Logs
from pymacaron_gcp.cloudrun.names import short
from pymacaron_gcp.cloudrun.service import RunService, failure_of, is_done, release_of
from pymacaron_gcp.cloudrun.traffic import is_settled
from pymacaron_gcp.pauses import ticks

__all__ = ["Watch"]


class Watch:
    """A watch on a service, for at most `seconds`."""

    def __init__(self, service: RunService, logs: Logs, tell: Callable[[str], None], seconds: float) -> None:
        self._service, self._logs, self._tell, self._seconds = service, logs, tell, seconds

    def until_ready(self, revision: str) -> Any:
        """Wait until a revision is ready and the traffic is settled, and return the service."""
        for _ in ticks(self._seconds, self._tell, lambda: f"{revision} is being started"):
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
        for _ in ticks(self._seconds, self._tell, lambda: "traffic is moving"):
            service = self._service.existing()
            if is_settled(service) and is_done(service):
                return service
            if is_done(service) and (failure := failure_of(service, "RoutesReady") or failure_of(service)):
                raise DeployError(f"the traffic of {self._service.name} cannot be moved: {failure}")
        raise DeployError(f"the traffic of {self._service.name} did not move within {self._seconds:g} s: --resume")

    def _fail(self, revision: Any, failure: str) -> NoReturn:
        sentence = f"{release_of(revision)} did not start: {failure}"
        raise DeployError("\n".join([sentence, *self._logs.last_words(short(revision.name))]))
