"""Events of objects, counted where one happens again."""

from __future__ import annotations

import uuid

from pymacaron_testing.emulators.kubernetes.kinds import kind
from pymacaron_testing.emulators.kubernetes.state import State
from pymacaron_testing.emulators.kubernetes.wire import Object, now

__all__ = ["Recorder"]


class Recorder:
    """Who tells events: `component` is the source that they name."""

    def __init__(self, state: State, component: str) -> None:
        self._state, self._component = state, component
        self._known: dict[tuple[str, str, str, str], Object] = {}

    def tell(self, about: Object, reason: str, message: str, type_: str = "Normal", field: str = "") -> None:
        """Tell an event of an object: `field` is the part that it is about, such as "spec.containers{web}"."""
        key = (about["metadata"]["uid"], reason, message, field)
        with self._state.lock:
            if (before := self._known.get(key)) is not None:
                again = self._state.change("Event", before, _again)
                if again is not None:
                    return
            namespace = about["metadata"].get("namespace") or "default"
            if self._state.get("Namespace", "", namespace) is not None:
                event = self._event(about, namespace, reason, message, type_, field)
                self._known[key] = self._state.add(kind("Event"), event)

    def _event(self, about: Object, namespace: str, reason: str, message: str, type_: str, field: str) -> Object:
        metadata, time = about["metadata"], now()
        involved = {
            name: metadata[name] for name in ("name", "namespace", "uid", "resourceVersion") if name in metadata
        }
        involved |= {"kind": about["kind"], "apiVersion": about["apiVersion"]}
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{metadata['name']}.{uuid.uuid4().hex[:16]}", "namespace": namespace},
            "involvedObject": involved | ({"fieldPath": field} if field else {}),
            "reason": reason,
            "message": message,
            "type": type_,
            "source": {"component": self._component},
            "reportingComponent": self._component,
            "reportingInstance": "",
            "firstTimestamp": time,
            "lastTimestamp": time,
            "eventTime": None,
            "count": 1,
        }


def _again(event: Object) -> None:
    event["count"] += 1
    event["lastTimestamp"] = now()
