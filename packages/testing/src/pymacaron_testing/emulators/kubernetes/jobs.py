"""The controller of jobs: pods that run until as many as wanted have succeeded, or too many have failed."""

from __future__ import annotations

import time

from pymacaron_testing.emulators.kubernetes.events import Recorder
from pymacaron_testing.emulators.kubernetes.replicasets import PAUSE, delete, pod_of
from pymacaron_testing.emulators.kubernetes.rest import Operations
from pymacaron_testing.emulators.kubernetes.state import State, owned_by
from pymacaron_testing.emulators.kubernetes.wire import Object, Refusal, now, seconds_of

__all__ = ["Jobs"]


class Jobs:
    """The controller."""

    def __init__(self, state: State, operations: Operations) -> None:
        self._state, self._operations = state, operations
        self._recorder = Recorder(state, "job-controller")
        self._again: dict[str, float] = {}

    def reconcile(self) -> None:
        """Bring every job a step closer to its end."""
        for one in self._state.all("Job"):
            if one["metadata"].get("deletionTimestamp"):
                continue
            if _ended(one):
                self._expire(one)
            else:
                self._reconcile(one)

    def _reconcile(self, one: Object) -> None:
        spec = one["spec"]
        pods = owned_by(one, self._state.all("Pod", one["metadata"]["namespace"]))
        phases = [pod.get("status", {}).get("phase") for pod in pods]
        succeeded, failed = phases.count("Succeeded"), phases.count("Failed")
        active = [pod for pod, phase in zip(pods, phases, strict=True) if phase not in ("Succeeded", "Failed")]
        wanted = min(spec["parallelism"], spec["completions"] - succeeded)
        failure = self._failure(one, pods, failed)
        if not failure[0] and not spec["suspend"] and succeeded < spec["completions"]:
            self._create(one, wanted - len(active))
        if failure[0]:
            for pod in active:
                delete(self._operations, pod)
        counts = {"active": 0 if failure[0] else len(active), "succeeded": succeeded, "failed": failed}
        self._write(one, counts, failure)

    def _failure(self, one: Object, pods: list[Object], failed: int) -> tuple[str, str]:
        spec, started = one["spec"], (one.get("status") or {}).get("startTime")
        restarts = sum(
            status["restartCount"] for pod in pods for status in pod.get("status", {}).get("containerStatuses") or []
        )
        if failed > spec["backoffLimit"] or restarts > spec["backoffLimit"]:
            return "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        deadline = spec.get("activeDeadlineSeconds")
        if deadline and started and time.time() - seconds_of(started) > deadline:
            return "DeadlineExceeded", "Job was active longer than specified deadline"
        return ("", "")

    def _create(self, one: Object, count: int) -> None:
        if time.monotonic() < self._again.get(one["metadata"]["uid"], 0):
            return
        for _ in range(count):
            try:
                pod = self._operations.create(pod_of(one))
            except Refusal as refusal:
                self._recorder.tell(one, "FailedCreate", f"Error creating: {refusal.message}", "Warning")
                self._again[one["metadata"]["uid"]] = time.monotonic() + PAUSE
                return
            self._recorder.tell(one, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")

    def _write(self, one: Object, counts: dict[str, int], failure: tuple[str, str]) -> None:
        status: Object = {name: count for name, count in counts.items() if count}
        status["startTime"] = (one.get("status") or {}).get("startTime") or now()
        status["ready"] = counts["active"]
        if failure[0]:
            self._recorder.tell(one, failure[0], failure[1], "Warning")
            status["conditions"] = [_condition("FailureTarget", *failure), _condition("Failed", *failure)]
        elif counts["succeeded"] >= one["spec"]["completions"]:
            self._recorder.tell(one, "Completed", "Job completed")
            reached = "CompletionsReached", "Reached expected number of succeeded pods"
            status["conditions"] = [_condition("SuccessCriteriaMet", *reached), _condition("Complete", *reached)]
            status["completionTime"] = now()
        self._state.change("Job", one, lambda found: found.update(status=status))

    def _expire(self, one: Object) -> None:
        seconds = one["spec"].get("ttlSecondsAfterFinished")
        if seconds is None:
            return
        end = max(seconds_of(each["lastTransitionTime"]) for each in one["status"]["conditions"])
        if time.time() - end >= seconds:
            delete(self._operations, one)


def _ended(one: Object) -> bool:
    conditions = (one.get("status") or {}).get("conditions") or []
    return any(each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in conditions)


def _condition(name: str, reason: str, message: str) -> Object:
    time = now()
    told = {"type": name, "status": "True", "reason": reason, "message": message}
    return told | {"lastProbeTime": time, "lastTransitionTime": time}
