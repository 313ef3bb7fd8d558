"""The operations about environments, each a method of the name that boto3 has for it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

from pymacaron_testing.emulators.beanstalk.describing import COLOURS, described_environment
from pymacaron_testing.emulators.beanstalk.operations import Answer, Given, Operations, check_options, paged, tags_of
from pymacaron_testing.emulators.beanstalk.state import Environment, now
from pymacaron_testing.emulators.beanstalk.wire import Refusal
from pymacaron_testing.emulators.proxy import Address

__all__ = ["EnvironmentOperations"]

NAME = r"[A-Za-z0-9][A-Za-z0-9-]{2,38}[A-Za-z0-9]"
PREFIX = r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]"


class EnvironmentOperations(Operations):
    """All operations."""

    def check_dns_availability(self, given: Given) -> Answer:
        """Tell whether a name is free."""
        prefix = given["CNAMEPrefix"].lower()
        return {"Available": self._is_free(prefix), "FullyQualifiedCNAME": self._state.address(prefix)}

    def create_environment(self, given: Given) -> Answer:
        """Make an environment and launch it."""
        self._application(given["ApplicationName"])
        name = given.get("EnvironmentName") or f"e{uuid.uuid4().hex[:12]}"
        self._check_names(name, given.get("CNAMEPrefix"), given)
        if not (given.get("PlatformArn") or given.get("SolutionStackName")):
            raise Refusal("InvalidParameterValue", "Either PlatformArn, SolutionStackName or TemplateName is required.")
        made = Environment(
            given["ApplicationName"],
            name,
            given.get("VersionLabel", ""),
            (given.get("CNAMEPrefix") or f"{name}-{uuid.uuid4().hex[:6]}").lower(),
            given.get("PlatformArn") or given["SolutionStackName"],
            check_options(given),
            tags_of(given),
            Address(lambda: made.upstream),
        )
        self._state.environments.append(made)
        self._state.tell(made, self.request, "createEnvironment is starting.")
        described = described_environment(self._state, made)
        self._life.launch(made, self.request)
        return described

    def update_environment(self, given: Given) -> Answer:
        """Give an environment another version or other options, in place."""
        one = self._ready(given, "")
        one.options |= check_options(given)
        if label := given.get("VersionLabel"):
            self._version(one.application, label)
            one.version = label
        one.status, one.updated = "Updating", now()
        self._state.tell(one, self.request, "Environment update is starting.")
        described = described_environment(self._state, one)
        self._life.launch(one, self.request)
        return described

    def describe_environments(self, given: Given) -> Answer:
        """Describe environments."""
        wanted = {"ApplicationName": "application", "VersionLabel": "version"}
        many = {"EnvironmentNames": "name", "EnvironmentIds": "id"}
        found = []
        for one in self._state.environments:
            alike = all(getattr(one, field) == given[key] for key, field in wanted.items() if key in given)
            among = all(getattr(one, field) in given[key] for key, field in many.items() if given.get(key))
            if alike and among and (one.exists or given.get("IncludeDeleted")):
                self._life.watch(one)
                found.append(described_environment(self._state, one))
        return paged("Environments", found, given)

    def terminate_environment(self, given: Given) -> Answer:
        """End an environment; its name under elasticbeanstalk.com becomes free when it is gone."""
        one = self._state.environment(given.get("EnvironmentName"), given.get("EnvironmentId"))
        if one.status == "Terminating":
            return described_environment(self._state, one)
        if one.status != "Ready" and not given.get("ForceTerminate") and one.status != "Launching":
            message = f"Environment named {one.name} is in an invalid state for this operation. Must be Ready."
            raise Refusal("InvalidParameterValue", message)
        one.status, one.health, one.updated = "Terminating", "Grey", now()
        self._state.tell(one, self.request, "terminateEnvironment is starting.")
        described = described_environment(self._state, one)
        self._life.terminate(one, self.request)
        return described

    def swap_environment_cnames(self, given: Given) -> None:
        """Swap the names of two environments that are ready."""
        one, other = self._ready(given, "Source"), self._ready(given, "Destination")
        one.prefix, other.prefix = other.prefix, one.prefix
        # Each is Updating by itself, the one that gave the name away longest.
        for each, delays in ((one, 1), (other, 3)):
            each.status, each.updated = "Updating", now()
            self._state.tell(each, self.request, "swapEnvironmentCNAMEs is starting.")
            self._life.settle(each, self.request, "Completed swapping CNAMEs.", delays)

    def describe_environment_health(self, given: Given) -> Answer:
        """Describe the health of an environment."""
        one = self._state.environment(given.get("EnvironmentName"), given.get("EnvironmentId"))
        self._life.watch(one)
        return {
            "EnvironmentName": one.name,
            "HealthStatus": COLOURS[one.health],
            "Color": one.health,
            "Causes": one.causes,
            "InstancesHealth": {COLOURS[one.health]: 1},
            "RefreshedAt": now(),
        }

    def describe_instances_health(self, given: Given) -> Answer:
        """Describe the health of each instance."""
        one = self._state.environment(given.get("EnvironmentName"), given.get("EnvironmentId"))
        health: dict[str, Any] = {
            "HealthStatus": COLOURS[one.health],
            "Color": one.health,
            "Causes": one.causes,
            "LaunchedAt": one.created,
        }
        instances = [{"InstanceId": _instance(number), **health} for number in range(one.instances)]
        return {"InstanceHealthList": instances, "RefreshedAt": now()}

    def request_environment_info(self, given: Given) -> None:
        """Collect the tail of the logs."""
        one = self._state.environment(given.get("EnvironmentName"), given.get("EnvironmentId"))
        one.sampled = now()
        self._state.tell(one, self.request, "requestEnvironmentInfo is starting.")

    def retrieve_environment_info(self, given: Given) -> Answer:
        """Give URLs of the tails of the logs that were collected so far."""
        one = self._state.environment(given.get("EnvironmentName"), given.get("EnvironmentId"))
        if one.sampled is None:
            return {"EnvironmentInfo": []}
        text = one.running.logs() if one.running else ""
        head = "-" * 40 + "\n/var/log/eb-docker/containers/eb-current-app/eb-stdouterr.log\n" + "-" * 40 + "\n"
        info = {"InfoType": given["InfoType"], "SampleTimestamp": one.sampled}
        collected = [
            {**info, "Ec2InstanceId": _instance(number), "Message": self._state.publish(head + text)}
            for number in range(one.instances)
            if now() >= one.sampled + timedelta(seconds=self._life.delay * number)
        ]
        return {"EnvironmentInfo": collected}

    def _check_names(self, name: str, prefix: str | None, given: Given) -> None:
        if not re.fullmatch(NAME, name):
            raise Refusal("InvalidParameterValue", f"Value {name} at 'EnvironmentName' failed to satisfy constraint.")
        if any(one.exists and one.name == name for one in self._state.environments):
            raise Refusal("InvalidParameterValue", f"Environment {name} already exists.")
        if prefix and not (re.fullmatch(PREFIX, prefix) and self._is_free(prefix.lower())):
            raise Refusal("InvalidParameterValue", f"DNS name ({prefix}) is not available.")
        self._version(given["ApplicationName"], given.get("VersionLabel", ""))

    def _version(self, application: str, label: str) -> None:
        if label and (application, label) not in self._state.versions:
            raise Refusal("InvalidParameterValue", f"No Application Version named '{label}' found.")
        if label and self._state.versions[application, label].status not in ("Processed", "Unprocessed"):
            raise Refusal("InvalidParameterValue", "Application version is unusable and cannot be used.")

    def _is_free(self, prefix: str) -> bool:
        return prefix not in self._state.taken and self._state.owner(prefix) is None

    def _ready(self, given: Given, side: str) -> Environment:
        one = self._state.environment(given.get(f"{side}EnvironmentName"), given.get(f"{side}EnvironmentId"))
        if one.status != "Ready":
            message = f"Environment named {one.name} is in an invalid state for this operation. Must be Ready."
            raise Refusal("InvalidParameterValue", message)
        return one


def _instance(number: int) -> str:
    return f"i-0123456789abcdef{number:x}"
