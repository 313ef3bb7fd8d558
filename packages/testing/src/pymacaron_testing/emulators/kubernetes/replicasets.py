"""The controller of replica sets: as many pods as each wants."""

from __future__ import annotations

import copy
import time

from pymacaron_testing.emulators.kubernetes.events import Recorder
from pymacaron_testing.emulators.kubernetes.kinds import kind
from pymacaron_testing.emulators.kubernetes.pods import is_ready
from pymacaron_testing.emulators.kubernetes.rest import Asked, Operations
from pymacaron_testing.emulators.kubernetes.state import State, owned_by
from pymacaron_testing.emulators.kubernetes.wire import Object, Refusal, now, seconds_of

__all__ = ["MANAGER", "ReplicaSets", "is_available", "pod_of"]

MANAGER = "kube-controller-manager"
PAUSE = 0.5


class ReplicaSets:
    """The controller."""

    def __init__(self, state: State, operations: Operations) -> None:
        self._state, self._operations = state, operations
        self._recorder = Recorder(state, "replicaset-controller")
        self._failed: dict[str, tuple[float, str]] = {}

    def reconcile(self) -> None:
        """Bring every replica set a step closer to what it wants."""
        for one in self._state.all("ReplicaSet"):
            if not one["metadata"].get("deletionTimestamp"):
                self._reconcile(one)

    def _reconcile(self, one: Object) -> None:
        pods = [pod for pod in owned_by(one, self._state.all("Pod", one["metadata"]["namespace"])) if _counts(pod)]
        missing = one["spec"]["replicas"] - len(pods)
        failure = self._create(one, missing) if missing > 0 else ""
        if missing < 0:
            for pod in sorted(pods, key=_worth)[:-missing]:
                delete(self._operations, pod)
                self._recorder.tell(one, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")
        self._write_status(one, failure)

    def _create(self, one: Object, count: int) -> str:
        uid = one["metadata"]["uid"]
        again, failure = self._failed.get(uid, (0.0, ""))
        if time.monotonic() < again:
            return failure
        failure = self._try(one, count)
        self._failed[uid] = (time.monotonic() + PAUSE, failure) if failure else (0.0, "")
        return failure

    def _try(self, one: Object, count: int) -> str:
        for _ in range(count):
            try:
                pod = self._operations.create(pod_of(one))
            except Refusal as refusal:
                self._recorder.tell(one, "FailedCreate", f"Error creating: {refusal.message}", "Warning")
                return refusal.message
            self._recorder.tell(one, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
        return ""

    def _write_status(self, one: Object, failure: str) -> None:
        pods = [pod for pod in owned_by(one, self._state.all("Pod", one["metadata"]["namespace"])) if _counts(pod)]
        wait = one["spec"].get("minReadySeconds", 0)
        status: Object = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": sum(is_ready(pod) for pod in pods),
            "availableReplicas": sum(is_available(pod, wait) for pod in pods),
            "observedGeneration": one["metadata"]["generation"],
        }
        if failure:
            before = (one.get("status") or {}).get("conditions") or [{}]
            since = before[0].get("lastTransitionTime") or now()
            told = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": failure}
            status["conditions"] = [told | {"lastTransitionTime": since}]
        self._state.change("ReplicaSet", one, lambda found: found.update(status=status))


def _counts(pod: Object) -> bool:
    ended = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
    return not ended and not pod["metadata"].get("deletionTimestamp")


def _worth(pod: Object) -> tuple[bool, bool, float]:
    """Return what pods are deleted by: those that serve least first, of these the newest."""
    begun = pod.get("status", {}).get("phase") == "Running"
    return is_ready(pod), begun, -int(pod["metadata"]["resourceVersion"])


def is_available(pod: Object, wait: float) -> bool:
    """Tell whether a pod has been ready for some seconds."""
    if not is_ready(pod):
        return False
    (ready,) = [one for one in pod["status"]["conditions"] if one["type"] == "Ready"]
    return time.time() - seconds_of(ready["lastTransitionTime"]) >= wait


def pod_of(owner: Object) -> Asked:
    """Return the request that creates a pod from the template of its owner."""
    template, metadata = copy.deepcopy(owner["spec"]["template"]), owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"]}
    reference |= {"uid": metadata["uid"], "controller": True, "blockOwnerDeletion": True}
    own = {name: template["metadata"][name] for name in ("labels", "annotations") if template["metadata"].get(name)}
    own |= {"generateName": f"{metadata['name']}-", "ownerReferences": [reference], "namespace": metadata["namespace"]}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": own, "spec": template["spec"]}
    return Asked(kind("Pod"), metadata["namespace"], query={"fieldManager": MANAGER}, body=body)


def delete(operations: Operations, one: Object) -> None:
    """Delete an object as controllers do."""
    metadata = one["metadata"]
    operations.delete(Asked(kind(one["kind"]), metadata.get("namespace", ""), metadata["name"], body={}))
