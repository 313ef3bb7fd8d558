"""The instance profile of a service: its role pulls images and reads secrets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pymacaron_aws.beanstalk.account import Account

__all__ = ["POLICIES", "READ_SECRETS", "lacking", "secrets_policy"]

POLICIES = ("AWSElasticBeanstalkWebTier", "AmazonEC2ContainerRegistryReadOnly")
READ_SECRETS = "read-secrets"
ALL = ("AdministratorAccess", "PowerUserAccess")
PULL = ("AmazonEC2ContainerRegistry", "AmazonElasticContainerRegistry", *ALL)
SECRETS = ("SecretsManagerReadWrite", *ALL)


def secrets_policy(account: Account) -> dict[str, Any]:
    """Return the policy by which a role reads the secrets of a service, beside those that it reads already."""
    resources = sorted(_wanted(account) | _known(account))
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": resources}
    return {"Version": "2012-10-17", "Statement": [read]}


def lacking(account: Account) -> list[str]:
    """Return what the role of the instance profile may not do, in words.

    What a policy of the account's own allows is not judged: a role that has any but `read-secrets` lacks nothing.
    """
    role = account.settings.aws_instance_profile
    attached = account.aws.call("iam", "list_attached_role_policies", RoleName=role)["AttachedPolicies"]
    inline = account.aws.call("iam", "list_role_policies", RoleName=role)["PolicyNames"]
    if set(inline) - {READ_SECRETS} or any(":iam::aws:" not in one["PolicyArn"] for one in attached):
        return []
    names = [one["PolicyName"] for one in attached]
    may_pull = _any(names, PULL)
    may_read = _any(names, SECRETS) or _reads(account)
    return [*([] if may_pull else ["pull images"]), *([] if may_read else ["read the secrets"])]


def _any(names: Iterable[str], beginnings: tuple[str, ...]) -> bool:
    return any(name.startswith(beginnings) for name in names)


def _reads(account: Account) -> bool:
    return not account.environment.config.get("env_secrets") or _wanted(account) <= _known(account)


def _wanted(account: Account) -> set[str]:
    region, number, service = account.aws.region, account.aws.account, account.environment.service
    named = f"arn:aws:secretsmanager:{region}:{number}:secret:{service}-*"
    return {named, *account.settings.aws_secrets.values()}


def _known(account: Account) -> set[str]:
    role = {"RoleName": account.settings.aws_instance_profile}
    if READ_SECRETS not in account.aws.call("iam", "list_role_policies", **role)["PolicyNames"]:
        return set()
    document = account.aws.call("iam", "get_role_policy", **role, PolicyName=READ_SECRETS)["PolicyDocument"]
    return {arn for one in document["Statement"] for arn in one["Resource"]}
