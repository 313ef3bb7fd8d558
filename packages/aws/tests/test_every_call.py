"""Each call that a deploy makes x each fault: a retry, or one sentence, after which the same deploy goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import product
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from awskit import Machines, get, nothing, prepare, release, states, target_of
from pymacaron.deploy import Lock
from pymacaron.exceptions import DeployError
from pymacaron_aws.beanstalk.launching import Launcher
from pymacaron_aws.beanstalk.pruning import prune
from pymacaron_aws.calls import CALLS
from pymacaron_testing.emulators.aws import AwsEmulators, aws_emulators

SENTENCES = {
    "throttled": "AWS still throttles {call} after 6 attempts: wait a minute, then --resume",
    "time-out": "{call} got no answer in 6 attempts",
    "5xx": "{call} failed 6 times on the side of AWS (InternalError): wait a minute, then --resume",
    "expired": "AWS does not accept the credentials of the profile 'shop-deployer' (ExpiredToken): log in again, then",
}
OF_DEPLOYS = [call for call, permission in CALLS.items() if permission.purpose == "deploy"]
# What only tells more of a failure, and is left out where it fails itself.
TELLING = {("elasticbeanstalk", "describe_environment_health"), ("elasticbeanstalk", "describe_instances_health")}
SAMPLE = [
    ("ecr", "describe_repositories"),
    ("elasticbeanstalk", "update_environment"),
    ("elasticbeanstalk", "validate_configuration_settings"),
    ("iam", "get_role"),
    ("route53", "change_resource_record_sets"),
    ("s3", "delete_object"),
    ("secretsmanager", "describe_secret"),
    ("sts", "get_caller_identity"),
]
FAULTS = list(SENTENCES)
SAMPLED = [(call, FAULTS[number % len(FAULTS)]) for number, call in enumerate(SAMPLE)]
OTHERS = [pair for pair in product(OF_DEPLOYS, FAULTS) if pair not in SAMPLED]
ALL = [*SAMPLED, *(pytest.param(*pair, marks=pytest.mark.endurance) for pair in OTHERS)]


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
    monkeypatch.setattr("pymacaron_aws.beanstalk.swapping.PAUSE", 0)


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsEmulators]:
    """Give an account for all cases, as each leaves it as it found it."""
    with aws_emulators(["shop-deployer"], machines=Machines(), delay=0.01) as emulators:
        prepare(emulators)
        yield emulators


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, aws: AwsEmulators) -> Callable[[], Any]:
    """Give a function that opens a target whose account has all that a deploy may want, and a release that is live."""
    folder = tmp_path_factory.mktemp("shop")
    aws.client("secretsmanager").create_secret(Name="shop-live/SHOP_KEY", SecretString="canary-2d7")
    aws.client("ecr").create_repository(repositoryName="shop")
    zone = aws.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    for name in ("aws-elasticbeanstalk-ec2-role", "aws-elasticbeanstalk-service-role"):
        aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    aws.client("iam").create_instance_profile(InstanceProfileName="aws-elasticbeanstalk-ec2-role")

    pulls = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
    aws.client("iam").attach_role_policy(RoleName="aws-elasticbeanstalk-ec2-role", PolicyArn=pulls)

    def open_it() -> Any:
        host = {"aws_zone_id": zone.rpartition("/")[2], "live_host": "https://shop.example.com"}
        target = target_of(folder, env_secrets=["SHOP_KEY"], **host)
        target.account.environment.config.docker_registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
        return target

    account = open_it().account
    reads = {"RoleName": "aws-elasticbeanstalk-ec2-role", "PolicyName": "read-secrets"}
    named = f"arn:aws:secretsmanager:eu-west-1:{account.aws.account}:secret:shop-*"
    document = {"Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": [named]}]}
    aws.client("iam").put_role_policy(**reads, PolicyDocument=json.dumps({"Version": "2012-10-17", **document}))
    everything(open_it(), "first")
    return open_it


def everything(target: Any, name: str) -> str:
    """Make every call that a deploy may make, in place and beside; the record of Route53 is made anew each time."""
    now = datetime.now(UTC)
    target.lock(Lock("somebody", name, now, now + timedelta(minutes=1)))
    for sentence in target.check():
        raise DeployError(sentence)
    target.aws.call("ecr", "get_authorization_token")
    target.plan(release(name))
    target.run(release(name), ("pym", "migrate"))
    target.stage(release(name))
    url = str(target.promote(release(name), nothing))
    target.replace(release(f"{name}.2"))
    list(target.logs(None))
    prune(target.account, Launcher(target.account), 1, now + timedelta(hours=2))
    target.unlock(name)
    return url


def alias(aws: AwsEmulators, target: Any) -> None:
    """Take the record away, so that the next promotion makes it again."""
    route53, zone = aws.client("route53"), target.account.settings.aws_zone_id
    for record in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]:
        if record["Type"] == "A":
            change = {"Action": "DELETE", "ResourceRecordSet": record}
            route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})


class Raw(BytesIO):
    """A body as botocore reads one."""

    def stream(self, **options: Any) -> Any:
        yield self.read()


def answer(client: Any, fault: str, url: str) -> AWSResponse:
    """Return what a service answers in its protocol; raises what botocore does where nothing comes."""
    if fault == "time-out":
        raise ReadTimeoutError(endpoint_url=url)
    service = client.meta.service_model.service_name
    throttled = ("SlowDown", 503) if service == "s3" else ("Throttling", 400)
    code, status = {"throttled": throttled, "5xx": ("InternalError", 500), "expired": ("ExpiredToken", 403)}[fault]
    xml = f"<Error><Code>{code}</Code><Message>a fault</Message></Error>"
    text = {"s3": xml, "ecr": f'{{"__type": "{code}"}}', "secretsmanager": f'{{"__type": "{code}"}}'}.get(service)
    body = text or f"<ErrorResponse>{xml}<RequestId>1</RequestId></ErrorResponse>"
    return AWSResponse(url, status, {"content-type": "text/xml"}, Raw(body.encode()))


def fail(target: Any, call: tuple[str, str], fault: str, times: int = 10**6) -> list[int]:
    """Have a call of a target meet a fault, so many times; return the list that counts how often it did."""
    met: list[int] = []
    for attempts in (1, 6):
        client = target.aws.client(call[0], attempts)
        operation = client.meta.method_to_api_mapping[call[1]]

        def meet(request: Any, client: Any = client, **options: Any) -> AWSResponse | None:
            if len(met) >= times:
                return None
            met.append(1)
            return answer(client, fault, request.url)

        place = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register(f"before-send.{place}.{operation}", meet)
    return met


@pytest.mark.parametrize(("call", "fault"), ALL, ids=lambda one: one if isinstance(one, str) else ":".join(one))
def test_a_call_that_fails_for_good_is_told_and_the_same_deploy_goes_on_later(
    opened: Callable[[], Any], aws: AwsEmulators, call: tuple[str, str], fault: str
) -> None:
    name = f"{call[1]}-{fault}".replace("_", "-")
    target = opened()
    alias(aws, target)
    met = fail(target, call, fault)
    if call in TELLING:
        with pytest.raises(DeployError, match="did not start"):
            target.stage(release(name, "broken"))
        target.discard(name)
    else:
        with pytest.raises(DeployError) as raised:
            everything(target, name)
        told = f"{call[0]}:{target.aws.client(call[0]).meta.method_to_api_mapping[call[1]]}"
        passing = call[1] == "swap_environment_cnames" and fault != "expired"
        assert ("did not go to" if passing else SENTENCES[fault].format(call=told)) in str(raised.value)
        assert "\n" not in str(raised.value)
    assert len(met) in ((1, 2) if fault == "expired" else (5, 6, 12, 30))
    later = opened()
    later.unlock(None)
    url = everything(later, name)
    assert (get(url)["PYM_RELEASE"], states(later)) == (f"{name}.2", {f"{name}.2": "live"})


@pytest.mark.parametrize("fault", ["throttled", "time-out", "5xx"])
def test_whatever_fails_twice_is_repeated(opened: Callable[[], Any], aws: AwsEmulators, fault: str) -> None:
    target = opened()
    alias(aws, target)
    met = [fail(target, call, fault, times=2) for call in OF_DEPLOYS if call not in TELLING]
    url = everything(target, fault)
    assert (get(url)["PYM_RELEASE"], states(target)) == (f"{fault}.2", {f"{fault}.2": "live"})
    assert [len(one) for one in met] == [2] * len(met)
