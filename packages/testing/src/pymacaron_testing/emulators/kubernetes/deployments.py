"""The controller of deployments: a replica set for each pod template, and the way from one to the next."""

from __future__ import annotations

import copy
import hashlib
import json
import time
from typing import Any

from pymacaron_testing.emulators.kubernetes.events import Recorder
from pymacaron_testing.emulators.kubernetes.kinds import kind
from pymacaron_testing.emulators.kubernetes.replicasets import MANAGER, delete
from pymacaron_testing.emulators.kubernetes.rest import Asked, Operations
from pymacaron_testing.emulators.kubernetes.rollouts import Rollout, status_of
from pymacaron_testing.emulators.kubernetes.state import State, owned_by
from pymacaron_testing.emulators.kubernetes.wire import Object, Refusal

__all__ = ["Deployments"]

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
# Annotations of a deployment that its replica sets do not get.
OWN = {REVISION, "kubectl.kubernetes.io/last-applied-configuration", "deprecated.deployment.rollback.to"}
LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class Deployments:
    """The controller."""

    def __init__(self, state: State, operations: Operations) -> None:
        self._state, self._operations = state, operations
        self._recorder = Recorder(state, "deployment-controller")
        self._progress: dict[str, float] = {}

    def reconcile(self) -> None:
        """Bring every deployment a step closer to what it wants."""
        for one in self._state.all("Deployment"):
            if not one["metadata"].get("deletionTimestamp"):
                self._reconcile(one)

    def _reconcile(self, one: Object) -> None:
        sets = owned_by(one, self._state.all("ReplicaSet", one["metadata"]["namespace"]))
        paused = one["spec"].get("paused", False)
        newest = self._newest(one, sets, make=not paused)
        rollout = Rollout(one, self._fresh(one), newest, self._scale, self._has_pods)
        if paused:
            rollout.keep_size()
        else:
            rollout.step()
        self._write_status(one, newest)
        if not paused:
            self._forget_old(one, newest)

    def _fresh(self, one: Object) -> list[Object]:
        return owned_by(one, self._state.all("ReplicaSet", one["metadata"]["namespace"]))

    def _newest(self, one: Object, sets: list[Object], make: bool) -> Object | None:
        """Return the replica set of the template as it is now, which has the highest revision."""
        found = next((each for each in sets if _template(each) == _template(one)), None)
        highest = max((_revision(each) for each in sets if each is not found), default=0)
        if found is None:
            if not make:
                return None
            found = self._make(one, highest + 1)
        elif _revision(found) <= highest and make:
            found = self._annotate("ReplicaSet", found, highest + 1)
        elif make and found["spec"].get("minReadySeconds", 0) != (wait := one["spec"].get("minReadySeconds", 0)):
            self._state.change("ReplicaSet", found, lambda each: each["spec"].update(minReadySeconds=wait))
        if found is not None:
            self._annotate("Deployment", one, _revision(found))
        return found

    def _annotate(self, kind_name: str, one: Object, revision: int) -> Object:
        def write(found: Object) -> None:
            annotations = found["metadata"].setdefault("annotations", {})
            annotations[REVISION] = str(revision)

        return self._state.change(kind_name, one, write) or one

    def _make(self, one: Object, revision: int) -> Object | None:
        metadata, spec = one["metadata"], copy.deepcopy(one["spec"])
        digest = _digest(spec["template"])
        labels = (spec["template"]["metadata"].get("labels") or {}) | {HASH: digest}
        spec["template"]["metadata"]["labels"] = labels
        selector = copy.deepcopy(spec["selector"])
        selector["matchLabels"] = (selector.get("matchLabels") or {}) | {HASH: digest}
        annotations = {name: text for name, text in (metadata.get("annotations") or {}).items() if name not in OWN}
        reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": metadata["name"], "uid": metadata["uid"]}
        body = {
            "metadata": {
                "name": f"{metadata['name']}-{digest}",
                "namespace": metadata["namespace"],
                "labels": labels,
                "annotations": annotations | {REVISION: str(revision)},
                "ownerReferences": [reference | {"controller": True, "blockOwnerDeletion": True}],
            },
            "spec": {"replicas": 0, "selector": selector, "template": spec["template"]}
            | ({"minReadySeconds": spec["minReadySeconds"]} if spec.get("minReadySeconds") else {}),
        }
        try:
            return self._operations.create(
                Asked(kind("ReplicaSet"), metadata["namespace"], query={"fieldManager": MANAGER}, body=body)
            )
        except Refusal as refusal:
            self._recorder.tell(one, "ReplicaSetCreateError", f"Failed to create new replica set: {refusal}", "Warning")
            return None

    def _scale(self, deployment: Object, one: Object, replicas: int) -> None:
        before = one["spec"]["replicas"]
        if before == replicas:
            return
        self._state.change("ReplicaSet", one, lambda found: found["spec"].update(replicas=replicas))
        way = "up" if replicas > before else "down"
        text = f"Scaled {way} replica set {one['metadata']['name']} from {before} to {replicas}"
        self._recorder.tell(deployment, "ScalingReplicaSet", text)

    def _has_pods(self, one: Object) -> bool:
        return bool(owned_by(one, self._state.all("Pod", one["metadata"]["namespace"])))

    def _write_status(self, one: Object, newest: Object | None) -> None:
        found = self._state.get("Deployment", one["metadata"]["namespace"], one["metadata"]["name"])
        if found is None:
            return
        newest = newest and self._state.get("ReplicaSet", one["metadata"]["namespace"], newest["metadata"]["name"])
        since = self._progress.setdefault(one["metadata"]["uid"], time.monotonic())
        status, moved = status_of(found, self._fresh(one), newest, time.monotonic() - since)
        if moved:
            self._progress[one["metadata"]["uid"]] = time.monotonic()
        self._state.change("Deployment", found, lambda live: live.update(status=status))

    def _forget_old(self, one: Object, newest: Object | None) -> None:
        status = (self._state.get("Deployment", one["metadata"]["namespace"], one["metadata"]["name"]) or one)["status"]
        if status.get("updatedReplicas", 0) < one["spec"]["replicas"] or newest is None:
            return
        old = [
            each
            for each in self._fresh(one)
            if each["metadata"]["uid"] != newest["metadata"]["uid"]
            and not each["spec"]["replicas"]
            and not each.get("status", {}).get("replicas")
        ]
        for each in sorted(old, key=_revision)[: max(len(old) - one["spec"]["revisionHistoryLimit"], 0)]:
            delete(self._operations, each)


def _template(one: Object) -> Any:
    """Return a pod template without the label that tells replica sets apart."""
    template = copy.deepcopy(one["spec"]["template"])
    (template["metadata"].get("labels") or {}).pop(HASH, None)
    return template


def _digest(template: Object) -> str:
    number = int(hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:12], 16)
    return "".join(LETTERS[number // len(LETTERS) ** place % len(LETTERS)] for place in range(9))


def _revision(one: Object) -> int:
    return int((one["metadata"].get("annotations") or {}).get(REVISION, 0))
