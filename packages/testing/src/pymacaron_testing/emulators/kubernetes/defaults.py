"""What the server fills in where an object says nothing, by kind."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pymacaron_testing.emulators.kubernetes.wire import Object

__all__ = ["fill"]

POD: Mapping[str, Any] = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
CONTAINER: Mapping[str, Any] = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
PROBE: Mapping[str, Any] = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
DEPLOYMENT: Mapping[str, Any] = {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}
SERVICE: Mapping[str, Any] = {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"}
JOB: Mapping[str, Any] = {
    "parallelism": 1,
    "completions": 1,
    "backoffLimit": 6,
    "completionMode": "NonIndexed",
    "suspend": False,
    "podReplacementPolicy": "TerminatingOrFailed",
}


def fill(one: Object) -> None:
    """Fill in the defaults of an object."""
    filler = FILLERS.get(one["kind"])
    if filler is not None:
        filler(one)


def _set(one: Any, defaults: Mapping[str, Any]) -> None:
    for name, value in defaults.items():
        one.setdefault(name, value.copy() if isinstance(value, dict) else value)


def _pod(one: Object) -> None:
    _pod_spec(one["spec"])
    _set(one["spec"], {"serviceAccountName": "default", "enableServiceLinks": True})


def _pod_spec(spec: Object) -> None:
    _set(spec, POD)
    if "serviceAccountName" in spec:
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    for container in _containers(spec):
        _container(container)
    for volume in spec.get("volumes") or []:
        _volume(volume)


def _containers(spec: Object) -> Iterator[Object]:
    for name in ("initContainers", "containers"):
        yield from spec.get(name) or []


def _container(one: Object) -> None:
    _set(one, CONTAINER)
    image = str(one.get("image", ""))
    tag = image.rpartition("/")[2].partition(":")[2]
    latest = "@" not in image and tag in ("", "latest")
    one.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
    for port in one.get("ports") or []:
        port.setdefault("protocol", "TCP")
    for variable in one.get("env") or []:
        if reference := (variable.get("valueFrom") or {}).get("fieldRef"):
            reference.setdefault("apiVersion", "v1")
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        if name in one:
            _set(one[name], PROBE)
            if "httpGet" in one[name]:
                _set(one[name]["httpGet"], {"path": "/", "scheme": "HTTP"})


def _volume(one: Object) -> None:
    for name in ("secret", "configMap", "projected", "downwardAPI"):
        if name in one:
            one[name].setdefault("defaultMode", 420)
    if set(one) == {"name"}:
        one["emptyDir"] = {}


def _deployment(one: Object) -> None:
    spec = one["spec"]
    _set(spec, DEPLOYMENT)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        _set(strategy.setdefault("rollingUpdate", {}), {"maxSurge": "25%", "maxUnavailable": "25%"})
    _template(spec)


def _template(spec: Object) -> None:
    template = spec.get("template") or {}
    template.setdefault("metadata", {})
    _pod_spec(template.setdefault("spec", {}))


def _replica_set(one: Object) -> None:
    one["spec"].setdefault("replicas", 1)
    _template(one["spec"])


def _job(one: Object) -> None:
    spec = one["spec"]
    _set(spec, JOB)
    _template(spec)
    if "selector" not in spec:
        mark = {"batch.kubernetes.io/controller-uid": str(uuid.uuid4()), "batch.kubernetes.io/job-name": _name(one)}
        spec["selector"] = {"matchLabels": {name: mark[name] for name in list(mark)[:1]}}
        old = {name.partition("/")[2]: value for name, value in mark.items()}
        metadata = spec["template"]["metadata"]
        metadata["labels"] = (metadata.get("labels") or {}) | mark | old


def _name(one: Object) -> str:
    return str(one["metadata"]["name"])


def _service(one: Object) -> None:
    spec = one["spec"]
    _set(spec, SERVICE)
    for port in spec.get("ports") or []:
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _set(spec, {"externalTrafficPolicy": "Cluster"})
    if spec["type"] != "ExternalName":
        _set(spec, {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"]})


def _secret(one: Object) -> None:
    one.setdefault("type", "Opaque")
    texts = one.pop("stringData", None) or {}
    if texts:
        coded = {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}
        one["data"] = (one.get("data") or {}) | coded


def _autoscaler(one: Object) -> None:
    one["spec"].setdefault("minReplicas", 1)
    one["spec"].setdefault(
        "metrics",
        [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
            }
        ],
    )


def _namespace(one: Object) -> None:
    one["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = _name(one)
    one.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    one.setdefault("status", {}).setdefault("phase", "Active")


FILLERS: Mapping[str, Callable[[Object], None]] = {
    "Deployment": _deployment,
    "HorizontalPodAutoscaler": _autoscaler,
    "Job": _job,
    "Namespace": _namespace,
    "Pod": _pod,
    "ReplicaSet": _replica_set,
    "Secret": _secret,
    "Service": _service,
}
