"""Releases in a cluster: the library of Kubernetes calls an emulator, whose containers are of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloudkit import get, locked_at_once
from hostkit import wait_until
from k8skit import SECRETS
from k8spods import SECRET, LocalContainers, deploy, prepare, release, states, target_of
from pymacaron.deploy import Lock
from pymacaron.exceptions import DeployError, LockedError
from pymacaron_gcp.kubernetes import KubernetesTarget, client, pods
from pymacaron_gcp.kubernetes.client import Cluster
from pymacaron_gcp.kubernetes.kinds import KINDS
from pymacaron_gcp.kubernetes.leftovers import EVERYWHERE
from pymacaron_testing.emulators.kubernetes import Kubernetes, LaunchError
from pymacaron_testing.emulators.kubernetes.faults import Fault

WORKER = {"worker": ("celery", "work")}


@pytest.fixture
def containers() -> LocalContainers:
    return LocalContainers()


@pytest.fixture
def cluster(containers: LocalContainers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kubernetes]:
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(pods, "STARTED_SECONDS", 0)
    with Kubernetes(containers=containers, backoff=0.1) as running, prepare(running).apply():
        yield running


@pytest.fixture
def target(cluster: Kubernetes, tmp_path: Path) -> KubernetesTarget:
    return target_of(tmp_path, **SECRETS)


def names(cluster: Kubernetes, kind: str) -> list[str]:
    return [one["metadata"]["name"] for one in cluster.state.all(kind, "shop")]


def found(cluster: Kubernetes, kind: str, name: str = "shop-live") -> Any:
    return cluster.state.get(kind, "shop", name)


def releases_of(cluster: Kubernetes, deployment: str) -> str:
    labels = found(cluster, "Deployment", deployment)["spec"]["template"]["metadata"]["labels"]
    return str(labels["pymacaron/release"])


def whole_round(target: KubernetesTarget) -> None:
    """Deploy twice, go back and forth, run a command, discard and prune."""
    now = datetime.now(UTC)
    target.lock(Lock("ada", "one", now, now + timedelta(minutes=1)))
    target.run(release("1"), ("true", "pass"))
    for name in ("1", "2"):
        deploy(target, release(name))
    target.rollback("1")
    target.rollback("2")
    target.stage(release("3"))
    target.discard("3")
    deploy(target, release("4"))
    target.prune(2)
    target.unlock("one")


def after_round(target: KubernetesTarget) -> None:
    seen = target.observe()
    assert ({one.id: one.state for one in seen.releases}, seen.lock) == ({"4": "live", "2": "kept"}, None)
    assert get(str(seen.url))["release"] == "4"


def test_a_release_runs_in_staging_first_and_each_place_is_told_where_it_is(
    target: KubernetesTarget, cluster: Kubernetes
) -> None:
    staged = get(target.stage(release("1")))["variables"]
    assert (staged["PYM_ENV"], staged["PYM_RELEASE"], staged["SHOP_KEY"]) == ("shop-staging", "1", SECRET)
    assert names(cluster, "Deployment") == ["shop-staging"]
    live = get(target.promote(release("1"), lambda url: None))["variables"]
    assert (live["PYM_ENV"], live["PYM_RELEASE"], live["SHOP_KEY"]) == ("shop-live", "1", SECRET)
    assert names(cluster, "Deployment") == ["shop-live"]
    assert {one.url for one in target.observe().releases} == {target.observe().url}


def test_background_processes_run_live_alone_and_follow_every_release(cluster: Kubernetes, tmp_path: Path) -> None:
    target = target_of(tmp_path, WORKER)
    target.stage(release("1"))
    assert names(cluster, "Deployment") == ["shop-staging"]
    target.promote(release("1"), lambda url: None)
    deploy(target, release("2"))
    assert releases_of(cluster, "shop-live-worker") == "2"
    target.rollback("1")
    assert releases_of(cluster, "shop-live-worker") == "1"
    assert list(target.logs(None, role="worker")) == ["1 works"]


def test_a_background_process_that_a_release_has_not_is_ended_and_comes_back_with_the_release_that_has_it(
    cluster: Kubernetes, tmp_path: Path
) -> None:
    deploy(target_of(tmp_path, {**WORKER, "beat": ("celery", "work")}), release("1"))
    later = target_of(tmp_path, WORKER)
    deploy(later, release("2"))
    assert found(cluster, "Deployment", "shop-live-beat")["spec"]["replicas"] == 0
    later.rollback("1")
    assert found(cluster, "Deployment", "shop-live-beat")["spec"]["replicas"] == 1
    later.rollback("2")
    assert later.prune(1) == ["release 1", "Deployment shop-live-beat"]
    assert names(cluster, "Deployment") == ["shop-live", "shop-live-worker"]


def test_a_new_background_process_that_crashes_does_not_stand_in_the_way_back(
    containers: LocalContainers, tmp_path: Path
) -> None:
    with Kubernetes(containers=containers, backoff=0.1, delay=0.2) as late, prepare(late).apply():
        deploy(target_of(tmp_path), release("1"))
        later = target_of(tmp_path, {"worker": ("celery", "fail")})
        later.stage(release("2"))
        with pytest.raises(DeployError, match="2 did not start at shop-live-worker: CrashLoopBackOff"):
            later.promote(release("2"), lambda url: None)
        later.discard("2")
        assert found(late, "Deployment", "shop-live-worker")["spec"]["replicas"] == 0


def test_rolling_back_is_one_call_and_leaves_nothing_of_the_release_that_it_leaves(
    target: KubernetesTarget, cluster: Kubernetes, tmp_path: Path
) -> None:
    deploy(target, release("1"))
    before = found(cluster, "Deployment")["spec"]["template"]
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "more.yaml").write_text(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop-live}, spec: {template: {spec: "
        "{priority: null, hostname: marked, containers: [{name: service, env: [{name: MORE, value: x}]}]}}}}"
    )
    deploy(target, release("2"))
    assert get(str(target.observe().url))["variables"]["MORE"] == "x"
    cluster.calls.clear()
    target.rollback("1")
    assert cluster.calls.count("patch deployments") == 2, "one for the template, one for the annotation"
    assert found(cluster, "Deployment")["spec"]["template"] == before
    (tmp_path / "k8s" / "more.yaml").unlink()
    deploy(target, release("3"))
    assert "MORE" not in get(str(target.observe().url))["variables"]
    assert "hostname" not in found(cluster, "Deployment")["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("image", "reason"),
    [("crashing", "CrashLoopBackOff"), ("gone", "ImagePullBackOff")],
)
def test_a_release_that_cannot_start_is_given_up_at_once_with_its_warnings_and_last_lines(
    target: KubernetesTarget, cluster: Kubernetes, image: str, reason: str
) -> None:
    deploy(target, release("1"))
    with pytest.raises(DeployError) as caught:
        target.stage(release("2", image))
    first, *rest = str(caught.value).splitlines()
    assert first.startswith(f"2 did not start at shop-staging: {reason}")
    assert any("BackOff" in line or "Failed" in line for line in rest)
    assert ("out of order, the key is ***" in rest) == (image == "crashing")
    assert SECRET not in str(caught.value)
    assert states(target)["1"] == "live"


def test_the_log_is_that_of_the_service_whatever_runs_beside_it(
    cluster: Kubernetes, target: KubernetesTarget, tmp_path: Path
) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "beside.yaml").write_text(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop-live}, spec: {template: {spec: {containers: "
        "[{name: beside, image: beside, args: [work], env: [{name: PYM_RELEASE, value: none}]}]}}}}"
    )
    deploy(target, release("1"))
    assert list(target.logs(None)) == ["1 serves"]


def test_a_secret_in_a_warning_of_the_cluster_is_masked(
    target: KubernetesTarget, containers: LocalContainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(command: Any) -> Any:
        raise LaunchError(f"no such flag as {command.variables['SHOP_KEY']}")

    monkeypatch.setattr(containers, "start", refuse)
    for act in (lambda: target.stage(release("1")), lambda: target.run(release("1"), ("true", "pass"))):
        with pytest.raises(DeployError, match=r"no such flag as \*\*\*") as caught:
            act()
        assert SECRET not in str(caught.value)


def test_a_key_that_a_secret_has_not_is_told_by_its_name(cluster: Kubernetes, tmp_path: Path) -> None:
    target = target_of(tmp_path, kubernetes_secrets={"SHOP_KEY": "shop-live/OTHER"}, **SECRETS)
    with pytest.raises(DeployError, match=r"CreateContainerConfigError: couldn't find key OTHER in Secret"):
        target.stage(release("1"))


def test_a_roll_out_whose_progress_deadline_is_over_is_given_up(target: KubernetesTarget) -> None:
    target.settings.__dict__["kubernetes_start_timeout"] = 60
    target.settings.__dict__["kubernetes_deploy_timeout"] = 2
    with pytest.raises(DeployError, match=r"ProgressDeadlineExceeded|was not ready within 2 s"):
        target.stage(release("1", "unready"))


def test_a_first_release_that_fails_live_is_discarded_with_all_that_it_brought(
    target: KubernetesTarget, cluster: Kubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.stage(release("1"))
    _fail_live(monkeypatch)
    with pytest.raises(DeployError, match="1 did not start at shop-live"):
        target.promote(release("1"), lambda url: None)
    monkeypatch.undo()
    assert target.observe().live is None
    assert "1 is being rolled out" in target.observe().notes[0]
    target.discard("1")
    assert (states(target), names(cluster, "Deployment"), names(cluster, "HorizontalPodAutoscaler")) == ({}, [], [])


def test_a_release_that_fails_live_is_taken_back_and_leaves_nothing(
    target: KubernetesTarget, cluster: Kubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = deploy(target, release("1"))
    target.stage(release("2"))
    _fail_live(monkeypatch)
    with pytest.raises(DeployError, match="2 did not start at shop-live"):
        target.promote(release("2"), lambda url: None)
    monkeypatch.undo()
    assert (states(target), get(url)["release"]) == ({"2": "staged", "1": "live"}, "1")
    target.rollback("1")
    target.discard("2")
    assert (states(target), get(url)["release"]) == ({"1": "live"}, "1")
    assert len(names(cluster, "ReplicaSet")) == 1


def _fail_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every pod at the live place be of an image that crashes."""
    apply = Cluster.apply

    def changed(self: Cluster, manifest: Any, *arguments: Any, **options: Any) -> Any:
        template = manifest.get("spec", {}).get("template")
        if template and manifest["metadata"]["name"] == "shop-live":
            template["spec"]["containers"][0]["image"] = "repo/crashing:1"
        return apply(self, manifest, *arguments, **options)

    monkeypatch.setattr(Cluster, "apply", changed)


