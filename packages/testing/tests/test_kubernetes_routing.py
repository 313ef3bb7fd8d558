"""Requests find the pods that are ready, by services, Ingresses and Gateways of the emulated cluster; jobs end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import AppsV1Api, BatchV1Api, CoreV1Api, NetworkingV1Api

from clusterkit import InProcess, Object, apply, ask, client_of, deployment, get, is_out, pods, service, until
from pymacaron_testing.emulators.kubernetes import ADDRESS, HOSTS, Kubernetes

GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/shop"


def test_requests_for_a_hostname_find_the_service_of_its_rules(cluster: Kubernetes, apps: Any, core: Any) -> None:
    core.create_namespaced_service("shop", service(kind="LoadBalancer"))
    backend = {"service": {"name": "web", "port": {"name": "http"}}}
    paths = [{"path": "/fruit", "pathType": "Prefix", "backend": backend}]
    rules = [{"host": "shop.example.com", "http": {"paths": paths}}]
    ingresses = NetworkingV1Api(client_of(cluster))
    ingresses.create_namespaced_ingress("shop", {"metadata": {"name": "web"}, "spec": {"rules": rules}})
    gateway = {"gatewayClassName": "any", "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}]}
    ask(cluster, "POST", f"{GATEWAYS}/gateways", {"metadata": {"name": "gate"}, "spec": gateway})
    route = {
        "parentRefs": [{"name": "gate"}],
        "hostnames": ["garden.example.com"],
        "rules": [{"backendRefs": [{"name": "web", "port": 80}, {"name": "none", "port": 80, "weight": 0}]}],
    }
    ask(cluster, "POST", f"{GATEWAYS}/httproutes", {"metadata": {"name": "garden"}, "spec": route})
    shop = until(lambda: cluster.url_of("shop.example.com"))
    garden = until(lambda: cluster.url_of("garden.example.com"))
    assert get(f"{shop}/fruit") == "503"
    apply(cluster, deployment(replicas=1))
    until(lambda: is_out(apps))
    assert [get(f"{shop}/fruit/1"), get(f"{shop}/fruits"), get(garden)] == ["1", "503", "1"]
    found = ingresses.read_namespaced_ingress("web", "shop")
    assert json.loads(found.metadata.annotations[HOSTS]) == {"shop.example.com": shop.removeprefix("http://")}
    (place,) = found.status.load_balancer.ingress
    own = f"http://{place.ip}:{place.ports[0].port}"
    assert [get(f"{own}/fruit", "shop.example.com"), get(f"{own}/fruit")] == ["1", "503"]
    told = ask(cluster, "GET", f"{GATEWAYS}/gateways/gate")[1]
    address = told["status"]["addresses"][0]["value"]
    assert address == told["metadata"]["annotations"][ADDRESS]
    assert get(f"http://{address}", "garden.example.com") == "1"
    (parent,) = ask(cluster, "GET", f"{GATEWAYS}/httproutes/garden")[1]["status"]["parents"]
    assert {one["type"]: one["status"] for one in parent["conditions"]} == {"Accepted": "True", "ResolvedRefs": "False"}
    endpoints = core.read_namespaced_endpoints("web", "shop").subsets
    assert [one.ports[0].port for one in endpoints] == [8080]


def test_a_balancer_may_learn_late_that_a_pod_is_leaving(containers: InProcess) -> None:
    with Kubernetes(containers=containers, lag=1) as cluster:
        cluster.add_namespace("shop")
        core, apps = CoreV1Api(client_of(cluster)), AppsV1Api(client_of(cluster))
        core.create_namespaced_service("shop", service())
        apply(cluster, deployment(replicas=1))
        until(lambda: is_out(apps))
        url = str(cluster.url_of_service("shop", "web"))
        apps.delete_namespaced_deployment("web", "shop")
        until(lambda: containers.told)
        assert get(url) in ("502", "503")


def job(image: str, **spec: Any) -> Object:
    container = {"name": "run", "image": image, "args": ["migrate"], "env": [{"name": "WORD", "value": "yes"}]}
    pod = {"restartPolicy": "Never", "containers": [container]}
    return {"metadata": {"name": "migrate"}, "spec": {"template": {"spec": pod}, **spec}}


@pytest.mark.parametrize(
    ("image", "spec", "ends", "count"),
    [
        ("task", {}, ("Complete", "CompletionsReached"), 1),
        ("crash", {"backoffLimit": 1}, ("Failed", "BackoffLimitExceeded"), 2),
        ("shop:1", {"activeDeadlineSeconds": 1}, ("Failed", "DeadlineExceeded"), 0),
    ],
)
def test_a_job_ends_well_or_says_why_not(
    cluster: Kubernetes, core: Any, image: str, spec: Object, ends: tuple[str, str], count: int
) -> None:
    jobs = BatchV1Api(client_of(cluster))
    jobs.create_namespaced_job("shop", job(image, **spec))

    def end() -> tuple[str, str] | None:
        conditions = jobs.read_namespaced_job("migrate", "shop").status.conditions or []
        return next(((one.type, one.reason) for one in conditions if one.type in ("Complete", "Failed")), None)

    assert until(end) == ends
    until(lambda: len(pods(core, **{"job-name": "migrate"})) == count)
    for pod in pods(core):
        assert "migrate says yes" in core.read_namespaced_pod_log(pod.metadata.name, "shop")
    jobs.delete_namespaced_job("migrate", "shop", propagation_policy="Background")
    until(lambda: not pods(core))


def test_a_job_that_is_over_goes_when_its_time_is(cluster: Kubernetes, core: Any) -> None:
    jobs = BatchV1Api(client_of(cluster))
    jobs.create_namespaced_job("shop", job("task", ttlSecondsAfterFinished=0))
    until(lambda: not jobs.list_namespaced_job("shop").items and not pods(core))


@pytest.mark.parametrize("target", ["kubernetes", "gke"])
def test_a_command_gets_a_cluster_of_its_own(tmp_path: Path, target: str) -> None:
    (tmp_path / "pym-config.yaml").write_text("name: shop\n")
    asks = (
        "import os, kubernetes.client as api, kubernetes.config as config\n"
        "config.load_kube_config(context='emulator')\n"
        "groups = {one.name for one in api.ApisApi().get_api_versions().groups}\n"
        "print('apps' in groups, 'networking.gke.io' in groups, 'PYM_GCP_ENDPOINT' in os.environ)"
    )
    command = [sys.executable, "-m", "pymacaron", "emulate", target, sys.executable, "-c", asks]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    is_gke = target == "gke"
    assert (done.stdout, done.returncode) == (f"True {is_gke} {is_gke}\n", 0), done.stderr
