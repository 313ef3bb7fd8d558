"""`pym gke` as a process, on an emulated cluster: the commands of packages/gcp/README.md."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8skit import SECRETS, environment_of
from k8spods import FAST, LocalContainers, deploy, prepare, release, target_of
from pymacaron.deploy.emulators import EMULATION
from pymacaron_testing.emulators.kubernetes import Kubernetes

SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.fixture
def cluster() -> Iterator[Kubernetes]:
    with Kubernetes(containers=LocalContainers()) as running, running.apply():
        yield running


def pym(folder: Path, *arguments: str, command: str = "pym") -> tuple[int, str, str]:
    done = subprocess.run([SCRIPTS / command, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def config_of(folder: Path, **settings: Any) -> None:
    environment_of(folder, deploy_target="kubernetes", **{**FAST, **settings})


def test_setup_makes_what_check_misses_but_no_secret(cluster: Kubernetes, tmp_path: Path) -> None:
    config_of(tmp_path, **SECRETS)
    assert pym(tmp_path, "gke", "check") == (1, "there is no namespace shop: run 'pym gke setup'\n", "")
    code, told, _ = pym(tmp_path, "gke", "setup", "--yes")
    wanted = "SHOP_KEY wants the Secret shop-live, which is not in the namespace shop"
    assert (code, told.splitlines()[-1].startswith(wanted)) == (1, True)
    assert [line for line in told.splitlines() if line.startswith("done: ")] == [
        "done: made Namespace shop",
        "done: made ServiceAccount shop-live",
        "done: made Service shop-staging",
        "done: made Service shop-live",
    ]
    config_of(tmp_path)
    assert pym(tmp_path, "check", command="pymgke")[:2] == (0, "nothing is missing\n")
    assert "done: " not in pym(tmp_path, "gke", "setup", "--yes")[1]


def test_a_cluster_that_can_pull_no_image_is_told_unless_it_is_emulated(
    cluster: Kubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.add_namespace("shop")
    config_of(tmp_path, docker_registry=None)
    code, told, _ = pym(tmp_path, "gke", "check")
    assert (code, told.endswith("add a line such as 'docker_registry: registry.example.com'\n")) == (1, True)
    monkeypatch.setenv(EMULATION, str(tmp_path))
    assert pym(tmp_path, "gke", "check")[:2] == (0, "nothing is missing\n")
    monkeypatch.delenv(EMULATION)
    config_of(tmp_path, docker_registry=None, docker_repo="shops")
    assert pym(tmp_path, "gke", "check")[:2] == (0, "nothing is missing\n")


def test_setup_leaves_a_namespace_that_was_there_as_it_is(cluster: Kubernetes, tmp_path: Path) -> None:
    cluster.add_namespace("shop")
    before = cluster.state.get("Namespace", "", "shop")
    assert "made ServiceAccount shop-live" in list(target_of(tmp_path).setup())
    assert cluster.state.get("Namespace", "", "shop") == before


def test_ip_prints_the_addresses_and_tells_where_there_is_none(cluster: Kubernetes, tmp_path: Path) -> None:
    config_of(tmp_path)
    code, told, _ = pym(tmp_path, "gke", "ip")
    assert (code, told) == (1, "shop-live has no address yet\nshop-staging has no address yet\n")
    pym(tmp_path, "gke", "setup", "--yes")
    code, told, _ = pym(tmp_path, "gke", "ip")
    assert (code, [line.split()[0] for line in told.splitlines()]) == (0, ["shop-live", "shop-staging"])


def test_policy_prints_what_kubectl_applies_without_asking_the_cluster(tmp_path: Path) -> None:
    config_of(tmp_path, **SECRETS)
    role = json.loads(pym(tmp_path, "gke", "policy")[1])["items"][0]
    rules = {(rule["resources"][0], tuple(rule.get("resourceNames", ()))): rule["verbs"] for rule in role["rules"]}
    assert rules["secrets", ("shop-live",)] == ["get"]
    assert rules["ingresses", ()] == ["delete", "list"]
    assert "configmaps" not in str(rules)
    kinds = [one["kind"] for one in json.loads(pym(tmp_path, "gke", "policy", "--setup")[1])["items"]]
    assert kinds == ["Role", "ClusterRole"]


def test_status_logs_and_rollback_are_those_of_pym(cluster: Kubernetes, tmp_path: Path) -> None:
    prepare(cluster)
    target = target_of(tmp_path)
    for name in ("1", "2"):
        deploy(target, release(name))
    config_of(tmp_path)
    assert pym(tmp_path, "gke", "status")[1].startswith("2 is live at http://")
    assert pym(tmp_path, "gke", "logs", "--lines", "1")[1] == "2 serves\n"
    code, told, _ = pym(tmp_path, "gke", "rollback", "--yes")
    assert (code, told.startswith("live: 1 at http://")) == (0, True)


def test_another_target_is_told(tmp_path: Path) -> None:
    environment_of(tmp_path, deploy_target="docker")
    code, _, told = pym(tmp_path, "gke", "check")
    assert (code, told) == (2, "Error: this needs 'deploy_target: gke' or 'kubernetes', but it is 'docker'\n")
