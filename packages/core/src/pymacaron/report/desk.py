"""Desk: where the reports of a service are folded and handed to its reporters, away from the requests."""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pymacaron.config.masking import masked
from pymacaron.report.backlog import Backlog
from pymacaron.report.facts import process_facts
from pymacaron.report.records import Report
from pymacaron.report.traces import kind_of
from pymacaron.text import printable

if TYPE_CHECKING:
    from pymacaron.service import Service

__all__ = ["Desk", "Reporter"]

log = logging.getLogger(__name__)

Reporter = Callable[[Report, BaseException | None], Any]

WAITING = 100
"""Reports that wait for one reporter at most; more are dropped."""

PATIENCE = 30.0
"""Seconds after which a reporter counts as hanging: it gets no more reports until it returns."""

FOLDED = 1000
"""Different reports that are counted at a time."""

MOST_IDS = 10
"""Ids of errors that a report lists which stands for several."""

LAST_WORDS = 3.0
"""Seconds that reporters have when the process ends."""


class Desk:
    """The reports of one service in one process: `submit` never waits and never raises."""

    def __init__(self, service: Service) -> None:
        self.pid = os.getpid()
        self._service = weakref.ref(service)
        self._folding = threading.Lock()
        self._folds: dict[Hashable, _Fold] = {}
        self._windows: Backlog[_Fold] = Backlog("pym-report-folds", self._close_window, FOLDED)
        self._incoming: Backlog[tuple[Report, BaseException | None]] = Backlog("pym-reports", self._complete, WAITING)
        self._channels: dict[str, Channel] = {}
        self._leaving = threading.Event()
        atexit.register(_say_last_words, weakref.ref(self))

    def submit(self, report: Report, error: BaseException | None = None) -> None:
        """Take a report in: the first of its kind is delivered, those like it are counted for a while."""
        service = self._service()
        if service is None:
            return
        key = _key(report)
        with self._folding:
            fold = self._folds.get(key)
            if fold is not None:
                fold.add(report)
                return
            fold = _Fold(key, report, time.monotonic() + service.config.report_fold_seconds)
            if self._windows.put(fold):
                self._folds[key] = fold
        self._deliver(report, error)

    def flush(self, seconds: float = LAST_WORDS) -> bool:
        """Deliver everything, also what is being counted, within some seconds; returns whether that was done."""
        end = time.monotonic() + seconds
        self._leaving.set()
        try:
            queues: list[Callable[[float], bool]] = [self._windows.wait, self._incoming.wait]
            done = [wait(end - time.monotonic()) for wait in queues]
            return all(done + [channel.wait(end - time.monotonic()) for channel in list(self._channels.values())])
        finally:
            self._leaving.clear()

    def _close_window(self, fold: _Fold) -> None:
        self._leaving.wait(max(0.0, fold.until - time.monotonic()))
        with self._folding:
            del self._folds[fold.key]
        if fold.more:
            told = {**fold.report.data, "error_ids": fold.error_ids}
            self._deliver(replace(fold.report, count=fold.more, data=told), None)

    def _deliver(self, report: Report, error: BaseException | None) -> None:
        if not self._incoming.put((report, error)):
            log.warning("a report was dropped, for too many wait: %s", printable(report.title))

    def _complete(self, item: tuple[Report, BaseException | None]) -> None:
        """Add what is the same for all reports of the process, mask what is secret, and hand out the report."""
        report, error = item
        service = self._service()
        if service is None:
            return
        try:
            told = {**report.data, **process_facts(service), "count": report.count}
            data = masked(told, (), False, (), service.config.redact)
            complete = replace(report, title=service.config.redact(report.title), data=data)
            for name, reporter in _reporters(service):
                if name not in self._channels:
                    self._channels[name] = Channel(name)
                self._channels[name].send(service, reporter, complete, error)
        except Exception as failed:
            log.error("a report could not be made (%s): %s", kind_of(failed), printable(report.title))


@dataclass
class _Fold:
    """A window of time in which reports of one key are counted."""

    key: Hashable
    report: Report
    until: float
    more: int = 0
    error_ids: list[str] = field(default_factory=list)

    def add(self, report: Report) -> None:
        """Count a report, which takes the place of the one before."""
        self.more += 1
        self.report = report
        if len(self.error_ids) < MOST_IDS and "error_id" in report.data:
            self.error_ids.append(report.data["error_id"])


def _key(report: Report) -> Hashable:
    """Return what is the same for two reports that are told as one: also what a function told with them."""
    told = json.dumps([report.data.get(name) for name in ("trace", "data", "caught")], sort_keys=True)
    return report.kind, report.title, hashlib.sha256(told.encode()).digest()


class Channel:
    """The way to one reporter, with a thread of its own: one that fails or hangs holds up nobody else."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._backlog: Backlog[tuple[Service, Reporter, Report, BaseException | None]] = Backlog(
            f"pym-report-{name}", self._work, WAITING
        )
        self.wait = self._backlog.wait

    def send(self, service: Service, reporter: Reporter, report: Report, error: BaseException | None) -> None:
        """Hand a report over, unless the reporter hangs or too many reports wait for it."""
        if self._backlog.hangs(PATIENCE) or not self._backlog.put((service, reporter, report, error)):
            log.warning("%s hangs or is too slow: it does not get the report %s", self._name, printable(report.title))

    def _work(self, item: tuple[Service, Reporter, Report, BaseException | None]) -> None:
        service, reporter, report, error = item
        try:
            service.run(reporter, report, error)
        except BaseException as failed:
            log.warning("%s failed with %s on the report %s", self._name, kind_of(failed), printable(report.title))


def _reporters(service: Service) -> Iterator[tuple[str, Reporter]]:
    """Give the reporters of a service by name: its plugins, then the function given to the API."""
    for plugin, tell in service.hooks.listeners("pym_error_report", service.config):
        yield str(plugin), lambda report, error, tell=tell: tell(report=report)  # type: ignore[misc]
    if service.error_reporter is not None:
        yield "the error_reporter", service.error_reporter


def _say_last_words(reference: weakref.ref[Desk]) -> None:
    desk = reference()
    if desk is not None and desk.pid == os.getpid():
        desk.flush()
