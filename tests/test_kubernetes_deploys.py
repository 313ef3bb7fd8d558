"""`pym deploy` of examples/shop to a cluster of real containers: killed and resumed, broken, rejected, two at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from cloudkit import get
from hostkit import CANARY, each_step
from k8sstand import ClusterStand, cluster_stand
from pymacaron_testing.emulators.kubernetes import Fault


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterStand]:
    with cluster_stand(tmp_path_factory, "shop", ("core",)) as made:
        made.pym("deploy", "--version", "first", "--no-unittest")
        yield made


@contextmanager
def callers(url: str, failures: list[str]) -> Iterator[set[str]]:
    """Ask who is live again and again while the block runs, and give what is answered."""
    seen: set[str] = set()
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(0.005):
            try:
                seen.add(get(url)["release"])
            except (OSError, ValueError, KeyError) as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_a_commit_goes_live_by_way_of_staging(shop: ClusterStand) -> None:
    assert get(shop.url)["release"] == "first"
    assert get(shop.url)["pym_env"] == "shop-live"
    assert shop.pym("gke", "status").startswith("first is live at http://")
    assert shop.names("Deployment") == ["shop-live"]


def test_a_second_release_and_the_way_back_lose_no_request(shop: ClusterStand) -> None:
    before, url, failures = get(shop.url)["release"], shop.url, list[str]()
    shop.commit()
    with callers(url, failures) as seen:
        shop.fast("second")
        shop.pym("gke", "rollback", "--yes")
        assert get(url)["release"] == before
        shop.pym("rollback", "second", "--yes")
    assert (failures, seen, get(url)["release"]) == ([], {before, "second"}, "second")


@pytest.mark.parametrize("step", each_step("promote"))
def test_a_deploy_killed_after_a_step_is_resumed_to_the_same_end(shop: ClusterStand, step: str) -> None:
    shop.commit(release_command=["python", "-c", "pass"])
    before, url, failures = get(shop.url)["release"], shop.url, list[str]()
    version = f"after-{step.replace(' ', '-')}"
    with callers(url, failures) as seen:
        shop.kill_after(step, "--version", version, "--no-unittest")
        resumed = shop.pym("deploy", "--resume", "--no-unittest")
    assert get(url)["release"] == version, resumed
    assert (failures, seen) == ([], {before, version})
    assert shop.states() == {version: "live", before: "kept"}
    assert shop.names("Deployment") == ["shop-live"]
    assert shop.names("Lease") == [] or "holderIdentity" not in shop.cluster.state.all("Lease")[-1]["spec"]


BROKEN = "raise SystemExit('the shop has burnt down, its key was ' + __import__('os').environ.get('STAND_KEY', ''))\n"


def test_a_release_that_does_not_start_never_has_traffic(shop: ClusterStand) -> None:
    before, url, failures, states = get(shop.url)["release"], shop.url, list[str](), shop.states()
    shop.commit({"shop/stock.py": BROKEN})
    with callers(url, failures) as seen:
        printed = shop.fast("broken", code=1)
    shop.commit({"shop/stock.py": (shop.example / "shop/stock.py").read_text()})
    assert "stage: broken did not start at" in printed
    assert "CrashLoopBackOff" in printed
    assert "the shop has burnt down" in printed
    assert "never had traffic" in printed
    assert CANARY not in printed
    assert (failures, seen, shop.states()) == ([], {before}, states)


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param("2", "failed", id="staged", marks=pytest.mark.endurance),
        pytest.param("3", "rolled back", id="live"),
    ],
)
def test_a_release_that_is_rejected_is_never_live_or_rolled_back_and_proven(
    shop: ClusterStand, number: str, status: str
) -> None:
    shop.commit()
    before, url, failures, states = get(shop.url)["release"], shop.url, list[str](), shop.states()
    with callers(url, failures) as seen:
        printed = shop.pym(
            "deploy", "--version", f"rejected-{number}", "--no-unittest", "--json", code=1, REJECT=number
        )
    outcome = [json.loads(line) for line in printed.splitlines() if line.startswith("{")][-1]
    assert (outcome["status"], outcome["live"]) == (status, before)
    assert seen == ({before} if status == "failed" else {before, f"rejected-{number}"})
    assert (failures, get(url)["release"], shop.states()) == ([], before, states)


FAULTS: dict[str, Callable[[str], Fault]] = {
    "throttled": lambda call: Fault.throttle(call, times=2),
    "failed": lambda call: Fault(call, 503, times=2),
    "done, and the answer lost": lambda call: Fault(call, 503, done=True),
    "cut off": lambda call: Fault(call, reset=True),
    "late": lambda call: Fault(call, hang=1),
}


@pytest.mark.endurance
@pytest.mark.parametrize("fault", FAULTS)
def test_a_deploy_goes_live_whatever_of_its_calls_is_answered_wrongly(shop: ClusterStand, fault: str) -> None:
    shop.commit(release_command=["python", "-c", "pass"])
    before, url, failures = get(shop.url)["release"], shop.url, list[str]()
    version = fault.partition(",")[0].replace(" ", "-")
    rules = json.loads(shop.pym("gke", "policy"))["items"][0]["rules"]
    for call in sorted({f"{verb} {one}" for rule in rules for one in rule["resources"] for verb in rule["verbs"]}):
        shop.cluster.faults.add(FAULTS[fault](call))
    with callers(url, failures) as seen:
        shop.fast(version)
    shop.cluster.faults.clear()
    assert (get(url)["release"], failures, seen) == (version, [], {before, version})
    assert shop.states() == {version: "live", before: "kept"}


@pytest.mark.endurance
def test_of_two_deploys_at_once_one_wins_and_the_other_says_who(shop: ClusterStand) -> None:
    shop.commit(release_command=["python", "-c", "import time; time.sleep(5)"])
    options = ("--no-test", "--no-unittest")
    both = {one: shop.start("deploy", "--version", one, *options) for one in ("left", "right")}
    printed = {one: process.communicate(timeout=120)[0] for one, process in both.items()}
    ((winner, loser),) = [pair for pair in (("left", "right"), ("right", "left")) if both[pair[0]].returncode == 0]
    assert both[loser].returncode == 1, printed[loser]
    assert f"(process {both[winner].pid})" in printed[loser]
    assert get(shop.url)["release"] == winner
    assert loser not in shop.states()


@pytest.mark.endurance
def test_what_is_pruned_is_gone_and_what_is_kept_can_be_gone_back_to(shop: ClusterStand) -> None:
    shop.commit()
    for version in ("third", "fourth"):
        shop.fast(version)
    assert shop.states() == {"fourth": "live", "third": "kept"}
    assert len(shop.names("ReplicaSet")) == 2
    assert "is no release to go back to" in shop.pym("rollback", "first", "--yes", code=1)
    shop.pym("rollback", "third", "--yes")
    assert get(shop.url)["release"] == "third"
