"""The emulated cluster answers as Kubernetes does, over HTTP: objects, lists, watches, refusals, leases and faults."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from kubernetes.client import (
    ApiException,
    AppsV1Api,
    AuthorizationV1Api,
    CustomObjectsApi,
    VersionApi,
)

from clusterkit import (
    DEPLOYMENTS,
    MAPS,
    InProcess,
    Object,
    apply,
    ask,
    client_of,
    config_map,
    container_of,
    deployment,
    until,
)
from pymacaron_testing.emulators.kubernetes import Kubernetes


def test_the_cluster_tells_what_it_knows(cluster: Kubernetes) -> None:
    assert VersionApi(client_of(cluster)).get_code().major == "1"
    _, groups = ask(cluster, "GET", "/apis")
    names = {one["name"] for one in groups["groups"]}
    assert {"apps", "batch", "autoscaling", "policy", "networking.gke.io", "gateway.networking.k8s.io"} <= names
    _, listed = ask(cluster, "GET", "/apis/apps/v1")
    assert {"deployments", "deployments/scale", "replicasets"} <= {one["name"] for one in listed["resources"]}
    assert ask(cluster, "GET", "/api")[1]["versions"] == ["v1"]
    assert ask(cluster, "GET", "/apis/apps")[1]["preferredVersion"]["groupVersion"] == "apps/v1"


def test_a_plain_cluster_has_none_of_what_google_brings() -> None:
    with Kubernetes(gke=False, without=("gateway.networking.k8s.io",), containers=InProcess()) as cluster:
        for group in ("cloud.google.com/v1", "gateway.networking.k8s.io/v1"):
            assert ask(cluster, "GET", f"/apis/{group}")[0] == 404
        assert ask(cluster, "GET", "/apis/networking.k8s.io/v1")[0] == 200


def test_nobody_gets_in_without_the_token(cluster: Kubernetes) -> None:
    code, status = ask(cluster, "GET", "/api/v1/namespaces", token="guessed")
    assert (code, status["reason"]) == (401, "Unauthorized")


def test_who_may_do_less_is_told_what_is_missing(cluster: Kubernetes, core: Any) -> None:
    cluster.permit({"get configmaps"})
    with pytest.raises(ApiException, match=r"cannot list resource .*secrets") as refused:
        core.list_namespaced_secret("shop")
    assert refused.value.status == 403
    reviews = AuthorizationV1Api(client_of(cluster))
    for verb, allowed in (("get", True), ("delete", False)):
        spec = {"resourceAttributes": {"verb": verb, "resource": "configmaps", "namespace": "shop"}}
        assert reviews.create_self_subject_access_review({"spec": spec}).status.allowed is allowed


def test_objects_are_created_read_replaced_and_deleted(core: Any) -> None:
    made = core.create_namespaced_config_map("shop", config_map("prices", apple="1"))
    assert made.metadata.uid
    read = core.read_namespaced_config_map("prices", "shop")
    assert (read.data, read.metadata.resource_version) == ({"apple": "1"}, made.metadata.resource_version)
    read.data["apple"] = "2"
    replaced = core.replace_namespaced_config_map("prices", "shop", read)
    assert replaced.metadata.resource_version != made.metadata.resource_version
    core.delete_namespaced_config_map("prices", "shop")
    with pytest.raises(ApiException, match=r"configmaps .*prices.* not found"):
        core.read_namespaced_config_map("prices", "shop")


def test_refusals_are_those_of_kubernetes(cluster: Kubernetes) -> None:
    assert ask(cluster, "GET", f"{DEPLOYMENTS}/web") == (
        404,
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": 'deployments.apps "web" not found',
            "reason": "NotFound",
            "details": {"name": "web", "group": "apps", "kind": "deployments"},
            "code": 404,
        },
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "reason", "message"),
    [
        ("POST", MAPS, config_map("there"), 409, "AlreadyExists", 'configmaps "there" already exists'),
        ("POST", MAPS, config_map("No_Name"), 422, "Invalid", "RFC 1123"),
        ("POST", MAPS, config_map("a", {"x": "y z"}), 422, "Invalid", "valid label"),
        ("POST", MAPS, config_map("a", {"x/": "y"}), 422, "Invalid", "name part"),
        ("POST", MAPS, {"metadata": {}}, 422, "Invalid", "Required value: name"),
        ("POST", MAPS, {**config_map("a"), "kind": "Secret"}, 400, "BadRequest", "does not match"),
        ("POST", MAPS, {**config_map("a"), "dada": {}}, 400, "BadRequest", 'unknown field "dada"|unknown field'),
        ("POST", MAPS, b"{", 400, "BadRequest", "json parse error"),
        ("POST", "/api/v1/namespaces/none/configmaps", config_map("a"), 404, "NotFound", 'namespaces "none" not found'),
        ("PUT", f"{MAPS}/there", {"metadata": {"name": "there", "resourceVersion": "1"}}, 409, "Conflict", "modified"),
        ("PUT", f"{MAPS}/there", config_map("here"), 400, "BadRequest", "does not match"),
        ("DELETE", f"{MAPS}/there", {"preconditions": {"uid": "x"}}, 409, "Conflict", "Precondition failed"),
        ("GET", "/api/v1/namespaces/shop/plants", None, 404, "NotFound", "could not find the requested resource"),
    ],
)
def test_what_kubernetes_refuses_is_refused(
    cluster: Kubernetes, core: Any, method: str, path: str, body: Any, code: int, reason: str, message: str
) -> None:
    core.create_namespaced_config_map("shop", config_map("there"))
    status, answer = ask(cluster, method, path, body)
    assert (status, answer["reason"]) == (code, reason)
    assert message.partition("|")[0] in answer["message"] or message.partition("|")[2] in answer["message"]


def without(one: Object, *path: str) -> Object:
    inner: Any = one
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return one


def changed(one: Object, value: Any, *path: str) -> Object:
    inner: Any = one
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    inner[path[-1]] = value
    return one


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (changed(deployment(), {"app": "shop"}, "spec", "selector", "matchLabels"), "spec.template.metadata.labels"),
        (changed(deployment(), "Never", "spec", "template", "spec", "restartPolicy"), "restartPolicy"),
        (changed(deployment(), {"maxSurge": 0, "maxUnavailable": 0}, "spec", "strategy", "rollingUpdate"), "rollingUp"),
        (changed(deployment(), 700, "spec", "minReadySeconds"), "progressDeadlineSeconds"),
        (changed(deployment(), "two", "spec", "replicas"), "spec.replicas"),
        (without(deployment(), "spec", "template"), ""),
    ],
)
def test_a_deployment_that_means_nothing_is_refused(cluster: Kubernetes, wrong: Object, field: str) -> None:
    code, answer = ask(cluster, "POST", DEPLOYMENTS, wrong)
    assert (code, answer["reason"]) == (422, "Invalid")
    assert field in answer["details"]["causes"][0]["field"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resources", {"limits": {"memory": "1 GB"}}),
        ("resources", {"limits": {"memory": "1Gi"}, "requests": {"memory": "2Gi"}}),
        ("volumeMounts", [{"name": "none", "mountPath": "/x"}]),
        ("image", ""),
        ("livenessProbe", {"exec": {"command": ["x"]}, "successThreshold": 2}),
    ],
)
def test_a_container_that_means_nothing_is_refused(cluster: Kubernetes, field: str, value: Any) -> None:
    wrong = deployment()
    container_of(wrong)[field] = value
    code, answer = ask(cluster, "POST", DEPLOYMENTS, wrong)
    assert (code, answer["reason"]) == (422, "Invalid")
    assert field in answer["message"]


def test_what_never_changes_is_not_changed(cluster: Kubernetes, core: Any) -> None:
    apply(cluster, deployment(replicas=0))
    other = deployment(replicas=0, selector={"matchLabels": {"release": "1"}})
    code, answer = apply(cluster, other)
    assert (code, answer["details"]["causes"][0]["field"]) == (422, "spec.selector")
    core.create_namespaced_secret("shop", {"metadata": {"name": "key"}, "immutable": True, "stringData": {"a": "b"}})
    core.create_namespaced_service("shop", {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}})
    patches = [
        ("secrets/key", {"data": {"a": "Yw=="}}, "`immutable` is set"),
        ("services/web", {"spec": {"clusterIP": "10.96.9.9"}}, "field is immutable"),
    ]
    for path, patch, message in patches:
        code, answer = ask(
            cluster, "PATCH", f"/api/v1/namespaces/shop/{path}", patch, "application/strategic-merge-patch+json"
        )
        assert (code, message in answer["message"]) == (422, True), answer


def test_lists_are_chosen_by_labels_and_fields_in_pages(core: Any) -> None:
    for name, tier in (("a", "web"), ("b", "web"), ("c", "task")):
        core.create_namespaced_config_map("shop", config_map(name, {"tier": tier}))

    def names(**chosen: Any) -> list[str]:
        return [one.metadata.name for one in core.list_namespaced_config_map("shop", **chosen).items]

    assert names(label_selector="tier=web") == ["a", "b"]
    assert names(label_selector="tier!=web") == ["c"]
    assert names(label_selector="tier in (task, none),!x") == ["c"]
    assert names(label_selector="tier notin (task)") == ["a", "b"]
    assert names(label_selector="x") == []
    assert names(field_selector="metadata.name=b") == ["b"]
    first = core.list_namespaced_config_map("shop", limit=2)
    assert first.metadata.remaining_item_count == 1
    assert names(limit=2, _continue=first.metadata._continue) == ["c"]


@pytest.mark.parametrize(
    ("content", "patch", "ports"),
    [
        ("application/merge-patch+json", {"spec": {"ports": [{"port": 81}]}}, [81]),
        ("application/strategic-merge-patch+json", {"spec": {"ports": [{"port": 81, "name": "b"}]}}, [80, 81]),
        (
            "application/strategic-merge-patch+json",
            {"spec": {"ports": [{"port": 80, "$patch": "delete"}, {"port": 82}]}},
            [82],
        ),
        ("application/json-patch+json", [{"op": "replace", "path": "/spec/ports/0/port", "value": 83}], [83]),
    ],
)
def test_objects_are_patched(core: Any, cluster: Kubernetes, content: str, patch: Any, ports: list[int]) -> None:
    core.create_namespaced_service(
        "shop", {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80, "name": "a"}]}}
    )
    code, answer = ask(cluster, "PATCH", "/api/v1/namespaces/shop/services/web", patch, content)
    assert (code, [one["port"] for one in answer["spec"]["ports"]]) == (200, ports)


def test_a_patch_of_another_kind_is_refused(core: Any, cluster: Kubernetes) -> None:
    core.create_namespaced_config_map("shop", config_map("a"))
    assert ask(cluster, "PATCH", f"{MAPS}/a", {}, "application/xml")[0] == 415
    assert (
        ask(
            cluster,
            "PATCH",
            f"{MAPS}/a",
            [{"op": "test", "path": "/kind", "value": "x"}],
            "application/json-patch+json",
        )[0]
        == 422
    )


def test_what_an_object_owns_goes_with_it_unless_it_is_left_behind(core: Any, cluster: Kubernetes) -> None:
    def owned() -> set[str]:
        return {one.metadata.name for one in core.list_namespaced_config_map("shop").items}

    def holds(names: set[str]) -> bool:
        return owned() == names

    for policy, left in (("Background", set()), ("Foreground", set()), ("Orphan", {"child"})):
        owner = core.create_namespaced_config_map("shop", config_map("owner"))
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.metadata.uid}
        child = config_map("child")
        child["metadata"]["ownerReferences"] = [reference]
        core.create_namespaced_config_map("shop", child)
        core.delete_namespaced_config_map("owner", "shop", propagation_policy=policy)
        until(partial(holds, left))
    assert core.read_namespaced_config_map("child", "shop").metadata.owner_references in (None, [])


def test_a_namespace_takes_what_it_holds_with_it(core: Any, cluster: Kubernetes) -> None:
    core.create_namespace({"metadata": {"name": "garden"}})
    until(lambda: core.list_namespaced_service_account("garden").items)
    core.create_namespaced_config_map("garden", config_map("a"))
    core.delete_namespace("garden")
    until(lambda: "garden" not in [one.metadata.name for one in core.list_namespace().items])
    assert core.list_config_map_for_all_namespaces(field_selector="metadata.namespace=garden").items == []


def test_the_scale_of_a_deployment_is_read_and_written(cluster: Kubernetes) -> None:
    apps = AppsV1Api(client_of(cluster))
    apply(cluster, deployment(replicas=0))
    assert apps.read_namespaced_deployment_scale("web", "shop").spec.replicas == 0
    apps.patch_namespaced_deployment_scale("web", "shop", {"spec": {"replicas": 1}})
    assert apps.read_namespaced_deployment("web", "shop").spec.replicas == 1


def test_custom_resources_are_kept_as_they_are(cluster: Kubernetes) -> None:
    custom = CustomObjectsApi(client_of(cluster))
    place = ("cloud.google.com", "v1", "shop", "backendconfigs")
    one = {
        "apiVersion": "cloud.google.com/v1",
        "kind": "BackendConfig",
        "metadata": {"name": "web"},
        "spec": {"a": [1]},
    }
    custom.create_namespaced_custom_object(*place, one)
    assert custom.get_namespaced_custom_object(*place, "web")["spec"] == {"a": [1]}
