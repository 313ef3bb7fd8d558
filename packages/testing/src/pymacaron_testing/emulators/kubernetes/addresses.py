"""Addresses of this machine for services, Ingresses and Gateways, and what their status tells of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from pymacaron_testing.emulators.kubernetes.kinds import kind
from pymacaron_testing.emulators.kubernetes.pods import is_ready, set_condition
from pymacaron_testing.emulators.kubernetes.probes import port_number
from pymacaron_testing.emulators.kubernetes.routing import Routing, endpoints_of, hosts_of
from pymacaron_testing.emulators.kubernetes.state import State
from pymacaron_testing.emulators.kubernetes.wire import Object
from pymacaron_testing.emulators.proxy import Address, Upstream

__all__ = ["ADDRESS", "HOSTS", "Addresses"]

ADDRESS = "pymacaron.emulator/address"
"""The annotation that tells the address, "127.0.0.1:<port>", of a Service, an Ingress or a Gateway."""

HOSTS = "pymacaron.emulator/hosts"
"""The annotation of an Ingress or an HTTPRoute that tells the address of each hostname, as an object of JSON."""

Choice = Callable[[str, str], Upstream | None]
Key = tuple[str, ...]


class Addresses:
    """The addresses, each listened on from the moment that something asks for it until all ends."""

    def __init__(self, state: State, routing: Routing) -> None:
        self._state, self._routing = state, routing
        self._open: dict[Key, Address] = {}

    def url_of(self, host: str) -> str | None:
        """Return the URL at which a hostname is served here."""
        found = next((one for key, one in self._open.items() if key[0] == "host" and key[-1] == host), None)
        return None if found is None else f"http://{found.name}"

    def url_of_service(self, namespace: str, name: str) -> str | None:
        """Return the URL of a service."""
        found = self._open.get(("Service", namespace, name))
        return None if found is None else f"http://{found.name}"

    def close(self) -> None:
        """Stop listening."""
        for one in self._open.values():
            one.close()

    def reconcile(self) -> None:
        """Give everything its address, and write who is behind each service."""
        for service in self._state.all("Service"):
            if service["spec"].get("ports") and service["spec"].get("selector"):
                self._service(service)
        for ingress in self._state.all("Ingress"):
            self._ingress(ingress)
        for gateway in self._state.all("Gateway"):
            self._gateway(gateway)
        for route in self._state.all("HTTPRoute"):
            self._route(route)

    def _service(self, service: Object) -> None:
        place, name = service["metadata"]["namespace"], service["metadata"]["name"]
        address = self._address(("Service", place, name), lambda host, path: self._routing.to_service(place, name))
        status = {"loadBalancer": _balancer(address) if service["spec"]["type"] == "LoadBalancer" else {}}
        self._write("Service", service, {ADDRESS: address}, lambda found: found.update(status=status))
        self._write_endpoints(service)

    def _ingress(self, ingress: Object) -> None:
        place, name = ingress["metadata"]["namespace"], ingress["metadata"]["name"]

        def choose(host: str, path: str) -> Upstream | None:
            found = self._state.get("Ingress", place, name)
            return None if found is None else self._routing.by_ingress(found, host, path)

        address = self._address(("Ingress", place, name), choose)
        hosts = {host: self._host_address("Ingress", place, name, host, choose) for host in hosts_of(ingress)}
        told = {ADDRESS: address, HOSTS: json.dumps(hosts)}
        status = {"loadBalancer": _balancer(address)}
        self._write("Ingress", ingress, told, lambda found: found.update(status=status))

    def _gateway(self, gateway: Object) -> None:
        place, name = gateway["metadata"]["namespace"], gateway["metadata"]["name"]
        address = self._address(
            ("Gateway", place, name), lambda host, path: self._routing.by_routes(self._routes(place, name), host, path)
        )

        def write(found: Object) -> None:
            status = found.setdefault("status", {})
            status["addresses"] = [{"type": "Hostname", "value": address}]
            for condition in ("Accepted", "Programmed"):
                _set(status, condition, condition, found)
            status["listeners"] = [self._listener(one, status, found) for one in found["spec"]["listeners"]]

        self._write("Gateway", gateway, {ADDRESS: address}, write)

    def _listener(self, one: Object, status: Object, gateway: Object) -> Object:
        names = gateway["metadata"]["namespace"], gateway["metadata"]["name"]
        kinds = [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}]
        before: Object = next((each for each in status.get("listeners") or [] if each["name"] == one["name"]), {})
        told = {"name": one["name"], "attachedRoutes": len(self._routes(*names, one["name"])), "supportedKinds": kinds}
        told["conditions"] = before.get("conditions") or []
        for condition in ("Accepted", "Programmed", "ResolvedRefs"):
            _set(told, condition, condition, gateway)
        return told

    def _routes(self, place: str, gateway: str, listener: str = "") -> list[Object]:
        return [route for route in self._state.all("HTTPRoute") if any(_attached(route, place, gateway, listener))]

    def _route(self, route: Object) -> None:
        place = route["metadata"]["namespace"]

        def choose(host: str, path: str) -> Upstream | None:
            routes = [one for one in self._state.all("HTTPRoute", place) if host in hosts_of(one)]
            return self._routing.by_routes(routes, host, path)

        hosts = {host: self._host_address("HTTPRoute", place, "", host, choose) for host in hosts_of(route)}

        def write(found: Object) -> None:
            before = {json.dumps(one["parentRef"]): one for one in found.get("status", {}).get("parents") or []}
            parents = [self._parent(found, one, before) for one in found["spec"].get("parentRefs") or []]
            found["status"] = {"parents": parents}

        self._write("HTTPRoute", route, {HOSTS: json.dumps(hosts)}, write)

    def _parent(self, route: Object, reference: Object, before: dict[str, Object]) -> Object:
        told: Object = {"parentRef": reference, "controllerName": "pymacaron.emulator/gateway"}
        told["conditions"] = list(before.get(json.dumps(reference), {}).get("conditions") or [])
        place = route["metadata"]["namespace"]
        gateway = self._state.get("Gateway", reference.get("namespace", place), reference["name"])
        _set(told, "Accepted", "Accepted" if gateway is not None else "NoMatchingParent", route, gateway is not None)
        backends = [one for rule in route["spec"].get("rules") or [] for one in rule.get("backendRefs") or []]
        missing = [one["name"] for one in backends if self._state.get("Service", place, one["name"]) is None]
        _set(told, "ResolvedRefs", "BackendNotFound" if missing else "ResolvedRefs", route, not missing)
        return told

    def _address(self, key: Key, choose: Choice) -> str:
        if key not in self._open:
            self._open[key] = Address(choose=choose)
        return self._open[key].name

    def _host_address(self, title: str, place: str, name: str, host: str, choose: Choice) -> str:
        return self._address(("host", title, place, name, host), lambda asked, path: choose(host, path))

    def _write(self, title: str, one: Object, told: dict[str, str], do: Callable[[Object], Any]) -> None:
        def write(found: Object) -> None:
            found["metadata"].setdefault("annotations", {}).update(told)
            do(found)

        self._state.change(title, one, write)

    def _write_endpoints(self, service: Object) -> None:
        metadata, pods = service["metadata"], endpoints_of(self._state, service)
        subset = {
            "addresses": [_target(pod) for pod in pods if is_ready(pod)],
            "notReadyAddresses": [_target(pod) for pod in pods if not is_ready(pod) and _ip(pod)],
            "ports": [_port(one, pods) for one in service["spec"]["ports"]],
        }
        subset = {name: value for name, value in subset.items() if value}
        subsets = [subset] if set(subset) & {"addresses", "notReadyAddresses"} else []
        found = self._state.get("Endpoints", metadata["namespace"], metadata["name"])
        if found is not None:
            self._state.change("Endpoints", found, lambda live: live.update(subsets=subsets))
            return
        owner = {"apiVersion": "v1", "kind": "Service", "name": metadata["name"], "uid": metadata["uid"]}
        own = {"name": metadata["name"], "namespace": metadata["namespace"], "ownerReferences": [owner]}
        one: Object = {"apiVersion": "v1", "kind": "Endpoints", "metadata": own, "subsets": subsets}
        self._state.add(kind("Endpoints"), one)


def _attached(route: Object, place: str, gateway: str, listener: str) -> Iterator[bool]:
    for one in route["spec"].get("parentRefs") or []:
        here = one["name"] == gateway and one.get("namespace", route["metadata"]["namespace"]) == place
        yield here and (not listener or one.get("sectionName", listener) == listener)


def _balancer(address: str) -> Object:
    host, _, port = address.rpartition(":")
    return {"ingress": [{"ip": host, "ports": [{"port": int(port), "protocol": "TCP"}]}]}


def _set(status: Object, name: str, reason: str, about: Object, good: bool = True) -> None:
    set_condition(status, name, good, reason, observedGeneration=about["metadata"].get("generation", 1))


def _ip(pod: Object) -> str:
    return str(pod.get("status", {}).get("podIP", ""))


def _target(pod: Object) -> Object:
    reference = {"kind": "Pod", "name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}
    return {"ip": _ip(pod), "nodeName": "emulator", "targetRef": reference | {"uid": pod["metadata"]["uid"]}}


def _port(port: Object, pods: list[Object]) -> Object:
    containers = [one for pod in pods for one in pod["spec"]["containers"]]
    number = next((found for one in containers if (found := port_number(one, port["targetPort"]))), 0)
    named = {"name": port["name"]} if port.get("name") else {}
    return named | {"port": number or port["port"], "protocol": port["protocol"]}
