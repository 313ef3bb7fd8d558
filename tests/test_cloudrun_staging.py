"""Staging, then live: with `gcp_staging` a release is live in `shop-staging` before it goes to `shop-live`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cloudkit import get, nothing
from gcpkit import (
    SECRET,
    SECRETS,
    STAGING_SECRET,
    LocalContainers,
    config_of,
    deploy,
    die_at,
    environment_of,
    prepare,
    release,
)
from pymacaron.exceptions import ConfigError, DeployError
from pymacaron_gcp.cloudrun import CloudRunTarget, TwoServices, opened
from pymacaron_testing.emulators.cloudrun import CloudRun

WORKER = {"worker": ("celery", "wait")}


@pytest.fixture
def containers() -> LocalContainers:
    return LocalContainers()


@pytest.fixture
def emulator(containers: LocalContainers) -> Iterator[CloudRun]:
    with CloudRun(containers=containers, delay=0.01, patience=1) as running, prepare(running).apply():
        yield running


def target_of(folder: Path, **settings: Any) -> TwoServices:
    target = opened(
        environment_of(folder, "live", settings.pop("roles", None), gcp_staging=True, **SECRETS, **settings)
    )
    assert isinstance(target, TwoServices)
    return target


def answers(target: TwoServices) -> tuple[str | None, str | None]:
    """Return the releases that staging and live answer."""
    urls = (target.staging.observe().url, target.live.observe().url)
    staging, live = (get(url)["release"] if url else None for url in urls)
    return staging, live


def test_a_release_is_tested_in_a_service_with_the_variables_and_secrets_of_staging(
    emulator: CloudRun, tmp_path: Path
) -> None:
    target = target_of(tmp_path)
    variables = get(target.stage(release("1")))["variables"]
    assert (variables["PYM_ENV"], variables["PYM_RELEASE"], variables["SHOP_KEY"]) == (
        "shop-staging",
        "1",
        STAGING_SECRET,
    )
    assert [one for one in emulator.state.resources if one.endswith("services/shop-live")] == []
    variables = get(target.promote(release("1"), nothing))["variables"]
    assert (variables["PYM_ENV"], variables["SHOP_KEY"]) == ("shop-live", SECRET)


def test_live_moves_by_the_steps_of_gcp_canary_once_staging_has_the_release(emulator: CloudRun, tmp_path: Path) -> None:
    target = target_of(tmp_path, gcp_canary=[25, 100])
    deploy(target, release("1"))
    target.stage(release("2"))
    assert answers(target) == ("2", "1")
    steps: list[str] = []
    target.promote(release("2"), lambda url: steps.append(get(url)["release"]))
    assert (steps, answers(target)) == (["2"], ("2", "2"))
    target.rollback("1")
    assert answers(target) == ("2", "1")


def test_a_release_that_is_discarded_leaves_staging_as_it_was(emulator: CloudRun, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    target.stage(release("1"))
    target.discard("1")
    assert not emulator.state.resources
    deploy(target, release("1"))
    target.stage(release("2"))
    target.discard("2")
    assert answers(target) == ("1", "1")
    with pytest.raises(DeployError, match="did not start"):
        target.stage(release("3", "crashing"))
    target.discard("3")
    assert answers(target) == ("1", "1")
    assert {one.id: one.state for one in target.observe().releases} == {"1": "live"}


def test_the_pools_of_staging_go_with_the_only_release_that_it_had(emulator: CloudRun, tmp_path: Path) -> None:
    target = target_of(tmp_path, roles=WORKER)
    target.stage(release("1"))
    assert [one for one in emulator.state.resources if "/workerPools/" in one]
    target.discard("1")
    assert not emulator.state.resources


def test_an_environment_called_staging_is_refused(emulator: CloudRun, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'staging' is where releases of 'live' are tested"):
        opened(environment_of(tmp_path, "staging", gcp_staging=True))


def test_a_command_runs_in_staging_first_and_nowhere_else_where_it_fails(
    emulator: CloudRun, tmp_path: Path, containers: LocalContainers
) -> None:
    target = target_of(tmp_path)
    with pytest.raises(DeployError, match="it is 1"):
        target.run(release("1"), ("migrate", "fail"))
    target.run(release("1"), ("migrate", "pass"))
    places = [one.variables["PYM_ENV"] for one in containers.commands]
    assert places == ["shop-staging", "shop-staging", "shop-live"]


def test_staging_has_one_worker_of_each_kind_however_many_live_has(
    emulator: CloudRun, tmp_path: Path, containers: LocalContainers
) -> None:
    target = target_of(tmp_path, roles=WORKER, gcp_workers=3)
    deploy(target, release("1"))
    places = [one.variables["PYM_ENV"] for one in containers.commands if one.command]
    assert (places.count("shop-staging"), places.count("shop-live")) == (1, 3)
    assert list(target.logs("1", role="worker", lines=1)) == ["waits"]


@pytest.mark.parametrize("number", [5, 14, 23, 32, 41])
def test_a_deploy_that_dies_at_any_call_is_done_again_and_ends_the_same(
    emulator: CloudRun, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(target_of(tmp_path), release("1"))
    with monkeypatch.context() as patched:
        die_at(patched, number)
        with suppress(SystemExit):
            deploy(target_of(tmp_path), release("2"))
    again = target_of(tmp_path)
    deploy(again, release("2"))
    assert answers(again) == ("2", "2")
    assert {one.id: one.state for one in again.observe().releases} == {"2": "live", "1": "kept"}


def test_what_either_lacks_is_told_once_and_a_plan_is_judged_for_both(emulator: CloudRun, tmp_path: Path) -> None:
    target = target_of(tmp_path)
    plan = target.plan(release("1"))
    assert [line for line in plan if line.startswith("service ")] == [
        "service shop-staging: is created",
        "service shop-live: is created",
    ]
    emulator.project.secrets.clear()
    told = target.check()
    assert [name for line in told for name in ("shop-staging-SHOP_KEY", "shop-live-SHOP_KEY") if name in line] == [
        "shop-staging-SHOP_KEY",
        "shop-live-SHOP_KEY",
    ]
    assert len(told) == 2
    emulator.project.apis.remove("run.googleapis.com")
    assert target.check() == ["the API run.googleapis.com is not enabled in rehearsal: run 'pym gcp setup'"]


def test_without_the_setting_there_is_one_service(emulator: CloudRun, tmp_path: Path) -> None:
    config_of(tmp_path)
    assert isinstance(opened(environment_of(tmp_path)), CloudRunTarget)