def test_no_request_is_lost_while_releases_are_staged_promoted_and_rolled_back(
    cluster: Kubernetes, tmp_path: Path
) -> None:
    target = target_of(tmp_path, kubernetes_drain_seconds=1)
    url = deploy(target, release("1"))
    answers: list[str] = []
    done = threading.Event()
    callers = [threading.Thread(target=_ask, args=(url, answers, done)) for _ in range(3)]
    for caller in callers:
        caller.start()
    for name in ("2", "3"):
        deploy(target, release(name))
    target.rollback("2")
    target.prune(1)
    done.set()
    for caller in callers:
        caller.join()
    assert set(answers) == {"1", "2", "3"}
    assert len(answers) > 100


def _ask(url: str, answers: list[str], done: threading.Event) -> None:
    while not done.is_set():
        try:
            answers.append(get(url)["release"])
        except (OSError, ValueError) as error:
            answers.append(repr(error))


RESOURCES = ["deployments", "replicasets", "leases", "services", "pods", "namespaces", "horizontalpodautoscalers"]


@pytest.mark.parametrize("resource", RESOURCES)
def test_calls_that_go_wrong_are_repeated_and_all_ends_the_same(
    cluster: Kubernetes, tmp_path: Path, resource: str
) -> None:
    target = target_of(tmp_path, **SECRETS)
    for verb in ("get", "list", "create", "update", "patch", "delete"):
        one = f"{verb} {resource}"
        for fault in (
            Fault.throttle(one),
            Fault(one, 503),
            Fault(one, 503, done=True),
            Fault(one, reset=True),
            Fault(one, reset=True, done=True),
        ):
            cluster.faults.add(fault)
    whole_round(target)
    after_round(target)


