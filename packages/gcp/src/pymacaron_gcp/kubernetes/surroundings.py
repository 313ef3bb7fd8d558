"""What stands around the pods of an environment: their account, their Services, their number, who watches them."""

from __future__ import annotations

from pymacaron_gcp.kubernetes.client import Object
from pymacaron_gcp.kubernetes.names import Place
from pymacaron_gcp.kubernetes.pods import PORT
from pymacaron_gcp.kubernetes.routing import routes, service_annotations
from pymacaron_gcp.kubernetes.site import Site

__all__ = ["account", "before_releases", "namespace", "scaling", "service"]


def namespace(name: str) -> Object:
    """Return the Namespace; pods that could harm others are not let in."""
    enforced = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": enforced}}


def before_releases(site: Site) -> list[Object]:
    """Return what can be there before any release is: account, Services, and what leads to them."""
    monitoring = [_monitoring(site)] if site.settings.kubernetes_monitoring else []
    services = [service(site, place) for place in (site.places.staging, site.places.live)]
    return [*account(site), *services, *routes(site), *monitoring]


def account(site: Site) -> list[Object]:
    """Return the ServiceAccount, unless it is somebody else's."""
    if site.account != site.places.live.name:
        return []
    google = {"iam.gke.io/gcp-service-account": site.google_account} if site.google_account else {}
    metadata = {**_metadata(site, site.places.live), **({"annotations": google} if google else {})}
    return [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "automountServiceAccountToken": False}]


def service(site: Site, place: Place) -> Object:
    """Return the Service of a place."""
    kind = site.settings.kubernetes_service_type if site.settings.kubernetes_ingress == "none" else "ClusterIP"
    metadata = _metadata(site, place)
    if annotations := service_annotations(site, place):
        metadata["annotations"] = annotations
    ports = [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]
    spec = {"type": kind, "selector": site.selector(place), "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def scaling(site: Site) -> list[Object]:
    """Return what decides how many live pods there are, and how many may be taken away at once."""
    live = site.places.live
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": live.name}
    cpu = {"type": "Utilization", "averageUtilization": site.settings.kubernetes_cpu_target}
    scaler = {
        "scaleTargetRef": target,
        "minReplicas": site.settings.kubernetes_min_replicas,
        "maxReplicas": site.settings.kubernetes_max_replicas,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": cpu}}],
    }
    budget = {
        "maxUnavailable": 1,
        "selector": {"matchLabels": site.selector(live)},
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    metadata = _metadata(site, live)
    return [
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": scaler},
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": budget},
    ]


def _monitoring(site: Site) -> Object:
    live = site.places.live
    endpoint = {"port": PORT, "path": "/metrics", "interval": "30s"}
    spec = {"selector": {"matchLabels": site.selector(live)}, "endpoints": [endpoint]}
    return {
        "apiVersion": "monitoring.googleapis.com/v1",
        "kind": "PodMonitoring",
        "metadata": _metadata(site, live),
        "spec": spec,
    }


def _metadata(site: Site, place: Place) -> Object:
    return {"name": place.name, "labels": site.labels_at(place)}
