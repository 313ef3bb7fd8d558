"""The least that a cluster must allow who deploys: the verbs of our own calls, and no other."""

from __future__ import annotations

from typing import Any

from pymacaron_gcp.kubernetes.client import Cluster
from pymacaron_gcp.kubernetes.kinds import KINDS, Kind
from pymacaron_gcp.kubernetes.releasing import Releases
from pymacaron_gcp.kubernetes.secrets import secret_names
from pymacaron_gcp.kubernetes.site import Site

__all__ = ["deployer_roles"]

RBAC = "rbac.authorization.k8s.io/v1"
# What a deploy touches beside the manifests that it applies.
ALWAYS = ("Pod", "ReplicaSet", "Deployment", "Lease", "Event")


def deployer_roles(site: Site, cluster: Cluster, releases: Releases, setup: bool = False) -> dict[str, Any]:
    """Return a List with the Role of who deploys, and with `setup` the ClusterRole that makes the namespace.

    Secrets are named one by one: they are read to be masked in lines of a log.
    """
    wanted = {one["kind"] for one in releases.surroundings()} & set(KINDS)
    scaled = ("HorizontalPodAutoscaler", "PodDisruptionBudget")
    rules = [_rule(KINDS[kind]) for kind in sorted({*wanted, *ALWAYS, *scaled})]
    rules.append({"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]})
    rules.append(_named("", "namespaces", cluster.namespace))
    rules += [_named("", "secrets", name) for name in secret_names(site)]
    name = f"{site.places.live.name}-deployer"
    metadata = {"name": name, "namespace": cluster.namespace}
    roles: list[dict[str, Any]] = [{"apiVersion": RBAC, "kind": "Role", "metadata": metadata, "rules": rules}]
    if setup:
        all_rules = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create", "get", "patch"]}]
        roles.append({"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": name}, "rules": all_rules})
    return {"apiVersion": "v1", "kind": "List", "items": roles}


def _rule(kind: Kind) -> dict[str, Any]:
    return {"apiGroups": [kind.group], "resources": [kind.plural], "verbs": sorted(kind.verbs)}


def _named(group: str, resource: str, name: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "resourceNames": [name], "verbs": ["get"]}
