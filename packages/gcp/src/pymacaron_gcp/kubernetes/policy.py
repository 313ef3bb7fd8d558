"""The least that a cluster must allow who deploys: the verbs of our own calls, and no other."""

from __future__ import annotations

from typing import Any

from pymacaron_gcp.kubernetes.client import Cluster
from pymacaron_gcp.kubernetes.kinds import KINDS, Kind
from pymacaron_gcp.kubernetes.releasing import Releases
from pymacaron_gcp.kubernetes.secrets import secret_names
from pymacaron_gcp.kubernetes.site import Site

__all__ = ["deployer_roles", "deployer_rules", "forbidden"]

RBAC = "rbac.authorization.k8s.io/v1"
# What a deploy touches beside the manifests that it applies.
ALWAYS = (
    "Deployment",
    "Event",
    "HorizontalPodAutoscaler",
    "Lease",
    "Pod",
    "PodDisruptionBudget",
    "ReplicaSet",
)


def deployer_roles(site: Site, cluster: Cluster, releases: Releases, setup: bool = False) -> dict[str, Any]:
    """Return a List with the Role of who deploys, and with `setup` the ClusterRole that makes the namespace."""
    name = f"{site.places.live.name}-deployer"
    metadata = {"name": name, "namespace": cluster.namespace}
    rules = deployer_rules(site, cluster, releases)
    roles: list[dict[str, Any]] = [{"apiVersion": RBAC, "kind": "Role", "metadata": metadata, "rules": rules}]
    if setup:
        all_rules = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create", "get", "patch"]}]
        roles.append({"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": name}, "rules": all_rules})
    return {"apiVersion": "v1", "kind": "List", "items": roles}


def deployer_rules(site: Site, cluster: Cluster, releases: Releases) -> list[dict[str, Any]]:
    """Return the rules of who deploys; Secrets are named one by one: they are read to be masked in lines of a log."""
    wanted = {one["kind"] for one in releases.surroundings()} & set(KINDS)
    return [
        *(_rule(KINDS[kind]) for kind in sorted({*wanted, *ALWAYS})),
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        _named("namespaces", cluster.namespace),
        *(_named("secrets", name) for name in secret_names(site)),
    ]


def forbidden(cluster: Cluster, rules: list[dict[str, Any]]) -> list[str]:
    """Return what of these rules the caller may not do, such as "patch deployments"; the cluster is asked for each."""
    asked = ((rule, resource, verb) for rule in rules for resource in rule["resources"] for verb in rule["verbs"])
    return [f"{verb} {resource}" for rule, resource, verb in asked if not _may(cluster, rule, resource, verb)]


def _may(cluster: Cluster, rule: dict[str, Any], resource: str, verb: str) -> bool:
    plural, _, below = resource.partition("/")
    wanted = {"namespace": cluster.namespace, "verb": verb, "group": rule["apiGroups"][0], "resource": plural}
    wanted |= {"subresource": below} if below else {}
    wanted |= {"name": rule["resourceNames"][0]} if "resourceNames" in rule else {}
    return cluster.may(wanted)


def _rule(kind: Kind) -> dict[str, Any]:
    return {"apiGroups": [kind.group], "resources": [kind.plural], "verbs": sorted(kind.verbs)}


def _named(resource: str, name: str) -> dict[str, Any]:
    return {"apiGroups": [""], "resources": [resource], "resourceNames": [name], "verbs": ["get"]}
