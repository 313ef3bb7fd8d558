"""What the server refuses of an object: wrong names, selectors that fit nothing, fields that never change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pymacaron_testing.emulators.kubernetes import schemas
from pymacaron_testing.emulators.kubernetes.kinds import Kind
from pymacaron_testing.emulators.kubernetes.selectors import selects
from pymacaron_testing.emulators.kubernetes.wire import Cause, Object, Refusal, bad_request, invalid

__all__ = ["check", "check_change"]

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
VALUE = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
QUANTITY = r"[+-]?(\d+(\.\d*)?|\.\d+)(([KMGTPE]i)|[numkMGTPE]|([eE][+-]?\d+))?"
OF_RFC1123 = (
    "must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
FOR_EVER: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "Deployment": (("spec", "selector"),),
    "ReplicaSet": (("spec", "selector"),),
    "Job": (("spec", "template"), ("spec", "selector"), ("spec", "completions"), ("spec", "completionMode")),
    "Secret": (("type",),),
    "RoleBinding": (("roleRef",),),
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Gateway": ("gatewayClassName", "listeners"),
    "PodMonitoring": ("selector", "endpoints"),
}


def check(kind: Kind, one: Object, strict: bool, version: str) -> None:
    """Refuse an object that is wrong by itself; without `strict`, unknown fields are let through."""
    causes = [*_names(kind, one)]
    if not causes:
        found = schemas.problems(kind, _bare(one), version)
        unknown = [cause for cause in found if cause.reason == "FieldValueNotSupported"]
        if strict and unknown:
            told = ", ".join(f'unknown field "{_quoted(cause)}"' for cause in unknown)
            raise bad_request(
                f'{kind.kind} in version "{kind.version}" cannot be handled: strict decoding error: {told}'
            )
        causes += [cause for cause in found if cause not in unknown]
    causes += [] if causes else [*_meaning(kind, one)]
    if causes:
        raise invalid(kind, str(one["metadata"].get("name", "")), causes)


def _quoted(cause: Cause) -> str:
    names = re.findall(r"'([^']+)'", cause.message)
    return f"{cause.field}.{names[0]}" if names else cause.field


def _bare(one: Object) -> Object:
    """Return what a caller wrote, as far as it has a schema."""
    return {name: value for name, value in one.items() if name != "status"}


def _names(kind: Kind, one: Object) -> Iterator[Cause]:
    metadata = one["metadata"]
    name = str(metadata.get("name") or "")
    if not name:
        yield Cause("metadata.name", "Required value: name or generateName is required", "FieldValueRequired")
    elif kind.kind == "Service" and not re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", name):
        yield Cause("metadata.name", f'Invalid value: "{name}": a DNS-1035 label must consist of lower case characters')
    elif kind.kind == "Namespace" and (len(name) > 63 or not re.fullmatch(LABEL, name)):
        yield Cause("metadata.name", f'Invalid value: "{name}": a lowercase RFC 1123 label {OF_RFC1123}')
    elif kind.group != "rbac.authorization.k8s.io" and (len(name) > 253 or not re.fullmatch(SUBDOMAIN, name)):
        yield Cause("metadata.name", f'Invalid value: "{name}": a lowercase RFC 1123 subdomain {OF_RFC1123}')
    yield from _labels("metadata.labels", metadata.get("labels"))
    for name in metadata.get("annotations") or {}:
        if not _is_qualified(name.lower()):
            yield Cause("metadata.annotations", f'Invalid value: "{name}": name part must consist of alphanumeric')


def _labels(field: str, labels: Any) -> Iterator[Cause]:
    for name, value in (labels or {}).items():
        if not _is_qualified(name):
            yield Cause(field, f'Invalid value: "{name}": name part must consist of alphanumeric characters')
        if len(str(value)) > 63:
            yield Cause(field, f'Invalid value: "{value}": must be no more than 63 characters')
        elif not isinstance(value, str) or not re.fullmatch(VALUE, value):
            yield Cause(
                field,
                f'Invalid value: "{value}": a valid label must be an empty string or consist of alphanumeric '
                "characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            )


def _is_qualified(name: str) -> bool:
    prefix, slash, short = name.rpartition("/")
    good = not slash or (len(prefix) <= 253 and re.fullmatch(SUBDOMAIN, prefix))
    return bool(good) and len(short) <= 63 and re.fullmatch(VALUE, short) is not None and bool(short)


def _meaning(kind: Kind, one: Object) -> Iterator[Cause]:
    spec = one.get("spec") or {}
    for name in REQUIRED.get(kind.kind, ()):
        if name not in spec:
            yield Cause(f"spec.{name}", "Required value", "FieldValueRequired")
    if kind.kind in ("Deployment", "ReplicaSet", "Job"):
        yield from _workload(kind, spec)
    if kind.kind == "Pod":
        yield from _pod("spec", spec)
    if kind.kind == "Service" and spec.get("type") != "ExternalName" and not spec.get("ports"):
        yield Cause("spec.ports", "Required value", "FieldValueRequired")
    if kind.kind == "HorizontalPodAutoscaler" and spec["maxReplicas"] < spec["minReplicas"]:
        yield Cause(
            "spec.maxReplicas", f"Invalid value: {spec['maxReplicas']}: must be greater than or equal to `minReplicas`"
        )
    if kind.kind == "PodDisruptionBudget" and {"minAvailable", "maxUnavailable"} <= set(spec):
        yield Cause("spec", "Invalid value: minAvailable and maxUnavailable cannot be both set")


def _workload(kind: Kind, spec: Object) -> Iterator[Cause]:
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    yield from _labels("spec.template.labels", labels)
    if kind.kind != "Job" and not selects(spec.get("selector") or None, labels):
        text = json.dumps(labels)
        yield Cause(
            "spec.template.metadata.labels", f"Invalid value: {text}: `selector` does not match template `labels`"
        )
    policy = template["spec"].get("restartPolicy")
    if policy not in (("OnFailure", "Never") if kind.kind == "Job" else ("Always",)):
        wanted = '"OnFailure", "Never"' if kind.kind == "Job" else '"Always"'
        yield Cause(
            "spec.template.spec.restartPolicy",
            f'Unsupported value: "{policy}": supported values: {wanted}',
            "FieldValueNotSupported",
        )
    if kind.kind == "Deployment":
        yield from _rollout(spec)
    yield from _pod("spec.template.spec", template["spec"])


def _rollout(spec: Object) -> Iterator[Cause]:
    rolling = spec["strategy"].get("rollingUpdate") or {}
    if spec["strategy"]["type"] == "Recreate" and rolling:
        yield Cause("spec.strategy.rollingUpdate", "Forbidden: may not be specified when strategy `type` is 'Recreate'")
    if [str(rolling.get(name)).rstrip("%") for name in ("maxSurge", "maxUnavailable")] == ["0", "0"]:
        yield Cause("spec.strategy.rollingUpdate.maxUnavailable", "Invalid value: 0: may not be 0 when `maxSurge` is 0")
    if spec["progressDeadlineSeconds"] <= spec.get("minReadySeconds", 0):
        yield Cause("spec.progressDeadlineSeconds", "Invalid value: must be greater than minReadySeconds")


def _pod(field: str, spec: Object) -> Iterator[Cause]:
    if not spec.get("containers"):
        yield Cause(f"{field}.containers", "Required value", "FieldValueRequired")
    volumes = {volume["name"] for volume in spec.get("volumes") or []}
    for number, container in enumerate(spec.get("containers") or []):
        below = f"{field}.containers[{number}]"
        if not container.get("image"):
            yield Cause(f"{below}.image", "Required value", "FieldValueRequired")
        for mount in container.get("volumeMounts") or []:
            if mount["name"] not in volumes:
                yield Cause(f"{below}.volumeMounts.name", f'Not found: "{mount["name"]}"', "FieldValueNotFound")
        yield from _resources(f"{below}.resources", container["resources"])
        yield from _twice(f"{below}.env", [one.get("name") for one in container.get("env") or []], container)
        for name in ("startupProbe", "livenessProbe"):
            if (container.get(name) or {}).get("successThreshold", 1) != 1:
                yield Cause(f"{below}.{name}.successThreshold", "Invalid value: must be 1")
    yield from _twice(f"{field}.containers", [one.get("name") for one in spec.get("containers") or []], {})


def _twice(field: str, names: list[Any], container: Object) -> Iterator[Cause]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        # Of variables the last one wins, and of containers none may be there twice.
        if not container:
            yield Cause(field, f'Duplicate value: "{name}"', "FieldValueDuplicate")


def _resources(field: str, resources: Object) -> Iterator[Cause]:
    for group in ("limits", "requests"):
        for name, amount in (resources.get(group) or {}).items():
            if not re.fullmatch(QUANTITY, str(amount)):
                yield Cause(
                    f"{field}.{group}.{name}",
                    f'Invalid value: "{amount}": quantities must match the regular expression',
                )
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for name in sorted(set(requests) & set(limits)):
        if _amount(requests[name]) > _amount(limits[name]):
            yield Cause(
                f"{field}.requests",
                f'Invalid value: "{requests[name]}": must be less than or equal to {name} limit of {limits[name]}',
            )


def _amount(quantity: Any) -> float:
    found = re.fullmatch(r"([+-]?[\d.]+)([A-Za-z]*)", str(quantity))
    if found is None:
        return 0.0
    powers = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
    powers |= {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}
    return float(found[1]) * powers.get(found[2], 1.0)


def check_change(kind: Kind, before: Object, after: Object) -> None:
    """Refuse a change of what never changes."""
    name = before["metadata"]["name"]
    causes = [
        Cause(".".join(path), f"Invalid value: {json.dumps(_at(after, path))}: field is immutable")
        for path in FOR_EVER.get(kind.kind, ())
        if _at(before, path) != _at(after, path)
    ]
    if kind.kind == "Secret" and before.get("immutable") and _content(before) != _content(after):
        causes.append(Cause("data", "Forbidden: field is immutable when `immutable` is set", "FieldValueForbidden"))
    if kind.kind == "Service" and before["spec"].get("clusterIP") != after["spec"].get("clusterIP"):
        causes.append(Cause("spec.clusterIP", f'Invalid value: "{after["spec"].get("clusterIP")}": field is immutable'))
    if kind.kind == "Pod" and _frozen(before) != _frozen(after):
        causes.append(
            Cause("spec", "Forbidden: pod updates may not change fields other than `spec.containers[*].image`")
        )
    if causes:
        raise invalid(kind, name, causes)
    _check_identity(kind, before, after)


def _check_identity(kind: Kind, before: Object, after: Object) -> None:
    uid = after["metadata"].get("uid")
    if uid and uid != before["metadata"]["uid"]:
        message = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {before['metadata']['uid']}"
        raise Refusal(
            409,
            "Conflict",
            f'Operation cannot be fulfilled on {kind.resource} "{before["metadata"]["name"]}": {message}',
        )


def _at(one: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        one = (one or {}).get(name)
    return one


def _content(secret: Object) -> Any:
    return secret.get("data"), secret.get("immutable")


def _frozen(pod: Object) -> Any:
    spec = dict(pod["spec"])
    for name in ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"):
        spec.pop(name, None)
    spec["containers"] = [{**one, "image": ""} for one in spec.get("containers") or []]
    return spec
