"""One step of a rollout, and the status that tells how far it is, as the controller of Kubernetes does both."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pymacaron_testing.emulators.kubernetes.wire import Object, now

__all__ = ["Rollout", "status_of"]


@dataclass(frozen=True)
class Rollout:
    """A deployment with its replica sets: `newest` is the one of its template. `scale` gives one another size."""

    deployment: Object
    sets: list[Object]
    newest: Object | None
    scale: Callable[[Object, Object, int], None]
    has_pods: Callable[[Object], bool]

    @property
    def _wanted(self) -> int:
        return int(self.deployment["spec"]["replicas"])

    @property
    def _old(self) -> list[Object]:
        return [
            one for one in self.sets if self.newest is None or one["metadata"]["uid"] != self.newest["metadata"]["uid"]
        ]

    def keep_size(self) -> None:
        """Give the one replica set that has pods the size that is wanted."""
        active = [one for one in self.sets if one["spec"]["replicas"]]
        if len(active) == 1:
            self.scale(self.deployment, active[0], self._wanted)

    def step(self) -> None:
        """Do what can be done now."""
        newest = next((one for one in self.sets if one not in self._old), None)
        if newest is None:
            return
        if self.deployment["spec"]["strategy"]["type"] == "Recreate":
            self._recreate(newest)
        elif not self._grow(newest):
            self._shrink(newest)

    def _recreate(self, newest: Object) -> None:
        for one in self._old:
            self.scale(self.deployment, one, 0)
        if not any(self.has_pods(one) for one in self._old):
            self.scale(self.deployment, newest, self._wanted)

    def _grow(self, newest: Object) -> bool:
        size = newest["spec"]["replicas"]
        if size > self._wanted:
            self.scale(self.deployment, newest, self._wanted)
            return True
        surge, _ = limits(self.deployment)
        room: int = self._wanted + surge - sum(one["spec"]["replicas"] for one in self.sets)
        more: int = min(room, self._wanted - size)
        if more > 0:
            self.scale(self.deployment, newest, size + more)
        return more > 0

    def _shrink(self, newest: Object) -> None:
        total = sum(one["spec"]["replicas"] for one in self.sets)
        _, unavailable = limits(self.deployment)
        least = self._wanted - unavailable
        coming = newest["spec"]["replicas"] - _count(newest, "availableReplicas")
        spare = total - least - coming
        if spare <= 0:
            return
        sizes = {one["metadata"]["uid"]: one["spec"]["replicas"] for one in self._old}
        for one in self._old:  # those that serve nobody go first
            broken = sizes[one["metadata"]["uid"]] - _count(one, "availableReplicas")
            gone = max(min(spare, broken), 0)
            sizes[one["metadata"]["uid"]] -= gone
            spare -= gone
        spare = min(spare, sum(_count(one, "availableReplicas") for one in self.sets) - least)
        for one in self._old:
            gone = max(min(spare, sizes[one["metadata"]["uid"]]), 0)
            sizes[one["metadata"]["uid"]] -= gone
            spare -= gone
            self.scale(self.deployment, one, sizes[one["metadata"]["uid"]])


def limits(deployment: Object) -> tuple[int, int]:
    """Return how many pods there may be more than wanted, and how many fewer may serve."""
    rolling, wanted = deployment["spec"]["strategy"].get("rollingUpdate") or {}, deployment["spec"]["replicas"]
    surge = _share(rolling.get("maxSurge", 0), wanted, math.ceil)
    unavailable = _share(rolling.get("maxUnavailable", 0), wanted, math.floor)
    return (surge, unavailable) if surge or unavailable else (surge, 1)


def _share(value: Any, wanted: int, rounded: Callable[[float], int]) -> int:
    return rounded(wanted * int(value[:-1]) / 100) if isinstance(value, str) and value.endswith("%") else int(value)


def _count(one: Object, name: str) -> int:
    return int((one.get("status") or {}).get(name, 0))


def status_of(deployment: Object, sets: list[Object], newest: Object | None, still: float) -> tuple[Object, bool]:
    """Return the status of a deployment, and whether it came on; `still` is for how many seconds it did not."""
    wanted, before = deployment["spec"]["replicas"], deployment.get("status") or {}
    fresh = [newest] if newest is not None else []
    counts = {
        "replicas": sum(_count(one, "replicas") for one in sets),
        "updatedReplicas": sum(_count(one, "replicas") for one in fresh),
        "readyReplicas": sum(_count(one, "readyReplicas") for one in sets),
        "availableReplicas": sum(_count(one, "availableReplicas") for one in sets),
    }
    missing = max(sum(one["spec"]["replicas"] for one in sets) - counts["availableReplicas"], 0)
    status: Object = {"observedGeneration": deployment["metadata"]["generation"]}
    status |= {name: count for name, count in (counts | {"unavailableReplicas": missing}).items() if count}
    complete = counts["updatedReplicas"] == wanted == counts["replicas"] == counts["availableReplicas"]
    moved = _moved(before, status)
    conditions = [_available(deployment, counts["availableReplicas"])]
    conditions.append(_progressing(deployment, newest, complete, moved, still))
    conditions += _failures(sets)
    status["conditions"] = [_timed(one, before, moved) for one in conditions]
    return status, moved


def _moved(before: Object, status: Object) -> bool:
    old = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    return bool(
        before.get("observedGeneration") != status["observedGeneration"]
        or status.get("replicas", 0) - status.get("updatedReplicas", 0) < old
        or any(
            status.get(name, 0) > before.get(name, 0)
            for name in ("updatedReplicas", "readyReplicas", "availableReplicas")
        )
    )


def _available(deployment: Object, available: int) -> Object:
    _, unavailable = limits(deployment)
    if available >= deployment["spec"]["replicas"] - unavailable:
        text = "Deployment has minimum availability."
        return {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": text}
    text = "Deployment does not have minimum availability."
    return {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": text}


def _progressing(deployment: Object, newest: Object | None, complete: bool, moved: bool, still: float) -> Object:
    name = newest["metadata"]["name"] if newest is not None else ""
    if deployment["spec"].get("paused") and not complete:
        return _progress("Unknown", "DeploymentPaused", "Deployment is paused")
    before: Object = next(
        (one for one in (deployment.get("status") or {}).get("conditions") or [] if one["type"] == "Progressing"), {}
    )
    if complete:
        return _progress("True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.')
    # What was complete once is late only when it has something new to do.
    was_done = before.get("reason") == "NewReplicaSetAvailable" and not moved
    if not moved and not was_done and still > deployment["spec"]["progressDeadlineSeconds"]:
        return _progress("False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.')
    if before.get("reason") == "ProgressDeadlineExceeded" and not moved:
        return _progress("False", before["reason"], before["message"])
    if was_done:
        return _progress("True", "NewReplicaSetAvailable", before["message"])
    return _progress("True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')


def _progress(status: str, reason: str, message: str) -> Object:
    return {"type": "Progressing", "status": status, "reason": reason, "message": message}


def _failures(sets: list[Object]) -> list[Object]:
    found = [one for each in sets for one in (each.get("status") or {}).get("conditions") or []]
    return [{name: one[name] for name in ("type", "status", "reason", "message")} for one in found[:1]]


def _timed(condition: Object, before: Object, moved: bool) -> Object:
    old: Object = next((one for one in before.get("conditions") or [] if one["type"] == condition["type"]), {})
    same = old.get("status") == condition["status"]
    told = same and old.get("reason") == condition["reason"] and old.get("message") == condition["message"]
    return condition | {
        "lastTransitionTime": old["lastTransitionTime"] if same else now(),
        "lastUpdateTime": old["lastUpdateTime"]
        if told and not (moved and condition["type"] == "Progressing")
        else now(),
    }
