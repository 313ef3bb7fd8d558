"""Every call that this package makes, and what it needs in IAM: the policy of the deployer is made from this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["CALLS", "Permission", "Purpose", "permission"]

Purpose = Literal["deploy", "setup", "store"]

ANY = "*"
APPLICATION = "arn:{partition}:elasticbeanstalk:{region}:{account}:application/{service}"
VERSION = "arn:{partition}:elasticbeanstalk:{region}:{account}:applicationversion/{service}/*"
ENVIRONMENT = "arn:{partition}:elasticbeanstalk:{region}:{account}:environment/{service}/*"
PLATFORMS = (
    "arn:{partition}:elasticbeanstalk:{region}::platform/*",
    "arn:{partition}:elasticbeanstalk:{region}::solutionstack/*",
)
BUCKET = "arn:{partition}:s3:::{bucket}"
OBJECTS = "arn:{partition}:s3:::{bucket}/pymacaron/{service}/*"
SECRET = "arn:{partition}:secretsmanager:{region}:{account}:secret:{service}-*"  # noqa: S105 - the name of one
REPOSITORY = "arn:{partition}:ecr:{region}:{account}:repository/*"
ZONE = "arn:{partition}:route53:::hostedzone/{zone}"
ROLES = "arn:{partition}:iam::{account}:role/{role}"
PROFILES = "arn:{partition}:iam::{account}:instance-profile/{profile}"


@dataclass(frozen=True)
class Permission:
    """What IAM asks for a call: the action, the ARNs that it touches (none: anybody may), and the purpose."""

    action: str
    resources: tuple[str, ...]
    purpose: Purpose = "deploy"


def _beanstalk(action: str, *resources: str, purpose: Purpose = "deploy") -> Permission:
    return Permission(f"elasticbeanstalk:{action}", resources or (ANY,), purpose)


CALLS: Mapping[tuple[str, str], Permission] = MappingProxyType(
    {
        ("sts", "get_caller_identity"): Permission("sts:GetCallerIdentity", ()),
        ("elasticbeanstalk", "check_dns_availability"): _beanstalk("CheckDNSAvailability"),
        ("elasticbeanstalk", "create_application"): _beanstalk("CreateApplication", APPLICATION, purpose="setup"),
        ("elasticbeanstalk", "create_application_version"): _beanstalk(
            "CreateApplicationVersion", APPLICATION, VERSION
        ),
        ("elasticbeanstalk", "create_environment"): _beanstalk(
            "CreateEnvironment", APPLICATION, VERSION, ENVIRONMENT, *PLATFORMS
        ),
        ("elasticbeanstalk", "create_storage_location"): _beanstalk("CreateStorageLocation", purpose="setup"),
        ("elasticbeanstalk", "delete_application_version"): _beanstalk("DeleteApplicationVersion", VERSION),
        ("elasticbeanstalk", "describe_application_versions"): _beanstalk("DescribeApplicationVersions"),
        ("elasticbeanstalk", "describe_applications"): _beanstalk("DescribeApplications"),
        ("elasticbeanstalk", "describe_environment_health"): _beanstalk("DescribeEnvironmentHealth", ENVIRONMENT),
        ("elasticbeanstalk", "describe_environments"): _beanstalk("DescribeEnvironments"),
        ("elasticbeanstalk", "describe_events"): _beanstalk("DescribeEvents"),
        ("elasticbeanstalk", "describe_instances_health"): _beanstalk("DescribeInstancesHealth", ENVIRONMENT),
        ("elasticbeanstalk", "list_platform_versions"): _beanstalk("ListPlatformVersions"),
        ("elasticbeanstalk", "list_tags_for_resource"): _beanstalk("ListTagsForResource", VERSION),
        ("elasticbeanstalk", "request_environment_info"): _beanstalk("RequestEnvironmentInfo", ENVIRONMENT),
        ("elasticbeanstalk", "retrieve_environment_info"): _beanstalk("RetrieveEnvironmentInfo", ENVIRONMENT),
        ("elasticbeanstalk", "swap_environment_cnames"): _beanstalk("SwapEnvironmentCNAMEs", ENVIRONMENT),
        ("elasticbeanstalk", "terminate_environment"): _beanstalk("TerminateEnvironment", ENVIRONMENT),
        ("elasticbeanstalk", "update_environment"): _beanstalk("UpdateEnvironment", APPLICATION, VERSION, ENVIRONMENT),
        ("elasticbeanstalk", "update_tags_for_resource"): _beanstalk("UpdateTagsForResource", VERSION),
        ("elasticbeanstalk", "validate_configuration_settings"): _beanstalk(
            "ValidateConfigurationSettings", APPLICATION, ENVIRONMENT
        ),
        ("s3", "create_bucket"): Permission("s3:CreateBucket", (BUCKET,), "setup"),
        ("s3", "delete_object"): Permission("s3:DeleteObject", (OBJECTS,)),
        ("s3", "get_object"): Permission("s3:GetObject", (OBJECTS,)),
        ("s3", "list_objects_v2"): Permission("s3:ListBucket", (BUCKET,)),
        ("s3", "put_object"): Permission("s3:PutObject", (OBJECTS,)),
        ("s3", "put_public_access_block"): Permission("s3:PutBucketPublicAccessBlock", (BUCKET,), "setup"),
        ("secretsmanager", "create_secret"): Permission("secretsmanager:CreateSecret", (SECRET,), "setup"),
        ("secretsmanager", "describe_secret"): Permission("secretsmanager:DescribeSecret", (SECRET,)),
        ("ecr", "create_repository"): Permission("ecr:CreateRepository", (REPOSITORY,), "setup"),
        ("ecr", "describe_repositories"): Permission("ecr:DescribeRepositories", (REPOSITORY,)),
        ("ecr", "get_authorization_token"): Permission("ecr:GetAuthorizationToken", (ANY,)),
        ("iam", "add_role_to_instance_profile"): Permission("iam:AddRoleToInstanceProfile", (PROFILES,), "setup"),
        ("iam", "attach_role_policy"): Permission("iam:AttachRolePolicy", (ROLES,), "setup"),
        ("iam", "create_instance_profile"): Permission("iam:CreateInstanceProfile", (PROFILES,), "setup"),
        ("iam", "create_role"): Permission("iam:CreateRole", (ROLES,), "setup"),
        ("iam", "get_instance_profile"): Permission("iam:GetInstanceProfile", (PROFILES,)),
        ("iam", "get_role"): Permission("iam:GetRole", (ROLES,)),
        ("iam", "get_role_policy"): Permission("iam:GetRolePolicy", (ROLES,)),
        ("iam", "list_attached_role_policies"): Permission("iam:ListAttachedRolePolicies", (ROLES,)),
        ("iam", "list_role_policies"): Permission("iam:ListRolePolicies", (ROLES,)),
        ("iam", "put_role_policy"): Permission("iam:PutRolePolicy", (ROLES,), "setup"),
        ("route53", "change_resource_record_sets"): Permission("route53:ChangeResourceRecordSets", (ZONE,)),
        ("route53", "list_resource_record_sets"): Permission("route53:ListResourceRecordSets", (ZONE,)),
    }
)


def permission(service: str, operation: str) -> Permission:
    """Return what a call needs; KeyError for one that is not listed, which a policy would not grant."""
    return CALLS[service, operation]
