"""The life of releases on the emulated Elastic Beanstalk, through the deploy target."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from awskit import Machines, Open, get, nothing, release, states
from pymacaron.cli import pym
from pymacaron.deploy import Lock
from pymacaron.exceptions import ConfigError, DeployError, LockedError
from pymacaron_aws.beanstalk.launching import Launcher
from pymacaron_aws.beanstalk.logs import Logs
from pymacaron_aws.beanstalk.names import Stored
from pymacaron_aws.beanstalk.pruning import prune
from pymacaron_testing.emulators.aws import AwsEmulators
from pymacaron_testing.emulators.beanstalk import Fault


def deploy(target: Any, *names: str) -> str:
    """Stage and promote releases, one after the other, and return the live URL."""
    for name in names:
        target.stage(release(name))
        url = target.promote(release(name), nothing)
    return str(url)


def later(target: Any, keep: int, minutes: int = 120) -> list[str]:
    """Prune as if it were later."""
    return prune(target.account, Launcher(target.account), keep, datetime.now(UTC) + timedelta(minutes=minutes))


def test_a_first_release_is_staged_without_being_live_and_then_promoted(open_target: Open) -> None:
    target = open_target()
    assert target.observe().releases == ()
    url = target.stage(release("1"))
    assert get(url)["PYM_RELEASE"] == "1"
    assert states(target) == {"1": "staged"}
    assert get(target.promote(release("1"), nothing))["PYM_RELEASE"] == "1"
    live = target.observe().live
    assert (live.id, live.version, live.commit, live.image) == ("1", "1", "0123abc", "repo/shop:1")


@pytest.mark.parametrize("status", ["Processing", "Failed"])
def test_a_version_that_was_stored_before_is_waited_for_and_made_anew_where_it_failed(
    open_target: Open, aws: AwsEmulators, status: str
) -> None:
    target = open_target()
    target._launcher.store(Stored.of(release("1"), target.account.environment))
    (version,) = aws.beanstalk.state.versions.values()
    if status == "Processing":
        aws.beanstalk.life.delay = 0.3
        aws.beanstalk.life.process(version)
    else:
        version.status = status
    assert get(target.stage(release("1")))["PYM_RELEASE"] == "1"
    (version,) = aws.beanstalk.state.versions.values()
    assert version.status == "Processed"
    assert aws.beanstalk.calls.count("CreateApplicationVersion") == (2 if status == "Failed" else 1)


def test_a_second_release_gets_the_address_by_a_swap_and_the_first_stays_warm(open_target: Open) -> None:
    target = open_target()
    url = deploy(target, "1")
    assert get(target.stage(release("2")))["PYM_RELEASE"] == "2"
    assert get(url)["PYM_RELEASE"] == "1"
    assert target.promote(release("2"), nothing) == url
    assert get(url)["PYM_RELEASE"] == "2"
    assert states(target) == {"2": "live", "1": "kept"}


def test_every_step_repeated_ends_in_the_same_state(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target()
    url = deploy(target, "1", "2")
    for _ in range(2):
        target.stage(release("2"))
        target.promote(release("2"), nothing)
    assert (get(url)["PYM_RELEASE"], states(target)) == ("2", {"2": "live", "1": "kept"})
    assert aws.beanstalk.calls.count("CreateEnvironment") == 2
    assert aws.beanstalk.calls.count("SwapEnvironmentCNAMEs") == 1
    target.discard("nothing of this name")
    target.unlock(None)


def test_a_rollback_swaps_back_at_once(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target()
    url = deploy(target, "1", "2")
    assert target.rollback("1") == url
    assert get(url)["PYM_RELEASE"] == "1"
    assert states(target) == {"2": "kept", "1": "live"}
    assert aws.beanstalk.calls.count("CreateEnvironment") == 2


def test_a_rollback_makes_an_environment_anew_where_it_was_pruned(open_target: Open, machines: Machines) -> None:
    target = open_target()
    url = deploy(target, "1", "2")
    later(target, keep=5)
    assert len(machines.running) == 1
    target.rollback("1")
    assert get(url)["PYM_RELEASE"] == "1"


@pytest.mark.parametrize("health", ["Yellow", "Grey", "Red"])
def test_a_rollback_to_what_has_the_address_changes_nothing_whatever_its_health(
    open_target: Open, aws: AwsEmulators, health: str
) -> None:
    target = open_target()
    url = deploy(target, "1")
    target.stage(release("2"))
    aws.beanstalk.calls.clear()
    aws.beanstalk.turn(target.account.name_of("1"), health, 1000)
    assert target.rollback("1") == url
    assert all(call.startswith(("Check", "Describe", "List", "Validate")) for call in aws.beanstalk.calls)
    assert get(url)["PYM_RELEASE"] == "1"


@pytest.mark.parametrize(("health", "looks", "made"), [("Yellow", 4, 2), ("Grey", 4, 2), ("Red", 4, 2), ("Red", 99, 3)])
def test_a_warm_environment_is_made_anew_only_where_it_stays_red(
    open_target: Open, aws: AwsEmulators, health: str, looks: int, made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if looks < 99:
        monkeypatch.setattr("pymacaron_aws.beanstalk.launching.RED_SECONDS", 60)
    target = open_target()
    url = deploy(target, "1", "2")
    aws.beanstalk.turn(target.account.name_of("1"), health, looks)
    target.rollback("1")
    assert (get(url)["PYM_RELEASE"], states(target)) == ("1", {"2": "kept", "1": "live"})
    assert aws.beanstalk.calls.count("CreateEnvironment") == made


def test_a_warm_environment_that_the_swap_still_updates_is_made_anew_where_it_stays_red(
    open_target: Open, aws: AwsEmulators
) -> None:
    target = open_target()
    url = deploy(target, "1")
    target.stage(release("2"))
    aws.beanstalk.life.delay = 0.3
    target.promote(release("2"), lambda url: None)
    aws.beanstalk.life.delay = 0.01
    aws.beanstalk.turn(target.account.name_of("1"), "Red", 99)
    target.rollback("1")
    assert (get(url)["PYM_RELEASE"], aws.beanstalk.calls.count("CreateEnvironment")) == ("1", 3)


def test_what_is_live_is_never_ended_to_be_made_anew(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target()
    url = deploy(target, "1")
    aws.beanstalk.turn(target.account.name_of("1"), "Red", 4)
    target.stage(release("1"))
    assert "TerminateEnvironment" not in aws.beanstalk.calls
    assert get(url)["PYM_RELEASE"] == "1"


def test_a_rollback_to_what_was_never_live_is_refused(open_target: Open) -> None:
    target = open_target()
    deploy(target, "1")
    target.stage(release("2"))
    with pytest.raises(DeployError, match="2 was never live in shop-live: see 'pym releases'"):
        target.rollback("2")


def test_pruning_waits_for_a_replaced_environment_to_bake(open_target: Open) -> None:
    target = open_target()
    deploy(target, "1", "2")
    assert target.prune(1) == []
    assert "(1) stays until" in target.told[-1]
    assert states(target) == {"2": "live", "1": "kept"}


def test_pruning_keeps_what_rollbacks_need_and_removes_the_rest_with_its_bundle(
    open_target: Open, machines: Machines, aws: AwsEmulators
) -> None:
    target = open_target()
    deploy(target, "1", "2", "3")
    target.stage(release("4"))
    later(target, keep=2)
    assert states(target) == {"4": "staged", "3": "live", "2": "kept"}
    assert len(machines.running) == 2
    listed = aws.client("s3").list_objects_v2(Bucket=target.account.bucket, Prefix="pymacaron/shop/bundles")
    assert [one["Key"][-10:] for one in listed["Contents"]] == ["live-2.zip", "live-3.zip", "live-4.zip"]
    assert later(target, keep=2) == []


def test_the_setting_for_kept_releases_counts_more_than_the_command(open_target: Open) -> None:
    target = open_target(aws_keep_releases=2, aws_bake_minutes=0)
    deploy(target, "1", "2", "3")
    target.rollback("2")
    target.prune(5)
    assert states(target) == {"2": "live", "3": "kept"}


def test_what_is_live_cannot_be_discarded(open_target: Open) -> None:
    target = open_target()
    url = deploy(target, "1")
    with pytest.raises(DeployError, match="1 is live in shop-live: roll back"):
        target.discard("1")
    assert get(url)["PYM_RELEASE"] == "1"


def test_a_staged_release_is_discarded_with_all_it_has(open_target: Open, machines: Machines) -> None:
    target = open_target()
    deploy(target, "1")
    target.stage(release("2"))
    target.discard("2")
    assert (states(target), len(machines.running)) == ({"1": "live"}, 1)


def test_an_environment_that_just_gave_its_address_away_is_ended_when_it_is_ready(
    open_target: Open, aws: AwsEmulators, machines: Machines
) -> None:
    target = open_target()
    target.stage(release("2"))
    deploy(target, "1")
    aws.beanstalk.life.delay = 0.3
    target.promote(release("2"), nothing)
    target.discard("1")
    assert (states(target), len(machines.running)) == ({"2": "live"}, 1)


def test_a_first_release_that_is_discarded_hands_its_address_over_and_is_ended_when_it_is_ready(
    open_target: Open, aws: AwsEmulators
) -> None:
    target = open_target()
    with pytest.raises(DeployError, match="did not start"):
        target.stage(release("1", "broken"))
    target.stage(release("2"))
    aws.beanstalk.life.delay = 0.3
    target.discard("1")
    assert states(target) == {"2": "staged"}


def test_an_environment_that_is_gone_as_it_is_to_be_ended_counts_as_ended(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target()
    deploy(target, "1", "2")
    told = "No Environment found for EnvironmentName = 'shop-live'."
    aws.beanstalk.faults.add(Fault("TerminateEnvironment", "InvalidParameterValue", message=told, done=True))
    target.discard("1")
    assert states(target) == {"2": "live"}


@pytest.mark.parametrize(
    ("image", "cause"),
    [("broken", "ImportError: no module named shop"), ("sick", "the health check got no good answer")],
)
def test_a_release_that_does_not_start_tells_why_and_never_gets_traffic(
    open_target: Open, aws: AwsEmulators, image: str, cause: str
) -> None:
    target = open_target()
    url = deploy(target, "1")
    aws.beanstalk.life.patience = 0.3
    with pytest.raises(DeployError, match=r"shop-live-\w+ did not start: Instance deployment failed") as raised:
        target.stage(release("2", image))
    assert cause in str(raised.value)
    assert "is Severe" in str(raised.value)
    assert states(target) == {"2": "broken", "1": "live"}
    with pytest.raises(DeployError, match="is Red and gets no traffic"):
        target.promote(release("2", image), nothing)
    assert get(url)["PYM_RELEASE"] == "1"


def test_a_first_release_that_fails_hands_the_address_to_the_next(open_target: Open) -> None:
    target = open_target()
    with pytest.raises(DeployError, match="did not start"):
        target.stage(release("1", "broken"))
    assert states(target) == {"1": "broken"}
    target.stage(release("2"))
    target.discard("1")
    assert get(target.promote(release("2"), nothing))["PYM_RELEASE"] == "2"


def test_an_environment_that_is_broken_is_made_anew_by_the_next_attempt(open_target: Open, machines: Machines) -> None:
    target = open_target()
    machines.failures = 1
    with pytest.raises(DeployError, match="did not start"):
        target.stage(release("1"))
    assert get(target.stage(release("1")))["PYM_RELEASE"] == "1"


def test_workers_run_beside_the_web_server_from_the_same_image(open_target: Open, machines: Machines) -> None:
    target = open_target(roles={"worker": ("pym", "worker")})
    target.stage(release("1"))
    services = machines.bundles[0].services
    assert services["web"]["image"] == services["worker"]["image"] == "repo/shop:1"
    assert services["worker"]["command"] == ["pym", "worker"]
    assert list(target.logs("1")) == ["web-1  | started", "web-1  | ready"]
    assert list(target.logs("1", role="worker")) == ["worker-1  | waits"]
    assert list(target.logs("1", lines=1)) == ["web-1  | ready"]


def test_a_release_in_place_has_the_environment_of_the_one_before_and_a_rollback_leads_back(
    open_target: Open, aws: AwsEmulators, machines: Machines
) -> None:
    target = open_target()
    url = deploy(target, "1")
    for _ in range(2):
        assert target.replace(release("2")) == url
    assert (get(url)["PYM_RELEASE"], states(target)) == ("2", {"2": "live", "1": "kept"})
    assert (aws.beanstalk.calls.count("UpdateEnvironment"), len(machines.running)) == (1, 1)
    assert target.observe().live.url == target.observe().find("2").url
    assert list(target.logs("2", lines=1)) == ["web-1  | ready"]
    target.rollback("1")
    assert (get(url)["PYM_RELEASE"], states(target)) == ("1", {"1": "live", "2": "kept"})
    target.discard("2")
    assert (get(url)["PYM_RELEASE"], states(target)) == ("1", {"1": "live"})
    assert aws.beanstalk.calls.count("CreateEnvironment") == 1


def test_releases_in_place_and_beside_follow_each_other(tmp_path: Path, open_target: Open, machines: Machines) -> None:
    target = open_target()
    url = target.replace(release("1"))
    target.replace(release("2"))
    deploy(target, "3")
    assert CliRunner().invoke(pym, ["aws", "live", "--root", str(tmp_path)]).output.split() == [
        target.account.name_of("3")
    ]
    target.replace(release("4"))
    assert CliRunner().invoke(pym, ["aws", "live", "--root", str(tmp_path)]).output.split() == [
        target.account.name_of("3")
    ]
    assert (get(url)["PYM_RELEASE"], len(machines.running)) == ("4", 2)
    target.rollback("2")
    assert (get(url)["PYM_RELEASE"], len(machines.running)) == ("2", 2)
    assert f"terminated the environment {target.account.name_of('3')} of 4" in later(target, keep=4)
    for name in ("3", "1"):
        target.rollback(name)
        assert get(url)["PYM_RELEASE"] == name
    assert states(target) == {"1": "live", "3": "kept", "2": "kept", "4": "kept"}


@pytest.mark.parametrize("image", ["broken", "sick"])
def test_a_release_in_place_that_fails_is_taken_back_in_place(open_target: Open, aws: AwsEmulators, image: str) -> None:
    target = open_target()
    url = deploy(target, "1")
    aws.beanstalk.life.patience = 0.3
    with pytest.raises(DeployError, match=r"did not start: Instance deployment failed"):
        target.replace(release("2", image))
    assert target.rollback("1") == url
    target.discard("2")
    assert (get(url)["PYM_RELEASE"], states(target)) == ("1", {"1": "live"})


def test_logs_of_what_does_not_run_are_refused(open_target: Open) -> None:
    with pytest.raises(DeployError, match="what is live does not run in shop-live"):
        list(open_target().logs(None))


def test_following_logs_gives_each_new_line_once(
    open_target: Open, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pymacaron_aws.beanstalk.logs.FOLLOW", 0.01)
    target = open_target()
    deploy(target, "1")
    lines = target.logs(None, follow=True, lines=1)
    assert next(lines) == "web-1  | ready"
    machines.lines += ["web-1  | GET /pets", "web-1  | GET /pets"]
    assert [next(lines), next(lines)] == ["web-1  | GET /pets"] * 2


def test_logs_are_whole_when_each_instance_gave_its_own(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target()
    deploy(target, "1")
    aws.beanstalk.state.environments[0].instances = 3
    for _ in range(2):
        aws.beanstalk.life.delay = 0.2
        aws.beanstalk.calls.clear()
        assert list(target.logs("1")) == ["web-1  | started", "web-1  | ready"] * 3
        assert aws.beanstalk.calls.count("RetrieveEnvironmentInfo") < 20


def test_logs_of_an_instance_that_gives_none_are_not_waited_for_without_end(
    open_target: Open, aws: AwsEmulators
) -> None:
    target = open_target()
    deploy(target, "1")
    aws.beanstalk.state.environments[0].instances = 2
    aws.beanstalk.life.delay = 60
    lines = Logs(target.aws, target.account.name_of("1")).tail(100, "web", seconds=0.3)
    assert lines == ["web-1  | started", "web-1  | ready"]


def test_secrets_go_in_as_arns_and_nowhere_as_values(open_target: Open, machines: Machines, aws: AwsEmulators) -> None:
    made = aws.client("secretsmanager").create_secret(Name="shop-live/SHOP_KEY", SecretString="canary-5r7")
    listed = aws.client("secretsmanager").create_secret(Name="elsewhere", SecretString="canary-9t1")
    target = open_target(env_secrets=["SHOP_KEY", "SHOP_OTHER"], aws_secrets={"SHOP_OTHER": listed["ARN"]})
    target.stage(release("1"))
    target.run(release("1"), ("pym", "migrate"))
    (environment, *_) = aws.beanstalk.state.environments
    secrets = {name: value for (space, name), value in environment.options.items() if space.endswith("secrets")}
    assert secrets == {"SHOP_KEY": made["ARN"], "SHOP_OTHER": listed["ARN"]}
    variables = machines.bundles[0].variables
    assert (variables["SHOP_KEY"], variables["SHOP_OTHER"]) == ("canary-5r7", "canary-9t1")
    seen = [*target.told, *map(str, aws.beanstalk.state.events)]
    seen += [content.decode() for bundle in machines.bundles for content in bundle.files.values()]
    assert "canary" not in "".join(seen)


def test_a_secret_without_an_arn_stops_before_anything_is_made(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target(env_secrets=["SHOP_KEY"])
    with pytest.raises(DeployError, match="SHOP_KEY: no secret 'shop-live/SHOP_KEY' in Secrets Manager"):
        target.plan(release("1"))
    with pytest.raises(DeployError, match="run 'pym aws setup', or set aws_secrets"):
        target.stage(release("1"))
    assert "CreateEnvironment" not in aws.beanstalk.calls


def test_a_command_runs_by_a_hook_on_an_instance_of_its_own_that_is_gone_afterwards(
    open_target: Open, machines: Machines, aws: AwsEmulators
) -> None:
    target = open_target()
    url = deploy(target, "1")
    target.run(release("2"), ("pym", "migrate", "it's"))
    hook = machines.bundles[-1].files[".platform/hooks/predeploy/01_run.sh"].decode()
    assert "docker run --rm --init --env=PYM_ENV" in hook
    assert hook.endswith("repo/shop:2 pym migrate 'it'\"'\"'s'\n")
    assert (states(target), len(machines.running), get(url)["PYM_RELEASE"]) == ({"1": "live"}, 1, "1")
    with pytest.raises(DeployError, match="did not start"):
        target.run(release("3", "broken"), ("pym", "migrate"))
    assert len(machines.running) == 1


class Killed(BaseException):
    """What ends a process, as far as the process can tell."""


def test_the_environment_of_a_command_that_was_killed_is_pruned_by_its_own_target_alone(
    open_target: Open, machines: Machines, aws: AwsEmulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, beta = open_target(), open_target(name="live-beta")
    deploy(target, "1")
    with monkeypatch.context() as patch:
        patch.setattr(Launcher, "terminate", lambda *arguments: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            target.run(release("2"), ("pym", "migrate"))
    assert len(machines.running) == 2
    assert beta.prune(5) == []
    (line,) = target.prune(5)
    assert line == f"terminated the environment {target.account.name_of('2', 'run')} of a command that was cut off"
    assert (states(target), len(machines.running)) == ({"1": "live"}, 1)
    assert [label for _, label in aws.beanstalk.state.versions] == ["shop-live-1"]


def test_a_plan_tells_all_and_changes_nothing(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target(roles={"worker": ("pym", "worker")}, aws_hosts_min=2)
    deploy(target, "1")
    aws.beanstalk.calls.clear()
    lines = target.plan(release("2"))
    assert [line.partition(" ")[0] for line in lines] == ["store", "create", "run", "swap"]
    assert "2 to 4 t3.micro, Docker running on 64bit Amazon Linux 2023/4.7.2" in lines[1]
    assert all(call.startswith(("Check", "Describe", "List", "Validate")) for call in aws.beanstalk.calls)


WRONG = "arn:aws:iam:eu-west-1:123456789012:certificate/1"


def test_options_that_the_server_refuses_stop_plan_and_deploy(open_target: Open, aws: AwsEmulators) -> None:
    deploy(open_target(), "1")
    aws.beanstalk.calls.clear()
    target = open_target(aws_cert_arn=WRONG)
    for judged in (target.plan, target.stage, target.replace):
        with pytest.raises(DeployError, match=r"Elastic Beanstalk refuses the options of 2: .*SSLCertificateArns"):
            judged(release("2"))
    assert states(target) == {"1": "live"}
    assert "UpdateEnvironment" not in aws.beanstalk.calls


def test_options_that_the_server_refuses_stop_a_first_deploy_as_its_environment_is_made(open_target: Open) -> None:
    with pytest.raises(DeployError, match=r"CreateEnvironment was refused .*SSLCertificateArns"):
        open_target(aws_cert_arn=WRONG).stage(release("1"))


def test_progress_is_the_stream_of_events(open_target: Open) -> None:
    target = open_target()
    target.stage(release("1"))
    told = "\n".join(target.told)
    for event in ("createEnvironment is starting", "Launched environment instances", "Successfully launched"):
        assert told.count(event) == 1


def test_a_wait_always_ends(open_target: Open, aws: AwsEmulators, monkeypatch: pytest.MonkeyPatch) -> None:
    target = open_target()
    target.account.settings.__dict__["aws_timeout_minutes"] = 1 / 60
    monkeypatch.setattr(aws.beanstalk.life, "launch", lambda environment, request: None)
    with pytest.raises(DeployError, match=r"was not Ready and Green within 1 s"):
        target.stage(release("1"))


def test_two_environments_of_one_service_do_not_see_each_other(open_target: Open) -> None:
    live, beta = open_target(), open_target(name="live-beta")
    deploy(live, "1")
    beta.stage(release("7", environment="shop-live-beta"))
    url = beta.promote(release("7", environment="shop-live-beta"), nothing)
    assert (states(live), states(beta)) == ({"1": "live"}, {"7": "live"})
    assert get(url)["PYM_ENV"] == "shop-live-beta"
    assert later(live, keep=1) == []


def test_an_address_is_never_handed_over_to_an_environment_with_a_longer_name(open_target: Open) -> None:
    live, beta = open_target(), open_target(name="live-beta")
    with pytest.raises(DeployError, match="did not start"):
        live.stage(release("1", "broken"))
    url = deploy_beta(beta)
    live.discard("1")
    assert get(url)["PYM_RELEASE"] == "7"
    assert beta.account.owner(beta.account.environments())


def test_an_address_is_never_taken_from_an_environment_with_a_longer_name(open_target: Open) -> None:
    url = deploy_beta(open_target(name="live-beta", aws_cname="shop-live"))
    live = open_target()
    live.stage(release("1"))
    with pytest.raises(DeployError, match=r"belongs to the environment 'shop-live-beta-\w+', which"):
        live.promote(release("1"), nothing)
    assert get(url)["PYM_RELEASE"] == "7"


def deploy_beta(target: Any) -> str:
    """Deploy release 7 to shop-live-beta."""
    target.stage(release("7", environment="shop-live-beta"))
    return str(target.promote(release("7", environment="shop-live-beta"), nothing))


def test_an_address_of_somebody_else_is_named_and_never_swapped(open_target: Open, aws: AwsEmulators) -> None:
    aws.beanstalk.state.taken.add("shop-live")
    target = open_target()
    target.stage(release("1"))
    with pytest.raises(DeployError, match="set aws_cname where another account owns it"):
        target.promote(release("1"), nothing)
    deploy(open_target(aws_cname="shop-of-example"), "2")


def test_an_environment_that_was_made_by_hand_keeps_its_address(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target()
    deploy(target, "1")
    environment = aws.beanstalk.state.environments[0]
    environment.name, environment.version = "shop-by-hand", "by-hand"
    target.stage(release("2"))
    told = "belongs to the environment 'shop-by-hand', which runs no release of shop-live: swap it by hand once"
    with pytest.raises(DeployError, match=told):
        target.promote(release("2"), nothing)
    with pytest.raises(DeployError, match=told):
        target.replace(release("3"))
    assert "UpdateEnvironment" not in aws.beanstalk.calls


def lock(token: str, seconds: float = 60) -> Lock:
    now = datetime.now(UTC)
    return Lock(f"somebody@{token}", token, now, now + timedelta(seconds=seconds))


def test_a_lock_is_held_by_one_renewed_by_its_token_and_given_back(open_target: Open) -> None:
    target = open_target()
    target.lock(lock("a"))
    target.lock(lock("a", 120))
    with pytest.raises(LockedError, match=r"somebody@a is changing shop-live since \d\d:\d\d:\d\d UTC: wait"):
        target.lock(lock("b"))
    target.unlock("b")
    assert target.observe().lock.token == "a"
    target.unlock("a")
    target.lock(lock("b"))
    target.unlock(None)
    assert target.observe().lock is None


def test_a_lock_that_expired_is_taken_over(open_target: Open) -> None:
    target = open_target()
    target.lock(lock("a", -1))
    assert target.observe().lock is None
    target.lock(lock("b"))
    with pytest.raises(LockedError):
        target.lock(lock("a"))


def test_contradicting_settings_are_refused(open_target: Open) -> None:
    with pytest.raises(ConfigError, match="aws_hosts_min is 9 and aws_hosts_max 4"):
        open_target(aws_hosts_min=9)


def test_an_unknown_profile_is_named(open_target: Open) -> None:
    with pytest.raises(ConfigError, match="AWS has no profile 'nobody'"):
        open_target(aws_user="nobody").observe()
