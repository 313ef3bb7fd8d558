"""Server-side apply on the emulated cluster: who owns which field, what conflicts, and what goes when nobody does."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest

from clusterkit import APPLY, InProcess, Object, apply, ask, container_of, deployment
from pymacaron_testing.emulators.kubernetes import Kubernetes

PATH = "/apis/apps/v1/namespaces/shop/deployments/web"


@pytest.fixture(scope="module")
def running() -> Iterator[Kubernetes]:
    with Kubernetes(containers=InProcess()) as cluster:
        yield cluster


@pytest.fixture
def cluster(running: Kubernetes) -> Iterator[Kubernetes]:
    running.add_namespace("shop")
    yield running
    ask(running, "DELETE", "/api/v1/namespaces/shop")
    while ask(running, "GET", "/api/v1/namespaces/shop")[0] == 200:
        pass


def idle(release: str = "1", **spec: Any) -> Object:
    return deployment(release, **{"replicas": 0, **spec})


def read(cluster: Kubernetes) -> Object:
    return ask(cluster, "GET", PATH)[1]


def owned_by(one: Object, manager: str) -> Object:
    return next(entry for entry in one["metadata"]["managedFields"] if entry["manager"] == manager)


def test_who_applies_owns_what_was_applied_and_nothing_else(cluster: Kubernetes) -> None:
    code, made = apply(cluster, idle())
    assert code == 201
    (entry,) = [one for one in made["metadata"]["managedFields"] if one["manager"] == "deployer"]
    assert (entry["operation"], entry["apiVersion"], entry["fieldsType"]) == ("Apply", "apps/v1", "FieldsV1")
    spec = entry["fieldsV1"]["f:spec"]
    assert set(spec) == {"f:replicas", "f:selector", "f:template"}
    assert spec["f:selector"] == {}
    container = spec["f:template"]["f:spec"]["f:containers"]['k:{"name":"web"}']
    assert container["."] == {}
    assert container["f:env"] == {'k:{"name":"RELEASE"}': {".": {}, "f:name": {}, "f:value": {}}}
    assert set(container["f:ports"]) == {'k:{"containerPort":8080,"protocol":"TCP"}'}
    assert "f:name" not in entry["fieldsV1"].get("f:metadata", {})


def settle(cluster: Kubernetes) -> None:
    """Wait until the controllers have done all that follows from a change."""
    number = -1
    while number != cluster.state.number:
        number = cluster.state.number
        time.sleep(0.5)  # more than twice their period


def test_what_is_applied_again_changes_nothing(cluster: Kubernetes) -> None:
    apply(cluster, idle())
    settle(cluster)
    before = read(cluster)
    code, after = apply(cluster, idle())
    assert (code, after["metadata"]["resourceVersion"]) == (200, before["metadata"]["resourceVersion"])
    assert after == before


def test_a_field_that_another_one_owns_is_a_conflict_that_can_be_forced(cluster: Kubernetes) -> None:
    apply(cluster, idle())
    code, status = apply(cluster, idle(replicas=1), "scaler")
    assert (code, status["reason"]) == (409, "Conflict")
    assert status["message"] == 'Apply failed with 1 conflict: conflict with "deployer" using apps/v1: .spec.replicas'
    assert status["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "deployer" using apps/v1',
            "field": ".spec.replicas",
        }
    ]
    assert read(cluster)["spec"]["replicas"] == 0
    assert apply(cluster, idle(replicas=1, paused=True), "scaler", force="true")[0] == 200
    found = read(cluster)
    assert found["spec"]["replicas"] == 1
    assert "f:replicas" not in owned_by(found, "deployer")["fieldsV1"]["f:spec"]
    assert "f:replicas" in owned_by(found, "scaler")["fieldsV1"]["f:spec"]


def test_conflicts_tell_items_of_lists_by_their_keys(cluster: Kubernetes) -> None:
    apply(cluster, idle("1"))
    code, status = apply(cluster, idle("2"), "other")
    fields = [one["field"] for one in status["details"]["causes"]]
    assert code == 409
    assert fields == [
        ".spec.template.metadata.labels.release",
        '.spec.template.spec.containers[name="web"].env[name="RELEASE"].value',
    ]


def test_two_that_agree_own_together_and_both_have_to_let_go(cluster: Kubernetes) -> None:
    labelled = idle()
    labelled["metadata"]["labels"] = {"team": "fruit"}
    apply(cluster, labelled)
    apply(cluster, labelled, "other")
    apply(cluster, idle())
    assert read(cluster)["metadata"]["labels"] == {"team": "fruit"}
    apply(cluster, idle(), "other")
    assert "labels" not in read(cluster)["metadata"]


def test_what_is_not_applied_any_more_goes(cluster: Kubernetes) -> None:
    more = idle(revisionHistoryLimit=3)
    container = container_of(more)
    container["env"] += [{"name": "EXTRA", "value": "1"}]
    container["ports"] += [{"containerPort": 9090}]
    more["spec"]["template"]["spec"]["containers"] += [{"name": "second", "image": "shop:2"}]
    more["spec"]["template"]["metadata"]["annotations"] = {"note": "x"}
    apply(cluster, more)
    apply(cluster, idle())
    spec = read(cluster)["spec"]
    (found,) = spec["template"]["spec"]["containers"]
    assert [one["name"] for one in found["env"]] == ["RELEASE"]
    assert [one["containerPort"] for one in found["ports"]] == [8080]
    assert "annotations" not in spec["template"]["metadata"]
    assert spec["revisionHistoryLimit"] == 10  # that of the server again


def test_what_others_set_stays(cluster: Kubernetes) -> None:
    apply(cluster, idle())
    patch = {"metadata": {"annotations": {"by": "hand"}}}
    ask(cluster, "PATCH", PATH + "?fieldManager=hand", patch, "application/merge-patch+json")
    found = apply(cluster, idle("2"))[1]
    assert found["metadata"]["annotations"]["by"] == "hand"
    entry = owned_by(found, "hand")
    assert (entry["operation"], entry["fieldsV1"]) == ("Update", {"f:metadata": {"f:annotations": {"f:by": {}}}})


def test_an_update_takes_the_fields_that_it_changes(cluster: Kubernetes) -> None:
    apply(cluster, idle())
    patch = {"spec": {"replicas": 1, "paused": True}}
    ask(cluster, "PATCH", PATH + "?fieldManager=hand", patch, "application/merge-patch+json")
    assert "f:replicas" not in owned_by(read(cluster), "deployer")["fieldsV1"]["f:spec"]
    assert apply(cluster, idle())[1]["reason"] == "Conflict"
    without = idle()
    del without["spec"]["replicas"]
    assert apply(cluster, without)[1]["spec"]["replicas"] == 1


def test_a_scale_is_owned_apart(cluster: Kubernetes) -> None:
    apply(cluster, idle(paused=True))
    scale = {"spec": {"replicas": 1}}
    ask(cluster, "PATCH", PATH + "/scale?fieldManager=hand", scale, "application/merge-patch+json")
    entry = owned_by(read(cluster), "hand")
    assert (entry["subresource"], entry["fieldsV1"]) == ("scale", {"f:spec": {"f:replicas": {}}})
    _, status = apply(cluster, idle(paused=True))
    assert 'conflict with "hand" with subresource "scale" using apps/v1' in status["message"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_dry_run_tells_what_would_be_and_changes_nothing(cluster: Kubernetes, exists: bool) -> None:
    if exists:
        apply(cluster, idle())
    settle(cluster)
    before, number = ask(cluster, "GET", PATH), cluster.state.number
    code, told = apply(cluster, idle("2", revisionHistoryLimit=3), dryRun="All")
    assert (code, told["spec"]["revisionHistoryLimit"]) == (200 if exists else 201, 3)
    assert told["spec"]["strategy"]["type"] == "RollingUpdate"
    assert (ask(cluster, "GET", PATH), cluster.state.number) == (before, number)


def wrong_manager(one: Object) -> Object:
    one["metadata"]["managedFields"] = []
    return one


def unknown_field(one: Object) -> Object:
    container_of(one)["imagePullPolice"] = "Always"
    return one


def wrong_name(one: Object) -> Object:
    one["metadata"]["name"] = "shop"
    return one


def wrong_list(one: Object) -> Object:
    one["spec"]["template"]["spec"]["containers"] = ["web"]
    return one


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (wrong_manager, "metadata.managedFields must be nil"),
        (unknown_field, "imagePullPolice"),
        (wrong_name, "does not match the name on the URL"),
        (wrong_list, "containers"),
    ],
)
def test_what_cannot_be_applied_is_refused(cluster: Kubernetes, change: Any, message: str, exists: bool) -> None:
    if exists:
        apply(cluster, idle())
    code, status = ask(cluster, "PATCH", PATH + "?fieldManager=deployer", change(idle()), APPLY)
    assert code in (400, 422)
    assert message in status["message"] or change is wrong_list


def test_who_applies_says_who(cluster: Kubernetes) -> None:
    code, status = ask(cluster, "PATCH", PATH, idle(), APPLY)
    assert (code, "fieldManager: Required value" in status["message"]) == (400, True)


def test_unknown_fields_are_let_through_where_that_is_asked_for(cluster: Kubernetes) -> None:
    assert apply(cluster, unknown_field(idle()), fieldValidation="Warn")[0] == 201


def test_a_configuration_may_be_yaml(cluster: Kubernetes) -> None:
    path = "/api/v1/namespaces/shop/configmaps/prices?fieldManager=deployer"
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: prices}\ndata: {apple: '1'}\n"
    code, made = ask(cluster, "PATCH", path, text, APPLY)
    assert (code, made["data"]) == (201, {"apple": "1"})
    assert ask(cluster, "PATCH", path, b"a: [", APPLY)[0] == 400


def test_an_apply_on_an_old_version_is_a_conflict(cluster: Kubernetes) -> None:
    _, made = apply(cluster, idle())
    apply(cluster, idle("2"))
    late = copy.deepcopy(idle("3"))
    late["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"]
    assert apply(cluster, late)[0] == 409


def test_what_the_server_fills_in_is_no_conflict(cluster: Kubernetes) -> None:
    named = idle()
    source = {"fieldRef": {"fieldPath": "metadata.name"}}
    container_of(named)["env"] += [{"name": "POD", "valueFrom": source}]
    apply(cluster, named)
    assert apply(cluster, named, "other")[0] == 200
