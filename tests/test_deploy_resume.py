"""Killed at any point, a deploy is resumed to the same end; two at once never both change (docs/how-to/deploy.md)."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploykit import Shop

MOMENTS = [
    "build begin",
    "build middle",
    "build end",
    "push begin",
    "push end",
    "run begin",
    "run end",
    "stage begin",
    "stage middle",
    "stage end",
    "promote begin",
    "promote middle",
    "promote end",
    "prune begin",
    "prune end",
]


def kill_at(shop: Shop, moment: str, *arguments: str) -> None:
    """Deploy 2.0 over 1.0, and have it killed at a moment."""
    shop.fast("1.0")
    shop.commit({"mode.txt": "finer"})
    shop.mark("kill", moment)
    shop.deploy("2.0", *arguments, code=-signal.SIGKILL)
    assert shop.live() in ("1.0", "2.0")


def hold_release_command(shop: Shop) -> Path:
    """Commit a release command that ends when a file is there, and return that."""
    go = shop.home / "go"
    shop.commit(
        {"migrate.py": f"import time, pathlib\nwhile not pathlib.Path({str(go)!r}).exists():\n    time.sleep(0.05)\n"}
    )
    return go


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_deploy_is_resumed_to_the_same_end(shop: Shop, moment: str) -> None:
    kill_at(shop, moment, "--no-test", "--no-unittest")
    shop.pym("deploy", "--resume", "--no-test", "--no-unittest")
    assert (shop.live(), shop.releases(), shop.serving()) == ("2.0", {"2.0": "live", "1.0": "kept"}, 2)
    assert (shop.home / "lock.json").read_text() == "{}"
    assert len(shop.calls("run end 2.0")) == (2 if moment == "run end" else 1)
    assert len(shop.calls("build end 2.0")) == 1
    if moment not in ("prune begin", "prune end"):
        assert "nothing to resume" in shop.pym("deploy", "--resume")


@pytest.mark.parametrize("moment", ["start middle", "start end"])
def test_a_deploy_killed_in_its_tests_leaves_nothing_that_serves(shop: Shop, moment: str) -> None:
    kill_at(shop, moment, "--no-unittest")
    shop.pym("deploy", "--resume", "--no-unittest")
    assert (shop.live(), shop.releases(), shop.serving()) == ("2.0", {"2.0": "live", "1.0": "kept"}, 2)


@pytest.mark.parametrize("moment", ["push begin", "stage middle", "stage end", "promote middle", "promote end"])
def test_another_checkout_resumes_by_what_the_target_shows(shop: Shop, tmp_path: Path, moment: str) -> None:
    if waits := moment == "stage end":
        shop.short_lock()
    kill_at(shop, moment, "--no-test", "--no-unittest")
    if not waits:
        shop.pym("deploy", "unlock", "--yes")
    other = tmp_path / "other"
    shop.git("clone", "-q", str(shop.root), str(other))
    arguments = ["deploy", "--resume", "--no-test", "--no-unittest"]
    arguments += ["--version", "2.0"] if moment in ("push begin", "stage middle") else []
    shop.pym(*arguments, root=other)
    assert (shop.live(), shop.serving()) == ("2.0", 2)
    assert shop.releases() == {"2.0": "live", "1.0": "kept"}


@pytest.mark.parametrize("moment", ["rollback begin", "rollback middle", "rollback end", "discard begin"])
def test_a_killed_roll_back_is_brought_to_its_end(shop: Shop, moment: str) -> None:
    shop.fast("1.0")
    shop.commit({"mode.txt": "wrong-live"})
    shop.mark("kill", moment)
    shop.fast("2.0", code=-signal.SIGKILL)
    printed = shop.pym("deploy", "--resume", "--no-test", "--no-unittest", code=1)
    assert "1.0 is proven live again" in printed
    assert shop.told()[-1] == "after 2.0 rolled back 1.0 promote"
    assert (shop.live(), shop.releases(), shop.serving()) == ("1.0", {"1.0": "live"}, 1)


def test_there_is_nothing_to_resume_after_a_deploy_that_ended(shop: Shop) -> None:
    shop.fast("1.0")
    before = shop.calls("")
    assert "nothing to resume" in shop.pym("deploy", "--resume")
    assert set(shop.calls("")[len(before) :]) == {"observe begin"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "TERM"])
def test_an_interrupted_deploy_gives_the_lock_back_and_can_be_resumed(shop: Shop, number: int) -> None:
    go = hold_release_command(shop)
    process = shop.start("deploy", "--version", "1.0", "--no-test", "--no-unittest")
    wait_for(shop, "run begin 1.0")
    process.send_signal(number)
    printed, _ = process.communicate(timeout=60)
    go.touch()
    assert process.returncode == 1
    assert "interrupted" in printed
    assert "pym deploy --resume" in printed.splitlines()[-1]
    assert (shop.home / "lock.json").read_text() == "{}"


def test_of_two_deploys_at_once_one_says_who_holds_the_lock(shop: Shop) -> None:
    shop.short_lock(12)
    go = hold_release_command(shop)
    first = shop.start("deploy", "--version", "1.0", "--no-test", "--no-unittest")
    wait_for(shop, "run begin 1.0")
    held = (shop.home / "lock.json").read_text()
    printed = shop.fast("2.0", code=1)
    assert f"(process {first.pid}) deploys here since" in printed
    assert "type 'pym deploy unlock' where that deploy is dead" in printed
    assert "is being deployed from this folder" in shop.pym("deploy", "--resume", "--no-test", code=1)
    wait_until(lambda: (shop.home / "lock.json").read_text() != held, "the lock is renewed")
    go.touch()
    first.communicate(timeout=60)
    assert (first.returncode, shop.live(), shop.calls("build begin 2.0")) == (0, "1.0", [])


def test_a_deploy_that_lost_its_lock_stops_before_its_next_step(shop: Shop) -> None:
    go = hold_release_command(shop)
    process = shop.start("deploy", "--version", "1.0", "--no-test", "--no-unittest")
    wait_for(shop, "run begin 1.0")
    assert "it is free" in shop.pym("deploy", "unlock", "--yes")
    data = {"holder": "Somebody", "token": "another", "since": "2026-01-01 00:00:00+00:00"}
    shop.mark("lock.json", json.dumps({**data, "expires": "2099-01-01 00:00:00+00:00"}))
    go.touch()
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the lock was lost (Somebody deploys here since" in printed
    assert (shop.calls("stage"), json.loads((shop.home / "lock.json").read_text())["token"]) == ([], "another")


def test_a_lock_is_taken_away_only_when_asked(shop: Shop) -> None:
    assert "nobody holds the lock" in shop.pym("deploy", "unlock")
    kill_at(shop, "stage begin", "--no-test", "--no-unittest")
    assert "Take it away?" in shop.pym("deploy", "unlock", code=1)
    assert "deploys here since" in shop.fast("3.0", code=1)
    assert "it is free" in shop.pym("deploy", "unlock", "--yes")
    shop.fast("3.0")
    assert shop.live() == "3.0"


def test_what_a_dead_deploy_staged_is_discarded_by_the_next(shop: Shop) -> None:
    kill_at(shop, "promote begin", "--no-test", "--no-unittest")
    shop.pym("deploy", "unlock", "--yes")
    printed = shop.fast("3.0")
    assert "2.0 was staged by a deploy that did not end" in printed
    assert (shop.releases(), shop.serving()) == ({"3.0": "live", "1.0": "kept"}, 2)


def wait_for(shop: Shop, moment: str) -> None:
    """Wait until the fakes came to a moment."""
    wait_until(lambda: bool(shop.calls(moment)), moment)


def wait_until(happened: Callable[[], bool], what: str) -> None:
    """Wait until something happened."""
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end, what
        time.sleep(0.02)
