"""All objects of the cluster by kind, namespace and name, each change of them by its number, and what waits for one."""

from __future__ import annotations

import copy
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pymacaron_testing.emulators.kubernetes.kinds import Kind, kind
from pymacaron_testing.emulators.kubernetes.selectors import matches
from pymacaron_testing.emulators.kubernetes.wire import Object, Refusal, not_found, now

__all__ = ["Change", "State", "owned_by", "owner_of"]

HISTORY = 2000
# What is gone only when all that it holds is.
OF_THEIR_OWN = {"Pod", "Namespace"}
# What Kubernetes counts no generations of, among what has a spec.
UNCOUNTED = {"Service", "Pod", "Namespace", "Node", "Lease"}


@dataclass(frozen=True)
class Change:
    """A change: `verb` is ADDED, MODIFIED or DELETED, `before` the object that was there, if any."""

    number: int
    verb: str
    kind: Kind
    object: Object
    before: Object | None


class State:
    """The objects. Hold `lock` to read or write; what is found here must not be written to."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.number = 1
        self.history: deque[Change] = deque()
        self._forgotten = 0
        self._objects: dict[tuple[tuple[str, str], str, str], Object] = {}

    def find(self, kind: Kind, namespace: str, name: str) -> Object:
        """Return an object; raises Refusal where there is none."""
        found = self._objects.get((kind.key, namespace, name))
        if found is None:
            raise not_found(kind, name)
        return found

    def get(self, kind_name: str, namespace: str, name: str) -> Object | None:
        """Return an object by the name of its kind, or nothing."""
        return self._objects.get((kind(kind_name).key, namespace, name))

    def select(self, kind: Kind, namespace: str = "", labels: str = "") -> list[Object]:
        """Return the objects of a kind, by name; no namespace means all."""
        with self.lock:
            found = [
                one
                for (key, place, _), one in sorted(self._objects.items())
                if key == kind.key and (not namespace or place == namespace)
            ]
        return [one for one in found if matches(labels, one["metadata"].get("labels") or {})]

    def all(self, kind_name: str, namespace: str = "") -> list[Object]:
        """Return the objects of a kind by its name."""
        return self.select(kind(kind_name), namespace)

    def everything(self) -> Iterator[tuple[Kind, Object]]:
        """Yield every object with its kind."""
        for one in list(self._objects.values()):
            yield kind(one["kind"]), one

    def add(self, kind: Kind, one: Object) -> Object:
        """Add an object, which gets its identity."""
        metadata = one["metadata"]
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = now()
        if "spec" in one and kind.kind not in UNCOUNTED:
            metadata["generation"] = 1
        return self._store("ADDED", kind, one, None)

    def replace(self, kind: Kind, one: Object) -> Object:
        """Store a changed object, unless it is as it was; a changed spec is a new generation."""
        before = self.find(kind, one["metadata"].get("namespace", ""), one["metadata"]["name"])
        if before == one:
            return before
        if kind.kind not in UNCOUNTED and "generation" in before["metadata"]:
            counts = before.get("spec") != one.get("spec")
            one["metadata"]["generation"] = before["metadata"]["generation"] + counts
        stored = self._store("MODIFIED", kind, one, before)
        leaves = one["metadata"].get("deletionTimestamp") and not one["metadata"].get("finalizers")
        if leaves and kind.kind not in OF_THEIR_OWN:
            self.remove(kind, stored)
        return stored

    def change(self, kind_name: str, one: Object, do: Callable[[Object], Any]) -> Object | None:
        """Change an object as it is now, where it is still the same one."""
        with self.lock:
            now_there = self.get(kind_name, one["metadata"].get("namespace", ""), one["metadata"]["name"])
            if now_there is None or now_there["metadata"]["uid"] != one["metadata"]["uid"]:
                return None
            changed = copy.deepcopy(now_there)
            do(changed)
            return self.replace(kind(kind_name), changed)

    def remove(self, kind: Kind, one: Object) -> Object:
        """Remove an object."""
        metadata = one["metadata"]
        with self.lock:
            before = self._objects.pop((kind.key, metadata.get("namespace", ""), metadata["name"]), None)
            if before is None:
                return one
            gone = copy.deepcopy(before)
            self._record("DELETED", kind, gone, before)
            return gone

    def touch(self) -> None:
        """Wake whatever waits for a change."""
        with self.lock:
            self.changed.notify_all()

    def changes_since(self, number: int) -> list[Change]:
        """Return the changes after a number; raises Refusal where they are forgotten."""
        if number < self._forgotten:
            raise Refusal(410, "Expired", f"too old resource version: {number} ({self._forgotten})")
        return [one for one in self.history if one.number > number]

    def forget(self) -> None:
        """Forget all changes so far, as etcd does when it is compacted: a watch from before is told 410."""
        with self.lock:
            self.history.clear()
            self._forgotten = self.number

    def _store(self, verb: str, kind: Kind, one: Object, before: Object | None) -> Object:
        with self.lock:
            metadata = one["metadata"]
            self._objects[(kind.key, metadata.get("namespace", ""), metadata["name"])] = one
            self._record(verb, kind, one, before)
            return one

    def _record(self, verb: str, kind: Kind, one: Object, before: Object | None) -> None:
        self.number += 1
        one["metadata"]["resourceVersion"] = str(self.number)
        self.history.append(Change(self.number, verb, kind, one, before))
        if len(self.history) > HISTORY:
            self._forgotten = self.history.popleft().number
        self.changed.notify_all()


def owner_of(one: Object) -> Object | None:
    """Return the reference to the controller of an object."""
    references = one["metadata"].get("ownerReferences") or []
    return next((reference for reference in references if reference.get("controller")), None)


def owned_by(owner: Object, objects: list[Object]) -> list[Object]:
    """Return those that an object controls."""
    uid = owner["metadata"]["uid"]
    return [one for one in objects if (reference := owner_of(one)) is not None and reference["uid"] == uid]
