"""Probes of a container: when each is due, how it is asked, and what it has said so often that it counts."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pymacaron_testing.emulators.kubernetes.containers import Running
from pymacaron_testing.emulators.kubernetes.wire import Object

__all__ = ["Probe", "ask", "port_number"]


@dataclass
class Probe:
    """A probe of a running container: `verdict` is what counts, and nothing until something does."""

    name: str
    spec: Object
    ask: Callable[[], str]
    due: float
    verdict: bool | None = None
    streak: int = 0
    last: bool | None = None

    @classmethod
    def of(cls, name: str, container: Object, running: Running) -> Probe | None:
        """Return the probe of a container, such as "readinessProbe", or nothing."""
        spec = container.get(name)
        if not spec:
            return None
        due = time.monotonic() + spec.get("initialDelaySeconds", 0)
        return cls(name, spec, lambda: ask(spec, container, running, float(spec["timeoutSeconds"])), due)

    def run(self) -> str:
        """Ask, and return why it failed, or nothing."""
        failure = self.ask()
        self.due = time.monotonic() + self.spec["periodSeconds"]
        good = not failure
        self.streak = self.streak + 1 if good == self.last else 1
        self.last = good
        if self.streak >= self.spec["successThreshold" if good else "failureThreshold"]:
            self.verdict = good
        return failure


def ask(action: Object, container: Object, running: Running, timeout: float) -> str:
    """Do what a probe or a hook says, and return why it failed, or nothing."""
    if "exec" in action:
        code, output = running.execute(list(action["exec"]["command"]), timeout)
        return "" if code == 0 else output.strip() or f"command exited with {code}"
    if "httpGet" in action:
        return _get(action["httpGet"], container, running, timeout)
    if "tcpSocket" in action:
        return _connect(action["tcpSocket"], container, running, timeout)
    if "sleep" in action:
        time.sleep(float(action["sleep"]["seconds"]))
        return ""
    return f"{', '.join(action)}: not emulated"


def port_number(container: Object, port: Any) -> int:
    """Return the number of a port that may be given by its name, 0 where there is none of it."""
    if isinstance(port, int) or str(port).isdigit():
        return int(port)
    ports = container.get("ports") or []
    return next((int(one["containerPort"]) for one in ports if one.get("name") == port), 0)


def _get(get: Object, container: Object, running: Running, timeout: float) -> str:
    inside = port_number(container, get["port"])
    path = "/" + str(get.get("path", "/")).lstrip("/")
    headers = {one["name"]: one["value"] for one in get.get("httpHeaders") or []}
    request = urllib.request.Request(
        f"http://127.0.0.1:{running.ports.get(inside, 0)}{path}", headers={"User-Agent": "kube-probe/1", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout):  # noqa: S310 - the scheme is fixed
            return ""
    except urllib.error.HTTPError as error:
        return f"HTTP probe failed with statuscode: {error.code}"
    except OSError as error:
        return f'Get "http://{running.address}:{inside}{path}": {getattr(error, "reason", error)}'


def _connect(tcp: Object, container: Object, running: Running, timeout: float) -> str:
    # Docker's own proxy of a published port takes every connection: the container is asked where it is.
    inside = port_number(container, tcp["port"])
    try:
        with socket.create_connection((running.address, inside), timeout):
            return ""
    except OSError as error:
        return f"dial tcp {running.address}:{inside}: {error}"
