"""`pym deploy` of examples/shop with real images on the emulated Cloud Run (docs/how-to/deploy-to-cloud-run.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cloudkit import Load
from gcpkit import ROUND
from hostkit import CANARY, each_step, wait_until
from pymacaron_testing.emulators.cloudrun import Fault
from runkit import Rehearsal, shop
from shopkit import BROKEN, Shop

endurance = pytest.mark.endurance
WAYS = {"one service": False, "staging then live": True}


@pytest.fixture(
    scope="module", params=["one service", pytest.param("staging then live", marks=endurance)], autouse=True
)
def both(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[tuple[Shop, Rehearsal]]:
    with shop(tmp_path_factory, gcp_staging=WAYS[request.param]) as made:
        printed = made[0].pym("deploy", "--version", "first")
        assert printed.splitlines()[-1].startswith("rehearsed: first was live"), printed
        yield made


@pytest.fixture
def place(both: tuple[Shop, Rehearsal]) -> Shop:
    return both[0]


@pytest.fixture
def project(both: tuple[Shop, Rehearsal]) -> Rehearsal:
    return both[1]


@contextmanager
def untouched(place: Shop) -> Iterator[None]:
    """See that nothing but the live release answers while the block runs, and that nothing is left behind."""
    before, states = place.live(), place.states()
    with Load(place.url) as load:
        yield
    assert (load.releases, load.failed, set(load.served)) == ({before}, [], {200})
    assert place.states() == states


def test_a_first_release_is_live_from_artifact_registry_by_its_digest(place: Shop, project: Rehearsal) -> None:
    assert place.live() == "first"
    assert place.pym("status").startswith(f"first is live at {place.url}\n")
    (revision,) = project.gcp.cloud.state.below(f"{project.gcp.cloud.state.parent}/services/shop-live", "revisions")
    repository, _, digest = revision.containers[0].image.partition("@")
    name = f"{project.settings['gcp_project']}/pymacaron/shop"
    assert repository == f"{project.gcp.registry.host}/{name}"
    assert (name, digest) in project.gcp.registry.manifests


@pytest.mark.parametrize("step", each_step("promote"))
def test_a_deploy_killed_after_a_step_is_resumed_to_the_same_end_under_load(
    place: Shop, project: Rehearsal, step: str
) -> None:
    place.commit(release_command=["python", "-c", "pass"])
    before, version = place.live(), f"after-{step.replace(' ', '-')}"
    with Load(place.url) as load:
        place.kill_after(step, "--version", version)
        resumed = place.pym("deploy", "--resume")
    assert (place.live(), load.failed, set(load.served)) == (version, [], {200}), resumed
    assert load.releases <= {before, version}
    assert place.states() == {version: "live", before: "kept"}
    wanted = [f"shop-live {before}", f"shop-live {version}"]
    wait_until(
        lambda: [one for one in project.containers() if one.startswith("shop-live ")] == sorted(wanted),
        "others are gone",
    )


@pytest.mark.parametrize(("step", "run"), [("promote", "3"), ("accept live", "5")])
def test_a_release_that_is_rejected_between_steps_or_live_is_rolled_back_within_ten_seconds(
    place: Shop, step: str, run: str
) -> None:
    place.commit()
    version = f"doomed-at-{step.replace(' ', '-')}"
    before, states = place.live(), place.states()
    with Load(place.url) as load:
        printed = place.pym("deploy", "--version", version, "--no-unittest", code=1, REJECT=run)
    assert f"Error: {step}: testing: the acceptance test testaccept/" in printed
    assert f"{before} is proven live again" in printed
    assert (place.live(), place.states(), load.failed, set(load.served)) == (before, states, [], {200})
    assert load.releases == {before, version}
    (back,) = [line for line in place.journal(version) if line.get("step") == "roll back"]
    assert back["seconds"] < 10
    assert CANARY not in printed


@endurance
@pytest.mark.parametrize("fault", BROKEN)
def test_a_release_that_does_not_start_never_has_traffic(place: Shop, fault: str) -> None:
    place.commit(BROKEN[fault])
    with untouched(place):
        printed = place.fast(f"broken-{fault.replace(' ', '-')}", code=1)
    assert "stage: broken-" in printed
    assert "never had traffic" in printed
    assert ("the shop has burnt down" in printed) is (fault == "crashes")


@endurance
def test_a_release_that_is_rejected_before_it_is_promoted_never_has_traffic(place: Shop) -> None:
    place.commit()
    with untouched(place):
        printed = place.pym("deploy", "--version", "rejected", "--no-unittest", code=1, REJECT="2")
    assert "accept staged: testing: the acceptance test testaccept/" in printed
    assert "; rejected never had traffic" in printed


@endurance
def test_an_older_release_is_gone_back_to_and_others_are_pruned(place: Shop, project: Rehearsal) -> None:
    place.commit()
    with Load(place.url) as load:
        for version in ("old", "middle", "new"):
            place.fast(version)
        printed = place.pym("rollback", "middle", "--yes")
    assert f"live: middle at {place.url}, proven by /version" in printed
    assert (place.live(), load.failed, set(load.served)) == ("middle", [], {200})
    assert place.states()["new"] == "kept"
    place.pym("prune", "--keep", "1")
    assert place.states() == {"middle": "live"}
    place.fast("newest")
    assert place.states() == {"newest": "live", "middle": "kept"}


@endurance
def test_of_two_deploys_at_once_one_wins_and_the_other_says_who(place: Shop) -> None:
    place.commit(release_command=["python", "-c", "import time; time.sleep(8)"])
    options = ("--no-test", "--no-unittest")
    with Load(place.url) as load:
        both = {one: place.start("deploy", "--version", one, *options) for one in ("left", "right")}
        printed = {one: process.communicate(timeout=180)[0] for one, process in both.items()}
    ((winner, loser),) = [pair for pair in (("left", "right"), ("right", "left")) if both[pair[0]].returncode == 0]
    assert both[loser].returncode == 1, printed[loser]
    assert f"(process {both[winner].pid})" in printed[loser]
    assert (place.live(), load.failed, set(load.served)) == (winner, [], {200})
    assert loser not in place.states()


FAULTS = {
    "throttled": lambda call: Fault.throttle(call, times=2),
    "failed": lambda call: Fault(call, 503, times=2),
    "done, and the answer lost": lambda call: Fault(call, 503, done=True),
    "late": lambda call: Fault(call, hang=2),
    "refused for an expired token": lambda call: Fault(call, 401),
}


@endurance
@pytest.mark.parametrize("fault", FAULTS)
def test_a_deploy_goes_live_whatever_of_its_calls_is_answered_wrongly(
    place: Shop, project: Rehearsal, fault: str
) -> None:
    place.commit(release_command=["python", "-c", "pass"])
    version = fault.partition(",")[0].replace(" ", "-")
    for call in ROUND:
        project.gcp.cloud.faults.add(FAULTS[fault](call))
    with Load(place.url) as load:
        place.fast(version)
    project.gcp.cloud.faults.clear()
    assert (place.live(), load.failed, set(load.served)) == (version, [], {200})


@endurance
def test_no_secret_shows_in_what_is_printed_written_and_kept(place: Shop, project: Rehearsal) -> None:
    place.commit()
    printed = place.pym("deploy", "--version", "quiet", "--json")
    told = {
        "printed": printed,
        "journals": [path.read_text() for path in Path(place.variables["PYM_EMULATION"]).rglob("*.jsonl")],
        "resources": list(project.gcp.cloud.state.resources.values()),
        "plan": place.pym("deploy", "--plan", "--version", "quieter"),
        "logs": place.pym("logs"),
    }
    hidden = (CANARY, project.gcp.cloud.token, project.gcp.registry.password)
    assert [where for where, what in told.items() for secret in hidden if secret in str(what)] == []