@pytest.mark.parametrize("number", range(2, 40, 3))
def test_a_deploy_that_dies_at_any_call_is_done_again_and_ends_the_same(
    cluster: Kubernetes, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = target_of(tmp_path, WORKER, **SECRETS)
    deploy(target, release("1"))
    with monkeypatch.context() as patched:
        _die_at(patched, number)
        with suppress(SystemExit):
            deploy(target, release("2"))
    again = target_of(tmp_path, WORKER, **SECRETS)
    assert again.observe().live is not None
    url = deploy(again, release("2"))
    assert (states(again), get(url)["release"]) == ({"2": "live", "1": "kept"}, "2")
    assert names(cluster, "Deployment") == ["shop-live", "shop-live-worker"]


def _die_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    count = iter(range(number))
    send = Cluster.send

    def dying(self: Cluster, *arguments: Any, **options: Any) -> Any:
        if next(count, None) is None:
            raise SystemExit
        return send(self, *arguments, **options)

    monkeypatch.setattr(Cluster, "send", dying)


def test_throttling_that_does_not_end_is_told_with_what_to_do(target: KubernetesTarget, cluster: Kubernetes) -> None:
    cluster.faults.add(Fault.throttle("patch deployments", times=50))
    with pytest.raises(DeployError, match=r"still throttles PATCH /apis/apps/v1/namespaces/shop/deployments/shop-stag"):
        target.stage(release("1"))


def test_a_lock_is_got_by_one_of_many_who_want_it_at_once(cluster: Kubernetes, tmp_path: Path) -> None:
    targets = [target_of(tmp_path) for _ in range(6)]
    won, refused = locked_at_once(targets)
    held = targets[0].observe().lock
    assert held is not None
    assert (won, len(refused)) == ([held.token], 5)


def test_a_lock_that_somebody_took_between_reading_and_writing_is_not_taken_over(
    cluster: Kubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    ada, bob = (Lock(name, name, now, now + timedelta(minutes=1)) for name in ("ada", "bob"))
    mine, other = target_of(tmp_path), target_of(tmp_path)
    mine.lock(ada)
    mine.unlock("ada")
    find = Cluster.find
    taken: list[bool] = []

    def then_bob(self: Cluster, kind: str, name: str) -> Any:
        answer = find(self, kind, name)
        if self is mine.cluster and not taken:
            taken.append(True)
            other.lock(bob)
        return answer

    monkeypatch.setattr(Cluster, "find", then_bob)
    with pytest.raises(LockedError, match="bob is changing shop-live since"):
        mine.lock(ada)


def test_the_lease_tells_people_who_holds_it(target: KubernetesTarget, cluster: Kubernetes) -> None:
    now = datetime.now(UTC)
    target.lock(Lock("ada", "one", now, now + timedelta(seconds=90)))
    spec = found(cluster, "Lease", "shop-live-lock")["spec"]
    assert (spec["holderIdentity"], spec["leaseDurationSeconds"]) == ("ada", 90)


def test_what_others_set_of_our_things_is_kept(cluster: Kubernetes, tmp_path: Path) -> None:
    target = target_of(tmp_path, kubernetes_max_replicas=3)
    deploy(target, release("1"))
    mark = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop-live", "labels": {"team": "sales"}}}
    target.cluster.apply(mark, "somebody")
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop-live"}, "spec": {"replicas": 2}}
    target.cluster.apply(scaled, "autoscaler")
    deploy(target, release("2"))
    target.rollback("1")
    assert found(cluster, "Service")["metadata"]["labels"]["team"] == "sales"
    assert found(cluster, "Deployment")["spec"]["replicas"] == 2


def test_a_command_whose_caller_died_is_waited_for_and_not_started_again(
    target: KubernetesTarget, containers: LocalContainers, cluster: Kubernetes
) -> None:
    cluster.faults.add(Fault("get pods", 400, "killed", skip=1))
    with pytest.raises(DeployError, match="killed"):
        target.run(release("1"), ("migrate", "wait"))
    containers.done.set()
    target.run(release("1"), ("migrate", "wait"))
    assert len(containers.commands) == 1
    wait_until(lambda: names(cluster, "Pod") == [], "the pod is gone")


def test_a_command_that_failed_runs_again(target: KubernetesTarget, containers: LocalContainers) -> None:
    for _ in range(2):
        with pytest.raises(DeployError, match=r"'migrate fail' of 1 failed: it ended with 1\nit is 1"):
            target.run(release("1"), ("migrate", "fail"))
    assert len(containers.commands) == 2


def test_a_plan_names_what_would_be_made_and_changed_and_changes_nothing(
    target: KubernetesTarget, cluster: Kubernetes
) -> None:
    target.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    told = target.plan(release("1"))
    assert "Deployment shop-live: is made" in told
    assert names(cluster, "Deployment") == names(cluster, "Service") == []
    deploy(target, release("1"))
    told = target.plan(release("2", "other"))
    place = "Deployment shop-live: spec.template.spec.containers[service]"
    assert [line for line in told if line.startswith(f"{place}.image: repo/shop@")]
    assert f"{place}.env[PYM_RELEASE].value: 1 -> 2" in told
    assert not [line for line in told if line.startswith(("Service", "ServiceAccount", "HorizontalPodAutoscaler"))]


def test_a_plan_is_judged_by_the_cluster(target: KubernetesTarget, tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "more.yaml").write_text(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop-live}, spec: {replicas: many}}"
    )
    with pytest.raises(DeployError, match=r"PATCH .*deployments/shop-live was refused"):
        target.plan(release("1"))


