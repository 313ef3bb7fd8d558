"""The operations on objects: read, list, create, update, patch, apply, delete; controllers use them as callers do."""

from __future__ import annotations

import copy
import secrets
import uuid
from collections.abc import Mapping

from pymacaron_testing.emulators.kubernetes import apply as server_side
from pymacaron_testing.emulators.kubernetes.asked import Asked
from pymacaron_testing.emulators.kubernetes.checks import check, check_change
from pymacaron_testing.emulators.kubernetes.defaults import fill
from pymacaron_testing.emulators.kubernetes.deleting import Deletions
from pymacaron_testing.emulators.kubernetes.kinds import Kind, kind
from pymacaron_testing.emulators.kubernetes.patches import patched
from pymacaron_testing.emulators.kubernetes.scales import scale_of, with_replicas
from pymacaron_testing.emulators.kubernetes.security import LABEL, violations
from pymacaron_testing.emulators.kubernetes.selectors import field_matches
from pymacaron_testing.emulators.kubernetes.state import State
from pymacaron_testing.emulators.kubernetes.wire import (
    Cause,
    Object,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    invalid,
    not_found,
    now,
)

__all__ = ["Asked", "Operations"]

# The status of what nobody has looked at yet.
STATUSES: Mapping[str, Object] = {
    "Deployment": {},
    "HorizontalPodAutoscaler": {"desiredReplicas": 0},
    "Ingress": {"loadBalancer": {}},
    "Job": {},
    "Pod": {"phase": "Pending", "qosClass": "BestEffort"},
    "PodDisruptionBudget": {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0},
    "ReplicaSet": {"replicas": 0},
    "Service": {"loadBalancer": {}},
}
APPLY = "application/apply-patch+yaml"
# What is replaced only by who says which version of it is replaced.
CONDITIONAL = {"Lease", "PodDisruptionBudget"}


