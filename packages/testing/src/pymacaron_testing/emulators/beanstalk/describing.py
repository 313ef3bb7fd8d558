"""What is known, as the records of botocore's model."""

from __future__ import annotations

from typing import Any

from pymacaron_testing.emulators.beanstalk.state import Application, Environment, Event, State, Version

__all__ = ["described_application", "described_environment", "described_event", "described_version"]

COLOURS = {"Green": "Ok", "Yellow": "Warning", "Red": "Severe", "Grey": "Pending"}


def described_application(one: Application) -> dict[str, Any]:
    """Return an ApplicationDescription."""
    return {
        "ApplicationArn": one.arn,
        "ApplicationName": one.name,
        "Description": one.description,
        "DateCreated": one.created,
    }


def described_version(one: Version) -> dict[str, Any]:
    """Return an ApplicationVersionDescription."""
    return {
        "ApplicationVersionArn": one.arn,
        "ApplicationName": one.application,
        "VersionLabel": one.label,
        "Description": one.description,
        "SourceBundle": {"S3Bucket": one.bucket, "S3Key": one.key},
        "DateCreated": one.created,
        "DateUpdated": one.created,
        "Status": one.status.upper(),
    }


def described_environment(state: State, one: Environment) -> dict[str, Any]:
    """Return an EnvironmentDescription."""
    described = {
        "EnvironmentName": one.name,
        "EnvironmentId": one.id,
        "EnvironmentArn": one.arn,
        "ApplicationName": one.application,
        "VersionLabel": one.version,
        "PlatformArn": one.platform,
        "CNAME": state.address(one.prefix),
        "DateCreated": one.created,
        "DateUpdated": one.updated,
        "Status": one.status,
        "Health": one.health,
        "HealthStatus": COLOURS[one.health],
        "AbortableOperationInProgress": False,
        "Tier": {"Name": "WebServer", "Type": "Standard", "Version": "1.0"},
    }
    # As the real one, it has no endpoint before there is a machine.
    return described | ({"EndpointURL": one.endpoint.name} if one.upstream else {})


def described_event(one: Event) -> dict[str, Any]:
    """Return an EventDescription."""
    return {
        "EventDate": one.date,
        "Message": one.message,
        "ApplicationName": one.application,
        "EnvironmentName": one.environment,
        "VersionLabel": one.version,
        "RequestId": one.request,
        "Severity": one.severity,
    }
