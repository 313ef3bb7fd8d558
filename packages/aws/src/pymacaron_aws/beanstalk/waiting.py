"""Waits for environments: they show events as they come, tell what is ready from what failed, and always end."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pymacaron.exceptions import DeployError
from pymacaron_aws.beanstalk.logs import Logs
from pymacaron_aws.beanstalk.pauses import ticks
from pymacaron_aws.client import Aws, AwsError

__all__ = ["Watch"]

SILENCE = 5.0
SERIOUS = {"ERROR", "FATAL"}
UNKNOWN = "InvalidParameterValue"


class Watch:
    """A watch on one environment from now on: events that are there already are not its own."""

    def __init__(self, aws: Aws, application: str, name: str, tell: Callable[[str], None], timeout: float) -> None:
        self._aws, self._names = aws, {"ApplicationName": application, "EnvironmentName": name}
        self._name, self._tell, self._timeout = name, tell, timeout
        self._seen: set[tuple[datetime, str]] = set()
        self._from: datetime | None = None
        self._errors: list[str] = []
        self._told = time.monotonic()
        self._new_events()
        self._errors.clear()

    def until_ready(self, label: str) -> dict[str, Any]:
        """Wait until the environment is Ready and Green with this version; raises DeployError that tells why not."""
        for passed in ticks(self._timeout):
            found = self._look(passed)
            if found["Status"] == "Ready":
                if found["VersionLabel"] != label:
                    raise self._failure(
                        f"{self._name} runs {found['VersionLabel']} and not {label}: run the command again"
                    )
                if found["Health"] == "Green":
                    return found
                if self._errors:
                    raise self._failure(f"{self._name} did not start: {self._errors[0]}")
        raise self._failure(f"{self._name} was not Ready and Green within {self._timeout:g} s: see its last log lines")

    def until_settled(self) -> dict[str, Any]:
        """Wait until the environment is Ready, of whatever health."""
        for passed in ticks(self._timeout):
            found = self._look(passed)
            if found["Status"] == "Ready":
                return found
        raise DeployError(f"{self._name} is not Ready after {self._timeout:g} s: look at it in the console")

    def until_updated(self) -> dict[str, Any] | None:
        """Wait until nothing updates the environment, such as a swap, and return it, None where it is gone."""
        for passed in ticks(self._timeout):
            found = self._described()
            if found is None or found["Status"] != "Updating":
                return found
            self._progress(passed, found)
        raise DeployError(f"{self._name} is still Updating after {self._timeout:g} s: look at it in the console")

    def stays_red(self, seconds: float) -> bool:
        """Tell whether the environment is Ready and Red at each look for so many seconds."""
        looks = (self._look(passed) for passed in ticks(seconds))
        return all((found["Status"], found.get("Health")) == ("Ready", "Red") for found in looks)

    def until_gone(self) -> None:
        """Wait until the environment is terminated."""
        for passed in ticks(self._timeout):
            found = self._described()
            if found is None or found["Status"] == "Terminated":
                return
            self._progress(passed, found)
        raise DeployError(f"{self._name} is not terminated after {self._timeout:g} s: look at it in the console")

    def _look(self, passed: float) -> dict[str, Any]:
        found = self._described()
        if found is None or found["Status"] in ("Terminating", "Terminated"):
            raise DeployError(f"the environment {self._name} was terminated meanwhile: deploy again")
        self._progress(passed, found)
        return found

    def _described(self) -> dict[str, Any] | None:
        application = {"ApplicationName": self._names["ApplicationName"], "IncludeDeleted": False}
        names = {"EnvironmentNames": [self._name]}
        found = self._aws.every("elasticbeanstalk", "describe_environments", "Environments", **application, **names)
        return found[-1] if found else None

    def _progress(self, passed: float, found: dict[str, Any]) -> None:
        told = [self._told_event(event) for event in self._new_events()]
        if told:
            self._told = time.monotonic()
        elif time.monotonic() - self._told > SILENCE:
            self._told = time.monotonic()
            self._tell(f"{self._name}: {found['Status']}, {found.get('Health', '')}, {passed:.0f} s")

    def _told_event(self, event: dict[str, Any]) -> str:
        line = " ".join(str(event["Message"]).split())
        self._tell(f"{self._name}: {line}")
        return line

    def _new_events(self) -> list[dict[str, Any]]:
        events = [one for one in reversed(self._events()) if (one["EventDate"], one["Message"]) not in self._seen]
        for event in events:
            self._seen.add((event["EventDate"], event["Message"]))
            self._from = event["EventDate"]
            if event["Severity"] in SERIOUS:
                self._errors.append(str(event["Message"]))
        return events

    def _events(self) -> list[dict[str, Any]]:
        start = {"StartTime": self._from} if self._from else {}
        try:
            return list(self._aws.call("elasticbeanstalk", "describe_events", **self._names, **start)["Events"])
        except AwsError as error:
            if error.aws_code == UNKNOWN:
                return []
            raise

    def _failure(self, sentence: str) -> DeployError:
        lines = [*self._causes(), *(" ".join(error.split()) for error in self._errors), *self._tail()]
        return DeployError("\n".join([sentence, *dict.fromkeys(lines)]))

    def _causes(self) -> list[str]:
        name = {"EnvironmentName": self._name, "AttributeNames": ["All"]}
        try:
            whole = self._aws.call("elasticbeanstalk", "describe_environment_health", **name)
            each = self._aws.call("elasticbeanstalk", "describe_instances_health", **name)
        except AwsError:
            return []
        instances = [
            f"{one['InstanceId']} is {one.get('HealthStatus', 'unknown')}: {cause}"
            for one in each.get("InstanceHealthList", [])
            for cause in one.get("Causes", [])
        ]
        return [*whole.get("Causes", []), *instances]

    def _tail(self) -> list[str]:
        try:
            return Logs(self._aws, self._name).tail(20, seconds=60)
        except DeployError:
            return []
