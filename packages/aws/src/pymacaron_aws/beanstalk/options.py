"""The options of an environment, from the settings and a release."""

from __future__ import annotations

from collections.abc import Mapping

from pymacaron_aws.beanstalk.bundle import PORT
from pymacaron_aws.settings import AwsSettings

__all__ = ["IN_PLACE", "option_settings"]

BEANSTALK = "aws:elasticbeanstalk"
VARIABLES, SECRETS = f"{BEANSTALK}:application:environment", f"{BEANSTALK}:application:environmentsecrets"
IN_PLACE = (VARIABLES, SECRETS)
"""What an environment that is updated in place gets anew: the variables and secrets of the release."""

Options = dict[str, Mapping[str, str]]


def option_settings(
    settings: AwsSettings, variables: Mapping[str, str], secrets: Mapping[str, str], alone: bool = False
) -> list[dict[str, str]]:
    """Return the options as the calls take them: `secrets` are ARNs; `alone` makes one instance without a balancer."""
    options: Options = {
        "aws:autoscaling:launchconfiguration": _instances(settings),
        "aws:ec2:instances": {"InstanceTypes": settings.aws_instance_type},
        VARIABLES: {**variables, "PORT": str(PORT)},
        SECRETS: secrets,
        f"{BEANSTALK}:cloudwatch:logs": {"StreamLogs": "true", "DeleteOnTerminate": "false", "RetentionInDays": "30"},
        f"{BEANSTALK}:healthreporting:system": {"SystemType": "enhanced"},
        **(_alone(settings) if alone else _balanced(settings)),
    }
    return [
        {"Namespace": namespace, "OptionName": name, "Value": value}
        for namespace, values in options.items()
        for name, value in values.items()
    ]


def _instances(settings: AwsSettings) -> dict[str, str]:
    key = {"EC2KeyName": settings.aws_keypair} if settings.aws_keypair else {}
    return {"IamInstanceProfile": settings.aws_instance_profile, "DisableIMDSv1": "true", **key}


def _alone(settings: AwsSettings) -> Options:
    return {f"{BEANSTALK}:environment": {"EnvironmentType": "SingleInstance", "ServiceRole": settings.aws_service_role}}


def _balanced(settings: AwsSettings) -> Options:
    https = {
        "ListenerEnabled": "true",
        "Protocol": "HTTPS",
        "DefaultProcess": "default",
        "SSLCertificateArns": settings.aws_cert_arn or "",
    }
    return {
        "aws:autoscaling:asg": {"MinSize": str(settings.aws_hosts_min), "MaxSize": str(settings.aws_hosts_max)},
        "aws:autoscaling:updatepolicy:rollingupdate": {"RollingUpdateEnabled": "true", "RollingUpdateType": "Health"},
        f"{BEANSTALK}:command": {"DeploymentPolicy": "Rolling", "BatchSizeType": "Percentage", "BatchSize": "50"},
        f"{BEANSTALK}:environment": {
            "EnvironmentType": "LoadBalanced",
            "LoadBalancerType": "application",
            "ServiceRole": settings.aws_service_role,
        },
        f"{BEANSTALK}:environment:process:default": {
            "HealthCheckPath": "/ready",
            "MatcherHTTPCode": "200",
            "Port": "80",
            "Protocol": "HTTP",
        },
        **({"aws:elbv2:listener:443": https} if settings.aws_cert_arn else {}),
    }
