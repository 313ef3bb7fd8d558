"""What tests of the emulated cluster share: containers inside this process, clients, manifests, and waits."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kubernetes.client import ApiClient, Configuration
from kubernetes.config import load_kube_config

from pymacaron_testing.emulators.kubernetes import Command, Kubernetes, LaunchError, Running

Object = dict[str, Any]
MAPS = "/api/v1/namespaces/shop/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
REVISION = "deployment.kubernetes.io/revision"
APPLY = "application/apply-patch+yaml"
PORT = 8080


@dataclass
class InProcess:
    """Containers inside this process, by the name of their image.

    "shop:<anything>" serves its variables on every path, with the status that `statuses` has for it by the variable
    RELEASE. "crash" prints a line and exits with 3, "task" ends well, "root" is the image of a superuser, "broken"
    does not start; others do not exist.
    """

    statuses: dict[str, int] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    volumes: dict[str, Any] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    running: set[str] = field(default_factory=set)

    def user_of(self, image: str) -> str | None:
        known = {"shop": "10001", "crash": "10001", "task": "app", "root": "", "broken": "1"}
        return known.get(image.partition(":")[0])

    def make_volumes(self, image: str, volumes: Mapping[str, Mapping[str, bytes] | None]) -> None:
        self.volumes |= volumes

    def remove_volumes(self, names: list[str]) -> None:
        for name in names:
            del self.volumes[name]

    def start(self, command: Command) -> Running:
        self.commands.append(command)
        kind, name = command.image.partition(":")[0], f"container-{len(self.commands)}"
        if kind == "broken":
            raise LaunchError("exec: no such file")
        if kind != "shop":
            return self._ended(name, command, 3 if kind == "crash" else 0)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
        vars(server).update(variables=dict(command.variables), statuses=self.statuses)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        over, code = threading.Event(), [0]
        self.running.add(name)

        def stop(grace: float) -> None:
            self.told.append(f"stop {command.variables.get('RELEASE')}")
            if not over.is_set():
                over.set()
                server.shutdown()
                server.server_close()
                self.running.discard(name)

        def execute(line: list[str], seconds: float) -> tuple[int, str]:
            self.told.append(f"{' '.join(line)} in {command.variables.get('RELEASE')}")
            return (0, "") if line[0] != "fail" else (1, "it failed")

        def wait() -> tuple[int, bool]:
            over.wait()
            return code[0], False

        ports = dict.fromkeys(command.ports, server.server_address[1])
        return Running(name, "127.0.0.1", ports, wait, execute, lambda options: _log(options, name), stop, _nothing)

    def _ended(self, name: str, command: Command, code: int) -> Running:
        text = f"{' '.join(command.args)} says {command.variables.get('WORD', 'nothing')}"
        return Running(
            name,
            "127.0.0.1",
            {},
            lambda: (code, False),
            lambda line, seconds: (1, "it ended"),
            lambda options: iter([f"{name} {text}\n".encode()]),
            lambda grace: None,
            _nothing,
        )


def _log(options: list[str], name: str) -> Iterator[bytes]:
    yield f"{name} serves {' '.join(options)}".encode()


def _nothing() -> None:
    pass


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        variables = vars(self.server)["variables"]
        body = json.dumps(variables).encode()
        self.send_response(vars(self.server)["statuses"].get(variables.get("RELEASE"), 200))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
        pass


def client_of(cluster: Kubernetes) -> Any:
    """Return a client of Kubernetes' own library that the kubeconfig leads to the cluster, and that retries nothing."""
    configuration: Any = Configuration()
    load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    configuration.retries = False
    return ApiClient(configuration=configuration)


def ask(
    cluster: Kubernetes,
    method: str,
    path: str,
    body: Any = None,
    content: str = "application/json",
    token: str | None = None,
) -> tuple[int, Object]:
    """Send a request, and return the status and the object of the answer."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    headers = {"Content-Type": content, "Authorization": f"Bearer {cluster.token if token is None else token}"}
    request = urllib.request.Request(cluster.url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def apply(
    cluster: Kubernetes, one: Object, manager: str = "deployer", place: str = "shop", **query: str
) -> tuple[int, Object]:
    """Apply a Deployment, or whatever is named as one."""
    given = "&".join(f"{name}={value}" for name, value in {"fieldManager": manager, **query}.items())
    path = f"/apis/apps/v1/namespaces/{place}/deployments/{one['metadata']['name']}?{given}"
    return ask(cluster, "PATCH", path, one, APPLY)


def deployment(release: str = "1", **spec: Any) -> Object:
    """Return a Deployment whose pods serve."""
    pod = {
        "containers": [
            {
                "name": "web",
                "image": "shop:1",
                "env": [{"name": "RELEASE", "value": release}],
                "ports": [{"name": "http", "containerPort": PORT}],
                "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 1},
            }
        ]
    }
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": {**labels, "release": release}}, "spec": pod},
            **spec,
        },
    }


def config_map(name: str, labels: dict[str, str] | None = None, **data: str) -> Object:
    """Return the manifest of a ConfigMap."""
    return {"metadata": {"name": name, "labels": labels or {}}, "data": data}


def container_of(one: Object) -> Object:
    """Return the container of a Deployment, a Job or a Pod."""
    spec = one["spec"].get("template", one)["spec"]
    found: Object = spec["containers"][0]
    return found


def is_out(apps: Any) -> bool:
    """Tell whether the deployment is rolled out."""
    found = apps.read_namespaced_deployment("web", "shop")
    status, wanted = found.status, found.spec.replicas
    counts = (status.updated_replicas, status.replicas, status.available_replicas)
    return status.observed_generation == found.metadata.generation and set(counts) == {wanted}


def condition(apps: Any, name: str) -> tuple[str, str]:
    """Return status and reason of a condition of the deployment."""
    found = apps.read_namespaced_deployment("web", "shop").status.conditions or []
    return next(((one.status, one.reason) for one in found if one.type == name), ("", ""))


def pods(core: Any, **labels: str) -> list[Any]:
    """Return the pods that have these labels."""
    selector = ",".join(f"{name}={value}" for name, value in labels.items())
    return list(core.list_namespaced_pod("shop", label_selector=selector).items)


def reasons(core: Any, name: str = "") -> set[str]:
    """Return the reasons of events, of what has a name that begins so."""
    listed = core.list_namespaced_event("shop").items
    return {one.reason for one in listed if one.involved_object.name.startswith(name)}


def service(name: str = "web", kind: str = "ClusterIP") -> Object:
    """Return a service of the deployment."""
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {"metadata": {"name": name}, "spec": {"type": kind, "selector": {"app": "web"}, "ports": ports}}


def get(url: str, host: str = "") -> str:
    """Return the release that answers, or the status of its answer."""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(json.load(answer)["RELEASE"])
    except urllib.error.HTTPError as error:
        error.close()
        return str(error.code)


def until(ask: Callable[[], Any], seconds: float = 60) -> Any:
    """Return what is asked for as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")
