"""Watches: the changes of a collection from a number on, one after the other, as the lines of a long answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from pymacaron_testing.emulators.kubernetes.rest import Asked
from pymacaron_testing.emulators.kubernetes.selectors import field_matches, matches
from pymacaron_testing.emulators.kubernetes.state import Change, State
from pymacaron_testing.emulators.kubernetes.wire import Object, Refusal

__all__ = ["watch"]

LONGEST = 1800.0
PAUSE = 0.5


def watch(state: State, asked: Asked, is_over: Callable[[], bool]) -> Iterator[Object | None]:
    """Yield the events of a watch, and nothing now and then, so that a caller who is gone is noticed."""
    end = time.monotonic() + float(asked.option("timeoutSeconds") or LONGEST)
    number = int(asked.option("resourceVersion") or 0)
    if not number:
        with state.lock:
            number, present = state.number, state.select(asked.kind, asked.namespace)
        yield from ({"type": "ADDED", "object": one} for one in present if _fits(asked, one))
    while time.monotonic() < end and not is_over():
        try:
            with state.lock:
                if state.number == number:
                    state.changed.wait(min(PAUSE, max(end - time.monotonic(), 0)))
                changes, number = state.changes_since(number), state.number
        except Refusal as refusal:
            yield {"type": "ERROR", "object": refusal.status()}
            return
        yield from (event for one in changes if (event := _event(asked, one)) is not None)
        yield None
    if asked.option("allowWatchBookmarks") in ("true", "1"):
        yield {"type": "BOOKMARK", "object": _bookmark(asked, number)}


def _event(asked: Asked, change: Change) -> Object | None:
    place = change.object["metadata"].get("namespace", "")
    if change.kind != asked.kind or (asked.namespace and place != asked.namespace):
        return None
    fits = change.verb != "DELETED" and _fits(asked, change.object)
    fitted = change.before is not None and _fits(asked, change.before)
    if fits:
        return {"type": "MODIFIED" if fitted else "ADDED", "object": change.object}
    if fitted:
        return {"type": "DELETED", "object": change.object}
    return None


def _fits(asked: Asked, one: Object) -> bool:
    labels = one["metadata"].get("labels") or {}
    return matches(asked.option("labelSelector"), labels) and field_matches(asked.option("fieldSelector"), one)


def _bookmark(asked: Asked, number: int) -> Object:
    return {
        "kind": asked.kind.kind,
        "apiVersion": asked.kind.api_version,
        "metadata": {"resourceVersion": str(number), "creationTimestamp": None},
    }
