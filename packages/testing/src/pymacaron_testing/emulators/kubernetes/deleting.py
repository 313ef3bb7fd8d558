"""Deletions: at once, in the foreground after what is owned, or in the own time of pods and namespaces."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from pymacaron_testing.emulators.kubernetes.asked import Asked
from pymacaron_testing.emulators.kubernetes.kinds import Kind
from pymacaron_testing.emulators.kubernetes.selectors import selects
from pymacaron_testing.emulators.kubernetes.state import State
from pymacaron_testing.emulators.kubernetes.wire import Object, Refusal, conflict, in_seconds

__all__ = ["Deletions"]


class Deletions:
    """The deletions."""

    def __init__(self, state: State) -> None:
        self._state = state

    def delete(self, asked: Asked) -> Object:
        """Delete an object: pods end in their own time, owners in the foreground after those that they own."""
        live = self._state.find(asked.kind, asked.namespace, asked.name)
        options = asked.body if isinstance(asked.body, dict) else {}
        _check_preconditions(asked.kind, live, options.get("preconditions") or {})
        if asked.is_dry or options.get("dryRun"):
            return live
        policy = options.get("propagationPolicy") or asked.option("propagationPolicy") or "Background"
        one = copy.deepcopy(live)
        metadata = one["metadata"]
        if policy == "Orphan":
            self._orphan(one)
        if policy == "Foreground":
            metadata["finalizers"] = sorted({*(metadata.get("finalizers") or []), "foregroundDeletion"})
        if asked.kind.kind in ("Pod", "Namespace") or metadata.get("finalizers"):
            return self._mark(asked, one, options)
        self._state.remove(asked.kind, live)
        details = {"name": asked.name, "group": asked.kind.group, "kind": asked.kind.plural}
        details["uid"] = metadata["uid"]
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}

    def _mark(self, asked: Asked, one: Object, options: Object) -> Object:
        metadata = one["metadata"]
        grace = options.get("gracePeriodSeconds", asked.option("gracePeriodSeconds") or None)
        if grace is None:
            grace = one["spec"].get("terminationGracePeriodSeconds", 30) if asked.kind.kind == "Pod" else 0
        metadata.setdefault("deletionTimestamp", in_seconds(int(grace)))
        metadata["deletionGracePeriodSeconds"] = int(grace)
        if asked.kind.kind == "Namespace":
            one["status"] = {"phase": "Terminating"}
        return self._state.replace(asked.kind, one)

    def _orphan(self, owner: Object) -> None:
        uid = owner["metadata"]["uid"]
        for kind_of, one in self._state.everything():
            references = one["metadata"].get("ownerReferences") or []
            if any(each["uid"] == uid for each in references):
                changed = copy.deepcopy(one)
                changed["metadata"]["ownerReferences"] = [each for each in references if each["uid"] != uid]
                self._state.replace(kind_of, changed)

    def evict(self, asked: Asked) -> Object:
        """Delete a pod unless a disruption budget is against it."""
        pod = self._state.find(asked.kind, asked.namespace, asked.name)
        for budget in self._state.all("PodDisruptionBudget", asked.namespace):
            fits = selects(budget["spec"].get("selector"), pod["metadata"].get("labels") or {})
            if fits and budget.get("status", {}).get("disruptionsAllowed", 0) < 1:
                message = "Cannot evict pod as it would violate the pod's disruption budget."
                raise Refusal(429, "TooManyRequests", message)
        self.delete(Asked(asked.kind, asked.namespace, asked.name, body=(asked.body or {}).get("deleteOptions")))
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def _check_preconditions(kind: Kind, live: Object, wanted: Mapping[str, str]) -> None:
    for name, value in wanted.items():
        if value and live["metadata"].get(name) != value:
            message = f"the {name} in the precondition ({value}) does not match the one in record"
            raise conflict(kind, live["metadata"]["name"], f"Precondition failed: {message}")
