"""Where a request goes: by the rules of an Ingress or of HTTP routes to a service, and from there to a ready pod."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pymacaron_testing.emulators.kubernetes.pods import PodRunner, is_ready
from pymacaron_testing.emulators.kubernetes.probes import port_number
from pymacaron_testing.emulators.kubernetes.selectors import selects
from pymacaron_testing.emulators.kubernetes.state import State
from pymacaron_testing.emulators.kubernetes.wire import Object
from pymacaron_testing.emulators.proxy import Upstream

__all__ = ["Routing", "endpoints_of", "hosts_of", "is_redirect"]


@dataclass
class Routing:
    """The way of requests: `lag` is how many seconds a pod that is being deleted still gets requests."""

    state: State
    runner_of: Callable[[str], PodRunner | None]
    lag: float
    _upstreams: dict[tuple[str, int], Upstream] = field(default_factory=dict)
    _turns: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def to_service(self, namespace: str, name: str, port: Any = None) -> Upstream | None:
        """Return the ready pod of a service whose turn it is; `port` is one of the service, by default its first."""
        with self.state.lock:
            service = self.state.get("Service", namespace, name)
            ports = [one for one in (service or {}).get("spec", {}).get("ports") or [] if _is(one, port)]
            if service is None or not ports:
                return None
            ways = [way for pod in self._pods(service) if (way := self._way(pod, ports[0]["targetPort"])) is not None]
        if not ways:
            return None
        with self._lock:
            turn = self._turns[name] = self._turns.get(name, 0) + 1
            return self._upstreams.setdefault(ways[turn % len(ways)], Upstream(ways[turn % len(ways)][1]))

    def _pods(self, service: Object) -> Iterator[Object]:
        return (pod for pod in endpoints_of(self.state, service) if self._takes(pod))

    def _takes(self, pod: Object) -> bool:
        if is_ready(pod):
            return True
        runner = self.runner_of(pod["metadata"]["uid"])
        since = runner.ended_at if runner is not None else None
        return bool(self.lag and since is not None and time.monotonic() - since < self.lag)

    def _way(self, pod: Object, target: Any) -> tuple[str, int] | None:
        uid = pod["metadata"]["uid"]
        runner = self.runner_of(uid)
        inside = next((found for one in pod["spec"]["containers"] if (found := port_number(one, target))), 0)
        outside = runner.port(inside) if runner is not None else None
        return None if outside is None else (uid, outside)

    def by_ingress(self, ingress: Object, host: str, path: str) -> Upstream | None:
        """Return where an Ingress leads a request."""
        place, spec = ingress["metadata"]["namespace"], ingress["spec"]
        rules = [one for one in spec.get("rules") or [] if _host_fits(one.get("host", ""), host)]
        paths = [one for rule in rules for one in (rule.get("http") or {}).get("paths") or [] if _path_fits(one, path)]
        best = max(paths, key=lambda one: len(one.get("path", "/")), default=None)
        backend = best["backend"] if best is not None else spec.get("defaultBackend")
        if not backend or "service" not in backend:
            return None
        port = backend["service"].get("port") or {}
        return self.to_service(place, backend["service"]["name"], port.get("name") or port.get("number"))

    def by_routes(self, routes: list[Object], host: str, path: str) -> Upstream | None:
        """Return where HTTP routes lead a request: redirects count for nothing, as there is no https here."""
        found: list[tuple[int, str, Object]] = []
        for route in routes:
            names = route["spec"].get("hostnames") or [""]
            if any(_host_fits(name, host) for name in names):
                place = route["metadata"]["namespace"]
                found += [(length, place, rule) for rule in _rules(route) if (length := _match(rule, path)) >= 0]
        if not found:
            return None
        _, place, rule = max(found, key=lambda one: one[0])
        backends = [one for one in rule.get("backendRefs") or [] if one.get("weight", 1)]
        if not backends:
            return None
        (one,) = random.choices(backends, [each.get("weight", 1) for each in backends])  # noqa: S311 - shares, no secret
        return self.to_service(one.get("namespace", place), one["name"], one.get("port"))


def endpoints_of(state: State, service: Object) -> list[Object]:
    """Return the pods that a service selects."""
    selector = service["spec"].get("selector")
    pods = state.all("Pod", service["metadata"]["namespace"])
    wanted = {"matchLabels": selector} if selector else None
    return [pod for pod in pods if selects(wanted, pod["metadata"].get("labels") or {})]


def hosts_of(one: Object) -> list[str]:
    """Return the hostnames that an Ingress or an HTTPRoute names."""
    if one["kind"] == "HTTPRoute":
        return list(one["spec"].get("hostnames") or [])
    return [rule["host"] for rule in one["spec"].get("rules") or [] if rule.get("host")]


def is_redirect(rule: Object) -> bool:
    """Tell whether a rule of a route answers by itself, with a redirect."""
    return any(one.get("type") == "RequestRedirect" for one in rule.get("filters") or [])


def _rules(route: Object) -> list[Object]:
    return [rule for rule in route["spec"].get("rules") or [{}] if not is_redirect(rule)]


def _is(port: Object, wanted: Any) -> bool:
    return wanted is None or wanted in (port.get("name"), port["port"])


def _host_fits(wanted: str, host: str) -> bool:
    if wanted.startswith("*."):
        return host.endswith(wanted[1:])
    return wanted in ("", host)


def _path_fits(one: Object, path: str) -> bool:
    wanted, plain = one.get("path", "/"), path.partition("?")[0]
    if one.get("pathType") == "Exact":
        return bool(plain == wanted)
    return bool(plain == wanted or plain.startswith(wanted.rstrip("/") + "/"))


def _match(rule: Object, path: str) -> int:
    """Return the length of the longest path of a rule that fits, -1 where none does."""
    lengths = []
    for match in rule.get("matches") or [{}]:
        wanted = match.get("path") or {"type": "PathPrefix", "value": "/"}
        kind = "Exact" if wanted.get("type") == "Exact" else "Prefix"
        if _path_fits({"path": wanted.get("value", "/"), "pathType": kind}, path):
            lengths.append(len(wanted.get("value", "/")))
    return max(lengths, default=-1)
