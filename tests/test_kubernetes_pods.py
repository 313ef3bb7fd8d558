"""Pods of the emulated cluster are containers: what they run with, how they end, what they leave behind."""

from __future__ import annotations

import json
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import ApiException, AppsV1Api, BatchV1Api, CoreV1Api

import dockerkit
from base_image import base_image
from clusterkit import Object, apply, client_of, container_of, deployment, get, is_out, pods, reasons, service, until
from pymacaron_testing.emulators.kubernetes import DockerContainers, Kubernetes

LABEL = "test-kubernetes-pods"
SERVER = """
import json, os, pathlib, signal, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        code = 503 if pathlib.Path("/scratch/sick").exists() else 200
        body = json.dumps(dict(os.environ)).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


server = Server(("0.0.0.0", 8080), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("it serves", flush=True)
server.serve_forever()
print("it ended well", flush=True)
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    dockerkit.needs("docker", "docker.io")
    dockerkit.needs("debootstrap", "debootstrap")
    shared = dockerkit.shared(tmp_path_factory)
    with dockerkit.engine(shared) as engine:
        with dockerkit.alone(shared, "base"):
            found = base_image(engine)
        yield found


@pytest.fixture(scope="module")
def cluster(image: str) -> Iterator[Kubernetes]:
    with Kubernetes(containers=DockerContainers(LABEL), backoff=0.2) as cluster:
        yield cluster
    for command in (["ps", "--all"], ["volume", "ls"]):
        left = ["docker", *command, "--quiet", "--filter", f"label=pymacaron.emulator={LABEL}"]
        assert subprocess.run(left, capture_output=True, text=True, check=True).stdout == ""


@pytest.fixture
def core(cluster: Kubernetes) -> Iterator[Any]:
    cluster.add_namespace("shop")
    core = CoreV1Api(client_of(cluster))
    yield core
    core.delete_namespace("shop")
    until(lambda: "shop" not in [one.metadata.name for one in core.list_namespace().items], 30)


@pytest.fixture
def apps(cluster: Kubernetes) -> Any:
    return AppsV1Api(client_of(cluster))


def serving(image: str, release: str = "1", **spec: Any) -> Object:
    """Return a Deployment whose pods may as little as can be."""
    one = deployment(release, **spec)
    pod = one["spec"]["template"]["spec"]
    pod["securityContext"] = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10002}
    pod["volumes"] = [{"name": "scratch", "emptyDir": {}}]
    pod["terminationGracePeriodSeconds"] = 5
    container = container_of(one)
    container |= {"image": image, "command": ["python3", "-uc", SERVER]}
    container["securityContext"] = {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    container["volumeMounts"] = [{"name": "scratch", "mountPath": "/scratch"}]
    return one


def within(pod: Any, *line: str) -> str:
    name = pod.status.container_statuses[0].container_id.removeprefix("docker://")
    done = subprocess.run(["docker", "exec", name, *line], capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


def test_a_pod_runs_with_what_it_asks_for_and_no_more(cluster: Kubernetes, core: Any, apps: Any, image: str) -> None:
    core.create_namespaced_secret("shop", {"metadata": {"name": "keys"}, "stringData": {"word": "plum"}})
    one = serving(image, replicas=1)
    container = container_of(one)
    container["env"] += [
        {"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "word"}}},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "BOTH", "value": "$(WORD) of $(POD), $$(WORD), $(NONE)"},
    ]
    one["spec"]["template"]["spec"]["volumes"] += [{"name": "keys", "secret": {"secretName": "keys"}}]
    container["volumeMounts"] += [{"name": "keys", "mountPath": "/run/keys"}]
    core.create_namespaced_service("shop", service())
    apply(cluster, one)
    until(lambda: is_out(apps), 20)
    (pod,) = pods(core)
    with urllib.request.urlopen(str(cluster.url_of_service("shop", "web"))) as answer:
        variables = json.load(answer)
    name = pod.metadata.name
    assert variables["BOTH"] == f"plum of {name}, $(WORD), $(NONE)"
    assert (within(pod, "id", "-u"), within(pod, "id", "-g")) == ("10001\n", "10002\n")
    assert within(pod, "cat", "/run/keys/word") == "plum"
    for path in ("/there", "/run/keys/more"):
        assert "Read-only file system" in within(pod, "touch", path)
    assert within(pod, "touch", "/scratch/there") == ""
    assert "CapEff:\t0000000000000000" in within(pod, "cat", "/proc/self/status")
    assert "NoNewPrivs:\t1" in within(pod, "cat", "/proc/self/status")
    assert "plum" not in json.dumps(cluster.state.all("Event"))


def test_a_release_replaces_another_under_load_and_every_request_is_answered(
    cluster: Kubernetes, core: Any, apps: Any, image: str
) -> None:
    core.create_namespaced_service("shop", service())
    careful = {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}
    first, second = serving(image, "1", **careful), serving(image, "2", **careful)
    for one in (first, second):
        container_of(one)["lifecycle"] = {"preStop": {"exec": {"command": ["sleep", "0.3"]}}}
    apply(cluster, first)
    until(lambda: is_out(apps), 30)
    url, found, over = str(cluster.url_of_service("shop", "web")), [], threading.Event()

    def load() -> None:
        while not over.wait(0.01):
            found.append(get(url))

    thread = threading.Thread(target=load)
    thread.start()
    apply(cluster, second)
    until(lambda: is_out(apps) and len(pods(core)) == 2, 60)
    over.set()
    thread.join()
    assert set(found) == {"1", "2"}
    assert get(url) == "2"


def test_a_container_that_is_not_alive_is_started_again(cluster: Kubernetes, core: Any, apps: Any, image: str) -> None:
    one = serving(image, replicas=1)
    check = {"exec": {"command": ["test", "!", "-e", "/scratch/sick"]}}
    container_of(one)["livenessProbe"] = {**check, "periodSeconds": 1, "failureThreshold": 1, "timeoutSeconds": 5}
    container_of(one)["startupProbe"] = {"httpGet": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 20}
    apply(cluster, one)
    until(lambda: is_out(apps), 20)
    (pod,) = pods(core)
    within(pod, "touch", "/scratch/sick")
    until(lambda: pods(core)[0].status.container_statuses[0].restart_count, 20)
    assert {"Unhealthy", "Killing"} <= reasons(core, pod.metadata.name)
    (status,) = until(lambda: pods(core)[0].status.container_statuses)
    assert status.last_state.terminated.exit_code == 0
    name = pod.metadata.name
    assert "it ended well" in core.read_namespaced_pod_log(name, "shop", previous=True)
    assert core.read_namespaced_pod_log(name, "shop", previous=True, tail_lines=1) == "it ended well\n"


def test_a_pod_that_is_not_ready_gets_no_requests(cluster: Kubernetes, core: Any, apps: Any, image: str) -> None:
    core.create_namespaced_service("shop", service())
    one = serving(image, replicas=1)
    container_of(one)["readinessProbe"] |= {"failureThreshold": 1}
    apply(cluster, one)
    until(lambda: is_out(apps), 20)
    url = str(cluster.url_of_service("shop", "web"))
    assert get(url) == "1"
    (pod,) = pods(core)
    within(pod, "touch", "/scratch/sick")
    until(lambda: get(url) == "503" and not pods(core)[0].status.container_statuses[0].ready)
    within(pod, "rm", "/scratch/sick")
    until(lambda: get(url) == "1")


@pytest.mark.parametrize(
    ("lines", "code"),
    [("trap 'exit 0' TERM; while true; do sleep 0.1; done", 0), ("trap '' TERM; while true; do sleep 0.1; done", 137)],
)
def test_a_pod_ends_by_itself_or_is_killed_when_its_time_is_over(
    cluster: Kubernetes, core: Any, image: str, lines: str, code: int
) -> None:
    container = {"name": "run", "image": image, "command": ["sh", "-c", lines]}
    spec = {"terminationGracePeriodSeconds": 2, "containers": [container]}
    core.create_namespaced_pod("shop", {"metadata": {"name": "stubborn"}, "spec": spec})
    until(lambda: pods(core)[0].status.phase == "Running", 20)
    seen: list[Any] = []
    since = core.list_namespaced_pod("shop").metadata.resource_version
    core.delete_namespaced_pod("stubborn", "shop")
    assert pods(core)[0].metadata.deletion_timestamp
    until(lambda: not pods(core), 20)
    changes = cluster.state.changes_since(int(since))
    for change in changes:
        for status in change.object.get("status", {}).get("containerStatuses") or []:
            seen += [status["state"]["terminated"]["exitCode"]] if "terminated" in status["state"] else []
    assert seen[-1] == code


def test_a_crash_leaves_its_code_and_last_words(cluster: Kubernetes, core: Any, image: str) -> None:
    container = {"name": "run", "image": image, "command": ["sh", "-c", "echo out of plums; exit 7"]}
    container["terminationMessagePolicy"] = "FallbackToLogsOnError"
    spec = {"containers": [container]}
    core.create_namespaced_pod("shop", {"metadata": {"name": "broken"}, "spec": spec})

    def crashed() -> Any:
        status = (pods(core)[0].status.container_statuses or [None])[0]
        return status if status and status.restart_count > 1 and status.state.waiting else None

    status = until(crashed, 20)
    assert status.state.waiting.reason == "CrashLoopBackOff"
    ended = status.last_state.terminated
    assert (ended.exit_code, ended.reason, ended.message) == (7, "Error", "out of plums\n")
    assert core.read_namespaced_pod_log("broken", "shop") == "out of plums\n"


@pytest.mark.parametrize("name", ["nobody/nothing:1", "nobody/nothing@sha256:" + "0" * 64])
def test_an_image_that_is_nowhere_is_told(cluster: Kubernetes, core: Any, name: str) -> None:
    spec = {"containers": [{"name": "run", "image": name}]}
    core.create_namespaced_pod("shop", {"metadata": {"name": "lost"}, "spec": spec})

    def reason() -> str | None:
        statuses = pods(core)[0].status.container_statuses
        return statuses[0].state.waiting.reason if statuses and statuses[0].state.waiting else None

    until(lambda: reason() == "ImagePullBackOff", 20)
    assert {"Pulling", "Failed", "BackOff"} <= reasons(core, "lost")
    with pytest.raises(ApiException, match="is waiting to start"):
        core.read_namespaced_pod_log("lost", "shop")


def test_the_log_of_a_job_is_followed_to_its_end(cluster: Kubernetes, core: Any, image: str) -> None:
    container = {"name": "run", "image": image, "command": ["sh", "-c", "for n in 1 2 3; do echo $n; sleep 0.2; done"]}
    first = {"name": "first", "image": image, "command": ["sh", "-c", "echo before"]}
    spec = {"restartPolicy": "Never", "containers": [container], "initContainers": [first]}
    jobs = BatchV1Api(client_of(cluster))
    jobs.create_namespaced_job("shop", {"metadata": {"name": "count"}, "spec": {"template": {"spec": spec}}})
    until(lambda: pods(core) and pods(core)[0].status.phase != "Pending", 20)
    (pod,) = pods(core)
    name = pod.metadata.name
    log = core.read_namespaced_pod_log(name, "shop", container="run", follow=True, _preload_content=False)
    assert log.read() == b"1\n2\n3\n"
    assert core.read_namespaced_pod_log(name, "shop", container="first") == "before\n"
    until(lambda: jobs.read_namespaced_job("count", "shop").status.succeeded == 1)
    (stamped,) = core.read_namespaced_pod_log(name, "shop", tail_lines=1, timestamps=True).splitlines()
    assert stamped.partition(" ")[2] == "3"
