"""`pym gcp` as a process, on an emulated project: the commands of packages/gcp/README.md."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from gcpkit import REGION, SECRETS, LocalContainers, config_of, deploy, prepare, release, target_of
from pymacaron_testing.emulators.cloudrun import CloudRun

SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.fixture
def emulator() -> Iterator[CloudRun]:
    with CloudRun(containers=LocalContainers(), delay=0.01, patience=1) as running, running.apply():
        yield running


def pym(folder: Path, *arguments: str, command: str = "pym") -> tuple[int, str, str]:
    done = subprocess.run([SCRIPTS / command, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_setup_makes_what_check_misses_but_no_secret(emulator: CloudRun, tmp_path: Path) -> None:
    account = "shop@rehearsal.iam.gserviceaccount.com"
    config_of(tmp_path, gcp_service_account=account, **SECRETS)
    code, told, _ = pym(tmp_path, "gcp", "check")
    assert code == 1
    assert told.splitlines()[0] == "the API run.googleapis.com is not enabled in rehearsal: run 'pym gcp setup'"
    code, told, _ = pym(tmp_path, "gcp", "setup", "--yes")
    assert code == 1
    assert [line for line in told.splitlines() if line.startswith("done: made")] == [
        "done: made the repository pymacaron",
        f"done: made the service account {account}",
    ]
    emulator.project.secrets["shop-live-SHOP_KEY"] = ["made by hand"]
    assert pym(tmp_path, "check", command="pymgcr")[:2] == (0, "nothing is missing\n")
    assert emulator.project.repositories == {f"projects/rehearsal/locations/{REGION}/repositories/pymacaron"}


def test_policy_prints_a_role_of_single_permissions(tmp_path: Path) -> None:
    config_of(tmp_path)
    code, told, _ = pym(tmp_path, "gcp", "policy")
    permissions = json.loads(told)["role"]["includedPermissions"]
    assert code == 0
    assert "run.services.update" in permissions
    assert "serviceusage.services.enable" not in permissions
    assert "serviceusage.services.enable" in pym(tmp_path, "gcp", "policy", "--setup")[1]


def test_run_runs_a_command_in_the_image_of_the_live_release(emulator: CloudRun, tmp_path: Path) -> None:
    prepare(emulator)
    target = target_of(tmp_path, **SECRETS)
    code, _, told = pym(tmp_path, "gcp", "run", "--", "manage", "pass")
    assert (code, told) == (1, "Error: nothing is live in shop-live: run 'pym deploy'\n")
    deploy(target, release("1"))
    assert pym(tmp_path, "gcp", "run", "--", "manage", "pass") == (0, "done\n", "")
    code, _, told = pym(tmp_path, "gcp", "run", "--", "manage", "--fail")
    assert (code, told.splitlines()[-1]) == (1, "Error: it is 1")


def test_the_emulator_refuses_what_cloud_run_refuses(emulator: CloudRun, tmp_path: Path) -> None:
    prepare(emulator)
    target = target_of(tmp_path)
    deploy(target, release("1"))
    deploy(target, release("2"))
    path = emulator.state.parent + "/services/shop-live"
    service = target.gcp.call("services", "get_service", name=path)
    live = service.traffic[0].revision
    for traffic, sentence in (
        ([{"type_": 2, "revision": live, "percent": 90}], "add up to 100"),
        ([{"type_": 2, "revision": "shop-live-none", "percent": 100}], "not found"),
        ([{"type_": 2, "revision": live, "percent": 100, "tag": "s1"}], "less than 3 characters"),
        ([{"type_": 2, "revision": live, "percent": 100, "tag": "t" * 38}], "more than 46"),
    ):
        wanted = {"name": path, "traffic": traffic}
        with pytest.raises(Exception, match=sentence):
            target.gcp.call("services", "update_service", service=wanted, update_mask={"paths": ["traffic"]})
    for name, sentence in ((live, "actively serving"), ("none", "does not exist")):
        with pytest.raises(Exception, match=sentence):
            target.gcp.call("revisions", "delete_revision", name=f"{path}/revisions/{name}")
    assert target.gcp.call("services", "get_service", name=path).etag == service.etag
