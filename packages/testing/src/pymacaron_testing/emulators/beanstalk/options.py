"""The configuration options that are known, each with what its value must look like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["validate"]

TEXT, NUMBER, FLAG = r"[^\n]+", r"\d+", r"true|false"
SECRET = r"arn:aws[a-z-]*:(secretsmanager|ssm):[a-z0-9-]+:\d{12}:.+"  # noqa: S105 - the form of a name
FREE = {
    "aws:elasticbeanstalk:application:environment": r"[^\n]*",
    "aws:elasticbeanstalk:application:environmentsecrets": SECRET,
}
KNOWN: Mapping[str, Mapping[str, str]] = {
    "aws:autoscaling:asg": {"MinSize": NUMBER, "MaxSize": NUMBER, "Cooldown": NUMBER},
    "aws:autoscaling:launchconfiguration": {"IamInstanceProfile": TEXT, "EC2KeyName": TEXT, "DisableIMDSv1": FLAG},
    "aws:autoscaling:updatepolicy:rollingupdate": {
        "RollingUpdateEnabled": FLAG,
        "RollingUpdateType": "Time|Health|Immutable",
    },
    "aws:ec2:instances": {"InstanceTypes": r"[a-z0-9-]+\.[a-z0-9-]+(,[a-z0-9-]+\.[a-z0-9-]+)*"},
    "aws:elasticbeanstalk:cloudwatch:logs": {"StreamLogs": FLAG, "DeleteOnTerminate": FLAG, "RetentionInDays": NUMBER},
    "aws:elasticbeanstalk:command": {
        "DeploymentPolicy": "AllAtOnce|Rolling|RollingWithAdditionalBatch|Immutable|TrafficSplitting",
        "BatchSizeType": "Percentage|Fixed",
        "BatchSize": NUMBER,
        "Timeout": NUMBER,
    },
    "aws:elasticbeanstalk:environment": {
        "EnvironmentType": "LoadBalanced|SingleInstance",
        "LoadBalancerType": "classic|application|network",
        "ServiceRole": TEXT,
    },
    "aws:elasticbeanstalk:environment:process:default": {
        "HealthCheckPath": "/.*",
        "HealthCheckInterval": NUMBER,
        "HealthyThresholdCount": NUMBER,
        "MatcherHTTPCode": NUMBER,
        "DeregistrationDelay": NUMBER,
        "Port": NUMBER,
        "Protocol": "HTTP|HTTPS",
    },
    "aws:elasticbeanstalk:healthreporting:system": {"SystemType": "basic|enhanced"},
    "aws:elbv2:listener:443": {
        "ListenerEnabled": FLAG,
        "Protocol": "HTTPS",
        "SSLCertificateArns": r"arn:aws[a-z-]*:acm:.+",
        "DefaultProcess": TEXT,
    },
}


def validate(settings: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Give a message of Elastic Beanstalk for each option that it would refuse."""
    for one in settings:
        namespace, name = one.get("Namespace", ""), one.get("OptionName", "")
        pattern = FREE.get(namespace) or KNOWN.get(namespace, {}).get(name)
        if pattern is None:
            yield _message(namespace, name, "Unknown configuration setting.")
        elif not re.fullmatch(pattern, one.get("Value", "")):
            yield _message(namespace, name, f"Invalid option value: '{one.get('Value', '')}'.")


def _message(namespace: str, name: str, why: str) -> dict[str, str]:
    text = f"Invalid option specification (Namespace: '{namespace}', OptionName: '{name}'): {why}"
    return {"Message": text, "Severity": "error", "Namespace": namespace, "OptionName": name}
