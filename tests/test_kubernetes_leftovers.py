"""What settings and the folder k8s do not ask for any more is removed at the end of a deploy, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8skit import HOSTS
from k8spods import LocalContainers, deploy, prepare, release, target_of
from pymacaron.exceptions import DeployError
from pymacaron_gcp.client import ENDPOINT
from pymacaron_gcp.kubernetes import pods
from pymacaron_gcp.kubernetes.leftovers import ON_GKE
from pymacaron_testing.emulators.kubernetes import Kubernetes

PLAIN: dict[str, Any] = {key: url.replace("https", "http") for key, url in HOSTS.items()}
GATEWAY = {"kubernetes_ingress": "gateway", "kubernetes_ingress_class": "any", "kubernetes_tls_secret": "tls"}
INGRESS = {"kubernetes_ingress": "ingress"}
GKE = {"is_gke": True, "gke_cluster": "shops"}
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "a gateway becomes an ingress": (
        {**GATEWAY, **HOSTS},
        {**INGRESS, **HOSTS},
        [
            "Gateway shop-live",
            "HTTPRoute shop-live",
            "HTTPRoute shop-live-redirect",
            "HTTPRoute shop-staging",
            "HTTPRoute shop-staging-redirect",
        ],
    ),
    "https becomes http": (
        {**GATEWAY, **HOSTS},
        {**GATEWAY, **PLAIN},
        ["HTTPRoute shop-live-redirect", "HTTPRoute shop-staging-redirect"],
    ),
    "an ingress becomes an address": ({**INGRESS, **HOSTS}, {}, ["Ingress shop-live"]),
    "an ingress of gke becomes a gateway": (
        {**GKE, **INGRESS, **HOSTS},
        {**GKE, **GATEWAY, **HOSTS},
        [
            "BackendConfig shop-live",
            "BackendConfig shop-staging",
            "ManagedCertificate shop-live",
            "ManagedCertificate shop-staging",
            "FrontendConfig shop-live",
            "Ingress shop-live",
        ],
    ),
    "monitoring is turned off": (
        {"kubernetes_monitoring": True, "metrics": True},
        {"metrics": True},
        ["PodMonitoring shop-live"],
    ),
}
QUEUE = (
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: queue}, spec: {replicas: 1, selector: {matchLabels: "
    "{app: queue}}, template: {metadata: {labels: {app: queue}}, spec: {containers: [{name: queue, image: 'queue:1', "
    "args: [work], env: [{name: PYM_RELEASE, value: none}]}]}}}}"
)
READS = (
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop-live}, spec: {template: {spec: {containers: "
    "[{name: service, env: [{name: TEXT, valueFrom: {configMapKeyRef: {name: texts, key: a}}}]}]}}}}"
)
TEXTS = "{apiVersion: v1, kind: ConfigMap, metadata: {name: texts}, data: {a: b}}"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kubernetes]:
    monkeypatch.setattr(pods, "STARTED_SECONDS", 0)
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    with Kubernetes(containers=LocalContainers()) as running, prepare(running).apply():
        yield running


@pytest.fixture
def extras(tmp_path: Path) -> Path:
    (tmp_path / "k8s").mkdir()
    return tmp_path / "k8s"


def names(cluster: Kubernetes, kind: str) -> list[str]:
    return [one["metadata"]["name"] for one in cluster.state.all(kind, "shop")]


@pytest.mark.parametrize("change", CHANGES)
def test_what_settings_do_not_ask_for_any_more_is_removed_at_the_end_of_the_next_deploy(
    cluster: Kubernetes, tmp_path: Path, change: str
) -> None:
    before, after, gone = CHANGES[change]
    deploy(target_of(tmp_path, **before), release("1"))
    target = target_of(tmp_path, **after)
    wanted = {(one["kind"], one["metadata"]["name"]) for one in target._releases.surroundings()}
    deploy(target, release("2"))
    assert target.prune(2) == gone
    kinds = ("Gateway", "HTTPRoute", "Ingress", "PodMonitoring", *ON_GKE)
    assert {(kind, name) for kind in kinds for name in names(cluster, kind)} <= wanted
    assert target.prune(2) == []


def test_what_a_file_of_the_service_brought_goes_with_the_file(
    cluster: Kubernetes, tmp_path: Path, extras: Path
) -> None:
    (extras / "queue.yaml").write_text(f"{QUEUE}\n---\n{TEXTS}")
    deploy(target_of(tmp_path), release("1"))
    (extras / "queue.yaml").write_text(TEXTS)
    target = target_of(tmp_path)
    deploy(target, release("2"))
    assert names(cluster, "Deployment") == ["queue", "shop-live"]
    assert target.prune(2) == ["Deployment queue"]
    assert (names(cluster, "Deployment"), names(cluster, "ConfigMap")) == (["shop-live"], ["texts"])


def test_a_deployment_of_the_service_itself_is_no_background_process(
    cluster: Kubernetes, tmp_path: Path, extras: Path
) -> None:
    (extras / "queue.yaml").write_text(QUEUE)
    target = target_of(tmp_path, {"worker": ("celery", "work")})
    for name in ("1", "2"):
        deploy(target, release(name))
    target.rollback("1")
    assert target.prune(1) == ["release 2"]
    queue: Any = cluster.state.get("Deployment", "shop", "queue")
    assert queue["spec"]["replicas"] == 1


def test_what_pods_of_a_kept_release_name_stays_as_long_as_it(
    cluster: Kubernetes, tmp_path: Path, extras: Path
) -> None:
    (extras / "texts.yaml").write_text(f"{TEXTS}\n---\n{READS}")
    deploy(target_of(tmp_path), release("1"))
    (extras / "texts.yaml").unlink()
    deploy(again := target_of(tmp_path), release("2"))
    assert (again.prune(2), names(cluster, "ConfigMap")) == ([], ["texts"])
    again.rollback("1")
    again.rollback("2")
    assert (again.prune(1), names(cluster, "ConfigMap")) == (["release 1", "ConfigMap texts"], [])


def test_what_holds_data_or_is_of_somebody_else_is_never_removed(
    cluster: Kubernetes, tmp_path: Path, extras: Path
) -> None:
    (extras / "keys.yaml").write_text("{apiVersion: v1, kind: Secret, metadata: {name: keys}, stringData: {a: b}}")
    (extras / "texts.yaml").write_text(TEXTS)
    deploy(target_of(tmp_path), release("1"))
    for path in extras.iterdir():
        path.unlink()
    target = target_of(tmp_path)
    labels = target.site.labels
    for name, manager, marks in (("theirs", "somebody", labels), ("unmarked", "pymacaron", {})):
        metadata = {"name": name, "labels": marks}
        target.cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, manager)
    deploy(target, release("2"))
    assert target.prune(2) == ["ConfigMap texts"]
    assert names(cluster, "ConfigMap") == ["theirs", "unmarked"]
    assert "keys" in names(cluster, "Secret")


def test_pruning_in_a_checkout_that_promoted_nothing_removes_nothing_around_releases(
    cluster: Kubernetes, tmp_path: Path, extras: Path
) -> None:
    (extras / "texts.yaml").write_text(TEXTS)
    deploy(target_of(tmp_path), release("1"))
    (extras / "texts.yaml").unlink()
    assert target_of(tmp_path).prune(2) == []
    assert names(cluster, "ConfigMap") == ["texts"]


def test_what_may_not_be_looked_for_is_told_with_its_label(cluster: Kubernetes, tmp_path: Path, extras: Path) -> None:
    (extras / "texts.yaml").write_text(TEXTS)
    deploy(target_of(tmp_path), release("1"))
    (extras / "texts.yaml").unlink()
    target = target_of(tmp_path)
    role = target.policy()["items"][0]
    cluster.permit({f"{verb} {one}" for rule in role["rules"] for one in rule["resources"] for verb in rule["verbs"]})
    deploy(target, release("2"))
    with pytest.raises(DeployError, match=r"may not look for ConfigMap of before: .* pymacaron/environment=shop-live"):
        target.prune(2)
    cluster.permit(None)
    assert target.prune(2) == ["ConfigMap texts"]


def test_the_printed_role_has_what_the_files_of_the_service_want(
    cluster: Kubernetes, tmp_path: Path, extras: Path
) -> None:
    policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: none}, spec: {podSelector: {}}}"
    secret = "{apiVersion: v1, kind: Secret, metadata: {name: keys}, stringData: {a: b}}"
    (extras / "more.yaml").write_text("\n---\n".join((TEXTS, policy, secret, QUEUE)))
    target = target_of(tmp_path)
    rules = target.policy()["items"][0]["rules"]
    cluster.permit({f"{verb} {one}" for rule in rules for one in rule["resources"] for verb in rule["verbs"]})
    assert target.check() == []
    deploy(target, release("1"))
    (extras / "more.yaml").write_text("\n---\n".join((TEXTS, policy)))
    deploy(target, release("2"))
    (networks,) = [rule for rule in rules if rule["resources"] == ["networkpolicies"]]
    assert networks == {
        "apiGroups": ["networking.k8s.io"],
        "resources": ["networkpolicies"],
        "verbs": ["create", "delete", "get", "list", "patch"],
    }
    assert [(rule.get("resourceNames"), rule["verbs"]) for rule in rules if rule["resources"] == ["secrets"]] == [
        (None, ["create"]),
        (["keys"], ["get", "patch"]),
    ]
