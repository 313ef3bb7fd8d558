"""The least that a cluster must allow who deploys: the verbs of our own calls, and no other."""

from __future__ import annotations

from typing import Any

from pymacaron_gcp.kubernetes.client import Cluster, Object
from pymacaron_gcp.kubernetes.kinds import APPLIED, KINDS, LASTING, REMOVED, kind_of
from pymacaron_gcp.kubernetes.leftovers import entrances
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
    surroundings = releases.surroundings()
    brought = sorted({one["metadata"]["name"] for one in surroundings if one["kind"] == "Secret"})
    return [
        *_rules(site, surroundings),
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        _named("namespaces", cluster.namespace),
        *(_named("secrets", name) for name in secret_names(site) if name not in brought),
        *(_named("secrets", name, "get", "patch") for name in brought),
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


def _rules(site: Site, surroundings: list[Object]) -> list[dict[str, Any]]:
    """Return a rule for each kind: what releases are made of, what is applied around them, what is removed again."""
    verbs = {KINDS[name]: {*KINDS[name].verbs} for name in ALWAYS}
    verbs |= {KINDS[name]: {*REMOVED} for name in entrances(site)}
    for one in surroundings:
        kind = kind_of(one["apiVersion"], one["kind"])
        verbs.setdefault(kind, set()).update(_on(one["kind"]))
    return [
        {"apiGroups": [kind.group], "resources": [kind.plural], "verbs": sorted(verbs[kind])}
        for kind in sorted(verbs, key=lambda kind: (kind.plural, kind.version))
    ]


def _on(kind: str) -> tuple[str, ...]:
    if kind == "Secret":  # what is made cannot be named in a rule; what is read and changed can
        return ("create",)
    return APPLIED if kind in LASTING else (*APPLIED, *REMOVED)


def _named(resource: str, name: str, *verbs: str) -> dict[str, Any]:
    return {"apiGroups": [""], "resources": [resource], "resourceNames": [name], "verbs": [*(verbs or ("get",))]}
