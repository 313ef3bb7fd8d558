"""The logs of an environment: Elastic Beanstalk collects a tail of them on request, and hands out a URL to read it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pymacaron.exceptions import DeployError
from pymacaron_aws.beanstalk.pauses import ticks
from pymacaron_aws.client import Aws, AwsError, fetch

__all__ = ["Logs"]

LONGEST_PAUSE = 2.0
FOLLOW = 2.0
MUTE = {"No Data", "NoData", "Unknown"}
"""The health of an instance that Elastic Beanstalk does not hear of."""


class Logs:
    """The logs of one environment."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws, self._name = aws, name

    def tail(self, lines: int, role: str | None = None, seconds: float = 120) -> list[str]:
        """Return the last lines of all instances, of one role of the compose file where it is given."""
        found = [line for url in self._collected(seconds) for line in fetch(url).splitlines()]
        wanted = [line for line in found if role is None or _role(line) == role]
        return wanted[-lines:] if lines > 0 else []

    def follow(self, lines: int, role: str | None) -> Iterator[str]:
        """Give the last lines, and then new ones as they are found, without end."""
        known = self.tail(1000, role)
        yield from known[-lines:]
        while True:
            time.sleep(FOLLOW)
            now = self.tail(1000, role)
            yield from _new(known, now)
            known = now

    def _collected(self, seconds: float) -> list[str]:
        name = {"EnvironmentName": self._name, "InfoType": "tail"}
        before = max((one["SampleTimestamp"] for one in self._samples(name)), default=None)
        instances = self._instances()
        self._aws.call("elasticbeanstalk", "request_environment_info", **name)
        latest: dict[str, str] = {}
        for _ in ticks(seconds, LONGEST_PAUSE):
            newer = [one for one in self._samples(name) if _is_newer(one["SampleTimestamp"], before)]
            latest = {one["Ec2InstanceId"]: one["Message"] for one in newer}
            if latest and instances <= latest.keys():
                break
        if not latest:
            raise DeployError(
                f"{self._name} gave no logs within {seconds:g} s: try again, or look at them in CloudWatch"
            )
        return [latest[instance] for instance in sorted(latest)]

    def _instances(self) -> set[str]:
        """Return the ids of the instances that can be waited for, none where AWS does not tell."""
        name = {"EnvironmentName": self._name, "AttributeNames": ["HealthStatus"]}
        try:
            found = self._aws.call("elasticbeanstalk", "describe_instances_health", **name)["InstanceHealthList"]
        except AwsError:
            return set()
        return {one["InstanceId"] for one in found if one.get("HealthStatus") not in MUTE}

    def _samples(self, name: dict[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._aws.call("elasticbeanstalk", "retrieve_environment_info", **name).get(
            "EnvironmentInfo", []
        )
        return sorted(found, key=lambda one: one["SampleTimestamp"])


def _is_newer(sample: datetime, before: datetime | None) -> bool:
    return before is None or sample > before


def _role(line: str) -> str | None:
    # docker compose names a line's container before a bar: "web-1  | text", or "web_1  | text" in its first version.
    container, bar, _ = line.partition(" |")
    return container.strip().rpartition("-" if "-" in container else "_")[0] if bar else None


def _new(known: list[str], now: list[str]) -> list[str]:
    """Return the lines of `now` behind the longest end of `known` that it begins with or holds."""
    if not known:
        return now
    for start in range(len(known)):
        overlap = known[start:]
        if now[: len(overlap)] == overlap:
            return now[len(overlap) :]
    return now
