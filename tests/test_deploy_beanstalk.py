"""`pym deploy` of examples/shop with real images on the emulated Elastic Beanstalk (docs/how-to/deploy-to-aws.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from beanstalkkit import Shop, shop
from hostkit import CANARY, each_step
from pymacaron_testing.emulators.beanstalk import Fault
from shopkit import BROKEN

endurance = pytest.mark.endurance


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory) as made:
        assert made.pym("deploy", "--version", "first").splitlines()[-1].startswith("rehearsed: first was live")
        yield made


def test_a_first_release_is_live_from_a_registry_with_a_password(place: Shop) -> None:
    assert place.live() == "first"
    assert place.pym("status").startswith(f"first is live at {place.url}\n")
    (release,) = (one for one in place.aws.beanstalk.state.versions.values() if one.label == "shop-live-first")
    image = release.tags["pymacaron:image"]
    repository, _, digest = image.partition("@")
    assert repository == f"{place.aws.registry.host}/{place.settings['docker_repo']}/shop"
    assert (repository.partition("/")[2], digest) in place.aws.registry.manifests


def test_a_rehearsal_takes_an_account_of_its_own_and_leaves_nothing(place: Shop) -> None:
    states, images = place.states(), names(place)
    calls = list(place.aws.beanstalk.calls)
    quick = ("--no-test", "--no-unittest", "--version", "first")
    printed = place.pym("deploy", "--rehearse", *quick, PYM_EMULATION="")
    assert "rehearsal: aws-beanstalk is emulated on this machine, and no account is reached" in printed
    assert printed.splitlines()[-1].startswith("rehearsed: first was live at http://127.0.0.1:")
    assert place.aws.beanstalk.calls == calls
    assert (place.states(), names(place)) == (states, images)


def names(place: Shop) -> set[str]:
    """Return the names of all images of the engine that are of this shop."""
    found = [tag for image in place.engine.api.images() for tag in image["RepoTags"] or ()]
    return {one for one in found if f"/{place.settings['docker_repo']}/" in one}


@endurance
def test_several_deploys_and_a_rollback_are_rehearsed_by_one_command(place: Shop) -> None:
    deploy = "pym deploy --no-test --no-unittest --yes --version first"
    script = f"{deploy} && {deploy} && pym rollback --yes && pym status"
    printed = place.pym("emulate", "--setup", "aws-beanstalk", "sh", "-c", script, PYM_EMULATION="")
    assert "live: first at http://127.0.0.1:" in printed
    assert "first is live at http://127.0.0.1:" in printed


@pytest.mark.parametrize("step", each_step("stage"))
def test_a_deploy_killed_after_a_step_is_resumed_to_the_same_end_under_load(place: Shop, step: str) -> None:
    place.commit(release_command=["python", "-c", "pass"])
    before = place.live()
    quick = ["--no-test", "--no-unittest"] if step == "stage" else []
    version = f"after-{step.replace(' ', '-')}"
    with place.load() as load:
        place.kill_after(step, "--version", version, *quick)
        resumed = place.pym("deploy", "--resume", *quick)
    assert (place.live(), load.failed) == (version, []), resumed
    assert set(load.served) == {200}
    assert load.releases <= {before, version}
    assert place.states() == {version: "live", before: "kept"}
    assert place.environments() == {f"shop-live-{version}": "Green"}
    assert place.aws.beanstalk.state.versions.keys() == {("shop", f"shop-live-{one}") for one in (version, before)}


def test_a_release_that_is_rejected_live_is_rolled_back_and_the_old_one_proven(place: Shop) -> None:
    place.commit()
    before, states = place.live(), place.states()
    with place.load() as load:
        printed = place.pym("deploy", "--version", "doomed", "--no-unittest", code=1, REJECT="3")
    assert "Error: accept live: testing: the acceptance test testaccept/" in printed
    assert f"{before} is proven live again" in printed
    assert (place.live(), place.states(), load.failed, set(load.served)) == (before, states, [], {200})
    assert load.releases == {before, "doomed"}
    assert CANARY not in printed


@endurance
@pytest.mark.parametrize("fault", BROKEN)
def test_a_release_that_does_not_start_never_has_traffic(
    place: Shop, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.aws.beanstalk.life, "patience", 15)
    before, states = place.live(), place.states()
    place.commit(BROKEN[fault])
    with place.load() as load:
        printed = place.fast(f"broken-{fault.replace(' ', '-')}", code=1)
    assert "stage: " in printed
    assert "never had traffic" in printed
    assert (load.releases, load.failed, place.states()) == ({before}, [], states)


@endurance
def test_a_release_that_is_rejected_before_it_is_promoted_never_has_traffic(place: Shop) -> None:
    place.commit()
    before, states = place.live(), place.states()
    with place.load() as load:
        printed = place.pym("deploy", "--version", "rejected", "--no-unittest", code=1, REJECT="2")
    assert "accept staged: testing: the acceptance test testaccept/" in printed
    assert "; rejected never had traffic" in printed
    assert (load.releases, load.failed, place.states()) == ({before}, [], states)


@endurance
@pytest.mark.parametrize("minutes", [0, 60], ids=["made anew", "still warm"])
def test_an_older_release_is_gone_back_to_and_others_are_pruned(place: Shop, minutes: int) -> None:
    versions = [f"{number}-{minutes}" for number in (1, 2, 3)]
    place.commit(aws_bake_minutes=minutes)
    with place.load() as load:
        for version in versions:
            place.fast(version)
        assert place.live() == versions[2]
        printed = place.pym("rollback", versions[1], "--yes")
    assert f"live: {versions[1]} at {place.url}, proven by /version" in printed
    assert (place.live(), load.failed, set(load.served)) == (versions[1], [], {200})
    assert place.states()[versions[2]] == "kept"
    place.commit(aws_bake_minutes=0)
    told = place.pym("prune", "--keep", "1")
    assert f"deleted the version shop-live-{versions[2]} and its source bundle" in told
    assert place.states() == {versions[1]: "live"}
    assert "there is nothing to remove" in place.pym("prune")


@endurance
def test_of_two_deploys_at_once_one_wins_and_the_other_says_who(place: Shop) -> None:
    place.commit(release_command=["python", "-c", "import time; time.sleep(5)"])
    options = ("--no-test", "--no-unittest")
    with place.load() as load:
        both = {one: place.start("deploy", "--version", one, *options) for one in ("left", "right")}
        printed = {one: process.communicate(timeout=120)[0] for one, process in both.items()}
    ((winner, loser),) = [pair for pair in (("left", "right"), ("right", "left")) if both[pair[0]].returncode == 0]
    assert both[loser].returncode == 1, printed[loser]
    assert f"(process {both[winner].pid})" in printed[loser]
    assert (place.live(), load.failed, set(load.served)) == (winner, [], {200})
    assert loser not in place.states()


@endurance
def test_a_release_in_place_takes_over_the_environment_and_is_rolled_back_in_place(place: Shop) -> None:
    place.commit()
    place.fast("beside")
    place.aws.beanstalk.calls.clear()
    assert "stage              skipped" in place.fast("in-place", "--with-downtime")
    place.kill_after("push", "--version", "resumed", "--with-downtime")
    place.pym("deploy", "--resume", "--with-downtime")
    assert (place.live(), place.states()) == ("resumed", {"resumed": "live", "in-place": "kept"})
    printed = place.pym("deploy", "--version", "doomed", "--no-unittest", "--with-downtime", code=1, REJECT="2")
    assert "resumed is proven live again" in printed
    assert (place.live(), place.states()) == ("resumed", {"resumed": "live", "in-place": "kept"})
    assert place.environments() == {"shop-live-resumed": "Green"}
    calls = place.aws.beanstalk.calls
    # The environment has the name of the release that it was made for, so that the rollback makes one of its own.
    assert [calls.count(one) for one in ("UpdateEnvironment", "CreateEnvironment", "SwapEnvironmentCNAMEs")] == [
        3,
        1,
        1,
    ]


@endurance
@pytest.mark.parametrize("operation", ["CreateEnvironment", "DescribeEvents", "SwapEnvironmentCNAMEs"])
@pytest.mark.parametrize("code", ["ExpiredToken", "Throttling"])
def test_a_deploy_that_aws_refuses_midway_is_resumed(place: Shop, operation: str, code: str) -> None:
    place.commit()
    before, version = place.live(), f"{operation}-{code}"
    with place.load() as load:
        place.aws.beanstalk.faults.add(Fault(operation, code, times=10**6))
        printed = place.fast(version, code=1)
        place.aws.beanstalk.faults.clear()
        assert place.live() == before
        if operation == "SwapEnvironmentCNAMEs":  # the old release was proven live again, and the new one discarded
            assert f"{before} is proven live again" in printed
            place.fast(version)
        else:
            place.pym("deploy", "--resume", "--no-test", "--no-unittest")
    told = {"ExpiredToken": "does not accept the credentials of", "Throttling": "AWS still throttles"}
    told |= {"Throttling": "did not go to"} if operation == "SwapEnvironmentCNAMEs" else {}
    assert told[code] in printed
    assert (place.live(), load.failed, set(load.served)) == (version, [], {200})


def whole(place: Shop, version: str) -> str:
    """Do all that a deployer does until something fails, and return what that says."""
    quick = ("--no-test", "--no-unittest", "--no-push", "--version")
    for words in (
        ("aws", "login"),
        ("deploy", *quick, version),
        ("deploy", *quick, version),
        ("deploy", *quick, version, "--with-downtime"),
        ("logs",),
        ("rollback", "--yes"),
    ):
        process = place.start(*words)
        printed, _ = process.communicate(timeout=300)
        if process.returncode:
            return printed
    return ""


@endurance
def test_a_deployer_needs_each_statement_of_the_printed_policy_and_no_more(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with shop(tmp_path_factory, enforce_policies=True) as place:
        policy = json.loads(place.pym("aws", "policy"))
        place.aws.become(policy)
        assert whole(place, "1.0") == ""
        needed = [one for one in policy["Statement"] if not one["Sid"].startswith("Documented")]
        for statement in needed:
            place.aws.become({**policy, "Statement": [one for one in needed if one is not statement]})
            assert "may not call" in whole(place, "1.0"), statement
