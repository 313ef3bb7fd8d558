"""What leads from the hosts of an environment to its Services: a Gateway with routes, or an Ingress."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pymacaron_gcp.kubernetes.client import Object
from pymacaron_gcp.kubernetes.names import Place
from pymacaron_gcp.kubernetes.pods import PORT
from pymacaron_gcp.kubernetes.site import Site

__all__ = ["entrance", "routes", "service_annotations"]

GATEWAY = "gateway.networking.k8s.io/v1"
HEALTH = {"requestPath": "/ready", "port": PORT}
GKE_GATEWAY_CLASS = "gke-l7-global-external-managed"


def entrance(site: Site) -> str | None:
    """Return the kind of the object whose address the world calls, None where it is the Service itself."""
    return {"gateway": "Gateway", "ingress": "Ingress"}.get(site.settings.kubernetes_ingress)


def routes(site: Site) -> list[Object]:
    """Return what `kubernetes_ingress` asks for."""
    if site.settings.kubernetes_ingress == "gateway":
        return [*_gateway(site), *(_health_check(site, place) for place in _places(site) if site.is_gke)]
    if site.settings.kubernetes_ingress == "ingress":
        return [*_ingress(site), *(_google_ingress(site) if site.is_gke else [])]
    return []


def service_annotations(site: Site, place: Place) -> dict[str, str]:
    """Return what GKE wants to read on a Service behind an Ingress."""
    if not (site.is_gke and site.settings.kubernetes_ingress == "ingress"):
        return {}
    return {
        "cloud.google.com/neg": json.dumps({"ingress": True}),
        "cloud.google.com/backend-config": json.dumps({"default": place.name}),
    }


# The Gateway


def _gateway(site: Site) -> Iterable[Object]:
    settings, live = site.settings, site.places.live
    secure = [place for place in _places(site) if site.is_secure(place)]
    spec: Object = {
        "gatewayClassName": settings.kubernetes_ingress_class or GKE_GATEWAY_CLASS,
        "listeners": [_listener("http", "HTTP", 80), *([_secure_listener(site)] if secure else [])],
    }
    if settings.gke_address:
        spec["addresses"] = [{"type": "NamedAddress", "value": settings.gke_address}]
    metadata = _metadata(site, live)
    if settings.gke_certificate_map:
        metadata["annotations"] = {"networking.gke.io/certmap": settings.gke_certificate_map}
    yield {"apiVersion": GATEWAY, "kind": "Gateway", "metadata": metadata, "spec": spec}
    for place in _places(site):
        yield _route(site, place)
        if place in secure:
            yield _redirect(site, place)


def _listener(name: str, protocol: str, port: int) -> Object:
    return {"name": name, "protocol": protocol, "port": port, "allowedRoutes": {"namespaces": {"from": "Same"}}}


def _secure_listener(site: Site) -> Object:
    listener = _listener("https", "HTTPS", 443)
    if site.settings.kubernetes_tls_secret:
        references = [{"kind": "Secret", "name": site.settings.kubernetes_tls_secret}]
        listener["tls"] = {"mode": "Terminate", "certificateRefs": references}
    return listener


def _route(site: Site, place: Place) -> Object:
    rules = [{"backendRefs": [{"name": place.name, "port": 80}]}]
    return _http_route(site, place, place.name, "https" if site.is_secure(place) else "http", rules)


def _redirect(site: Site, place: Place) -> Object:
    redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
    return _http_route(site, place, f"{place.name}-redirect", "http", [{"filters": [redirect]}])


def _http_route(site: Site, place: Place, name: str, listener: str, rules: list[Object]) -> Object:
    parents = [{"kind": "Gateway", "name": site.places.live.name, "sectionName": listener}]
    spec = {"parentRefs": parents, "hostnames": [site.host(place)], "rules": rules}
    metadata = {**_metadata(site, place), "name": name}
    return {"apiVersion": GATEWAY, "kind": "HTTPRoute", "metadata": metadata, "spec": spec}


def _health_check(site: Site, place: Place) -> Object:
    check = {"type": "HTTP", "httpHealthCheck": {"portSpecification": "USE_FIXED_PORT", **HEALTH}}
    spec = {
        "default": {"checkIntervalSec": 5, "timeoutSec": 5, "config": check},
        "targetRef": {"group": "", "kind": "Service", "name": place.name},
    }
    return {
        "apiVersion": "networking.gke.io/v1",
        "kind": "HealthCheckPolicy",
        "metadata": _metadata(site, place),
        "spec": spec,
    }


# The Ingress


def _ingress(site: Site) -> Iterable[Object]:
    settings = site.settings
    rules = [{"host": site.host(place), "http": {"paths": [_path(place)]}} for place in _places(site)]
    spec: Object = {"rules": rules}
    if settings.kubernetes_ingress_class and not site.is_gke:
        spec["ingressClassName"] = settings.kubernetes_ingress_class
    if settings.kubernetes_tls_secret:
        hosts = [site.host(place) for place in _places(site)]
        spec["tls"] = [{"hosts": hosts, "secretName": settings.kubernetes_tls_secret}]
    metadata = _metadata(site, site.places.live)
    if site.is_gke:
        metadata["annotations"] = _google_annotations(site)
    yield {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def _path(place: Place) -> Object:
    backend = {"service": {"name": place.name, "port": {"name": "http"}}}
    return {"path": "/", "pathType": "Prefix", "backend": backend}


def _google_annotations(site: Site) -> dict[str, str]:
    settings = site.settings
    # The class of GKE's Ingress is an annotation: there is no object of this name that ingressClassName could lead to.
    found = {"kubernetes.io/ingress.class": settings.kubernetes_ingress_class or "gce"}
    if settings.gke_address:
        found["kubernetes.io/ingress.global-static-ip-name"] = settings.gke_address
    if managed := _managed(site):
        found["networking.gke.io/managed-certificates"] = ",".join(place.name for place in managed)
    if any(site.is_secure(place) for place in _places(site)):
        found["networking.gke.io/v1beta1.FrontendConfig"] = site.places.live.name
    return found


def _google_ingress(site: Site) -> Iterable[Object]:
    for place in _places(site):
        yield _backend(site, place)
    for place in _managed(site):
        yield {
            "apiVersion": "networking.gke.io/v1",
            "kind": "ManagedCertificate",
            "metadata": _metadata(site, place),
            "spec": {"domains": [site.host(place)]},
        }
    if any(site.is_secure(place) for place in _places(site)):
        yield {
            "apiVersion": "networking.gke.io/v1beta1",
            "kind": "FrontendConfig",
            "metadata": _metadata(site, site.places.live),
            "spec": {"redirectToHttps": {"enabled": True}},
        }


def _backend(site: Site, place: Place) -> Object:
    spec = {
        "healthCheck": {"type": "HTTP", "checkIntervalSec": 5, "timeoutSec": 5, **HEALTH},
        "connectionDraining": {"drainingTimeoutSec": site.settings.kubernetes_drain_seconds},
    }
    return {
        "apiVersion": "cloud.google.com/v1",
        "kind": "BackendConfig",
        "metadata": _metadata(site, place),
        "spec": spec,
    }


def _managed(site: Site) -> list[Place]:
    """Return the places whose certificates Google makes: a Secret with one takes their place."""
    if site.settings.kubernetes_tls_secret:
        return []
    return [place for place in _places(site) if site.is_secure(place)]


def _places(site: Site) -> tuple[Place, Place]:
    return site.places.live, site.places.staging


def _metadata(site: Site, place: Place) -> Object:
    return {"name": place.name, "labels": site.labels_at(place)}
