"""The kinds of objects that the emulator knows, as a table of records."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BY_KIND", "BY_PATH", "GATEWAY_GROUP", "GKE_GROUPS", "KINDS", "Kind", "kind"]

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
GATEWAY_GROUP = "gateway.networking.k8s.io"
GKE_GROUPS = ("networking.gke.io", "cloud.google.com", "monitoring.googleapis.com")


@dataclass(frozen=True)
class Kind:
    """A kind: `subresources` beside itself, `is_custom` where it is not one of Kubernetes' own."""

    group: str
    version: str
    plural: str
    kind: str
    short: tuple[str, ...] = ()
    is_namespaced: bool = True
    subresources: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """The value of `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The resource as messages name it: "deployments.apps"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def is_custom(self) -> bool:
        """Whether it would come by a CustomResourceDefinition."""
        return self.group == GATEWAY_GROUP or self.group in GKE_GROUPS

    @property
    def key(self) -> tuple[str, str]:
        """What one kind is across its versions."""
        return self.group, self.plural


STATUS, SCALE = ("status",), ("status", "scale")
RBAC = "rbac.authorization.k8s.io"
KINDS = (
    Kind("", "v1", "namespaces", "Namespace", ("ns",), False, STATUS),
    Kind("", "v1", "nodes", "Node", ("no",), False, STATUS),
    Kind("", "v1", "pods", "Pod", ("po",), True, ("status", "log", "eviction")),
    Kind("", "v1", "services", "Service", ("svc",), True, STATUS),
    Kind("", "v1", "endpoints", "Endpoints", ("ep",)),
    Kind("", "v1", "events", "Event", ("ev",)),
    Kind("", "v1", "secrets", "Secret"),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", ("sa",)),
    Kind("", "v1", "configmaps", "ConfigMap", ("cm",)),
    Kind("apps", "v1", "deployments", "Deployment", ("deploy",), True, SCALE),
    Kind("apps", "v1", "replicasets", "ReplicaSet", ("rs",), True, SCALE),
    Kind("batch", "v1", "jobs", "Job", (), True, STATUS),
    Kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", ("hpa",), True, STATUS),
    Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", ("pdb",), True, STATUS),
    Kind("networking.k8s.io", "v1", "ingresses", "Ingress", ("ing",), True, STATUS),
    Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", ("netpol",)),
    Kind("coordination.k8s.io", "v1", "leases", "Lease"),
    Kind(RBAC, "v1", "roles", "Role"),
    Kind(RBAC, "v1", "rolebindings", "RoleBinding"),
    Kind(GATEWAY_GROUP, "v1", "gateways", "Gateway", ("gtw",), True, STATUS),
    Kind(GATEWAY_GROUP, "v1", "httproutes", "HTTPRoute", (), True, STATUS),
    Kind("networking.gke.io", "v1", "managedcertificates", "ManagedCertificate", ("mcrt",), True, STATUS),
    Kind("networking.gke.io", "v1", "healthcheckpolicies", "HealthCheckPolicy", (), True, STATUS),
    Kind("networking.gke.io", "v1beta1", "frontendconfigs", "FrontendConfig", (), True, STATUS),
    Kind("cloud.google.com", "v1", "backendconfigs", "BackendConfig", (), True, STATUS),
    Kind("monitoring.googleapis.com", "v1", "podmonitorings", "PodMonitoring", (), True, STATUS),
)
BY_PATH = {(one.group, one.version, one.plural): one for one in KINDS}
BY_KIND = {one.kind: one for one in KINDS}


def kind(name: str) -> Kind:
    """Return a kind by its name, such as "Deployment"."""
    return BY_KIND[name]
