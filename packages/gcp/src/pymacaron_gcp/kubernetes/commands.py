"""Commands that run to their end: a pod per command and release, which is removed once it is done."""

from __future__ import annotations

from pymacaron.deploy import Release
from pymacaron.exceptions import DeployError
from pymacaron_gcp.kubernetes.client import Cluster, KubernetesError, Object
from pymacaron_gcp.kubernetes.logs import Logs
from pymacaron_gcp.kubernetes.pods import command_pod
from pymacaron_gcp.kubernetes.site import Site
from pymacaron_gcp.kubernetes.waiting import hopeless
from pymacaron_gcp.pauses import ticks

__all__ = ["Commands"]

SECONDS = 3700
LINES = 50
ENDED = ("Succeeded", "Failed")


class Commands:
    """The commands of a service."""

    def __init__(self, site: Site, cluster: Cluster, logs: Logs) -> None:
        self._site, self._cluster, self._logs = site, cluster, logs

    def run(self, release: Release, command: tuple[str, ...]) -> list[str]:
        """Run a command, and return its last lines; one that was begun and whose caller died is waited for instead.

        Raises DeployError, its last lines behind it, where it fails.
        """
        name, shown = self._site.places.run(release.id, command), " ".join(command)
        self._begin(release, name, command)
        failure = self._wait(name, shown)
        lines = self._logs.of_pod(name, LINES)
        events = self._logs.events(name) if failure else []
        failure = self._logs.masked(failure)
        self._cluster.delete("Pod", name, grace=0)
        if failure:
            raise DeployError("\n".join([f"'{shown}' of {release.id} failed: {failure}", *events, *lines]))
        return lines

    def _begin(self, release: Release, name: str, command: tuple[str, ...]) -> None:
        """Make the pod, unless it is there and did not fail."""
        found = self._cluster.find("Pod", name)
        if found is not None and (_phase(found) == "Failed" or hopeless(found)):
            self._cluster.delete("Pod", name, grace=0)
            self._until_gone(name)
        elif found is not None:
            return
        try:
            self._cluster.create(command_pod(self._site, release, name, command))
        except KubernetesError as error:
            if not error.is_conflict:
                raise

    def _until_gone(self, name: str) -> None:
        for _ in ticks(60, self._site.environment.tell, lambda: f"{name} of before is being removed"):
            if self._cluster.find("Pod", name) is None:
                return
        raise DeployError(f"the pod {name} of before does not go: remove it, then --resume")

    def _wait(self, name: str, shown: str) -> str:
        """Wait until a pod has ended, and return why it failed, or nothing."""
        for _ in ticks(SECONDS, self._site.environment.tell, lambda: f"'{shown}' runs"):
            pod = self._cluster.find("Pod", name)
            if pod is None:
                return "its pod is gone"
            if reason := hopeless(pod):
                return reason
            if _phase(pod) in ENDED:
                return "" if _phase(pod) == "Succeeded" else f"it ended with {_code(pod)}"
        raise DeployError(f"'{shown}' still runs after {SECONDS} s: look at the pod {name}")


def _phase(pod: Object) -> str:
    return str((pod.get("status") or {}).get("phase", ""))


def _code(pod: Object) -> object:
    for one in (pod.get("status") or {}).get("containerStatuses") or []:
        if "terminated" in (one.get("state") or {}):
            return one["state"]["terminated"].get("exitCode")
    return (pod.get("status") or {}).get("reason", "an error")
