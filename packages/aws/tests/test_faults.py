"""Whatever AWS answers, a deploy repeats it, or ends in one sentence and a state from which the same deploy goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awskit import Open, get, nothing, release, states
from pymacaron.deploy import Lock
from pymacaron.exceptions import DeployError, LockedError
from pymacaron_aws.beanstalk.launching import Launcher
from pymacaron_aws.beanstalk.pruning import prune
from pymacaron_aws.client import SENT_ONCE
from pymacaron_testing.emulators.aws import AwsEmulators
from pymacaron_testing.emulators.beanstalk import Fault

ALWAYS = 1000
OPERATIONS = (
    "CheckDNSAvailability",
    "CreateApplicationVersion",
    "CreateEnvironment",
    "DeleteApplicationVersion",
    "DescribeApplicationVersions",
    "DescribeEnvironments",
    "DescribeEvents",
    "ListPlatformVersions",
    "ListTagsForResource",
    "RequestEnvironmentInfo",
    "RetrieveEnvironmentInfo",
    "SwapEnvironmentCNAMEs",
    "TerminateEnvironment",
    "UpdateTagsForResource",
)
KINDS = {
    "throttled": (Fault("", "Throttling", 400), "AWS still throttles elasticbeanstalk:"),
    "broken": (Fault("", "ServiceUnavailable", 503), "failed 6 times on the side of AWS"),
    "expired": (Fault("", "ExpiredToken", 403), "does not accept the credentials of the profile 'shop-deployer'"),
    "denied": (Fault("", "AccessDenied", 403), "grant what 'pym aws policy' prints"),
}


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
    monkeypatch.setattr("pymacaron_aws.beanstalk.swapping.PAUSE", 0)


def deploy(target: Any, name: str) -> str:
    """Do all that a deploy does: stage, promote, read logs, and remove what the one before left."""
    target.stage(release(name))
    url = target.promote(release(name), nothing)
    list(target.logs(None))
    prune(target.account, Launcher(target.account), 1, datetime.now(UTC) + timedelta(hours=2))
    return str(url)


def test_what_is_throttled_for_a_moment_is_repeated(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target()
    deploy(target, "1")
    for operation in OPERATIONS:
        aws.beanstalk.faults.add(Fault.throttle(operation, 2))
    url = deploy(target, "2")
    assert (get(url)["PYM_RELEASE"], states(target)) == ("2", {"2": "live"})


@pytest.mark.parametrize("kind", KINDS)
def test_what_fails_for_good_ends_in_a_sentence_and_the_same_deploy_goes_on_later(
    open_target: Open, aws: AwsEmulators, kind: str
) -> None:
    target = open_target()
    deploy(target, "0")
    fault, sentence = KINDS[kind]
    for number, operation in enumerate(OPERATIONS, start=1):
        aws.beanstalk.faults.add(Fault(operation, fault.code, fault.status, times=ALWAYS))
        with pytest.raises(DeployError) as raised:
            deploy(target, str(number))
        passing = operation == "SwapEnvironmentCNAMEs" and kind in ("throttled", "broken")
        assert ("did not go to" if passing else sentence) in str(raised.value)
        assert "\n" not in str(raised.value)
        aws.beanstalk.faults.clear()
        url = deploy(open_target(), str(number))
        assert (get(url)["PYM_RELEASE"], states(target)) == (str(number), {str(number): "live"})


def test_what_was_done_although_its_answer_got_lost_is_not_done_twice(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target()
    deploy(target, "1")
    aws.beanstalk.calls.clear()
    for operation in OPERATIONS:
        aws.beanstalk.faults.add(Fault(operation, "InternalFailure", 500, done=True))
    url = deploy(target, "2")
    assert (get(url)["PYM_RELEASE"], states(target)) == ("2", {"2": "live"})
    assert aws.beanstalk.calls.count("SwapEnvironmentCNAMEs") == 1
    assert sum(one.exists for one in aws.beanstalk.state.environments) == 1


def test_a_swap_is_never_sent_again_by_itself() -> None:
    assert ("elasticbeanstalk", "swap_environment_cnames") in SENT_ONCE


def test_an_answer_that_does_not_come_is_asked_for_again_and_then_told(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target()
    target.aws._timeout = 0.2
    aws.beanstalk.faults.add(Fault("DescribeEnvironments", hang=1))
    assert target.observe().releases == ()
    aws.beanstalk.faults.add(Fault("DescribeEnvironments", hang=1, times=ALWAYS))
    with pytest.raises(DeployError, match="elasticbeanstalk:DescribeEnvironments got no answer in 6 attempts"):
        target.observe()


@pytest.mark.parametrize("operation", ["PutObject", "GetObject"])
def test_s3_that_fails_is_told_and_gone_on_with(open_target: Open, operation: str) -> None:
    target = open_target()
    url = deploy(target, "1")
    events = target.aws.client("s3").meta.events
    events.register(f"before-send.s3.{operation}", _slow_down, unique_id="fault")
    with pytest.raises(DeployError, match=f"AWS still throttles s3:{operation} after 6 attempts"):
        target.observe() if operation == "GetObject" else target.stage(release("2"))
    events.unregister(f"before-send.s3.{operation}", unique_id="fault")
    assert (deploy(target, "2"), get(url)["PYM_RELEASE"]) == (url, "2")


def _slow_down(request: Any, **options: Any) -> Any:
    from io import BytesIO

    from botocore.awsrequest import AWSResponse

    class Raw(BytesIO):
        def stream(self, **options: Any) -> Iterator[bytes]:
            yield self.read()

    body = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
    return AWSResponse(request.url, 503, {"content-type": "application/xml"}, Raw(body))


def test_an_unreachable_network_is_one_sentence(open_target: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_ELASTIC_BEANSTALK", "http://127.0.0.1:1")
    with pytest.raises(DeployError, match=r"got no answer in 6 attempts .*: check the network, then --resume"):
        open_target().observe()


def test_an_environment_that_somebody_terminates_meanwhile_is_told_and_made_anew(
    open_target: Open, aws: AwsEmulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = open_target()
    with monkeypatch.context() as patch:
        patch.setattr(aws.beanstalk.life, "launch", lambda one, request: setattr(one, "status", "Terminated"))
        with pytest.raises(DeployError, match=r"the environment shop-live-\w+ was terminated meanwhile"):
            target.stage(release("1"))
    assert get(target.stage(release("1")))["PYM_RELEASE"] == "1"


def test_a_name_that_another_application_has_is_told(open_target: Open, aws: AwsEmulators) -> None:
    target = open_target()
    target.stage(release("1"))
    aws.beanstalk.state.environments[0].application = "another"
    with pytest.raises(DeployError, match=r"CreateEnvironment was refused .*already exists"):
        target.stage(release("1"))


def test_of_many_that_lock_at_once_one_wins_and_the_others_say_who(open_target: Open) -> None:
    now = datetime.now(UTC)
    targets = [
        (open_target(), Lock(f"user{number}", str(number), now, now + timedelta(minutes=1))) for number in range(6)
    ]
    barrier = threading.Barrier(len(targets))

    def take(target: Any, lock: Lock) -> str:
        barrier.wait()
        try:
            target.lock(lock)
        except LockedError as error:
            return str(error)
        return "won"

    with ThreadPoolExecutor(len(targets)) as pool:
        told = list(pool.map(lambda pair: take(*pair), targets))
    assert told.count("won") == 1
    winner = targets[told.index("won")][1].holder
    assert sum(winner in one for one in told) == len(targets) - 1


def test_two_that_stage_the_same_release_at_once_share_one_environment(open_target: Open, aws: AwsEmulators) -> None:
    targets = [open_target(), open_target()]
    with ThreadPoolExecutor(2) as pool:
        urls = list(pool.map(lambda target: target.stage(release("1")), targets))
    assert urls[0] == urls[1]
    assert len(aws.beanstalk.state.environments) == 1


CHANGING = ("put_object", "create_", "swap_", "update_tags", "terminate_", "delete_")


class Killed(BaseException):
    """What ends a process, as far as the process can tell."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_deploy_that_is_killed_at_any_change_ends_the_same_when_it_is_started_again(
    open_target: Open, aws: AwsEmulators, when: str
) -> None:
    deploy(open_target(), "0")
    number, killed = 0, True
    while killed:
        number += 1
        victim = open_target()
        _kill_at(victim, number, when)
        try:
            deploy(victim, str(number))
            killed = False
        except Killed:
            live = victim.observe().live
            assert live.id in (str(number - 1), str(number))
        url = deploy(open_target(), str(number))
        assert (get(url)["PYM_RELEASE"], states(victim)) == (str(number), {str(number): "live"})
    assert number > 6
    assert sum(one.exists for one in aws.beanstalk.state.environments) == 1


def _kill_at(target: Any, number: int, when: str) -> None:
    call, left = target.aws.call, [number]

    def counted(service: str, operation: str, /, **parameters: Any) -> Any:
        left[0] -= operation.startswith(CHANGING)
        dies = left[0] == 0 and operation.startswith(CHANGING)
        if dies and when == "before":
            raise Killed
        answer = call(service, operation, **parameters)
        if dies:
            raise Killed
        return answer

    target.aws.call = counted
