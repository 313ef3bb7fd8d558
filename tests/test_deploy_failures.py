"""What fails never has traffic, or loses it again within seconds, and the old release is proven live."""

from __future__ import annotations

import re

import pytest

from deploykit import Shop

NOT_ACCEPTED = (
    "Error: accept image: testing: the acceptance test testaccept/test_hello.py::test_that_it_greets fails: "
    "mend and commit it, then type 'pym deploy'\n"
)
BEFORE = {
    "a unit test": ({"test/test_unit.py": "def test():\n    assert False\n"}, "unit tests", "type 'pym deploy'"),
    "the contract": ({"mode.txt": "violation"}, "accept image", "the contract is violated"),
    "an acceptance test": ({"mode.txt": "rude"}, "accept image", NOT_ACCEPTED),
    "the release command": ({"migrate.py": "raise SystemExit('no table')\n"}, "release command", "no table"),
}


@pytest.mark.parametrize(("files", "step", "told"), BEFORE.values(), ids=list(BEFORE))
def test_what_fails_early_stops_the_deploy_there(shop: Shop, files: dict[str, str], step: str, told: str) -> None:
    shop.fast("1.0")
    shop.commit(files)
    printed = shop.deploy("2.0", code=1)
    assert f"{step} " in printed
    assert told in printed
    assert "type 'pym deploy" in printed.splitlines()[-1]
    assert (shop.live(), shop.releases(), shop.calls("stage begin 2.0")) == ("1.0", {"1.0": "live"}, [])


@pytest.mark.parametrize(
    ("mode", "told"), [("crash", "the shop has burnt down"), ("unready", "was not ready within 3 s")]
)
def test_a_release_that_does_not_start_is_discarded(shop: Shop, mode: str, told: str) -> None:
    shop.fast("1.0")
    shop.commit({"mode.txt": mode})
    if mode == "unready":
        shop.environment["FAKE_READY"] = "3"
    printed = shop.fast("2.0", code=1)
    assert told in printed
    assert "Error: stage: " in printed
    assert "2.0 never had traffic" in printed
    assert (shop.live(), shop.releases(), shop.serving()) == ("1.0", {"1.0": "live"}, 1)
    assert shop.told()[-1] == "after 2.0 failed 1.0 stage"


def test_a_staging_url_that_leads_elsewhere_is_told_and_nothing_is_tested_there(shop: Shop) -> None:
    shop.fast("1.0")
    shop.commit({"mode.txt": "wrong-release"})
    printed = shop.deploy("2.0", "--no-unittest", code=1)
    assert re.search(r"Error: stage: http://\S+ is not 2\.0 after 4 s: it answers another", printed), printed
    assert "2.0 never had traffic" in printed
    assert "accept staged" not in printed
    assert (shop.live(), shop.releases(), shop.serving()) == ("1.0", {"1.0": "live"}, 1)


def test_a_staged_release_that_is_not_accepted_never_has_traffic(shop: Shop) -> None:
    shop.fast("1.0")
    shop.commit()
    shop.mark("reject", "2")
    printed = shop.deploy("2.0", "--no-unittest", code=1)
    assert "Error: accept staged: " in printed
    assert (shop.live(), shop.releases(), shop.calls("promote begin 2.0")) == ("1.0", {"1.0": "live"}, [])


@pytest.mark.parametrize("step", ["accept live", "prove live"])
def test_a_live_release_that_fails_is_rolled_back_and_the_old_one_proven_live(shop: Shop, step: str) -> None:
    shop.fast("1.0")
    shop.commit({"mode.txt": "wrong-live" if step == "prove live" else "fine"})
    if step == "accept live":
        shop.mark("reject", "3")
    printed = shop.deploy("2.0", "--no-unittest", code=1) if step == "accept live" else shop.fast("2.0", code=1)
    assert f"Error: {step}: " in printed
    assert "1.0 is proven live again" in printed
    assert (shop.live(), shop.releases(), shop.serving()) == ("1.0", {"1.0": "live"}, 1)
    (rolled,) = [line for line in shop.journal("2.0") if line.get("step") == "roll back"]
    assert rolled["seconds"] < 10
    assert shop.told()[-1] == f"after 2.0 rolled back 1.0 {step}"
    assert "nothing to resume" in shop.pym("deploy", "--resume")


def test_the_first_release_has_nothing_to_go_back_to(shop: Shop) -> None:
    shop.commit({"mode.txt": "wrong-live"})
    printed = shop.fast("1.0", code=1)
    assert "1.0 stays live, as there is no earlier one" in printed
    assert shop.releases() == {"1.0": "live"}


def test_a_plugin_that_refuses_stops_the_deploy_before_anything_changes(shop: Shop) -> None:
    shop.fast("1.0")
    shop.commit()
    shop.mark("frozen", "")
    printed = shop.fast("2.0", code=1)
    assert "frozen" in printed
    assert (shop.live(), shop.calls("run begin 2.0")) == ("1.0", [])
    assert shop.told()[-1] == "after 2.0 failed 1.0 lock"


def test_what_the_target_misses_is_told_before_anything_is_done(shop: Shop) -> None:
    shop.mark("missing", "there is no engine: start one")
    assert "Error: there is no engine: start one" in shop.fast("1.0", code=1)
    assert shop.calls("build") == []


def test_without_a_journal_nothing_is_deployed(shop: Shop) -> None:
    folder = shop.root / ".pym/deploys"
    folder.mkdir(parents=True)
    (folder.parent / ".gitignore").write_text("*\n")
    (folder / "1.0.jsonl").symlink_to("/dev/full")
    assert shop.fast("1.0", code=1) == (
        f"Error: the journal {folder}/1.0.jsonl cannot be written (No space left on device): "
        "mend that, then type 'pym deploy'\n"
    )
    assert shop.calls("build") == []


def test_a_failed_prune_leaves_the_release_live(shop: Shop) -> None:
    shop.mark("fail-prune", "the disk is full")
    printed = shop.fast("1.0")
    assert "the disk is full" in printed
    assert "type 'pym prune'" in printed
    assert shop.live() == "1.0"


def test_a_roll_back_that_fails_says_so(shop: Shop) -> None:
    shop.fast("1.0")
    shop.commit({"mode.txt": "wrong-live"})
    shop.mark("fail-rollback", "the proxy is gone")
    printed = shop.fast("2.0", code=1)
    assert "could not be put right: the proxy is gone" in printed
    assert shop.told()[-1] == "after 2.0 failed None prove live"


def test_a_failed_push_is_tried_again_by_resume_without_testing_again(shop: Shop) -> None:
    shop.mark("fail-push", "the registry is away")
    last = shop.deploy("1.0", code=1).splitlines()[-1]
    assert last.endswith("type 'pym deploy' for another commit, 'pym deploy --resume' to go on with this one")
    (shop.home / "fail-push").unlink()
    printed = shop.pym("deploy", "--resume")
    assert "was done before" in printed
    assert (len(shop.calls("build begin")), len(shop.calls("start begin")), shop.live()) == (1, 1, "1.0")
