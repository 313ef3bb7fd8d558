"""What autoscalers, disruption budgets and certificates do by themselves: bounds are kept, states are told."""

from __future__ import annotations

import copy
import math
from typing import Any

from pymacaron_testing.emulators.kubernetes import apply as server_side
from pymacaron_testing.emulators.kubernetes.kinds import kind
from pymacaron_testing.emulators.kubernetes.pods import is_ready, set_condition
from pymacaron_testing.emulators.kubernetes.replicasets import MANAGER
from pymacaron_testing.emulators.kubernetes.selectors import selects
from pymacaron_testing.emulators.kubernetes.state import State
from pymacaron_testing.emulators.kubernetes.wire import Object

__all__ = ["watch_over"]


def watch_over(state: State) -> None:
    """Do it once."""
    for one in state.all("HorizontalPodAutoscaler"):
        _autoscale(state, one)
    for one in state.all("PodDisruptionBudget"):
        _budget(state, one)
    for one in state.all("ManagedCertificate"):
        _certify(state, one)


def _autoscale(state: State, one: Object) -> None:
    """Keep a workload within its bounds: without metrics nothing else is known."""
    spec, reference = one["spec"], one["spec"]["scaleTargetRef"]
    target = state.get(reference["kind"], one["metadata"]["namespace"], reference["name"])
    now_there = target["spec"].get("replicas", 1) if target is not None else 0
    wanted = min(max(now_there, spec["minReplicas"]), spec["maxReplicas"]) if now_there else 0
    if target is not None and wanted != now_there:
        _scale(state, target, wanted)

    def write(found: Object) -> None:
        status = found.setdefault("status", {})
        status |= {"currentReplicas": now_there, "desiredReplicas": wanted}
        good = "SucceededGetScale" if target is not None else "FailedGetScale"
        set_condition(status, "AbleToScale", target is not None, good, "the target scale was asked for")
        text = "the HPA was unable to compute the replica count: no metrics returned from resource metrics API"
        set_condition(status, "ScalingActive", False, "FailedGetResourceMetric", text)

    state.change("HorizontalPodAutoscaler", one, write)


def _scale(state: State, target: Object, replicas: int) -> None:
    kind_of = kind(target["kind"])
    changed = copy.deepcopy(target)
    changed["spec"]["replicas"] = replicas
    server_side.note_update(kind_of, target, changed, MANAGER, "scale")
    state.replace(kind_of, changed)


def _budget(state: State, one: Object) -> None:
    spec, place = one["spec"], one["metadata"]["namespace"]
    pods = [
        pod for pod in state.all("Pod", place) if selects(spec.get("selector"), pod["metadata"].get("labels") or {})
    ]
    healthy, expected = sum(is_ready(pod) for pod in pods), len(pods)
    if "maxUnavailable" in spec:
        least = max(expected - _share(spec["maxUnavailable"], expected), 0)
    else:
        least = _share(spec.get("minAvailable", 1), expected)
    allowed = max(healthy - least, 0)

    def write(found: Object) -> None:
        status = found.setdefault("status", {})
        status |= {"currentHealthy": healthy, "desiredHealthy": least, "expectedPods": expected}
        status |= {"disruptionsAllowed": allowed, "observedGeneration": found["metadata"]["generation"]}
        reason = "SufficientPods" if allowed else "InsufficientPods"
        set_condition(status, "DisruptionAllowed", bool(allowed), reason, "")

    state.change("PodDisruptionBudget", one, write)


def _share(value: Any, total: int) -> int:
    text = str(value)
    return math.ceil(total * int(text[:-1]) / 100) if text.endswith("%") else int(text)


def _certify(state: State, one: Object) -> None:
    domains = [{"domain": name, "status": "Active"} for name in one["spec"].get("domains") or []]
    status = {
        "certificateStatus": "Active",
        "domainStatus": domains,
        "certificateName": f"mcrt-{one['metadata']['uid']}",
    }
    state.change("ManagedCertificate", one, lambda found: found.update(status=status))
