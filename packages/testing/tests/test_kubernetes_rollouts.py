"""Controllers of the emulated cluster: deployments roll out as in Kubernetes, and pods say why they do not run."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from kubernetes.client import AutoscalingV2Api, PolicyV1Api

from clusterkit import (
    REVISION,
    InProcess,
    apply,
    ask,
    client_of,
    condition,
    container_of,
    deployment,
    get,
    is_out,
    pods,
    reasons,
    service,
    until,
)
from pymacaron_testing.emulators.kubernetes import Kubernetes


def test_a_deployment_runs_its_pods_and_tells_how_far_it_is(cluster: Kubernetes, apps: Any, core: Any) -> None:
    apply(cluster, deployment())
    until(lambda: is_out(apps))
    (made,) = apps.list_namespaced_replica_set("shop").items
    digest = made.metadata.labels["pod-template-hash"]
    assert made.metadata.name == f"web-{digest}"
    assert apps.read_namespaced_deployment("web", "shop").metadata.annotations[REVISION] == "1"
    for pod in pods(core, app="web"):
        assert pod.metadata.owner_references[0].name == made.metadata.name
        assert (pod.status.phase, pod.status.container_statuses[0].ready) == ("Running", True)
        assert {"Scheduled", "Pulled", "Created", "Started"} <= reasons(core, pod.metadata.name)
    assert condition(apps, "Available") == ("True", "MinimumReplicasAvailable")
    until(lambda: condition(apps, "Progressing") == ("True", "NewReplicaSetAvailable"))
    assert "ScalingReplicaSet" in reasons(core, "web")


def test_no_request_is_lost_while_a_release_takes_the_place_of_another(
    cluster: Kubernetes, apps: Any, core: Any, containers: InProcess
) -> None:
    core.create_namespaced_service("shop", service())
    careful = {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}
    first, second = deployment("1", **careful), deployment("2", **careful)
    for one in (first, second):
        container_of(one)["lifecycle"] = {"preStop": {"exec": {"command": ["drain"]}}}
    apply(cluster, first)
    until(lambda: is_out(apps))
    url, found, over = str(cluster.url_of_service("shop", "web")), [], threading.Event()

    def load() -> None:
        while not over.is_set():
            found.append(get(url))

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    until(lambda: found)
    apply(cluster, second)
    until(lambda: is_out(apps) and "2" in found and len(pods(core)) == 2)
    over.set()
    for thread in threads:
        thread.join()
    assert set(found) == {"1", "2"}
    assert containers.told == ["drain in 1", "stop 1", "drain in 1", "stop 1"]
    assert [one.spec.replicas for one in apps.list_namespaced_replica_set("shop").items].count(0) == 1


def test_one_that_is_never_ready_leaves_the_old_pods_and_is_late(
    cluster: Kubernetes, apps: Any, core: Any, containers: InProcess
) -> None:
    apply(cluster, deployment("1", progressDeadlineSeconds=1))
    until(lambda: is_out(apps))
    containers.statuses["2"] = 503
    apply(cluster, deployment("2", progressDeadlineSeconds=1, strategy={"rollingUpdate": {"maxUnavailable": 0}}))
    until(lambda: condition(apps, "Progressing") == ("False", "ProgressDeadlineExceeded"))
    assert condition(apps, "Available")[0] == "True"
    assert len(pods(core, release="1")) == 2
    (late,) = until(lambda: pods(core, release="2"))
    until(
        lambda: (
            (late.metadata.name, "Readiness probe failed: HTTP probe failed with statuscode: 503")
            in {(one.involved_object.name, one.message) for one in core.list_namespaced_event("shop").items}
        )
    )
    containers.statuses["2"] = 200
    until(lambda: is_out(apps))
    until(lambda: condition(apps, "Progressing")[0] == "True")


def test_a_template_that_was_there_before_is_the_newest_revision_again(cluster: Kubernetes, apps: Any) -> None:
    for release in ("1", "2", "1"):
        apply(cluster, deployment(release, replicas=1))
        until(lambda: is_out(apps))
    sets = apps.list_namespaced_replica_set("shop").items
    revisions = {one.spec.template.metadata.labels["release"]: one.metadata.annotations[REVISION] for one in sets}
    assert revisions == {"1": "3", "2": "2"}


def test_old_replica_sets_are_kept_as_long_as_the_limit_says(cluster: Kubernetes, apps: Any) -> None:
    def kept(*releases: str) -> bool:
        sets = apps.list_namespaced_replica_set("shop").items
        return [one.spec.template.metadata.labels["release"] for one in sets] in (list(releases), list(releases)[::-1])

    for release in ("1", "2", "3"):
        apply(cluster, deployment(release, replicas=0, revisionHistoryLimit=1))
        until(partial(kept, *(str(int(release) - 1), release)[release == "1" :]))


def test_a_deployment_that_recreates_ends_the_old_pods_first(
    cluster: Kubernetes, apps: Any, containers: InProcess
) -> None:
    for release in ("1", "2"):
        apply(cluster, deployment(release, strategy={"type": "Recreate"}))
        until(lambda: is_out(apps))
    assert containers.told == ["stop 1", "stop 1"]
    assert [one.variables["RELEASE"] for one in containers.commands] == ["1", "1", "2", "2"]


def test_a_pause_holds_a_release_back(cluster: Kubernetes, apps: Any, core: Any) -> None:
    apply(cluster, deployment("1", replicas=1))
    until(lambda: is_out(apps))
    apply(cluster, deployment("2", replicas=1, paused=True))
    until(lambda: apps.read_namespaced_deployment("web", "shop").status.observed_generation == 2)
    assert [one.metadata.labels["release"] for one in pods(core)] == ["1"]
    apply(cluster, deployment("2", replicas=1))
    until(lambda: is_out(apps))


def test_a_pod_counts_when_it_has_been_ready_for_some_seconds(cluster: Kubernetes, apps: Any) -> None:
    apply(cluster, deployment(replicas=1, minReadySeconds=500))
    until(lambda: apps.read_namespaced_deployment("web", "shop").status.ready_replicas == 1)
    assert apps.read_namespaced_deployment("web", "shop").status.available_replicas is None
    apply(cluster, deployment(replicas=1, minReadySeconds=1))
    until(lambda: is_out(apps))


@pytest.mark.parametrize(
    ("image", "reason", "event"),
    [
        ("none:1", "ImagePullBackOff", "BackOff"),
        ("crash", "CrashLoopBackOff", "BackOff"),
        ("root", "CreateContainerConfigError", "Failed"),
        ("task", "CreateContainerConfigError", "Failed"),
    ],
)
def test_a_pod_that_cannot_run_says_why(cluster: Kubernetes, core: Any, image: str, reason: str, event: str) -> None:
    broken = deployment(replicas=1)
    container_of(broken)["image"] = image
    broken["spec"]["template"]["spec"]["securityContext"] = {"runAsNonRoot": True}
    apply(cluster, broken)

    def waiting() -> str | None:
        found = [one.status.container_statuses for one in pods(core) if one.status.container_statuses]
        return found[0][0].state.waiting.reason if found and found[0][0].state.waiting else None

    until(lambda: waiting() == reason)
    assert event in reasons(core, "web-")
    assert not pods(core)[0].status.container_statuses[0].ready


def test_pods_wait_for_a_secret_that_is_missing(
    cluster: Kubernetes, apps: Any, core: Any, containers: InProcess
) -> None:
    one = deployment(replicas=1)
    source = {"secretKeyRef": {"name": "keys", "key": "word"}}
    container_of(one)["env"] += [{"name": "WORD", "valueFrom": source}, {"name": "TWICE", "value": "$(WORD) $(WORD)"}]
    apply(cluster, one)
    until(lambda: pods(core) and "Failed" in reasons(core, "web-"))
    assert [each.message for each in core.list_namespaced_event("shop").items if each.reason == "Failed"] == [
        'Error: secret "keys" not found'
    ]
    core.create_namespaced_secret("shop", {"metadata": {"name": "keys"}, "stringData": {"word": "plum"}})
    until(lambda: is_out(apps))
    assert containers.commands[0].variables["TWICE"] == "plum plum"


def test_pods_are_not_made_for_an_account_that_is_missing(cluster: Kubernetes, apps: Any, core: Any) -> None:
    one = deployment(replicas=1)
    one["spec"]["template"]["spec"]["serviceAccountName"] = "web"
    apply(cluster, one)
    until(lambda: condition(apps, "ReplicaFailure") == ("True", "FailedCreate"))
    assert pods(core) == []
    assert "FailedCreate" in reasons(core, "web-")


def test_a_restricted_namespace_lets_in_no_pod_that_could_harm(cluster: Kubernetes, core: Any, apps: Any) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    core.patch_namespace("shop", {"metadata": {"labels": labels}})
    apply(cluster, deployment(replicas=1))
    until(lambda: condition(apps, "ReplicaFailure")[0] == "True")
    (failure,) = {one.message for one in core.list_namespaced_event("shop").items if one.reason == "FailedCreate"}
    for text in ("allowPrivilegeEscalation", "unrestricted capabilities", "runAsNonRoot", "seccompProfile"):
        assert text in failure


def test_autoscalers_and_budgets_keep_and_tell_their_bounds(cluster: Kubernetes, apps: Any, core: Any) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    scaler = {"metadata": {"name": "web"}, "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 3}}
    api = client_of(cluster)
    AutoscalingV2Api(api).create_namespaced_horizontal_pod_autoscaler("shop", scaler)
    budget = {"metadata": {"name": "web"}, "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}}
    PolicyV1Api(api).create_namespaced_pod_disruption_budget("shop", budget)
    free = deployment()
    del free["spec"]["replicas"]
    apply(cluster, free)
    until(lambda: is_out(apps) and len(pods(core)) == 2)
    assert apply(cluster, free)[1]["spec"]["replicas"] == 2
    read = PolicyV1Api(api).read_namespaced_pod_disruption_budget
    until(lambda: read("web", "shop").status.current_healthy == 2)
    name = pods(core)[0].metadata.name
    assert ask(cluster, "POST", f"/api/v1/namespaces/shop/pods/{name}/eviction", {})[0] == 429
