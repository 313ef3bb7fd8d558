"""Logs of pods, their events, and what both tell of a pod that does not start."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from pymacaron.exceptions import DeployError
from pymacaron_gcp.kubernetes.client import Cluster, Object
from pymacaron_gcp.kubernetes.pods import CONTAINER
from pymacaron_gcp.kubernetes.secrets import Masking

__all__ = ["Logs"]

FOLLOW = 1.0
LAST_LINES = 20
LAST_EVENTS = 5


class Logs:
    """The logs of the pods of a service, without its secrets."""

    def __init__(self, cluster: Cluster, masking: Masking) -> None:
        self._cluster, self._masking = cluster, masking

    def tail(self, labels: Mapping[str, str], lines: int) -> list[str]:
        """Return the last lines of the pods with these labels, by their time."""
        found = self._lines(self._cluster.list("Pod", labels), tailLines=max(lines, 1))
        return self._masking.lines(text for _, text in found[-lines:]) if lines > 0 else []

    def follow(self, labels: Mapping[str, str], lines: int) -> Iterator[str]:
        """Give the last lines, and then new ones as they are found, without end."""
        known: set[tuple[str, str]] = set()
        found = self._lines(self._cluster.list("Pod", labels), tailLines=max(lines, 1))
        yield from self._masking.lines(text for _, text in found[-lines:]) if lines > 0 else []
        while True:
            known |= set(found)
            time.sleep(FOLLOW)
            found = self._lines(self._cluster.list("Pod", labels), sinceSeconds=10 * int(FOLLOW) + 1)
            yield from self._masking.lines(text for moment, text in found if (moment, text) not in known)

    def last_words(self, pod: Object) -> list[str]:
        """Return the events and the last lines of a pod that failed, nothing where they cannot be had."""
        name = pod["metadata"]["name"]
        try:
            lines = self._cluster.log(name, CONTAINER, tailLines=LAST_LINES)
            if not lines and _restarts(pod):
                lines = self._cluster.log(name, CONTAINER, tailLines=LAST_LINES, previous="true")
            return [*self.events(name), *self._masking.lines(lines.splitlines())]
        except DeployError:
            return []

    def events(self, pod: str) -> list[str]:
        """Return the last warnings about a pod: what it was told to run with may stand in them."""
        selector = f"involvedObject.kind=Pod,involvedObject.name={pod},type=Warning"
        found = self._cluster.list("Event", fields=selector)
        found.sort(key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime") or ""))
        told = [f"{one.get('reason', '')}: {' '.join(str(one.get('message', '')).split())}" for one in found]
        return [self.masked(one) for one in list(dict.fromkeys(told))[-LAST_EVENTS:]]

    def masked(self, reason: str) -> str:
        """Return a reason that the cluster gives without secrets, its name alone where they cannot be read."""
        try:
            return self._masking.line(reason)
        except DeployError:
            return reason.partition(":")[0]

    def of_pod(self, pod: str, lines: int) -> list[str]:
        """Return the last lines of one pod."""
        return self._masking.lines(self._cluster.log(pod, CONTAINER, tailLines=lines).splitlines())

    def _lines(self, pods: list[Object], **query: int) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for pod in pods:
            text = self._cluster.log(pod["metadata"]["name"], CONTAINER, timestamps="true", **query)
            found += [(moment, line) for moment, _, line in (one.partition(" ") for one in text.splitlines())]
        return sorted(found)


def _restarts(pod: Object) -> int:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return sum(int(one.get("restartCount", 0)) for one in statuses)