def test_manifests_of_the_service_are_there_before_a_release_is_staged(
    target: KubernetesTarget, cluster: Kubernetes, tmp_path: Path
) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "more.yaml").write_text(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: texts}, data: {a: b}}"
    )
    assert "ConfigMap texts: is made" in target.plan(release("1"))
    target.stage(release("1"))
    assert found(cluster, "ConfigMap", "texts")["data"] == {"a": "b"}


def test_a_kind_that_the_cluster_knows_not_is_told(target: KubernetesTarget, tmp_path: Path) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "more.yaml").write_text("{apiVersion: example.com/v1, kind: Shelf, metadata: {name: a}}")
    assert target.check() == [
        "the cluster knows nothing of example.com/v1: install what brings it, or set kubernetes_ingress"
    ]
    with pytest.raises(DeployError, match=r"the cluster knows no Shelf of example\.com/v1"):
        target.stage(release("1"))


@pytest.mark.parametrize("roles", [{}, WORKER], ids=["web alone", "with a worker"])
def test_a_whole_round_needs_no_more_than_the_printed_role_and_all_of_it(
    cluster: Kubernetes, tmp_path: Path, roles: dict[str, tuple[str, ...]]
) -> None:
    target = target_of(tmp_path, roles, **SECRETS)
    role = target.policy()["items"][0]
    granted = {f"{verb} {one}" for rule in role["rules"] for one in rule["resources"] for verb in rule["verbs"]}
    cluster.permit(granted)
    cluster.calls.clear()
    assert target.check() == []
    target.plan(release("1"))
    whole_round(target)
    with pytest.raises(DeployError):
        target.stage(release("5", "crashing"))
    with pytest.raises(DeployError):
        target.promote(release("6"), lambda url: None)
    after = set(cluster.calls)
    assert after <= granted
    # A server also asks whether what is applied may be created. The first release, discarded, is deleted with its own,
    # and what settings ask for no more is when they change.
    unused = {one for one in granted - after if not one.startswith("create ")}
    others = {f"delete {KINDS[kind].plural}" for kind in EVERYWHERE}
    assert unused <= {"delete horizontalpodautoscalers", "delete poddisruptionbudgets", *others}


