"""The operations about applications, versions, platforms and tags, each a method of the name that boto3 has for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymacaron_testing.emulators.beanstalk.describing import described_application, described_event, described_version
from pymacaron_testing.emulators.beanstalk.life import Life
from pymacaron_testing.emulators.beanstalk.options import validate
from pymacaron_testing.emulators.beanstalk.state import REGION, Application, Environment, State, Version
from pymacaron_testing.emulators.beanstalk.wire import Refusal

__all__ = ["Answer", "Given", "Operations", "check_options", "tags_of"]

PLATFORM = f"arn:aws:elasticbeanstalk:{REGION}::platform/Docker running on 64bit Amazon Linux 2023"
PAGE = 100
Given = dict[str, Any]
Answer = dict[str, Any]


class Operations:
    """What the service does; each method is called with the state locked, and with `request`, the id of its request."""

    def __init__(self, state: State, life: Life) -> None:
        self._state, self._life = state, life
        self.request = ""

    def find(self, name: str) -> Callable[[Given], Answer | None]:
        """Return the method of an operation; raises Refusal for one that is not emulated."""
        method = getattr(self, name, None)
        if method is None or name.startswith("_"):
            raise Refusal("InvalidAction", f"{name} is not emulated", 501)
        found: Callable[[Given], Answer | None] = method
        return found

    def create_application(self, given: Given) -> Answer:
        """Make an application."""
        name = given["ApplicationName"]
        if name in self._state.applications:
            raise Refusal("InvalidParameterValue", f"Application {name} already exists.")
        self._state.applications[name] = made = Application(name, given.get("Description", ""), tags_of(given))
        return {"Application": described_application(made)}

    def describe_applications(self, given: Given) -> Answer:
        """Describe applications."""
        wanted = given.get("ApplicationNames")
        found = [one for one in self._state.applications.values() if not wanted or one.name in wanted]
        return {"Applications": [described_application(one) for one in found]}

    def create_application_version(self, given: Given) -> Answer:
        """Make a version of a source bundle that is in S3."""
        application, label = given["ApplicationName"], given["VersionLabel"]
        self._application(application)
        if (application, label) in self._state.versions:
            raise Refusal("InvalidParameterValue", f"Application Version {label} already exists.")
        bundle = given.get("SourceBundle", {})
        bucket, key = bundle.get("S3Bucket", ""), bundle.get("S3Key", "")
        try:
            self._life.outside.read(bucket, key)
        except LookupError:
            raise Refusal("InvalidParameterValue", f"Unable to download from S3 location {bucket}/{key}") from None
        made = Version(application, label, bucket, key, given.get("Description", ""), tags_of(given))
        self._state.versions[application, label] = made
        if given.get("Process"):
            self._life.process(made)
        return {"ApplicationVersion": described_version(made)}

    def describe_application_versions(self, given: Given) -> Answer:
        """Describe versions, newest first."""
        labels, application = given.get("VersionLabels"), given.get("ApplicationName")
        found = [
            described_version(one)
            for one in reversed(self._state.versions.values())
            if (not labels or one.label in labels) and (not application or one.application == application)
        ]
        return paged("ApplicationVersions", found, given)

    def delete_application_version(self, given: Given) -> None:
        """Delete a version that no environment runs, its source bundle with it where that is asked for."""
        key = given["ApplicationName"], given["VersionLabel"]
        if key not in self._state.versions:
            return
        if any(one.exists and (one.application, one.version) == key for one in self._state.environments):
            raise Refusal("OperationInProgressFailure", f"Application version {key[1]} is deployed to an environment.")
        version = self._state.versions.pop(key)
        if given.get("DeleteSourceBundle"):
            self._life.outside.delete(version.bucket, version.key)

    def list_platform_versions(self, given: Given) -> Answer:
        """List two versions of the platform for Docker, of which one is recommended."""
        found = [_platform("4.7.1", "Supported"), _platform("4.7.2", "Recommended")]
        for one in given.get("Filters", []):
            found = [each for each in found if _matches(each, one)]
        return paged("PlatformSummaryList", found, given)

    def list_available_solution_stacks(self, given: Given) -> Answer:
        """List the platforms by their old names."""
        return {
            "SolutionStacks": [f"64bit Amazon Linux 2023 v{version} running Docker" for version in ("4.7.2", "4.7.1")]
        }

    def create_storage_location(self, given: Given) -> Answer:
        """Make the bucket of the region, or tell which it is."""
        return {"S3Bucket": self._life.outside.own_bucket()}

    def validate_configuration_settings(self, given: Given) -> Answer:
        """Judge options, by those of an environment: there are no templates here."""
        self._application(given["ApplicationName"])
        if ("TemplateName" in given) == ("EnvironmentName" in given):
            raise Refusal("InvalidParameterValue", "Specify either TemplateName or EnvironmentName.")
        self._state.environment(given.get("EnvironmentName"))
        return {"Messages": list(validate(given["OptionSettings"]))}

    def list_tags_for_resource(self, given: Given) -> Answer:
        """List the tags of an application, a version or an environment."""
        one = self._resource(given["ResourceArn"])
        tags = [{"Key": key, "Value": value} for key, value in one.tags.items()]
        return {"ResourceArn": one.arn, "ResourceTags": tags}

    def update_tags_for_resource(self, given: Given) -> None:
        """Add and remove tags."""
        one = self._resource(given["ResourceArn"])
        for key in given.get("TagsToRemove", []):
            one.tags.pop(key, None)
        one.tags.update({tag["Key"]: tag["Value"] for tag in given.get("TagsToAdd", [])})

    def describe_events(self, given: Given) -> Answer:
        """Describe events, newest first."""
        keys = {"ApplicationName": "application", "EnvironmentName": "environment", "RequestId": "request"}
        keys |= {"VersionLabel": "version", "Severity": "severity"}
        wanted = {field: given[key] for key, field in keys.items() if key in given}
        start, name = given.get("StartTime"), given.get("EnvironmentName")
        if name and all(one.name != name for one in self._state.environments):
            raise Refusal("InvalidParameterValue", f"No Environment found for EnvironmentName = '{name}'.")
        found = [
            described_event(one)
            for one in reversed(self._state.events)
            if all(getattr(one, field) == value for field, value in wanted.items()) and (not start or one.date >= start)
        ]
        return paged("Events", found, given)

    def _application(self, name: str) -> Application:
        if name not in self._state.applications:
            raise Refusal("InvalidParameterValue", f"No Application named '{name}' found.")
        return self._state.applications[name]

    def _resource(self, arn: str) -> Application | Version | Environment:
        state = self._state
        known: list[Application | Version | Environment] = [one for one in state.environments if one.exists]
        known += [*state.applications.values(), *state.versions.values()]
        found = [one for one in known if one.arn == arn]
        if found:
            return found[0]
        raise Refusal("ResourceNotFoundException", f"Resource not found for arn '{arn}'.")


def tags_of(given: Given) -> dict[str, str]:
    """Return the tags of a request; raises Refusal for what no tag may be."""
    tags = {tag["Key"]: tag["Value"] for tag in given.get("Tags", [])}
    if len(tags) > 47 or any(len(key) > 128 or len(value) > 256 for key, value in tags.items()):
        raise Refusal("InvalidParameterValue", "a resource has at most 47 tags, of 128 characters with 256 for a value")
    return tags


def check_options(given: Given) -> dict[tuple[str, str], str]:
    """Return the options of a request; raises Refusal for the first that is wrong."""
    settings = given.get("OptionSettings", [])
    for message in validate(settings):
        raise Refusal("ConfigurationValidationException", f"Configuration validation exception: {message['Message']}")
    return {(one["Namespace"], one["OptionName"]): one["Value"] for one in settings}


def paged(field: str, items: list[dict[str, Any]], given: Given) -> Answer:
    """Return a page of items, with NextToken where more follow."""
    start, size = int(given.get("NextToken", 0)), min(given.get("MaxRecords", PAGE), 1000)
    more = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return {field: items[start : start + size], **more}


def _platform(version: str, state: str) -> dict[str, Any]:
    return {
        "PlatformArn": f"{PLATFORM}/{version}",
        "PlatformOwner": "AWSElasticBeanstalk",
        "PlatformStatus": "Ready",
        "PlatformVersion": version,
        "PlatformLifecycleState": state,
        "PlatformBranchName": "Docker running on 64bit Amazon Linux 2023",
        "PlatformBranchLifecycleState": "Supported",
        "SupportedTierList": ["WebServer/Standard", "Worker/SQS/HTTP"],
    }


def _matches(platform: dict[str, Any], condition: dict[str, Any]) -> bool:
    have = platform.get(condition["Type"])
    if condition["Operator"] != "=":
        raise Refusal("InvalidParameterValue", f"the operator {condition['Operator']} is not emulated")
    return have in condition["Values"]
