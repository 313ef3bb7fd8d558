"""Releases on Cloud Run: Google's own libraries call an emulator over HTTP."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloudkit import get, locked_at_once, nothing
from gcpkit import ROUND, SECRET, SECRETS, LocalContainers, config_of, deploy, die_at, prepare, release, target_of
from hostkit import wait_until
from pymacaron.deploy import Lock
from pymacaron.exceptions import ConfigError, DeployError, LockedError
from pymacaron_gcp.client import Gcp
from pymacaron_gcp.cloudrun import CloudRunTarget
from pymacaron_gcp.cloudrun.policy import deployer_role
from pymacaron_gcp.settings import gcp_settings
from pymacaron_testing.emulators.cloudrun import CloudRun, Fault
from pymacaron_testing.emulators.cloudrun.state import FAILED, condition

WORKER = {"worker": ("celery", "wait")}


@pytest.fixture
def containers() -> LocalContainers:
    return LocalContainers()


@pytest.fixture
def emulator(containers: LocalContainers) -> Iterator[CloudRun]:
    with CloudRun(containers=containers, delay=0.01, patience=1) as running, prepare(running).apply():
        yield running


@pytest.fixture
def target(emulator: CloudRun, tmp_path: Path) -> CloudRunTarget:
    return target_of(tmp_path, **SECRETS)


def states(target: CloudRunTarget) -> dict[str, str]:
    return {one.id: one.state for one in target.observe().releases}


def shares(emulator: CloudRun) -> dict[str, int]:
    """Return the percentages of the traffic by release."""
    place = emulator.state.parent + "/services/shop-live"
    found = {}
    for status in emulator.state.resources[place].traffic_statuses:
        if status.percent:
            revision = emulator.state.resources[f"{place}/revisions/{status.revision}"]
            found[revision.annotations["pymacaron/release"]] = status.percent
    return found


def bindings(emulator: CloudRun) -> list[tuple[str, list[str], str]]:
    """Return the role, the members and the condition of what is granted on the service, by short names."""
    policy = emulator.state.policies[emulator.state.parent + "/services/shop-live"]
    return [
        (
            one.role.removeprefix("roles/"),
            [member.removeprefix("user:").partition("@")[0] for member in one.members],
            one.condition.expression,
        )
        for one in policy.bindings
    ]


def pools(emulator: CloudRun) -> dict[str, str]:
    """Return the release that each worker pool runs by its role."""
    found = emulator.state.below(emulator.state.parent, "workerPools")
    return {one.name.rpartition("-")[2]: one.template.annotations.get("pymacaron/release", "") for one in found}


def whole_round(target: CloudRunTarget) -> None:
    """Deploy twice, go back and forth, run a command, discard and prune."""
    now = datetime.now(UTC)
    target.lock(Lock("ada", "one", now, now + timedelta(minutes=1)))
    former = CloudRunTarget(replace(target.environment, roles={**target.environment.roles, "former": ("wait",)}))
    former.gcp.timeout = target.gcp.timeout
    deploy(former, release("0"))
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


def after_round(target: CloudRunTarget) -> None:
    seen = target.observe()
    assert ({one.id: one.state for one in seen.releases}, seen.lock) == ({"4": "live", "2": "kept"}, None)
    assert get(str(seen.url))["release"] == "4"


def test_traffic_moves_in_the_steps_of_gcp_canary_each_verified_at_the_candidates_own_url(
    target: CloudRunTarget, emulator: CloudRun
) -> None:
    deploy(target, release("1"))
    target.stage(release("2"))
    seen: list[tuple[str, dict[str, int]]] = []
    target.promote(release("2"), lambda url: seen.append((get(url)["release"], shares(emulator))))
    assert seen == [("2", {"1": 90, "2": 10}), ("2", {"1": 50, "2": 50})]
    assert shares(emulator) == {"2": 100}


def test_what_the_verification_raises_stops_the_promotion_and_one_call_goes_back(
    target: CloudRunTarget, emulator: CloudRun
) -> None:
    deploy(target, release("1"))
    target.stage(release("2"))
    with pytest.raises(DeployError, match="too slow"):
        target.promote(release("2"), lambda url: _raise(DeployError("too slow")))
    assert (shares(emulator), states(target)) == ({"1": 90, "2": 10}, {"2": "staged", "1": "live"})
    emulator.calls.clear()
    target.rollback("1")
    assert emulator.calls.count("run.services.update") == 1
    assert (shares(emulator), states(target)) == ({"1": 100}, {"1": "live", "2": "staged"})
    target.discard("2")
    assert states(target) == {"1": "live"}


def test_a_release_that_answers_by_errors_gets_no_more_traffic(emulator: CloudRun, tmp_path: Path) -> None:
    target = target_of(tmp_path, gcp_canary_seconds=1, gcp_canary_errors=25)
    deploy(target, release("1"))
    target.stage(release("2"))
    revision = next(name for name in emulator.state.resources if "-2-" in name).rpartition("/")[2]
    emulator.project.requests += [("another", 500), *((revision, status) for status in (200, 404, 200, 500))]
    seen: list[dict[str, int]] = []

    def then_fail(url: str) -> None:
        seen.append(shares(emulator))
        emulator.project.requests.append((revision, 503))

    with pytest.raises(DeployError, match=r"2 of 5 requests at 50 % of the traffic were answered by 500 or more"):
        target.promote(release("2"), then_fail)
    assert seen == [{"1": 90, "2": 10}]


def test_a_promotion_that_was_interrupted_goes_on_where_it_stopped(target: CloudRunTarget, emulator: CloudRun) -> None:
    deploy(target, release("1"))
    target.stage(release("2"))
    steps: list[int] = []

    def second_fails(url: str) -> None:
        steps.append(shares(emulator)["2"])
        if len(steps) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        target.promote(release("2"), second_fails)
    target.promote(release("2"), second_fails)
    assert steps == [10, 50, 50]


def test_no_request_is_lost_while_releases_are_staged_promoted_and_rolled_back(
    target: CloudRunTarget, emulator: CloudRun
) -> None:
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


FAULTS: dict[str, Callable[[str], list[Fault]]] = {
    "fail, and are done while their answers are lost": lambda call: [Fault(call, 503), Fault(call, 503, done=True)],
    "are throttled": lambda call: [Fault.throttle(call)],
    "come too late": lambda call: [Fault(call, hang=1)],
    "carry a token that has expired": lambda call: [Fault(call, 401)],
    "are of an old etag": lambda call: [Fault(call, 409)] if call.endswith((".update", "setIamPolicy")) else [],
}


@pytest.mark.parametrize("wrong", FAULTS)
def test_all_ends_the_same_where_each_of_the_calls_does_what_it_should_not_once(
    emulator: CloudRun, tmp_path: Path, wrong: str
) -> None:
    target = target_of(tmp_path, WORKER, **SECRETS)
    target.gcp.timeout = 0.3 if wrong == "come too late" else 60
    faults = [fault for call in ROUND for fault in FAULTS[wrong](call)]
    for fault in faults:
        emulator.faults.add(fault)
    whole_round(target)
    assert not [fault.operation for fault in faults if fault.times], "these were not called"
    after_round(target)


def test_a_command_is_started_once_where_the_answer_is_lost_and_the_error_says_so_where_it_was_not_started(
    target: CloudRunTarget, containers: LocalContainers, emulator: CloudRun
) -> None:
    emulator.faults.add(Fault("run.jobs.run", 503, done=True))
    target.run(release("1"), ("migrate", "pass"))
    assert len(containers.commands) == 1
    emulator.faults.add(Fault("run.jobs.run", 503))
    with pytest.raises(DeployError, match=r"jobs\.run_job failed on the side of Google Cloud \(503\)"):
        target.run(release("2"), ("migrate", "pass"))
    target.run(release("2"), ("migrate", "pass"))
    assert len(containers.commands) == 2


def test_a_command_whose_caller_died_is_waited_for_and_not_started_again(
    target: CloudRunTarget, containers: LocalContainers, emulator: CloudRun
) -> None:
    emulator.faults.add(Fault("run.executions.get", 400, message="killed"))
    with pytest.raises(DeployError, match="killed"):
        target.run(release("1"), ("migrate", "wait"))
    containers.release.set()
    target.run(release("1"), ("migrate", "wait"))
    assert len(containers.commands) == 1
    assert not [name for name in emulator.state.resources if "/jobs/" in name]


@pytest.mark.parametrize("number", range(2, 75, 6))
def test_a_deploy_that_dies_at_any_call_is_done_again_and_ends_the_same(
    emulator: CloudRun, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = target_of(tmp_path, WORKER, **SECRETS)
    deploy(target, release("1"))
    with monkeypatch.context() as patched:
        die_at(patched, number)
        with suppress(SystemExit):
            deploy(target, release("2"))
    again = target_of(tmp_path, WORKER, **SECRETS)
    url = deploy(again, release("2"))
    assert (states(again), shares(emulator), get(url)["release"]) == ({"2": "live", "1": "kept"}, {"2": 100}, "2")
    assert len(list(emulator.state.below(emulator.state.parent + "/services/shop-live", "revisions"))) == 2


def test_a_token_that_expires_is_renewed_and_one_that_is_revoked_is_told_with_what_to_do(
    target: CloudRunTarget, emulator: CloudRun
) -> None:
    deploy(target, release("1"))
    emulator.expire()
    target.stage(release("2"))
    emulator.expire()
    emulator.revoked = True
    with pytest.raises(DeployError, match=r"no usable credentials for Google Cloud \(.*revoked.*\): log in"):
        target.promote(release("2"), nothing)
    emulator.revoked = False
    assert get(target.promote(release("2"), nothing))["release"] == "2"


def test_a_command_that_is_run_again_has_the_settings_of_now_and_tells_of_itself_alone(
    target: CloudRunTarget, containers: LocalContainers, emulator: CloudRun
) -> None:
    emulator.faults.add(Fault("run.jobs.delete", 400, message="killed"))
    with pytest.raises(DeployError, match="killed"):
        target.run(release("1"), ("migrate", "fail"))
    emulator.project.secrets["shop-live-SHOP_KEY"].append("a newer one")
    with pytest.raises(DeployError) as failed:
        target.run(release("1"), ("migrate", "fail"))
    assert [one.variables["SHOP_KEY"] for one in containers.commands] == [SECRET, "a newer one"]
    assert str(failed.value).splitlines()[1:] == ["it is 1"]


def test_a_staged_revision_that_somebody_deletes_is_told_and_is_made_again(
    target: CloudRunTarget, emulator: CloudRun
) -> None:
    deploy(target, release("1"))
    for number in ("2", "3"):
        target.stage(release(number))
    path = emulator.state.parent + "/services/shop-live"
    service = target.gcp.call("services", "get_service", name=path)
    traffic = [one for one in service.traffic if "-2-" not in one.revision]
    mine = {"name": path, "etag": service.etag, "traffic": traffic}
    target.gcp.call("services", "update_service", service=mine, update_mask={"paths": ["traffic"]})
    wait_until(lambda: len(emulator.state.resources[path].traffic_statuses) == len(traffic), "the tag is gone")
    name = next(one.name for one in emulator.state.below(path, "revisions") if "-2-" in one.name)
    target.gcp.call("revisions", "delete_revision", name=name)
    with pytest.raises(DeployError, match="2 is not there, or did not start: see 'pym releases', or stage it again"):
        target.promote(release("2"), nothing)
    assert get(deploy(target, release("2")))["release"] == "2"


def test_a_service_of_somebody_else_with_our_name_keeps_its_traffic_until_a_release_is_promoted(
    target: CloudRunTarget, emulator: CloudRun
) -> None:
    theirs = {
        "template": {"containers": [{"image": "repo/theirs", "env": [{"name": "PYM_RELEASE", "value": "theirs"}]}]}
    }
    place = {"parent": target.gcp.parent, "service_id": "shop-live"}
    target.gcp.call("services", "create_service", service=theirs, validate_only=False, **place)
    made = emulator.state.resources[f"{target.gcp.parent}/services/shop-live"]
    wait_until(lambda: not made.reconciling, "their service is ready")
    target.stage(release("1"))
    assert target.observe().live is None
    url = target.observe().url
    assert get(str(url))["release"] == "theirs"
    assert get(target.promote(release("1"), nothing))["release"] == "1"
    target.prune(1)
    assert states(target) == {"1": "live"}


def test_throttling_that_does_not_end_is_told_with_what_to_do(target: CloudRunTarget, emulator: CloudRun) -> None:
    emulator.faults.add(Fault.throttle("run.services.create", times=50))
    with pytest.raises(DeployError, match=r"still throttles services\.create_service after 6 attempts"):
        target.stage(release("1"))


def test_an_answer_that_does_not_come_is_given_up_and_asked_for_again(
    target: CloudRunTarget, emulator: CloudRun
) -> None:
    target.gcp.timeout = 0.3
    emulator.faults.add(Fault("run.services.create", hang=1))
    assert get(target.stage(release("1")))["release"] == "1"


def test_a_lock_is_got_by_one_of_many_who_want_it_at_once(emulator: CloudRun, tmp_path: Path) -> None:
    targets = [target_of(tmp_path) for _ in range(6)]
    won, refused = locked_at_once(targets)
    held = targets[0].observe().lock
    assert held is not None
    assert (won, len(refused)) == ([held.token], 5)


def test_a_lock_that_somebody_took_between_reading_and_writing_is_not_taken_over(
    emulator: CloudRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    ada, bob = (Lock(name, name, now, now + timedelta(minutes=1)) for name in ("ada", "bob"))
    mine, other = target_of(tmp_path), target_of(tmp_path)
    mine.lock(ada)
    mine.unlock("ada")
    _after(monkeypatch, "get_job", lambda: other.lock(bob))
    with pytest.raises(LockedError, match="bob is changing shop-live since"):
        mine.lock(ada)


def test_a_change_that_somebody_made_between_reading_and_writing_is_kept(
    target: CloudRunTarget, emulator: CloudRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("1", "2"):
        deploy(target, release(name))
    path = emulator.state.parent + "/services/shop-live"
    revision = target.gcp.call("services", "get_service", name=path).traffic[0].revision
    target.stage(release("3"))
    other = target_of(tmp_path)
    _after(monkeypatch, "get_service", lambda: _add_tag(other.gcp, path, "theirs", revision))
    target.rollback("1")
    tags = {one.tag for one in target.gcp.call("services", "get_service", name=path).traffic if one.tag}
    assert "theirs" in tags
    assert shares(emulator) == {"1": 100}


def test_secrets_are_pinned_to_the_version_that_was_newest_when_a_release_was_staged(
    target: CloudRunTarget, emulator: CloudRun
) -> None:
    assert "secret SHOP_KEY: version 2 of shop-live-SHOP_KEY" in target.plan(release("1"))
    url = deploy(target, release("1"))
    assert get(url)["variables"]["SHOP_KEY"] == SECRET
    emulator.project.secrets["shop-live-SHOP_KEY"].append("a newer one")
    deploy(target, release("2"))
    assert get(url)["variables"]["SHOP_KEY"] == "a newer one"
    target.rollback("1")
    assert get(url)["variables"]["SHOP_KEY"] == SECRET


def test_a_secret_that_does_not_exist_stops_before_anything_is_made(target: CloudRunTarget, emulator: CloudRun) -> None:
    emulator.project.secrets.clear()
    sentence = "SHOP_KEY wants version latest of the secret shop-live-SHOP_KEY, which Secret Manager does not have"
    assert [line.startswith(sentence) for line in target.check()] == [True]
    with pytest.raises(DeployError, match=sentence):
        target.stage(release("1"))
    assert not emulator.state.resources


def test_a_service_has_the_variables_of_its_release_and_what_the_settings_say(
    emulator: CloudRun, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {
        "gcp_memory": "1Gi",
        "gcp_cpu": "2",
        "gcp_request_concurrency": 7,
        "gcp_timeout": 60,
        "gcp_max_instances": 3,
    }
    target = target_of(tmp_path, gcp_min_instances=1, gcp_vpc="default/shops", **settings)
    variables = get(deploy(target, release("1")))["variables"]
    wanted = {"PYM_ENV": "shop-live", "PYM_RELEASE": "1", "PYM_VERSION": "1-shop", "PORT": "8080"}
    assert wanted.items() <= variables.items()
    service = emulator.state.resources[emulator.state.parent + "/services/shop-live"]
    template, container = service.template, service.template.containers[0]
    assert dict(container.resources.limits) == {"cpu": "2", "memory": "1Gi"}
    assert (container.startup_probe.http_get.path, container.liveness_probe.http_get.path) == ("/ready", "/ping")
    assert (template.max_instance_request_concurrency, template.timeout.seconds) == (7, 60)
    assert (service.scaling.min_instance_count, template.scaling.max_instance_count) == (1, 3)
    assert template.vpc_access.network_interfaces[0].subnetwork == "shops"


def test_worker_pools_run_the_release_that_is_live_and_go_back_with_it(
    emulator: CloudRun, tmp_path: Path, containers: LocalContainers
) -> None:
    target = target_of(tmp_path, WORKER, gcp_workers=2, **SECRETS)
    deploy(target, release("1"))
    target.stage(release("2"))
    assert _workers(containers) == ["1", "1"]
    target.promote(release("2"), nothing)
    assert _workers(containers) == ["1", "1", "2", "2"]
    target.rollback("1")
    assert _workers(containers)[-2:] == ["1", "1"]
    assert containers.commands[-1].variables["SHOP_KEY"] == SECRET
    assert list(target.logs(None, role="worker", lines=1)) == ["waits"]


def test_the_pools_are_those_of_the_roles_of_the_release_that_is_promoted_or_gone_back_to(
    emulator: CloudRun, tmp_path: Path
) -> None:
    both = {**WORKER, "beat": ("beat", "wait")}
    deploy(target_of(tmp_path, both), release("1"))
    theirs = {"template": {"containers": [{"image": "repo/theirs", "command": ["wait"]}]}}
    target = target_of(tmp_path, WORKER)
    place = {"parent": target.gcp.parent, "worker_pool_id": "shop-live-theirs", "validate_only": False}
    target.gcp.call("worker_pools", "create_worker_pool", worker_pool=theirs, **place)
    assert sorted(pools(emulator)) == ["beat", "theirs", "worker"]
    deploy(target, release("2"))
    assert sorted(pools(emulator)) == ["theirs", "worker"]
    target.rollback("1")
    assert pools(emulator) == {"beat": "1", "theirs": "", "worker": "1"}
    target.rollback("2")
    assert pools(emulator) == {"theirs": "", "worker": "2"}


def test_worker_pools_go_back_to_what_is_live_where_a_release_is_discarded_that_they_run(
    emulator: CloudRun, tmp_path: Path, containers: LocalContainers
) -> None:
    target = target_of(tmp_path, WORKER)
    for name, expected in (("1", {}), ("2", {"worker": "1"})):
        target.stage(release(name))
        emulator.faults.add(Fault("run.services.update", 400, message="killed"))
        target.settings.gcp_canary[:] = [100]
        with pytest.raises(DeployError, match="killed"):
            target.promote(release(name), nothing)
        assert pools(emulator) == {"worker": name}
        target.discard(name)
        assert pools(emulator) == expected
        deploy(target, release("1"))


def test_a_worker_that_ends_stops_the_promotion_before_the_release_has_all_traffic(
    emulator: CloudRun, tmp_path: Path
) -> None:
    target = target_of(tmp_path, {"worker": ("celery", "fail")}, **SECRETS)
    deploy(target_of(tmp_path, **SECRETS), release("1"))
    target.stage(release("2"))
    with pytest.raises(DeployError, match=r"(?s)worker pool of worker did not start: .*it is 2"):
        target.promote(release("2"), nothing)
    assert shares(emulator) == {"1": 50, "2": 50}


def test_a_revision_that_stops_being_ready_between_two_steps_stops_the_promotion_at_once(
    target: CloudRunTarget, emulator: CloudRun
) -> None:
    deploy(target, release("1"))
    target.stage(release("2"))

    def then_not_ready(url: str) -> None:
        name = next(name for name in emulator.state.resources if "-2-" in name)
        emulator.state.resources[name].conditions = [condition("Ready", FAILED, "out of memory")]

    with pytest.raises(DeployError, match=r"the traffic of shop-live cannot be moved: Revision .* is not ready"):
        target.promote(release("2"), then_not_ready)
    assert shares(emulator) == {"1": 90, "2": 10}


def test_the_first_release_of_all_that_does_not_start_leaves_nothing_behind(
    target: CloudRunTarget, emulator: CloudRun
) -> None:
    with pytest.raises(DeployError, match="did not start"):
        target.stage(release("1", "crashing"))
    assert target.observe().live is None
    target.discard("1")
    assert not emulator.state.resources
    assert get(deploy(target, release("1")))["release"] == "1"


def test_pruning_leaves_what_has_a_tag(target: CloudRunTarget, emulator: CloudRun) -> None:
    for name in ("1", "2", "3"):
        deploy(target, release(name))
    path = emulator.state.parent + "/services/shop-live"
    oldest = next(one for one in emulator.state.below(path, "revisions") if "-1-" in one.name).name.rpartition("/")[2]
    _add_tag(target.gcp, path, "keep-it", oldest)
    assert len(target.prune(1)) == 1
    assert states(target) == {"3": "live", "1": "kept"}


def test_tags_and_annotations_of_others_stay_through_a_deploy(target: CloudRunTarget, emulator: CloudRun) -> None:
    deploy(target, release("1"))
    path = emulator.state.parent + "/services/shop-live"
    service = target.gcp.call("services", "get_service", name=path)
    _add_tag(target.gcp, path, "theirs", service.traffic[0].revision)
    service = target.gcp.call("services", "get_service", name=path)
    mine = {"name": path, "annotations": {**service.annotations, "team/owner": "shops"}}
    target.gcp.call("services", "update_service", service=mine, update_mask={"paths": ["annotations"]})
    deploy(target, release("2"))
    service = target.gcp.call("services", "get_service", name=path)
    assert service.annotations["team/owner"] == "shops"
    assert [one.tag for one in service.traffic if one.tag] == ["theirs"]


def test_a_plan_is_judged_by_cloud_run_and_changes_nothing(target: CloudRunTarget, emulator: CloudRun) -> None:
    emulator.faults.add(Fault("run.services.create", 400, message="containers[0].resources: more memory is needed"))
    with pytest.raises(DeployError, match="more memory is needed"):
        target.plan(release("1"))
    assert target.plan(release("1"))[-1] == "traffic to 1: 0 %, 100 %"
    assert not emulator.state.resources
    deploy(target, release("1"))
    before = json.dumps(sorted(emulator.state.resources))
    assert target.plan(release("2"))[-1] == "traffic to 2: 0 %, 10 %, 50 %, 100 %"
    assert json.dumps(sorted(emulator.state.resources)) == before


def test_the_printed_role_is_enough_for_a_whole_round_and_no_permission_of_it_is_idle(
    emulator: CloudRun, tmp_path: Path
) -> None:
    target = target_of(tmp_path, WORKER, gcp_service_account="shop@rehearsal.iam.gserviceaccount.com", **SECRETS)
    emulator.project.accounts.add("shop@rehearsal.iam.gserviceaccount.com")
    role = deployer_role(target)
    granted = role["role"]["includedPermissions"]
    emulator.project.permissions = frozenset(granted)
    emulator.project.acts_as = frozenset(
        one["on"] for one in role["grants"] if one["role"] == "roles/iam.serviceAccountUser"
    )
    assert target.check() == []
    with pytest.raises(DeployError):
        target.stage(release("0", "crashing"))
    target.discard("0")
    whole_round(target)
    list(target.logs(None))
    assert set(granted) <= set(emulator.calls)


def test_a_missing_permission_is_named_by_the_check_and_by_the_call(emulator: CloudRun, target: CloudRunTarget) -> None:
    granted = set(deployer_role(target)["role"]["includedPermissions"]) - {"run.services.create"}
    emulator.project.permissions = frozenset(granted)
    (line,) = target.check()
    assert "run.services.create" in line
    with pytest.raises(DeployError, match=r"grant run\.services\.create, see 'pym gcp policy'"):
        target.stage(release("1"))


def test_a_service_is_closed_and_opened_as_is_set_and_grants_of_others_stay_with_their_conditions(
    target: CloudRunTarget, emulator: CloudRun, tmp_path: Path
) -> None:
    deploy(target, release("1"))
    path = emulator.state.parent + "/services/shop-live"
    granted = emulator.state.policies[path]
    granted.bindings.add(role="roles/run.viewer", members=["user:ada@example.com"]).condition.expression = "true"
    granted.bindings[0].members.append("user:bob@example.com")
    closed = target_of(tmp_path, gcp_public=False, **SECRETS)
    assert closed.check() == ["shop-live is open to everybody, and gcp_public is false: run 'pym gcp setup'"]
    assert list(closed.setup()) == ["closed shop-live to the public"]
    assert (closed.check(), list(closed.setup())) == ([], [])
    assert bindings(emulator) == [("run.invoker", ["bob"], ""), ("run.viewer", ["ada"], "true")]
    assert target.check() == ["shop-live is closed to the public, and gcp_public is true: run 'pym gcp setup'"]
    target.stage(release("2"))
    assert ("run.invoker", ["allUsers"], "") in bindings(emulator)
    assert ("run.viewer", ["ada"], "true") in bindings(emulator)
    closed.stage(release("3"))
    assert bindings(emulator) == [("run.invoker", ["bob"], ""), ("run.viewer", ["ada"], "true")]


def test_logs_are_followed_as_they_come(target: CloudRunTarget) -> None:
    deploy(target, release("1"))
    lines = target.logs(None, follow=True, lines=1)
    assert next(iter(lines)) == "repo/shop:1 serves"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"gcp_project": None}, "has no gcp_project: add a line such as 'gcp_project: shop-project'"),
        ({"gcp_canary": [50, 10, 100]}, "let the percentages grow"),
        ({"gcp_canary": [10, 50]}, "the last one being 100"),
        ({"gcp_min_instances": 11}, "raise the latter"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, settings: dict[str, Any], sentence: str) -> None:
    config = config_of(tmp_path, **settings)
    with pytest.raises(ConfigError, match=sentence):
        gcp_settings(config)


def test_an_endpoint_that_is_not_on_this_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYM_GCP_ENDPOINT", "http://example.com")
    with pytest.raises(ConfigError, match="leads to an emulator"):
        target_of(tmp_path).observe()


def test_missing_credentials_are_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYM_GCP_ENDPOINT", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(DeployError, match="no usable credentials for Google Cloud"):
        target_of(tmp_path).observe()
    with pytest.raises(ConfigError, match=r"gcp_key_file: there is no file /no/key\.json"):
        target_of(tmp_path, gcp_key_file="/no/key.json").observe()


def _raise(error: Exception) -> None:
    raise error


def _workers(containers: LocalContainers) -> list[str]:
    return [one.variables["PYM_RELEASE"] for one in containers.commands if one.command[:1] == ("celery",)]


def _ask(url: str, answers: list[str], done: threading.Event) -> None:
    while not done.is_set():
        answers.append(get(url)["release"])


def _after(patched: pytest.MonkeyPatch, operation: str, work: Callable[[], None]) -> None:
    """Do something once, right after the next answer of an operation that is about to be followed by a change."""
    original: Callable[..., Any] = Gcp.call
    waiting = [work]

    def call(self: Gcp, service: str, called: str, /, **parameters: Any) -> Any:
        answer = original(self, service, called, **parameters)
        if called == operation and waiting and _reads_to_change():
            waiting.pop()()
        return answer

    patched.setattr(Gcp, "call", call)


def _reads_to_change() -> bool:
    """Tell whether the reader is one that writes next."""
    frame = sys._getframe()
    names = set()
    while frame is not None:
        names.add(frame.f_code.co_name)
        frame = frame.f_back  # type: ignore[assignment]
    return bool(names & {"change", "take"})


def _add_tag(gcp: Gcp, path: str, tag: str, revision: str) -> None:
    service = gcp.call("services", "get_service", name=path)
    traffic = [
        {"type_": one.type_, "revision": one.revision, "percent": one.percent, "tag": one.tag}
        for one in service.traffic
    ]
    traffic.append({"type_": 2, "revision": revision, "tag": tag})
    wanted = {"name": path, "etag": service.etag, "traffic": traffic}
    gcp.call("services", "update_service", service=wanted, update_mask={"paths": ["traffic"]})
    for _ in range(200):
        if not gcp.call("services", "get_service", name=path).reconciling:
            return
