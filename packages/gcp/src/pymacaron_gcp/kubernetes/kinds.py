"""Every kind of object that is touched, and what is done with it: the role of the deployer is made from this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["KINDS", "LASTING", "REMOVED", "Kind", "kind_of", "path_of"]

READ = ("get",)
LISTED = ("get", "list")
APPLIED = ("get", "create", "patch")
REMOVED = ("list", "delete")
LASTING = frozenset({"Namespace", "PersistentVolumeClaim", "Secret"})
"""Kinds of which nothing is ever removed: what they hold cannot be made again."""


@dataclass(frozen=True)
class Kind:
    """Where objects of a kind are, and the verbs of RBAC that are used on them."""

    version: str
    plural: str
    verbs: tuple[str, ...] = APPLIED
    namespaced: bool = True

    @property
    def group(self) -> str:
        """The group of the API, "" for the core one."""
        return self.version.rpartition("/")[0]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "Namespace": Kind("v1", "namespaces", APPLIED, namespaced=False),
        "ServiceAccount": Kind("v1", "serviceaccounts"),
        "Secret": Kind("v1", "secrets", READ),
        "Service": Kind("v1", "services"),
        "Pod": Kind("v1", "pods", ("get", "list", "create", "delete")),
        "Event": Kind("v1", "events", ("list",)),
        "Deployment": Kind("apps/v1", "deployments", (*APPLIED, "list", "delete")),
        "ReplicaSet": Kind("apps/v1", "replicasets", ("list", "delete")),
        "HorizontalPodAutoscaler": Kind("autoscaling/v2", "horizontalpodautoscalers", (*APPLIED, "delete")),
        "PodDisruptionBudget": Kind("policy/v1", "poddisruptionbudgets", (*APPLIED, "delete")),
        "Lease": Kind("coordination.k8s.io/v1", "leases", ("get", "create", "update")),
        "Ingress": Kind("networking.k8s.io/v1", "ingresses"),
        "Gateway": Kind("gateway.networking.k8s.io/v1", "gateways"),
        "HTTPRoute": Kind("gateway.networking.k8s.io/v1", "httproutes"),
        "HealthCheckPolicy": Kind("networking.gke.io/v1", "healthcheckpolicies"),
        "ManagedCertificate": Kind("networking.gke.io/v1", "managedcertificates"),
        "FrontendConfig": Kind("networking.gke.io/v1beta1", "frontendconfigs"),
        "BackendConfig": Kind("cloud.google.com/v1", "backendconfigs"),
        "PodMonitoring": Kind("monitoring.googleapis.com/v1", "podmonitorings"),
    }
)


def kind_of(version: str, name: str) -> Kind:
    """Return where objects of a kind are, as far as its name tells; nothing is asked of a cluster."""
    known = KINDS.get(name)
    return known if known is not None and known.version == version else Kind(version, _plural(name.lower()))


def _plural(name: str) -> str:
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    if name == "endpoints":
        return name
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


def path_of(kind: Kind, namespace: str, name: str = "") -> str:
    """Return the path of a collection, or of one object in it."""
    root = f"/apis/{kind.version}" if "/" in kind.version else f"/api/{kind.version}"
    place = f"/namespaces/{namespace}" if kind.namespaced else ""
    return f"{root}{place}/{kind.plural}" + (f"/{name}" if name else "")
