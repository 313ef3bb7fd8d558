"""Manifests: what Kubernetes takes in its three newest versions, what keeps a pod harmless, what settings change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from kubernetes_validate import utils

from k8skit import HOSTS, SECRETS, WORKER, manifests_of, one_of, pod_specs, release, site_of
from pymacaron.exceptions import ConfigError, DeployError
from pymacaron_gcp.kubernetes.client import Object
from pymacaron_gcp.kubernetes.extra import read_extra
from pymacaron_gcp.kubernetes.kinds import KINDS
from pymacaron_gcp.kubernetes.names import fitting
from pymacaron_gcp.kubernetes.planning import differences

VERSIONS = sorted({tuple(int(part) for part in version.split(".")[:2]) for version in utils.all_versions()})[-3:]
PLAIN: dict[str, Any] = {name: address.replace("https", "http") for name, address in HOSTS.items()}
GATEWAY: dict[str, Any] = {"kubernetes_ingress": "gateway", **HOSTS}
GKE = {"is_gke": True, "gke_cluster": "shops"}
SITES: dict[str, dict[str, Any]] = {
    "a service of type LoadBalancer": {},
    "no address of its own": {"kubernetes_service_type": "ClusterIP", **HOSTS},
    "background processes": {"roles": {**WORKER, "beat_of_the_drum": ("beat",)}, "kubernetes_workers": 0},
    "secrets of our name": SECRETS,
    "secrets by reference": {**SECRETS, "kubernetes_secrets": {"SHOP_KEY": "all.secrets/shop.key"}},
    "an account": {"kubernetes_service_account": "somebody"},
    "an account of google": {**GKE, "kubernetes_service_account": "shop@shop-1.iam.gserviceaccount.com"},
    "a gateway": {**GATEWAY, "kubernetes_ingress_class": "cilium", "kubernetes_tls_secret": "shop-tls"},
    "a gateway of gke": {**GKE, **GATEWAY, "gke_certificate_map": "shop", "gke_address": "shop"},
    "a gateway without certificates": {**GKE, "kubernetes_ingress": "gateway", **PLAIN},
    "an ingress": {"kubernetes_ingress": "ingress", "kubernetes_ingress_class": "nginx", **HOSTS},
    "an ingress of gke": {**GKE, "kubernetes_ingress": "ingress", "gke_address": "shop", **HOSTS},
    "an ingress of gke with a certificate": {
        **GKE,
        "kubernetes_ingress": "ingress",
        "kubernetes_tls_secret": "shop-tls",
        **HOSTS,
    },
    "monitoring": {**GKE, "kubernetes_monitoring": True, "metrics": True},
    "small numbers": {
        "kubernetes_min_replicas": 1,
        "kubernetes_max_replicas": 1,
        "kubernetes_start_timeout": 1,
        "kubernetes_deploy_timeout": 2,
        "kubernetes_drain_seconds": 0,
    },
    "quantities": {"kubernetes_cpu": "0.5", "kubernetes_memory": "1.5Gi"},
    "an odd name": {"name": "The_Shop.that-sells-everything-which-is-under-the-sun", "roles": WORKER, **SECRETS},
    "another environment": {"env": "test"},
}

# What our manifests of kinds that Kubernetes itself does not have may hold, and must hold where it ends with "!".
TARGET = {"group!": str, "kind!": str, "name!": str}
CUSTOM: dict[str, Any] = {
    "Gateway": {
        "gatewayClassName!": str,
        "listeners!": [
            {
                "name!": str,
                "protocol!": str,
                "port!": int,
                "allowedRoutes": {"namespaces!": {"from!": str}},
                "tls": {"mode!": str, "certificateRefs!": [{"kind!": str, "name!": str}]},
            }
        ],
        "addresses": [{"type!": str, "value!": str}],
    },
    "HTTPRoute": {
        "parentRefs!": [{"kind!": str, "name!": str, "sectionName!": str}],
        "hostnames!": [str],
        "rules!": [
            {
                "backendRefs": [{"name!": str, "port!": int}],
                "filters": [{"type!": str, "requestRedirect!": {"scheme!": str, "statusCode!": int}}],
            }
        ],
    },
    "HealthCheckPolicy": {
        "default!": {
            "checkIntervalSec!": int,
            "timeoutSec!": int,
            "config!": {
                "type!": str,
                "httpHealthCheck!": {"portSpecification!": str, "port!": int, "requestPath!": str},
            },
        },
        "targetRef!": TARGET,
    },
    "ManagedCertificate": {"domains!": [str]},
    "FrontendConfig": {"redirectToHttps!": {"enabled!": bool}},
    "BackendConfig": {
        "healthCheck!": {
            "type!": str,
            "checkIntervalSec!": int,
            "timeoutSec!": int,
            "requestPath!": str,
            "port!": int,
        },
        "connectionDraining!": {"drainingTimeoutSec!": int},
    },
    "PodMonitoring": {
        "selector!": {"matchLabels!": dict},
        "endpoints!": [{"port!": int, "path!": str, "interval!": str}],
    },
}


@pytest.fixture(params=SITES)
def manifests(request: pytest.FixtureRequest, tmp_path: Path) -> list[Object]:
    return manifests_of(site_of(tmp_path, **SITES[request.param]))


@pytest.fixture(scope="module", autouse=True)
def each_schema_is_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "schema_contents", cache(utils.schema_contents))
        yield


@pytest.mark.parametrize("version", [f"{major}.{minor}" for major, minor in VERSIONS])
def test_kubernetes_takes_every_manifest_whatever_is_set(manifests: list[Object], version: str) -> None:
    for manifest in manifests:
        if manifest["kind"] in CUSTOM:
            assert manifest["apiVersion"] == KINDS[manifest["kind"]].version
            _fits(CUSTOM[manifest["kind"]], manifest["spec"], manifest["kind"])
        else:
            kubernetes_validate.validate(manifest, version, strict=True)


def test_three_versions_that_follow_each_other_are_tried() -> None:
    assert len(VERSIONS) == 3
    assert all(second == (first[0], first[1] + 1) for first, second in pairwise(VERSIONS))
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(
            {"apiVersion": "v1", "kind": "Pod", "spec": {"container": []}}, "1.37", strict=True
        )


def _fits(shape: Any, value: Any, place: str) -> None:
    if isinstance(shape, list):
        assert isinstance(value, list), place
        assert value, place
        for each in value:
            _fits(shape[0], each, place)
    elif isinstance(shape, dict):
        names = {name.removesuffix("!") for name in shape}
        required = {name.removesuffix("!") for name in shape if name.endswith("!")}
        assert required <= set(value) <= names, f"{place}: {sorted(value)}"
        for name, inner in shape.items():
            if name.removesuffix("!") in value:
                _fits(inner, value[name.removesuffix("!")], f"{place}.{name}")
    else:
        assert type(value) is shape, place


def test_no_pod_can_write_gain_rights_or_speak_to_the_cluster(manifests: list[Object]) -> None:
    for spec in pod_specs(manifests):
        assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        assert spec["automountServiceAccountToken"] is False
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert [one["mountPath"] for one in container["volumeMounts"]] == ["/tmp"]
        assert container["resources"]["limits"] == {"memory": container["resources"]["requests"]["memory"]}
        assert container["image"].partition("@")[2].startswith("sha256:")


def test_what_is_selected_is_labelled_so_and_never_by_its_release(manifests: list[Object]) -> None:
    for one in manifests:
        assert re.fullmatch(r"[a-z]([a-z0-9-]{0,51}[a-z0-9])?", one["metadata"]["name"])
        if one["kind"] != "Deployment":
            continue
        selector, template = one["spec"]["selector"]["matchLabels"], one["spec"]["template"]["metadata"]["labels"]
        assert selector.items() <= template.items()
        assert "pymacaron/release" in template
        assert "pymacaron/release" not in selector
        assert all(len(value) <= 63 for value in template.values())
    selectors = [str(one["spec"]["selector"]) for one in manifests if one["kind"] == "Deployment"]
    assert len(selectors) == len(set(selectors))


def test_no_value_of_a_secret_stands_in_a_manifest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOP_KEY", "canary-4711")
    found = manifests_of(site_of(tmp_path, roles=WORKER, kubernetes_secrets={"SHOP_KEY": "keys/shop"}, **SECRETS))
    assert "canary-4711" not in str(found)
    for spec in pod_specs(found):
        (reference,) = [one["valueFrom"] for one in spec["containers"][0]["env"] if one["name"] == "SHOP_KEY"]
        assert reference == {"secretKeyRef": {"name": "keys", "key": "shop"}}


def test_both_places_differ_in_what_pym_env_is_and_in_nothing_else_of_their_pods(tmp_path: Path) -> None:
    found = manifests_of(site_of(tmp_path, **SECRETS))
    live, staging = (
        one_of(found, "Deployment", name)["spec"]["template"]["spec"] for name in ("shop-live", "shop-staging")
    )
    assert {"name": "PYM_ENV", "value": "shop-staging"} in staging["containers"][0]["env"]
    assert str(live) == str(staging).replace("shop-staging", "shop-live").replace(
        "'secretKeyRef': {'name': 'shop-staging'", "'secretKeyRef': {'name': 'shop-live'"
    )


def test_a_pod_drains_before_it_is_told_to_end_and_has_the_time_for_both(tmp_path: Path) -> None:
    found = manifests_of(site_of(tmp_path, kubernetes_drain_seconds=25, graceful_timeout=40))
    spec = one_of(found, "Deployment")["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert container["lifecycle"]["preStop"]["exec"]["command"] == ["pym", "drain", "--wait", "25"]
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > 25 + 40
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert (container["startupProbe"]["httpGet"]["path"], container["livenessProbe"]["httpGet"]["path"]) == (
        "/ready",
        "/ping",
    )


@pytest.mark.parametrize("seconds", [1, 61, 300])
def test_a_container_has_the_time_to_start_that_is_set(tmp_path: Path, seconds: int) -> None:
    found = one_of(manifests_of(site_of(tmp_path, kubernetes_start_timeout=seconds)), "Deployment")
    probe = found["spec"]["template"]["spec"]["containers"][0]["startupProbe"]
    assert probe["failureThreshold"] * probe["periodSeconds"] == seconds


def test_the_number_of_live_pods_is_the_matter_of_the_autoscaler_alone(tmp_path: Path) -> None:
    found = manifests_of(site_of(tmp_path, roles=WORKER, kubernetes_min_replicas=3, kubernetes_max_replicas=7))
    assert "replicas" not in one_of(found, "Deployment")["spec"]
    scaler = one_of(found, "HorizontalPodAutoscaler")["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"], scaler["scaleTargetRef"]["name"]) == (3, 7, "shop-live")
    assert one_of(found, "Deployment", "shop-live-worker")["spec"]["replicas"] == 1


def test_history_is_longer_than_what_is_kept_so_that_failures_drive_no_release_out(tmp_path: Path) -> None:
    assert one_of(manifests_of(site_of(tmp_path)), "Deployment")["spec"]["revisionHistoryLimit"] >= 20


def test_http_is_sent_on_to_https_where_the_hosts_have_it(tmp_path: Path) -> None:
    found = manifests_of(site_of(tmp_path, is_gke=True, gke_cluster="a", gke_certificate_map="b", **GATEWAY))
    main, redirect = (one_of(found, "HTTPRoute", name)["spec"] for name in ("shop-live", "shop-live-redirect"))
    assert (main["parentRefs"][0]["sectionName"], redirect["parentRefs"][0]["sectionName"]) == ("https", "http")
    assert main["hostnames"] == redirect["hostnames"] == ["shop.example.com"]
    plain = manifests_of(site_of(tmp_path, is_gke=True, gke_cluster="a", kubernetes_ingress="gateway", **PLAIN))
    assert [one["metadata"]["name"] for one in plain if one["kind"] == "HTTPRoute"] == ["shop-live", "shop-staging"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kubernetes_min_replicas": 5, "kubernetes_max_replicas": 4}, "raise the latter"),
        ({"kubernetes_monitoring": True}, "add 'metrics: true'"),
        ({"kubernetes_ingress": "ingress", "live_host": "https://a.example"}, "there is no kubernetes_staging_host"),
        ({"kubernetes_service_type": "ClusterIP"}, "there is no live_host"),
        ({**GATEWAY, "kubernetes_staging_host": HOSTS["live_host"]}, "a host of their own"),
        (GATEWAY, "a Gateway wants its class"),
        ({**GATEWAY, "kubernetes_ingress_class": "cilium"}, "a Gateway wants a certificate"),
        ({"is_gke": True}, "add a line such as 'gke_cluster: shops'"),
    ],
)
def test_settings_that_contradict_each_other_are_told(tmp_path: Path, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        site_of(tmp_path, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"kubernetes_secrets": {"SHOP_KEY": "Shop/Key/twice"}},
        {"kubernetes_memory": "a lot"},
        {"kubernetes_ingress": "istio"},
        {"kubernetes_namespace": "Shop"},
        {"kubernetes_workers": -1},
    ],
)
def test_settings_that_no_cluster_takes_are_refused_before_it_is_asked(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match=next(iter(settings))):
        site_of(tmp_path, **settings)


def test_an_environment_called_staging_is_refused_because_live_needs_its_names(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="give the environment another name"):
        _ = site_of(tmp_path, "staging").places


@pytest.mark.parametrize("text", ["a.b", "a_b", "A-b", "9lives", "x" * 80, "x" * 81])
def test_names_fit_into_what_dns_allows_and_stay_apart(text: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", fitting(text, 40))
    assert len(fitting(text, 40)) <= 40
    assert fitting(text, 40) not in {fitting(other, 40) for other in ("a-b", "9-lives", "x" * 79)}


# The manifests of the service itself


def _extra(folder: Path, text: str) -> None:
    (folder / "k8s").mkdir(exist_ok=True)
    (folder / "k8s" / "more.yaml").write_text(text)


def test_a_manifest_of_one_of_our_things_is_merged_over_it_by_the_names_in_its_lists(tmp_path: Path) -> None:
    _extra(
        tmp_path,
        """
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop-live, annotations: {team: sales}}
spec:
  progressDeadlineSeconds: null
  template:
    spec:
      nodeSelector: {disk: fast}
      containers:
        - {name: service, env: [{name: PYM_ENV, value: other}, {name: MORE, value: "1"}]}
        - {name: sidecar, image: "sidecar:1"}
