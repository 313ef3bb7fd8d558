"""Worker pools: a background process of a service, in the image and with the variables of the release that is live."""

from __future__ import annotations

from typing import Any

from pymacaron.deploy import Environment
from pymacaron.exceptions import DeployError
from pymacaron_gcp.client import Gcp, GcpError
from pymacaron_gcp.cloudrun import templates
from pymacaron_gcp.cloudrun.logs import Logs
from pymacaron_gcp.cloudrun.names import pool_name
from pymacaron_gcp.cloudrun.service import failure_of, is_done, release_of
from pymacaron_gcp.cloudrun.waiting import ticks
from pymacaron_gcp.settings import GcpSettings

__all__ = ["Workers"]


class Workers:
    """The worker pools of a service, one per role."""

    def __init__(self, gcp: Gcp, settings: GcpSettings, environment: Environment, service: str, logs: Logs) -> None:
        self._gcp, self._settings, self._environment = gcp, settings, environment
        self._service, self._logs = service, logs

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """The commands of the roles that get a pool."""
        return dict(self._environment.roles) if self._settings.gcp_workers else {}

    def follow(self, revision: Any) -> None:
        """Have all pools run the release of a revision (a message), and wait until they do."""
        for role, command in self.roles.items():
            name = pool_name(self._service, role)
            self._apply(name, revision, command)
            self._wait(name, role)

    def plan(self, revision: Any) -> list[str]:
        """Have Cloud Run judge the pools of a release, and return a line for each."""
        for role, command in self.roles.items():
            name = pool_name(self._service, role)
            self._send(name, self._pool(revision, command), self._read(name), validate_only=True)
        instances = self._settings.gcp_workers
        return [
            f"worker pool {pool_name(self._service, role)}: {instances} x {' '.join(c)}"
            for role, c in self.roles.items()
        ]

    def _apply(self, name: str, revision: Any, command: tuple[str, ...]) -> None:
        for _ in range(5):
            current = self._read(name)
            if current is not None and self._runs(current, revision) and not failure_of(current):
                return
            try:
                self._send(name, self._pool(revision, command), current)
            except GcpError as error:
                if not error.is_conflict:
                    raise

    def _runs(self, pool: Any, revision: Any) -> bool:
        return release_of(pool.template) == release_of(revision) and (
            pool.scaling.manual_instance_count == self._settings.gcp_workers
        )

    def _pool(self, revision: Any, command: tuple[str, ...]) -> dict[str, Any]:
        template = templates.pool(self._settings, revision, command)
        return {"template": template, "scaling": {"manual_instance_count": self._settings.gcp_workers}}

    def _send(self, name: str, pool: dict[str, Any], current: Any, validate_only: bool = False) -> None:
        if current is None:
            place = {"parent": self._gcp.parent, "worker_pool_id": name}
            self._gcp.call("worker_pools", "create_worker_pool", worker_pool=pool, validate_only=validate_only, **place)
            return
        wanted = {"name": current.name, "etag": current.etag, **pool}
        mask = {"paths": sorted(pool)}
        self._gcp.call(
            "worker_pools", "update_worker_pool", worker_pool=wanted, update_mask=mask, validate_only=validate_only
        )

    def _read(self, name: str) -> Any:
        try:
            return self._gcp.call("worker_pools", "get_worker_pool", name=f"{self._gcp.parent}/workerPools/{name}")
        except GcpError as error:
            if error.is_missing:
                return None
            raise

    def _wait(self, name: str, role: str) -> None:
        seconds = self._settings.gcp_deploy_timeout
        for _ in ticks(seconds, self._environment.tell, f"{name} is being started"):
            pool = self._read(name)
            if pool is not None and is_done(pool):
                if failure := failure_of(pool):
                    lines = self._logs.tail(self._logs.of_pool(name), 20)
                    raise DeployError("\n".join([f"the worker pool of {role} did not start: {failure}", *lines]))
                return
        raise DeployError(f"the worker pool {name} was not ready within {seconds} s: see its log, then --resume")
