"""Promotion: the traffic moves to a revision in steps, each looked at before the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pymacaron.exceptions import DeployError
from pymacaron_gcp.cloudrun.logs import Logs
from pymacaron_gcp.cloudrun.memory import Memory
from pymacaron_gcp.cloudrun.observing import live_revision
from pymacaron_gcp.cloudrun.service import RunService
from pymacaron_gcp.cloudrun.traffic import shares, tags, targets, uri_of
from pymacaron_gcp.cloudrun.waiting import Watch
from pymacaron_gcp.pauses import ticks
from pymacaron_gcp.settings import GcpSettings

__all__ = ["Promotion"]

Verify = Callable[[str], None]
Tell = Callable[[str], None]


class Promotion:
    """The way of one service's traffic to a revision."""

    def __init__(self, service: RunService, watch: Watch, settings: GcpSettings, logs: Logs, tell: Tell) -> None:
        self._service, self._watch, self._settings = service, watch, settings
        self._logs, self._tell = logs, tell

    def promote(self, revision: str, verify: Verify, before_all: Callable[[], None]) -> Any:
        """Give a revision all traffic, and return the service once that is so.

        `verify` gets the URL of the revision's own after each step but the last, `before_all` is called before it.
        A promotion that was interrupted goes on where it stopped.
        """
        for share in self._settings.gcp_canary[:-1]:
            if self._is_ahead(revision, share):
                self._step(revision, share, verify)
        before_all()
        self._service.change(lambda now: _all(now, revision))
        return self._watch.until_moved()

    def _is_ahead(self, revision: str, share: int) -> bool:
        now = self._service.existing()
        return live_revision(now) not in (None, revision) and shares(now).get(revision, 0) <= share

    def _step(self, revision: str, share: int, verify: Verify) -> None:
        self._service.change(lambda now: _share(now, revision, share))
        uri = uri_of(self._watch.until_moved(), revision)
        if uri is None:
            raise DeployError(f"{revision} lost its tag while it was promoted: stage it again")
        self._tell(f"{revision} has {share} % of the traffic")
        self._look(revision, share)
        verify(uri)

    def _look(self, revision: str, share: int) -> None:
        """Watch a share for as long as is set, and stop where too many of its replies tell of an error."""
        seconds, since = self._settings.gcp_canary_seconds, datetime.now(UTC)
        if not seconds:
            return
        for _ in ticks(seconds, self._tell, lambda: f"{revision} is watched at {share} %"):
            statuses = self._logs.statuses(revision, since)
            wrong = sum(status >= 500 for status in statuses)
            if wrong * 100 > self._settings.gcp_canary_errors * len(statuses):
                told = f"{wrong} of {len(statuses)} requests at {share} % of the traffic were answered by 500 or more"
                raise DeployError("\n".join([f"{revision} fails: {told}", *self._logs.last_words(revision)]))


def _share(service: Any, revision: str, share: int) -> dict[str, Any]:
    live = live_revision(service)
    if live is None or shares(service).get(revision) == share:
        return {}
    return {"traffic": targets({live: 100 - share, revision: share}, tags(service))}


def _all(service: Any, revision: str) -> dict[str, Any]:
    tagged = {tag: name for tag, name in tags(service).items() if name != revision}
    if live_revision(service) == revision and shares(service) == {revision: 100} and tagged == tags(service):
        return {}
    return {
        "traffic": targets({revision: 100}, tagged),
        "annotations": Memory.of(service).with_live(revision).annotations,
    }
