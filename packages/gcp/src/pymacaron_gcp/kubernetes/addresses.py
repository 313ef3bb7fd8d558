"""Where the world, and a deploy, reach a place: what settings say, else the address that the cluster gave it."""

from __future__ import annotations

import json
from collections.abc import Callable

from pymacaron.exceptions import DeployError
from pymacaron_gcp.kubernetes.client import Cluster, Object
from pymacaron_gcp.kubernetes.names import Place
from pymacaron_gcp.kubernetes.routing import entrance
from pymacaron_gcp.kubernetes.site import Site
from pymacaron_gcp.pauses import ticks

__all__ = ["Addresses"]

EMULATED, HOSTS = "pymacaron.emulator/address", "pymacaron.emulator/hosts"
"""Annotations of the emulator: the address of a Service, and of each host of an Ingress or HTTPRoute, as JSON."""


class Addresses:
    """The addresses of an environment."""

    def __init__(self, site: Site, cluster: Cluster, tell: Callable[[str], None]) -> None:
        self._site, self._cluster, self._tell = site, cluster, tell

    def url(self, place: Place) -> str | None:
        """Return the URL of a place, None where it has none yet."""
        if told := self._site.url(place):
            return self._emulated(place) or told
        address = self.address(place)
        return f"http://{address}" if address else None

    def _emulated(self, place: Place) -> str | None:
        """Return where an emulator serves the host of a place: no name of DNS leads there."""
        kind = {"Gateway": "HTTPRoute", "Ingress": "Ingress", None: "Service"}[entrance(self._site)]
        name = self._site.places.live.name if kind == "Ingress" else place.name
        found = (self._cluster.find(kind, name) or {}).get("metadata") or {}
        told = found.get("annotations") or {}
        address = (
            told.get(EMULATED) if kind == "Service" else json.loads(told.get(HOSTS, "{}")).get(self._site.host(place))
        )
        return f"http://{address}" if address else None

    def address(self, place: Place) -> str | None:
        """Return the address, with a port where it is not 80, to which a name of DNS has to lead."""
        kind = entrance(self._site)
        if kind is None:
            return _of_service(self._cluster.find("Service", place.name))
        found = self._cluster.find(kind, self._site.places.live.name) or {}
        status = found.get("status") or {}
        if kind == "Gateway":
            return next((str(one["value"]) for one in status.get("addresses") or []), None)
        return _of_balancer(status)

    def wait(self, place: Place) -> str:
        """Wait until a place has a URL, and return it."""
        seconds = self._site.settings.kubernetes_deploy_timeout
        for _ in ticks(seconds, self._tell, lambda: f"{place.name} has no address yet"):
            if url := self.url(place):
                return url
        raise DeployError(
            f"{place.name} got no address within {seconds} s: give the cluster what provides load balancers, or set "
            "live_host, kubernetes_staging_host and kubernetes_service_type"
        )


def _of_service(service: Object | None) -> str | None:
    if service is None:
        return None
    status = service.get("status") or {}
    address, ports = _of_balancer(status), service["spec"]["ports"]
    if address is None:
        return None
    port = (status["loadBalancer"]["ingress"][0].get("ports") or ports)[0]["port"]
    return address if port == 80 else f"{address}:{port}"


def _of_balancer(status: Object) -> str | None:
    ingress = ((status.get("loadBalancer") or {}).get("ingress") or [{}])[0]
    address = ingress.get("ip") or ingress.get("hostname")
    return f"[{address}]" if address and ":" in address else address