""",
    )
    ours = one_of(manifests_of(site_of(tmp_path)), "Deployment")
    merged = read_extra(tmp_path).over(ours)
    first, second = merged["spec"]["template"]["spec"]["containers"]
    variables = {one["name"]: one["value"] for one in first["env"]}
    assert (variables["PYM_ENV"], variables["MORE"], variables["PYM_RELEASE"]) == ("other", "1", "1")
    assert (second["name"], merged["metadata"]["annotations"]) == ("sidecar", {"team": "sales"})
    assert merged["metadata"]["labels"] == ours["metadata"]["labels"]
    assert "progressDeadlineSeconds" not in merged["spec"]
    kubernetes_validate.validate(merged, "1.37", strict=True)
    assert read_extra(tmp_path).others([ours], {}) == []


def test_a_manifest_of_another_thing_is_added(tmp_path: Path) -> None:
    _extra(tmp_path, "{apiVersion: v1, kind: ConfigMap, metadata: {name: shop-live}, data: {a: b}}")
    ours = manifests_of(site_of(tmp_path))
    (added,) = read_extra(tmp_path).others(ours, {"a": "b"})
    assert (added["kind"], added["metadata"]["labels"]) == ("ConfigMap", {"a": "b"})
    assert all(read_extra(tmp_path).over(one) == one for one in ours)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [", "k8s/more.yaml is no YAML"),
        ("kind: ConfigMap", "give it apiVersion, kind and metadata.name"),
        ("- a list", "give it apiVersion, kind and metadata.name"),
        (
            "{apiVersion: v1, kind: A, metadata: {name: a}}\n---\n{apiVersion: v1, kind: A, metadata: {name: a}}",
            "k8s/more.yaml has A a, which is there already",
        ),
    ],
)
def test_what_is_no_manifest_is_told_with_its_file(tmp_path: Path, text: str, sentence: str) -> None:
    _extra(tmp_path, text)
    with pytest.raises(DeployError, match=sentence):
        read_extra(tmp_path)


# Plans


def test_a_plan_names_what_differs_and_leaves_out_what_a_server_writes(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    before, after = (one_of(manifests_of(site, release(name, digest=f"shop@{name}")), "Deployment") for name in "12")
    before["metadata"] |= {"resourceVersion": "1", "generation": 1, "uid": "a"}
    after["metadata"] |= {"resourceVersion": "2", "annotations": {"deployment.kubernetes.io/revision": "2"}}
    told = list(differences({**before, "status": {"replicas": 1}}, after))
    place = "spec.template.spec.containers[service]"
    assert f"{place}.image: shop@1 -> shop@2" in told
    assert f"{place}.env[PYM_RELEASE].value: 1 -> 2" in told
    assert not [line for line in told if re.search("resourceVersion|revision|status|uid|generation", line)]


def test_a_plan_shows_no_value_of_a_secret() -> None:
    metadata = {"name": "keys"}
    told = list(
        differences({"metadata": metadata, "data": {"a": "x"}}, {"metadata": metadata, "data": {"a": "y"}}, True)
    )
    assert told == ["data.a changes"]