class Operations:
    """The operations; `version` is that of Kubernetes whose schemas count."""

    def __init__(self, state: State, version: str) -> None:
        self._state, self._version = state, version
        deletions = Deletions(state)
        self.delete, self.evict = deletions.delete, deletions.evict

    def get(self, asked: Asked) -> Object:
        """Read an object."""
        found = self._state.find(asked.kind, asked.namespace, asked.name)
        if asked.is_partial:
            return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": found["metadata"]}
        return scale_of(found) if asked.subresource == "scale" else found

    def list(self, asked: Asked) -> Object:
        """List objects, a page of `limit` at a time."""
        found = self._state.select(asked.kind, asked.namespace, asked.option("labelSelector"))
        found = [one for one in found if field_matches(asked.option("fieldSelector"), one)]
        start, limit = int(asked.option("continue") or 0), int(asked.option("limit") or 0)
        metadata: Object = {"resourceVersion": str(self._state.number)}
        if limit and len(found) > start + limit:
            metadata |= {"continue": str(start + limit), "remainingItemCount": len(found) - start - limit}
        items = [_listed(asked.kind, one) for one in (found[start : start + limit] if limit else found[start:])]
        return {
            "kind": f"{asked.kind.kind}List",
            "apiVersion": asked.kind.api_version,
            "metadata": metadata,
            "items": items,
        }

    def create(self, asked: Asked) -> Object:
        """Create an object."""
        one = self._read(asked)
        metadata = one["metadata"]
        if metadata.get("generateName") and not metadata.get("name"):
            metadata["name"] = metadata["generateName"] + _random(5)
        if metadata.get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        for name in ("managedFields", "uid", "creationTimestamp", "generation", "deletionTimestamp"):
            metadata.pop(name, None)
        if "status" in asked.kind.subresources:
            one.pop("status", None)
        name = str(metadata.get("name", ""))
        if self._state.get(asked.kind.kind, asked.namespace, name) is not None:
            raise already_exists(asked.kind, name)
        return self._create(asked, one, tracks=True)

    def _create(self, asked: Asked, one: Object, tracks: bool) -> Object:
        self._check_namespace(asked, str(one["metadata"].get("name", "")))
        wanted = copy.deepcopy(one)
        check(asked.kind, _readable(one), asked.is_strict, self._version)
        fill(one)
        self._admit(asked, one)
        if tracks:
            server_side.note_update(asked.kind, None, wanted, asked.manager)
            one["metadata"]["managedFields"] = wanted["metadata"]["managedFields"]
        if asked.is_dry:
            return one | {"metadata": one["metadata"] | {"uid": str(uuid.uuid4()), "creationTimestamp": now()}}
        return self._state.add(asked.kind, one)

    def _admit(self, asked: Asked, one: Object) -> None:
        if asked.kind.kind == "Pod":
            self._admit_pod(asked, one)
            account = one["spec"]["serviceAccountName"]
            if self._state.get("ServiceAccount", asked.namespace, account) is None:
                missing = f'serviceaccount "{account}" not found'
                message = f"error looking up service account {asked.namespace}/{account}: {missing}"
                raise forbidden(asked.kind, _pod_name(one), message)
        if asked.kind.kind == "Service" and one["spec"]["type"] != "ExternalName":
            used = {each["spec"].get("clusterIP") for each in self._state.all("Service")}
            free = (f"10.96.{high}.{low}" for high in range(256) for low in range(1, 255))
            address = one["spec"].setdefault("clusterIP", next(ip for ip in free if ip not in used))
            one["spec"].setdefault("clusterIPs", [address])
        if asked.kind.kind in STATUSES:
            one.setdefault("status", copy.deepcopy(STATUSES[asked.kind.kind]))

    def _admit_pod(self, asked: Asked, one: Object) -> None:
        namespace = self._state.get("Namespace", "", asked.namespace) or {"metadata": {}}
        level = (namespace["metadata"].get("labels") or {}).get(LABEL, "privileged")
        if found := violations(level, one["spec"]):
            raise forbidden(asked.kind, _pod_name(one), f'violates PodSecurity "{level}:latest": {", ".join(found)}')

    def update(self, asked: Asked) -> Object:
        """Replace an object, its status, or its scale."""
        live = self._state.find(asked.kind, asked.namespace, asked.name)
        if asked.subresource == "scale":
            return scale_of(self._change(asked, live, with_replicas(live, asked.body)))
        one = self._read(asked)
        if one["metadata"].get("name") != asked.name:
            raise bad_request(
                f"the name of the object ({one['metadata'].get('name')}) does not match that on the URL ({asked.name})"
            )
        version = one["metadata"].get("resourceVersion")
        if version and version != live["metadata"]["resourceVersion"]:
            raise conflict(asked.kind, asked.name)
        if not version and (asked.kind.is_custom or asked.kind.kind in CONDITIONAL):
            cause = Cause("metadata.resourceVersion", "Invalid value: 0: must be specified for an update")
            raise invalid(asked.kind, asked.name, [cause])
        return self._change(asked, live, one)

    def patch(self, asked: Asked) -> Object:
        """Patch an object, or apply a configuration."""
        if asked.content_type == APPLY:
            return self._apply(asked)
        live = self._state.find(asked.kind, asked.namespace, asked.name)
        if asked.subresource == "scale":
            scale = patched(asked.kind, copy.deepcopy(scale_of(live)), asked.body, "application/merge-patch+json")
            return scale_of(self._change(asked, live, with_replicas(live, scale)))
        one = patched(asked.kind, copy.deepcopy(live), asked.body, asked.content_type)
        if one["metadata"].get("resourceVersion") != live["metadata"]["resourceVersion"]:
            raise conflict(asked.kind, asked.name)
        return self._change(asked, live, one)

    def _apply(self, asked: Asked) -> Object:
        if not asked.option("fieldManager"):
            raise bad_request(
                "PatchOptions.meta.k8s.io is invalid: fieldManager: Required value: is required for apply patch"
            )
        applied = self._read(asked)
        if "managedFields" in applied["metadata"]:
            raise bad_request("metadata.managedFields must be nil")
        applied["metadata"].setdefault("name", asked.name)
        if applied["metadata"]["name"] != asked.name:
            raise bad_request("the name of the object does not match the name on the URL")
        if "status" in asked.kind.subresources and asked.subresource != "status":
            applied.pop("status", None)
        live = self._state.get(asked.kind.kind, asked.namespace, asked.name)
        version = applied["metadata"].pop("resourceVersion", None)
        if version and (live is None or version != live["metadata"]["resourceVersion"]):
            raise conflict(asked.kind, asked.name)
        if live is None:
            check(asked.kind, _readable(applied), asked.is_strict, self._version)
        force = asked.option("force") in ("true", "1")
        try:
            merged = server_side.apply(asked.kind, live, applied, asked.manager, force, asked.subresource)
        except (AttributeError, KeyError, TypeError) as error:
            raise bad_request(f"failed to create typed patch object: {error}") from None
        if live is None:
            return self._create(asked, merged, tracks=False)
        return self._change(asked, live, merged, tracks=False)

    def _change(self, asked: Asked, live: Object, one: Object, tracks: bool = True) -> Object:
        one = copy.deepcopy(one)
        one["metadata"] = one["metadata"] | _kept(live["metadata"], one["metadata"])
        if asked.subresource == "status":
            one = copy.deepcopy(live) | {"status": one.get("status", {})} | {"metadata": one["metadata"]}
        else:
            one.pop("status", None)
            one |= {"status": live["status"]} if "status" in live else {}
            _keep(asked.kind, live, one)
            fill(one)
            check(asked.kind, _readable(one), asked.is_strict, self._version)
            check_change(asked.kind, live, one)
        if tracks:
            server_side.note_update(asked.kind, live, one, asked.manager, asked.subresource)
        if one["metadata"].get("managedFields") is not None and _same(live, one):
            one["metadata"]["managedFields"] = live["metadata"].get("managedFields", [])
        if asked.is_dry:
            return one
        return self._state.replace(asked.kind, one)

    def delete_all(self, asked: Asked) -> Object:
        """Delete what a list would show."""
        listed = self.list(asked)
        for one in listed["items"]:
            self.delete(
                Asked(asked.kind, one["metadata"].get("namespace", ""), one["metadata"]["name"], "", {}, asked.body)
            )
        return listed

    def _read(self, asked: Asked) -> Object:
        one = copy.deepcopy(asked.body)
        if not isinstance(one, dict) or not isinstance(one.setdefault("metadata", {}), dict):
            raise bad_request("the body is no object")
        wanted = {"kind": asked.kind.kind, "apiVersion": asked.kind.api_version}
        for name, value in wanted.items():
            if one.setdefault(name, value) != value:
                raise bad_request(f'{name} of the object ({one[name]}) does not match the one of the URL ("{value}")')
        if asked.kind.is_namespaced:
            one["metadata"].setdefault("namespace", asked.namespace)
            if one["metadata"]["namespace"] != asked.namespace:
                raise bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
        return one

    def _check_namespace(self, asked: Asked, name: str) -> None:
        if not asked.kind.is_namespaced:
            return
        namespace = self._state.get("Namespace", "", asked.namespace)
        if namespace is None:
            raise not_found(kind("Namespace"), asked.namespace)
        if namespace["metadata"].get("deletionTimestamp"):
            message = f"unable to create new content in namespace {asked.namespace} because it is being terminated"
            raise forbidden(asked.kind, name, message)


