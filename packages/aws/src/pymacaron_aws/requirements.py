"""What a deploy needs in an account: each thing can be looked for, and most can be made."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pymacaron_aws.beanstalk.account import Account
from pymacaron_aws.beanstalk.names import secret_name
from pymacaron_aws.client import AwsError
from pymacaron_aws.instances import POLICIES, READ_SECRETS, lacking, secrets_policy
from pymacaron_aws.registry import ecr

__all__ = ["Requirement", "missing", "repository_arn", "repository_of"]

GONE = {"404", "NoSuchBucket", "NoSuchEntity", "RepositoryNotFoundException", "ResourceNotFoundException"}
SERVICE_POLICIES = (
    "service-role/AWSElasticBeanstalkEnhancedHealth",
    "AWSElasticBeanstalkManagedUpdatesCustomerRolePolicy",
)


@dataclass(frozen=True)
class Requirement:
    """A thing that is missing: `sentence` says so with the next step, `plan` what `make` would do, "" for nothing."""

    sentence: str
    plan: str = ""
    make: Callable[[], Any] | None = None


def missing(account: Account) -> list[Requirement]:
    """Return what is missing, in the order in which it is made; nothing is changed."""
    try:
        known = f"account {account.aws.account}, region {account.aws.region}"
    except AwsError as error:
        return [Requirement(str(error))]
    account.environment.tell(known)
    found: list[Requirement] = []
    for look in (_application, _bucket, _instance_profile, _service_role, _secrets, _repository, _address):
        try:
            found += look(account)
        except AwsError as error:
            found.append(Requirement(str(error)))
    return found


def repository_of(account: Account) -> str | None:
    """Return the name of the image's repository where `docker_registry` is one of ECR."""
    config = account.environment.config
    if ecr(config) is None:
        return None
    return "/".join(filter(None, (config.get("docker_repo"), account.environment.service)))


def repository_arn(account: Account) -> str | None:
    """Return the ARN of that repository, its partition still as "{partition}"; None for another registry."""
    found, name = ecr(account.environment.config), repository_of(account)
    return f"arn:{{partition}}:ecr:{found['region']}:{found['account']}:repository/{name}" if found else None


def _application(account: Account) -> Iterator[Requirement]:
    name, call = account.environment.service, account.aws.call
    if not call("elasticbeanstalk", "describe_applications", ApplicationNames=[name])["Applications"]:
        make = partial(call, "elasticbeanstalk", "create_application", ApplicationName=name)
        yield _makeable(f"the application {name} of Elastic Beanstalk", make)


def _bucket(account: Account) -> Iterator[Requirement]:
    if not _exists(account, "s3", "list_objects_v2", Bucket=account.bucket, MaxKeys=1):
        yield _makeable(f"the bucket {account.bucket}", partial(_make_bucket, account))


def _make_bucket(account: Account) -> None:
    call, name = account.aws.call, account.settings.docker_bucket
    if name is None:
        call("elasticbeanstalk", "create_storage_location")
        return
    region = account.aws.region
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    call("s3", "create_bucket", Bucket=name, **place)
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    call("s3", "put_public_access_block", Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(switches, True))


def _instance_profile(account: Account) -> Iterator[Requirement]:
    name = account.settings.aws_instance_profile
    if not _exists(account, "iam", "get_instance_profile", InstanceProfileName=name):
        yield _makeable(
            f"the instance profile {name}, with a role that may pull images and read the secrets",
            partial(_make_profile, account),
        )
    elif _exists(account, "iam", "get_role", RoleName=name) and (lacks := " and ".join(lacking(account))):
        allow = partial(_allow_instances, account)
        yield Requirement(
            f"the role {name} may not {lacks}: run 'pym aws setup'", f"let the role {name} {lacks}", allow
        )


def _make_profile(account: Account) -> None:
    call, name = account.aws.call, account.settings.aws_instance_profile
    _allow_instances(account)
    call("iam", "create_instance_profile", InstanceProfileName=name)
    call("iam", "add_role_to_instance_profile", InstanceProfileName=name, RoleName=name)


def _allow_instances(account: Account) -> None:
    name = account.settings.aws_instance_profile
    _make_role(account, name, "ec2.amazonaws.com", POLICIES)
    document = json.dumps(secrets_policy(account))
    account.aws.call("iam", "put_role_policy", RoleName=name, PolicyName=READ_SECRETS, PolicyDocument=document)


def _service_role(account: Account) -> Iterator[Requirement]:
    name = account.settings.aws_service_role
    if not _exists(account, "iam", "get_role", RoleName=name):
        make = partial(_make_role, account, name, "elasticbeanstalk.amazonaws.com", SERVICE_POLICIES)
        yield _makeable(f"the role {name}, in which Elastic Beanstalk looks after environments", make)


def _make_role(account: Account, name: str, service: str, policies: tuple[str, ...]) -> None:
    call = account.aws.call
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if not _exists(account, "iam", "get_role", RoleName=name):
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=document)
    for policy in policies:
        call("iam", "attach_role_policy", RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{policy}")


def _secrets(account: Account) -> Iterator[Requirement]:
    for variable in account.environment.config.get("env_secrets") or ():
        name = secret_name(account.environment, variable)
        known = variable in account.settings.aws_secrets
        if known or _exists(account, "secretsmanager", "describe_secret", SecretId=name):
            continue
        if value := os.environ.get(variable):
            make = partial(account.aws.call, "secretsmanager", "create_secret", Name=name, SecretString=value)
            yield _makeable(f"the secret {name}, from the variable {variable} of this shell", make)
        else:
            yield Requirement(
                f"the secret {name} is missing: export {variable} and run 'pym aws setup', or set aws_secrets"
            )


def _repository(account: Account) -> Iterator[Requirement]:
    name = repository_of(account)
    if name and not _exists(account, "ecr", "describe_repositories", repositoryNames=[name]):
        make = partial(
            account.aws.call,
            "ecr",
            "create_repository",
            repositoryName=name,
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
        )
        yield _makeable(f"the repository {name} of images in ECR", make)


def _address(account: Account) -> Iterator[Requirement]:
    if not account.dns()["Available"] and account.owner(account.environments()) is None:
        yield Requirement(f"{account.address} belongs to somebody else: set aws_cname to a name that is free")


def _makeable(thing: str, make: Callable[[], Any]) -> Requirement:
    return Requirement(f"{thing} is missing: run 'pym aws setup'", f"make {thing}", make)


def _exists(account: Account, service: str, operation: str, **parameters: Any) -> bool:
    try:
        account.aws.call(service, operation, **parameters)
    except AwsError as error:
        if error.aws_code in GONE:
            return False
        raise
    return True