def test_what_the_caller_may_not_do_is_told_before_anything_is_changed(cluster: Kubernetes, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    cluster.permit({"get namespaces", "get deployments"})
    (sentence,) = target.check()
    assert sentence.startswith("the caller may not do this in shop: ")
    assert "patch deployments" in sentence
    with pytest.raises(DeployError, match=r"the caller may not .*: grant what 'pym gke policy' prints"):
        target.stage(release("1"))


@pytest.mark.parametrize(
    "entrance",
    [
        {"kubernetes_ingress": "gateway", "kubernetes_ingress_class": "any"},
        {"kubernetes_ingress": "ingress"},
        {"kubernetes_service_type": "ClusterIP"},
    ],
    ids=["gateway", "ingress", "an address of somebody else"],
)
def test_each_place_is_reached_by_its_host(cluster: Kubernetes, tmp_path: Path, entrance: dict[str, Any]) -> None:
    hosts: dict[str, Any] = {
        "live_host": "http://shop.example.com",
        "kubernetes_staging_host": "http://staging.example.com",
    }
    target = target_of(tmp_path, **entrance, **hosts)
    live = deploy(target, release("1"))
    staging = target.stage(release("2"))
    assert (get(live)["release"], get(staging)["release"]) == ("1", "2")
    for name in ("shop-live", "shop-staging"):
        target.cluster.delete("HTTPRoute", name)
        target.cluster.delete("Service", name)
    target.cluster.delete("Ingress", "shop-live")
    assert target.observe().url == "http://shop.example.com"
