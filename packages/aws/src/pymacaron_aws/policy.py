"""The least that IAM must allow who deploys: made from the table of calls, PassRole, and what AWS documents on top."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pymacaron_aws.beanstalk.account import Account
from pymacaron_aws.calls import CALLS, Permission, Purpose
from pymacaron_aws.requirements import repository_arn

__all__ = ["deployer_policy"]

# What Elastic Beanstalk does in the name of its caller, from "Managing Elastic Beanstalk user policies" and the managed
# policy AdministratorAccess-AWSElasticBeanstalk; emulators cannot show that it suffices.
DOWNSTREAM = (
    "acm:DescribeCertificate",
    "acm:ListCertificates",
    "autoscaling:*",
    "cloudformation:*",
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricAlarm",
    "ec2:AssociateAddress",
    "ec2:AllocateAddress",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateLaunchTemplate",
    "ec2:CreateLaunchTemplateVersion",
    "ec2:CreateSecurityGroup",
    "ec2:CreateTags",
    "ec2:DeleteLaunchTemplate",
    "ec2:DeleteLaunchTemplateVersions",
    "ec2:DeleteSecurityGroup",
    "ec2:Describe*",
    "ec2:DisassociateAddress",
    "ec2:GetConsoleOutput",
    "ec2:ReleaseAddress",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:RunInstances",
    "ec2:TerminateInstances",
    "elasticbeanstalk:AddTags",
    "elasticloadbalancing:*",
    "logs:CreateLogGroup",
    "logs:DeleteLogGroup",
    "logs:DescribeLogGroups",
    "logs:PutRetentionPolicy",
    "sns:CreateTopic",
    "sns:Subscribe",
)
# Whose roles an account gets with its first environment, from the same managed policy.
LINKED = ("autoscaling.amazonaws.com", "elasticbeanstalk.amazonaws.com", "elasticloadbalancing.amazonaws.com")
# What docker calls in the name of who pushes, from "IAM permissions for pushing an image to an Amazon ECR private
# repository"; the last two are for the look whether an image is there.
PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)
BUCKETS = ("s3:CreateBucket", "s3:Get*", "s3:ListBucket", "s3:Put*", "s3:DeleteObject")


def deployer_policy(account: Account, setup: bool = False) -> dict[str, Any]:
    """Return the policy document: the statements whose Sid begins with "Documented" are taken from AWS's documentation.

    With `setup` it allows `pym aws setup` too, and where `docker_registry` is one of ECR, the push of images.
    """
    purposes: set[Purpose] = {"deploy", "setup"} if setup else {"deploy"}
    own = [one for one in CALLS.values() if one.purpose in purposes]
    passed = _statement("PassRole", ["iam:PassRole"], _fill(account, ["arn:{partition}:iam::{account}:role/{role}"]))
    passed["Condition"] = {
        "StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "elasticbeanstalk.amazonaws.com"]}
    }
    roles = [f"arn:{{partition}}:iam::{{account}}:role/aws-service-role/{one}/*" for one in LINKED]
    linked = _statement("DocumentedLinkedRoles", ["iam:CreateServiceLinkedRole"], _fill(account, roles))
    linked["Condition"] = {"StringEquals": {"iam:AWSServiceName": list(LINKED)}}
    repository = repository_arn(account)
    beanstalk = ["arn:{partition}:s3:::elasticbeanstalk-{region}-{account}"]
    statements = [
        *_own_statements(account, own),
        passed,
        _statement("DocumentedDownstream", DOWNSTREAM, ["*"]),
        linked,
        _statement("DocumentedBucket", BUCKETS, _fill(account, [*beanstalk, f"{beanstalk[0]}/*"])),
        *([_statement("DocumentedPush", PUSH, _fill(account, [repository]))] if repository else []),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _own_statements(account: Account, own: Iterable[Permission]) -> list[dict[str, Any]]:
    actions: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for one in own:
        if resources := tuple(_fill(account, one.resources)):
            actions[one.action.partition(":")[0], resources].append(one.action)
    numbered = enumerate(sorted(actions.items()), start=1)
    return [
        _statement(f"Own{number:02}{service.title()}", sorted(set(names)), resources)
        for number, ((service, resources), names) in numbered
    ]


def _statement(sid: str, actions: Iterable[str], resources: Iterable[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _fill(account: Account, templates: Iterable[str]) -> list[str]:
    settings = account.settings
    values = {
        "partition": "aws-cn" if account.aws.region.startswith("cn-") else "aws",
        "region": account.aws.region,
        "account": account.aws.account,
        "service": account.environment.service,
        "bucket": account.bucket,
        "zone": settings.aws_zone_id or "",
        "profile": settings.aws_instance_profile,
    }
    roles = (settings.aws_instance_profile, settings.aws_service_role)
    filled = [
        template.format(**values, role=role)
        for template in templates
        if "{zone}" not in template or settings.aws_zone_id
        for role in (roles if "{role}" in template else roles[:1])
    ]
    return list(dict.fromkeys(filled))
