"""Waits for a cluster: they ask what is there, tell of the progress, fail as soon as it is clear, and always end."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from pymacaron.exceptions import DeployError
from pymacaron_gcp.kubernetes.client import Cluster, Object
from pymacaron_gcp.kubernetes.logs import Logs
from pymacaron_gcp.kubernetes.site import PREFIX
from pymacaron_gcp.pauses import ticks

__all__ = ["Watch", "failure_of", "hopeless", "is_rolled_out", "release_of", "revision_of"]

# What a pod that waits for one of these does not get out of by itself, as far as a deploy can wait.
HOPELESS = {
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}


def release_of(one: Object) -> str:
    """Return the release of a pod or a ReplicaSet, or that of the template of a Deployment, "" for what is not ours."""
    template = (one.get("spec") or {}).get("template") or {}
    both = [(part.get("metadata") or {}).get("labels") or {} for part in (one, template)]
    return str(both[0].get(f"{PREFIX}release") or both[1].get(f"{PREFIX}release", ""))


def revision_of(one: Object) -> str:
    """Return the revision of a ReplicaSet, or the one that a Deployment is at."""
    annotations: dict[str, str] = one["metadata"].get("annotations") or {}
    return annotations.get("deployment.kubernetes.io/revision", "")


def is_rolled_out(deployment: Object) -> bool:
    """Tell whether all pods of a Deployment are of its template and available, and no other is left."""
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    if int(status.get("observedGeneration", 0)) < int(deployment["metadata"].get("generation", 0)):
        return False
    counts = [int(status.get(key, 0)) for key in ("updatedReplicas", "replicas", "availableReplicas")]
    return all(count == wanted for count in counts)


def failure_of(deployment: Object) -> str:
    """Return why the roll-out of a Deployment cannot go on, "" where it can."""
    status = deployment.get("status") or {}
    if int(status.get("observedGeneration", 0)) < int(deployment["metadata"].get("generation", 0)):
        return ""
    for one in status.get("conditions") or []:
        if one["type"] == "Progressing" and one["status"] == "False":
            return f"{one.get('reason', '')}: {one.get('message', '')}"
        if one["type"] == "ReplicaFailure" and one["status"] == "True":
            return f"{one.get('reason', '')}: {one.get('message', '')}"
    return ""


class Watch:
    """A watch on roll-outs, for at most `seconds`."""

    def __init__(self, cluster: Cluster, logs: Logs, tell: Callable[[str], None], seconds: float) -> None:
        self._cluster, self._logs, self._tell, self._seconds = cluster, logs, tell, seconds

    def until_rolled_out(self, name: str) -> None:
        """Wait until all pods of a Deployment are of its template; raises DeployError as soon as they cannot be."""
        deployment: Object = {}
        progress = [name]
        for _ in ticks(self._seconds, self._tell, lambda: progress[0]):
            deployment = self._cluster.find("Deployment", name) or {}
            progress[0] = _progress(name, deployment)
            if not deployment:
                raise DeployError(f"the Deployment {name} is gone: type 'pym deploy'")
            if is_rolled_out(deployment):
                return
            if deployment["spec"].get("replicas") != 0:  # pods that only have to end may crash
                self._fail_early(deployment)
        self._fail(deployment, f"it was not ready within {self._seconds:g} s", *self._pods(deployment))

    def _fail_early(self, deployment: Object) -> None:
        """Raise DeployError where it is clear that a roll-out will not come to its end."""
        pods = self._pods(deployment)
        for pod in pods:
            if reason := hopeless(pod):
                self._fail(deployment, reason, pod)
        if failure := failure_of(deployment):
            self._fail(deployment, failure, *pods)

    def _pods(self, deployment: Object) -> list[Object]:
        """Return the pods that are being rolled out, those that are not ready first."""
        labels = {**deployment["spec"]["selector"]["matchLabels"], f"{PREFIX}release": release_of(deployment)}
        sets = self._cluster.list("ReplicaSet", labels)
        newest = {one["metadata"]["name"] for one in sets if revision_of(one) == revision_of(deployment)}
        pods = [one for one in self._cluster.list("Pod", labels) if _owner(one) in newest]
        return sorted((one for one in pods if not one["metadata"].get("deletionTimestamp")), key=_is_ready)

    def _fail(self, deployment: Object, reason: str, *pods: Object) -> NoReturn:
        told = self._logs.masked(reason)
        sentence = f"{release_of(deployment)} did not start at {deployment['metadata']['name']}: {told}"
        words = self._logs.last_words(pods[0]) if pods else []
        raise DeployError("\n".join([sentence, *words]))


def _progress(name: str, deployment: Object) -> str:
    status, wanted = deployment.get("status") or {}, (deployment.get("spec") or {}).get("replicas", 1)
    new, ready = (status.get(key, 0) for key in ("updatedReplicas", "availableReplicas"))
    return f"{name}: {new} of {wanted} pods are new, {ready} serve"


def _owner(pod: Object) -> str:
    owners = pod["metadata"].get("ownerReferences") or [{}]
    return str(owners[0].get("name", ""))


def hopeless(pod: Object) -> str:
    """Return why a pod will not start by itself, "" where it may."""
    status = pod.get("status") or {}
    for one in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (one.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in HOPELESS:
            return f"{waiting['reason']}: {waiting.get('message') or 'see below'}"
    return ""


def _is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