def _listed(kind: Kind, one: Object) -> Object:
    """Return an object as a list shows it: those of Kubernetes' own kinds do not say there what they are."""
    return one if kind.is_custom else {key: value for key, value in one.items() if key not in ("kind", "apiVersion")}


def _readable(one: Object) -> Object:
    filled = copy.deepcopy(one)
    try:
        fill(filled)
    except (AttributeError, KeyError, TypeError):
        return one  # so wrong that the schema tells it better
    return filled


def _kept(live: Object, one: Object) -> Object:
    names = ("uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp", "namespace")
    kept = {name: live[name] for name in names if name in live}
    return kept if "managedFields" in one else kept | {"managedFields": live.get("managedFields", [])}


def _keep(kind: Kind, live: Object, one: Object) -> None:
    """Give what was assigned once to those who do not name it."""
    names = {"Service": ("clusterIP", "clusterIPs"), "Job": ("selector",)}.get(kind.kind, ())
    for name in names:
        if name in live["spec"]:
            one.setdefault("spec", {}).setdefault(name, live["spec"][name])
    if kind.kind == "Job":
        ours = live["spec"]["template"]["metadata"].get("labels") or {}
        metadata = one["spec"].setdefault("template", {}).setdefault("metadata", {})
        metadata["labels"] = ours | (metadata.get("labels") or {})


def _same(live: Object, one: Object) -> bool:
    """Tell whether nothing but the times of managedFields is different."""

    def timeless(each: Object) -> Object:
        entries = [{**entry, "time": ""} for entry in each["metadata"].get("managedFields") or []]
        return {**each, "metadata": {**each["metadata"], "managedFields": entries}}

    return timeless(live) == timeless(one)


def _pod_name(one: Object) -> str:
    return str(one["metadata"].get("generateName") or one["metadata"]["name"])


def _random(length: int) -> str:
    return "".join(secrets.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(length))
