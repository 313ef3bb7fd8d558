"""The settings of pymacaron-aws: the account, what an environment on Elastic Beanstalk is made of, and what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from pymacaron.config.settings import Settings, setting
from pymacaron.exceptions import ConfigError

if TYPE_CHECKING:
    from pymacaron.config import Config

__all__ = ["AwsSettings", "aws_settings"]

Arn = Annotated[
    str,
    Field(
        pattern=r"^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d*:.+$",
        json_schema_extra={"expected": "an ARN, such as 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop'"},
    ),
]


class AwsSettings(Settings):
    """The keys of pym-config.yaml that pymacaron-aws reads; they count for deploys, and never in a request."""

    aws_user: str | None = setting(
        None,
        description="The profile of ~/.aws that deploys; without it, AWS's own variables and files decide.",
        example="shop-deployer",
        min_length=1,
    )
    aws_region: str | None = setting(
        None,
        description="The region of everything that is made; AWS_REGION or that of the profile by default.",
        example="eu-west-1",
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        expected="a region such as eu-west-1",
    )
    aws_keypair: str | None = setting(
        None, description="Key pair for ssh into the instances; no ssh without it.", example="shop", min_length=1
    )
    aws_instance_type: str = setting(
        "t3.micro", description="Type of the EC2 instances.", example="t3.small", pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$"
    )
    aws_cert_arn: Arn | None = setting(
        None,
        description="Certificate of the load balancer: with it, it listens for https on 443 too.",
        example="arn:aws:acm:eu-west-1:123456789012:certificate/1",
    )
    aws_zone_id: str | None = setting(
        None,
        description="Hosted zone of Route53 in which the host of `live_host` becomes a name of the environment.",
        example="Z0123456789ABC",
        pattern=r"^[A-Z0-9]+$",
    )
    aws_hosts_min: int = setting(1, description="The fewest instances of an environment.", example=2, ge=1)
    aws_hosts_max: int = setting(4, description="The most instances of an environment.", example=10, ge=1)
    docker_bucket: str | None = setting(
        None,
        description="Bucket of S3 for source bundles and the lock; Elastic Beanstalk's own of the region by default.",
        example="shop-deploys",
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
    )
    aws_secrets: dict[str, Arn] = setting(
        {},
        description="ARNs of secrets by the names in `env_secrets`; for others a secret '<name>-<env>/<NAME>' is "
        "looked up.",
        example={"SHOP_JWT_SECRET": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-jwt-a1b2c3"},
        secret=False,
    )
    aws_platform: str | None = setting(
        None,
        description="Solution stack or ARN of a platform; the newest recommended 'Docker running on 64bit Amazon "
        "Linux 2023' by default.",
        example="64bit Amazon Linux 2023 v4.5.0 running Docker",
        min_length=1,
    )
    aws_cname: str | None = setting(
        None,
        description="First label of the live address under elasticbeanstalk.com, unique among all accounts of a "
        "region; '<name>-<env>' by default.",
        example="shop-of-example",
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{2,61})[A-Za-z0-9]$",
        expected="4 to 63 letters, digits and '-'",
    )
    aws_instance_profile: str = setting(
        "aws-elasticbeanstalk-ec2-role",
        description="Instance profile of the instances; `pym aws setup` makes it.",
        example="shop-instances",
        pattern=r"^[\w+=,.@-]{1,128}$",
    )
    aws_service_role: str = setting(
        "aws-elasticbeanstalk-service-role",
        description="Role in which Elastic Beanstalk looks after environments; `pym aws setup` makes it.",
        example="shop-beanstalk",
        pattern=r"^[\w+=,.@-]{1,128}$",
    )
    aws_keep_releases: int | None = setting(
        None, description="How many releases can be rolled back to; `keep` of the command by default.", example=10, ge=1
    )
    aws_bake_minutes: int = setting(
        60,
        description="Minutes that the previous environment stays after a promotion, for a rollback at once and for "
        "callers whose DNS is old; 0 for not at all.",
        example=120,
        ge=0,
    )
    aws_timeout_minutes: int = setting(
        30, description="Minutes after which a wait for an environment is given up.", example=45, ge=1
    )


def aws_settings(config: Config) -> AwsSettings:
    """Return the settings of a configuration; raises ConfigError where they contradict each other."""
    settings = config.section(AwsSettings)
    if settings.aws_hosts_min > settings.aws_hosts_max:
        raise ConfigError(
            f"aws_hosts_min is {settings.aws_hosts_min} and aws_hosts_max {settings.aws_hosts_max}: raise the latter"
        )
    return settings
