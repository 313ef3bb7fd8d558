"""Watches, leases and faults of the emulated cluster: what callers meet who are not alone, or not in luck."""

from __future__ import annotations

import threading
import urllib.error
from typing import Any

import pytest
from kubernetes.client import (
    ApiException,
    CoordinationV1Api,
)
from kubernetes.watch import Watch

from clusterkit import MAPS, apply, ask, client_of, config_map, deployment, until
from pymacaron_testing.emulators.kubernetes import Fault, Kubernetes


def test_a_watch_tells_each_change_from_a_number_on(core: Any) -> None:
    since = core.list_namespaced_config_map("shop").metadata.resource_version
    core.create_namespaced_config_map("shop", config_map("a", {"tier": "web"}))
    core.patch_namespaced_config_map("a", "shop", {"data": {"x": "1"}})
    core.patch_namespaced_config_map("a", "shop", {"metadata": {"labels": {"tier": "task"}}})
    core.delete_namespaced_config_map("a", "shop")
    chosen = {"resource_version": since, "timeout_seconds": 1}
    told = [one["type"] for one in Watch().stream(core.list_namespaced_config_map, "shop", **chosen)]
    assert told == ["ADDED", "MODIFIED", "MODIFIED", "DELETED"]
    web = Watch().stream(core.list_namespaced_config_map, "shop", label_selector="tier=web", **chosen)
    assert [one["type"] for one in web] == ["ADDED", "MODIFIED", "DELETED"]


def test_a_watch_tells_what_happens_while_it_runs(core: Any) -> None:
    found: list[str] = []
    watch = Watch()

    def follow() -> None:
        for one in watch.stream(core.list_namespaced_config_map, "shop", timeout_seconds=5):
            found.append(one["object"].metadata.name)
            if found == ["a", "b"]:
                watch.stop()

    core.create_namespaced_config_map("shop", config_map("a"))
    thread = threading.Thread(target=follow)
    thread.start()
    until(lambda: found == ["a"])
    core.create_namespaced_config_map("shop", config_map("b"))
    thread.join(10)
    assert found == ["a", "b"]


def test_a_watch_from_too_long_ago_is_told_that_it_is_expired(core: Any, cluster: Kubernetes) -> None:
    cluster.state.forget()
    core.create_namespaced_config_map("shop", config_map("a"))
    with pytest.raises(ApiException, match="too old resource version") as expired:
        list(Watch().stream(core.list_namespaced_config_map, "shop", resource_version="1", timeout_seconds=1))
    assert expired.value.status == 410


def test_a_lease_is_taken_by_one_of_two(cluster: Kubernetes) -> None:
    leases = CoordinationV1Api(client_of(cluster))
    body = {"metadata": {"name": "lock"}, "spec": {"holderIdentity": "me"}}
    made = leases.create_namespaced_lease("shop", body)
    taken = {"metadata": {"name": "lock", "resourceVersion": made.metadata.resource_version}, "spec": {}}
    leases.replace_namespaced_lease("lock", "shop", taken)
    for late in (taken, {**taken, "metadata": {"name": "lock"}}):
        with pytest.raises(ApiException) as refused:
            leases.replace_namespaced_lease("lock", "shop", late)
        assert refused.value.status in (409, 422)
    with pytest.raises(ApiException, match="already exists"):
        leases.create_namespaced_lease("shop", body)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.throttle("get configmaps", retry_after=7), 429),
        (Fault("get *", 500), 500),
        (Fault("* configmaps", 403), 403),
        (Fault("*", 401), 401),
        (Fault("get configmaps", 409, done=True), 409),
    ],
)
def test_faults_come_when_they_were_asked_for(cluster: Kubernetes, core: Any, fault: Fault, status: int) -> None:
    core.create_namespaced_config_map("shop", config_map("a"))
    fault.skip = 1
    cluster.faults.add(fault)
    core.read_namespaced_config_map("a", "shop")
    with pytest.raises(ApiException) as met:
        core.read_namespaced_config_map("a", "shop")
    assert met.value.status == status
    assert met.value.headers.get("Retry-After") == ("7" if status == 429 else None)
    core.read_namespaced_config_map("a", "shop")


@pytest.mark.parametrize("done", [False, True])
def test_an_answer_gets_lost_before_or_after_the_deed(cluster: Kubernetes, core: Any, done: bool) -> None:
    cluster.faults.add(Fault("create configmaps", reset=True, done=done))
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        ask(cluster, "POST", MAPS, config_map("a"))
    assert (ask(cluster, "GET", f"{MAPS}/a")[0] == 200) is done


def test_an_answer_is_held_back(cluster: Kubernetes, core: Any) -> None:
    cluster.faults.add(Fault("create configmaps", hang=0.5))
    with pytest.raises(Exception, match="Read timed out"):
        core.create_namespaced_config_map("shop", config_map("a"), _request_timeout=0.2)
    until(lambda: ask(cluster, "GET", f"{MAPS}/a")[0] == 200)


def test_calls_are_told_by_verb_and_resource(cluster: Kubernetes, core: Any) -> None:
    core.list_namespaced_config_map("shop")
    apply(cluster, deployment(replicas=0))
    assert cluster.calls == ["list configmaps", "patch deployments"]
