"""What an account lacks is told, made, and allowed by no more than the printed policy: the commands of README.md."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from awskit import Machines, Open, config_of, get, nothing, release, target_of
from pymacaron.cli import pym
from pymacaron.deploy import Lock
from pymacaron.exceptions import DeployError, LockedError
from pymacaron_aws.plugin import pym_deploy_targets
from pymacaron_aws.policy import deployer_policy
from pymacaron_testing.emulators.aws import AwsEmulators, aws_emulators

NOTHING = {"Effect": "Deny", "Action": ["s3:GetObject"], "Resource": "*"}
OWN = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}}
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret"
REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.fixture
def bare(machines: Machines) -> Iterator[AwsEmulators]:
    """Give an account in which nothing is."""
    with aws_emulators(["shop-deployer"], machines=machines, delay=0.01) as emulators:
        yield emulators


def run(folder: Path, *arguments: str, code: int = 0, given: str = "") -> str:
    done = CliRunner().invoke(pym, ["aws", *arguments, "--root", str(folder)], input=given)
    assert done.exit_code == code, done.output
    return done.output


def test_an_empty_account_is_checked_set_up_and_then_deployed_to(
    tmp_path: Path, bare: AwsEmulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    config_of(tmp_path, env_secrets=["SHOP_KEY"], docker_bucket="shop-deploys")
    told = run(tmp_path, "check", code=1)
    for thing in ("application shop", "bucket shop-deploys", "aws-elasticbeanstalk-ec2-role", "service-role"):
        assert thing in told
    assert "the secret shop-live/SHOP_KEY is missing: export SHOP_KEY and run 'pym aws setup'" in told
    monkeypatch.setenv("SHOP_KEY", "canary-8k2")
    assert "Aborted" in run(tmp_path, "setup", code=1, given="n\n")
    told = run(tmp_path, "setup", given="y\n")
    assert told.count("done: make") == 5
    assert "canary" not in told
    assert run(tmp_path, "check").splitlines()[-1] == "nothing is missing"
    assert run(tmp_path, "setup", "--yes").splitlines()[-1] == "nothing is missing"
    target = target_of(tmp_path, env_secrets=["SHOP_KEY"], docker_bucket="shop-deploys")
    assert target.check() == []
    assert get(target.stage(release("1")))["SHOP_KEY"] == "canary-8k2"


def test_a_role_that_lacks_what_instances_need_is_told_and_given_it(tmp_path: Path, bare: AwsEmulators) -> None:
    name, iam = "aws-elasticbeanstalk-ec2-role", bare.client("iam")
    config_of(tmp_path, env_secrets=["SHOP_KEY"], aws_secrets={"SHOP_KEY": f"{SECRET}:first"})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AWSElasticBeanstalkWebTier")
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    assert f"the role {name} may not pull images and read the secrets: run 'pym aws setup'" in run(
        tmp_path, "check", code=1
    )
    assert f"done: let the role {name} pull images and read the secrets" in run(tmp_path, "setup", "--yes")
    assert run(tmp_path, "check").splitlines()[-1] == "nothing is missing"
    config_of(tmp_path, env_secrets=["SHOP_KEY"], aws_secrets={"SHOP_KEY": f"{SECRET}:second"})
    assert f"the role {name} may not read the secrets: run" in run(tmp_path, "check", code=1)
    run(tmp_path, "setup", "--yes")
    assert run(tmp_path, "check").splitlines()[-1] == "nothing is missing"
    kept = iam.get_role_policy(RoleName=name, PolicyName="read-secrets")["PolicyDocument"]["Statement"][0]["Resource"]
    assert kept == [f"{SECRET}:first", f"{SECRET}:second", f"{SECRET}:shop-*"]


def test_a_role_with_policies_of_its_own_is_not_judged(tmp_path: Path, bare: AwsEmulators) -> None:
    name, iam = "aws-elasticbeanstalk-ec2-role", bare.client("iam")
    config_of(tmp_path)
    run(tmp_path, "setup", "--yes")
    iam.detach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly")
    assert f"the role {name} may not pull images: run" in run(tmp_path, "check", code=1)
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(OWN))
    assert run(tmp_path, "check").splitlines()[-1] == "nothing is missing"


def test_the_bucket_of_beanstalk_itself_is_made_where_none_is_named(tmp_path: Path, bare: AwsEmulators) -> None:
    config_of(tmp_path)
    run(tmp_path, "setup", "--yes")
    buckets = [one["Name"] for one in bare.client("s3").list_buckets()["Buckets"]]
    assert buckets == ["elasticbeanstalk-eu-west-1-123456789012"]


def test_a_repository_of_ecr_is_made_where_images_go_there(tmp_path: Path, bare: AwsEmulators) -> None:
    from pymacaron_aws.requirements import missing

    target = target_of(tmp_path)
    target.account.environment.config.docker_registry = REGISTRY
    target.account.environment.config.docker_repo = "shops"
    (one,) = [one for one in missing(target.account) if "ECR" in one.sentence]
    assert one.make
    one.make()
    (made,) = bare.client("ecr").describe_repositories()["repositories"]
    assert (made["repositoryName"], made["imageTagMutability"]) == ("shops/shop", "IMMUTABLE")
    assert not [one for one in missing(target.account) if "ECR" in one.sentence]


def test_images_go_to_ecr_with_a_password_that_is_asked_for_as_they_are_pushed(
    tmp_path: Path, aws: AwsEmulators
) -> None:
    (kind,) = pym_deploy_targets()
    environment = target_of(tmp_path).account.environment
    assert kind.registry(environment) is None
    environment.config.docker_registry, environment.config.docker_repo = REGISTRY, "shops"
    registry = kind.registry(environment)
    assert registry is not None
    assert registry.place == f"{REGISTRY}/shops"
    assert registry.login() == (aws.registry.user, aws.registry.password)


def test_a_lock_without_a_bucket_says_what_to_run(tmp_path: Path, bare: AwsEmulators) -> None:
    with pytest.raises(DeployError, match="the bucket elasticbeanstalk-eu-west-1-123456789012 does not exist: run"):
        target_of(tmp_path).observe()


def test_what_is_live_is_printed_and_old_things_are_cleaned(tmp_path: Path, open_target: Open) -> None:
    target = open_target(aws_bake_minutes=0)
    run(tmp_path, "live", code=1)
    for name in ("1", "2"):
        target.stage(release(name))
        target.promote(release(name), nothing)
    assert run(tmp_path, "live").strip() == target.account.name_of("2")
    told = run(tmp_path, "clean", "--keep", "1")
    assert f"terminated the environment {target.account.name_of('1')} of 1" in told
    assert "deleted the version shop-live-1 and its source bundle" in told


def test_nothing_is_cleaned_while_somebody_deploys(
    tmp_path: Path, open_target: Open, aws: AwsEmulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, other = open_target(), Lock("somebody", "1", datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=1))
    target.lock(other)
    assert "somebody is changing shop-live since" in run(tmp_path, "clean", code=1)
    target.unlock("1")
    monkeypatch.setattr("pymacaron_aws.beanstalk.locking.SECONDS", 6)
    refused: list[bool] = []

    def prune(*arguments: Any) -> list[str]:
        taken = target.observe().lock.expires
        while target.observe().lock.expires == taken:
            time.sleep(0.05)
        with pytest.raises(LockedError):
            target.lock(other)
        refused.append(True)
        return []

    monkeypatch.setattr("pymacaron_aws.beanstalk.target.prune", prune)
    run(tmp_path, "clean")
    assert (refused, target.observe().lock) == ([True], None)


def test_a_name_of_route53_is_made_once_and_never_taken_from_others(tmp_path: Path, aws: AwsEmulators) -> None:
    route53 = aws.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"].rpartition("/")[2]

    def deploy(name: str) -> None:
        target = target_of(tmp_path, aws_zone_id=zone, live_host="https://shop.example.com")
        target.account.address = "shop-live.eu-west-1.elasticbeanstalk.com"  # an emulated one is no name of DNS
        from pymacaron_aws.beanstalk.hosting import ensure_alias

        ensure_alias(target.account)
        assert target.account.live_url == "https://shop.example.com"

    def records() -> list[Any]:
        found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return [one for one in found if one["Type"] == "A"]

    deploy("1")
    deploy("2")
    (record,) = records()
    assert record["AliasTarget"]["DNSName"].rstrip(".") == "shop-live.eu-west-1.elasticbeanstalk.com"
    change = {"Action": "DELETE", "ResourceRecordSet": record}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    other = {"Name": "shop.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    change = {"Action": "CREATE", "ResourceRecordSet": other}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    with pytest.raises(DeployError, match=r"shop\.example\.com leads to 192\.0\.2\.1 in Route53"):
        deploy("3")


def life(target: Any, first: str) -> None:
    """Make every call that a deploy makes."""
    names = [first, f"{first}.2"]
    target.unlock(None)
    for name in names:
        target.plan(release(name))
        target.stage(release(name))
        target.promote(release(name), nothing)
    target.run(release(f"{first}.3"), ("pym", "migrate"))
    list(target.logs(None))
    target.rollback(names[0])
    target.discard(names[1])
    target.replace(release(f"{first}.4"))
    for sentence in target.check():
        raise DeployError(sentence)
    target.aws.call("ecr", "get_authorization_token")


@pytest.fixture
def enforcing(machines: Machines) -> Iterator[AwsEmulators]:
    with aws_emulators(["shop-deployer"], machines=machines, delay=0.01, enforce_policies=True) as emulators:
        yield emulators


def test_the_printed_policy_is_enough_and_no_statement_of_our_own_calls_is_too_much(
    tmp_path: Path, enforcing: AwsEmulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "canary-3x1")
    config_of(tmp_path, env_secrets=["SHOP_KEY"])
    run(tmp_path, "setup", "--yes")

    enforcing.client("ecr").create_repository(repositoryName="shop")

    def opened() -> Any:
        target = target_of(tmp_path, env_secrets=["SHOP_KEY"])
        target.account.environment.config.docker_registry = REGISTRY
        return target

    policy = json.loads(run(tmp_path, "policy"))
    assert policy == deployer_policy(target_of(tmp_path, env_secrets=["SHOP_KEY"]).account)
    enforcing.become(policy)
    life(opened(), "1")
    own = [one for one in policy["Statement"] if not one["Sid"].startswith("Documented")]
    assert own[-1]["Sid"] == "PassRole"
    documented = [one["Sid"] for one in policy["Statement"] if one["Sid"].startswith("Documented")]
    assert documented == ["DocumentedDownstream", "DocumentedLinkedRoles", "DocumentedBucket"]
    for number, statement in enumerate(own, start=2):
        others = [one for one in own if one is not statement]
        enforcing.become({"Version": "2012-10-17", "Statement": others})
        with pytest.raises(DeployError, match="may not call"):
            life(opened(), str(number))


def test_the_policy_allows_the_roles_that_an_account_gets_with_its_first_environment(
    tmp_path: Path, aws: AwsEmulators
) -> None:
    policy = deployer_policy(target_of(tmp_path).account)
    (made,) = [one for one in policy["Statement"] if one["Action"] == ["iam:CreateServiceLinkedRole"]]
    services = [f"{one}.amazonaws.com" for one in ("autoscaling", "elasticbeanstalk", "elasticloadbalancing")]
    assert made["Condition"] == {"StringEquals": {"iam:AWSServiceName": services}}
    assert made["Resource"] == [f"arn:aws:iam::123456789012:role/aws-service-role/{one}/*" for one in services]


def test_the_policy_allows_pushes_to_the_one_repository_of_ecr(tmp_path: Path, aws: AwsEmulators) -> None:
    target = target_of(tmp_path)
    sids = [one["Sid"] for one in deployer_policy(target.account)["Statement"]]
    assert "DocumentedPush" not in sids
    target.account.environment.config.docker_registry = "210987654321.dkr.ecr.us-east-1.amazonaws.com"
    target.account.environment.config.docker_repo = "shops"
    (push,) = [one for one in deployer_policy(target.account)["Statement"] if one["Sid"] == "DocumentedPush"]
    assert push["Resource"] == ["arn:aws:ecr:us-east-1:210987654321:repository/shops/shop"]
    assert {"ecr:PutImage", "ecr:UploadLayerPart", "ecr:BatchGetImage"} <= set(push["Action"])


def test_a_caller_without_rights_is_told_what_to_grant(tmp_path: Path, enforcing: AwsEmulators) -> None:
    enforcing.become({"Version": "2012-10-17", "Statement": [NOTHING]})
    with pytest.raises(
        DeployError, match=r"the profile 'shop-deployer' may not call elasticbeanstalk:.*'pym aws policy'"
    ):
        target_of(tmp_path).stage(release("1"))
