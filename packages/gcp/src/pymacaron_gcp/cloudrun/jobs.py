"""Commands that run to their end: a job per command and release, which is removed once it is done."""

from __future__ import annotations

from typing import Any

from pymacaron.deploy import Environment, Release
from pymacaron.exceptions import DeployError
from pymacaron_gcp.client import Gcp, GcpError
from pymacaron_gcp.cloudrun.logs import Logs
from pymacaron_gcp.cloudrun.names import job_name, short
from pymacaron_gcp.cloudrun.service import failure_of
from pymacaron_gcp.pauses import ticks

__all__ = ["Jobs"]

SECONDS = 3700
LINES = 50


class Jobs:
    """The jobs of a service."""

    def __init__(self, gcp: Gcp, environment: Environment, service: str, logs: Logs) -> None:
        self._gcp, self._tell, self._service, self._logs = gcp, environment.tell, service, logs

    def run(self, release: Release, command: tuple[str, ...], job: dict[str, Any]) -> list[str]:
        """Run a command, and return its last lines; one that was begun and whose caller died is waited for instead.

        Raises DeployError, its last lines behind it, where it fails.
        """
        name = job_name(self._service, release.id, command)
        path = f"{self._gcp.parent}/jobs/{name}"
        execution = self._begun(path) or self._begin(name, path, job)
        failure = self._wait(path, execution, " ".join(command))
        lines = self._logs.tail(self._logs.of_execution(name, short(execution.name)), LINES)
        self._remove(path)
        if failure:
            raise DeployError("\n".join([f"'{' '.join(command)}' failed: {failure}", *lines]))
        return lines

    def _begun(self, path: str) -> Any:
        try:
            found = self._gcp.call("executions", "list_executions", parent=path)
        except GcpError as error:
            if error.is_missing:
                return None
            raise
        return next((one for one in found if not failure_of(one, "Completed")), None)

    def _begin(self, name: str, path: str, job: dict[str, Any]) -> Any:
        try:
            self._gcp.call("jobs", "create_job", parent=self._gcp.parent, job_id=name, job=job)
        except GcpError as error:
            if not error.is_conflict:
                raise
            # One that was left behind may be of older settings.
            self._gcp.call("jobs", "update_job", job={"name": path, **job})
        self._wait_for_job(path)
        try:
            return self._gcp.call("jobs", "run_job", name=path).metadata
        except GcpError as error:
            if error.is_passing and (begun := self._begun(path)):
                return begun
            raise

    def _wait_for_job(self, path: str) -> None:
        for _ in ticks(60, self._tell, lambda: "the job is being made"):
            job = self._gcp.call("jobs", "get_job", name=path)
            if not job.reconciling:
                if failure := failure_of(job):
                    raise DeployError(f"the job cannot be made: {failure}")
                return
        raise DeployError(f"{path} was not made within 60 s: look at it in the console, then --resume")

    def _wait(self, path: str, execution: Any, what: str) -> str:
        """Wait until an execution has ended, and return why it failed, or nothing."""
        for _ in ticks(SECONDS, self._tell, lambda: f"'{what}' runs"):
            found = self._gcp.call("executions", "get_execution", name=execution.name)
            if "completion_time" in found and not found.reconciling:
                return failure_of(found, "Completed")
        raise DeployError(f"'{what}' still runs after {SECONDS} s: look at {path} in the console")

    def _remove(self, path: str) -> None:
        try:
            self._gcp.call("jobs", "delete_job", name=path)
        except GcpError as error:
            if not error.is_missing:
                raise
