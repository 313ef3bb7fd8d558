"""Policies in moto's IAM: those of AWS itself that deploys use, and those of users, held against calls of our own."""

from __future__ import annotations

from typing import Any

from pymacaron_testing.emulators.beanstalk.state import ACCOUNT, REGION

__all__ = ["add_managed_policies", "allows"]

# What roles for Elastic Beanstalk are made of; moto has all of AWS's, and takes seconds to load them.
MANAGED = (
    ("/", "AWSElasticBeanstalkManagedUpdatesCustomerRolePolicy"),
    ("/", "AWSElasticBeanstalkMulticontainerDocker"),
    ("/", "AWSElasticBeanstalkWebTier"),
    ("/", "AWSElasticBeanstalkWorkerTier"),
    ("/", "AmazonEC2ContainerRegistryReadOnly"),
    ("/service-role/", "AWSElasticBeanstalkEnhancedHealth"),
)
NOTHING = {"Version": "2012-10-17", "Statement": []}

ROLES = ("ServiceRole", "IamInstanceProfile")

ARNS = {
    # what a call names -> the resource that IAM looks at
    "VersionLabel": "applicationversion/{ApplicationName}/{VersionLabel}",
    "EnvironmentName": "environment/{ApplicationName}/{EnvironmentName}",
    "ApplicationName": "application/{ApplicationName}",
}


def add_managed_policies() -> None:
    """Add the managed policies by their names; they allow nothing here, where no instance acts in a role."""
    from moto.iam.models import AWSManagedPolicy, iam_backends

    backend = iam_backends[ACCOUNT]["aws"]
    dates = dict.fromkeys(("CreateDate", "UpdateDate"), "2020-01-01T00:00:00+00:00")
    for path, name in MANAGED:
        data = {"Path": path, "DefaultVersionId": "v1", "Document": NOTHING, **dates}
        policy = AWSManagedPolicy.from_data(name, ACCOUNT, REGION, data)
        backend.managed_policies[policy.arn] = policy


def allows(access_key: str, operation: str, parameters: dict[str, Any]) -> bool:
    """Tell whether the policies of the user of an access key allow a call of Elastic Beanstalk.

    A key that moto did not make is the one of the emulators, and allowed all.
    """
    from moto.iam.access_control import IAMPolicy, PermissionResult

    policies = _policies(access_key)
    if policies is None:
        return True

    def is_allowed(action: str, resource: str) -> bool:
        verdicts = [IAMPolicy(policy).is_action_permitted(action, resource) for policy in policies]
        return PermissionResult.PERMITTED in verdicts and PermissionResult.DENIED not in verdicts

    own = is_allowed(f"elasticbeanstalk:{operation}", _resource(parameters))
    return own and all(is_allowed("iam:PassRole", role) for role in _passed(parameters))


def _policies(access_key: str) -> list[Any] | None:
    from moto.iam.access_control import CreateAccessKeyFailure, IAMUserAccessKey

    try:
        return list(IAMUserAccessKey(ACCOUNT, "aws", access_key, {}).collect_policies())
    except CreateAccessKeyFailure:
        return None


def _passed(parameters: dict[str, Any]) -> list[str]:
    """Return the roles that a call hands on: that of Elastic Beanstalk, and that of the profile of the instances."""
    named = [one["Value"] for one in parameters.get("OptionSettings", []) if one["OptionName"] in ROLES]
    return [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in named]


def _resource(parameters: dict[str, Any]) -> str:
    if "ResourceArn" in parameters:
        return str(parameters["ResourceArn"])
    names = {"ApplicationName": "*"} | parameters
    names.setdefault("EnvironmentName", parameters.get("SourceEnvironmentName", ""))
    for name in ("EnvironmentName", "VersionLabel", "ApplicationName"):
        if names.get(name) and name in (parameters | {"EnvironmentName": names["EnvironmentName"]}):
            return f"arn:aws:elasticbeanstalk:{REGION}:{ACCOUNT}:" + ARNS[name].format_map(names)
    return "*"
