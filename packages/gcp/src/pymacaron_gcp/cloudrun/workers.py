"""Worker pools: a background process of a service, in the image and with the variables of the release that is live."""

from __future__ import annotations

from typing import Any

from pymacaron.deploy import Environment
from pymacaron.exceptions import DeployError
from pymacaron_gcp.client import Gcp, GcpError
from pymacaron_gcp.cloudrun import templates
from pymacaron_gcp.cloudrun.logs import Logs
from pymacaron_gcp.cloudrun.names import pool_name, short
from pymacaron_gcp.cloudrun.service import failure_of, is_done, release_of
from pymacaron_gcp.pauses import ticks
from pymacaron_gcp.settings import GcpSettings

__all__ = ["Workers"]

SERVICE, ROLE = f"{templates.ANNOTATION}service", f"{templates.ANNOTATION}role"


class Workers:
    """The worker pools of a service, one per role."""

    def __init__(self, gcp: Gcp, settings: GcpSettings, environment: Environment, service: str, logs: Logs) -> None:
        self._gcp, self._settings, self._environment = gcp, settings, environment
        self._service, self._logs = service, logs

    def follow(self, revision: Any) -> None:
        """Have a pool for each role run the release of a revision (a message), and wait until they do."""
        for role, command in self._roles(revision).items():
            name = pool_name(self._service, role)
            self._apply(name, revision, command, role)
            self._wait(name, role)

    def tidy(self, revision: Any) -> None:
        """Remove the pools of roles that the release of a revision (a message) does not have."""
        for pool in self._found():
            if pool.annotations[ROLE] not in self._roles(revision):
                self._delete(pool.name)

    def take_back(self, live: Any) -> None:
        """Have the pools that are there run the revision that is live (a message), and remove them where none is."""
        for pool in self._found():
            role = pool.annotations[ROLE]
            command = self._roles(live).get(role) if live is not None else None
            if command is None:
                self._delete(pool.name)
            elif release_of(pool.template) != release_of(live):
                self._apply(short(pool.name), live, command, role)
                self._wait(short(pool.name), role)

    def plan(self, revision: Any) -> list[str]:
        """Have Cloud Run judge the pools of a release, and return a line for each."""
        roles = self._roles(revision)
        for role, command in roles.items():
            name = pool_name(self._service, role)
            self._send(name, self._pool(revision, command, role), self._read(name), validate_only=True)
        instances = self._settings.gcp_workers
        return [
            f"worker pool {pool_name(self._service, role)}: {instances} x {' '.join(c)}" for role, c in roles.items()
        ]

    def _roles(self, revision: Any) -> templates.Roles:
        """Return the commands of the roles of a revision (a message) that get a pool."""
        return templates.roles_of(revision) if self._settings.gcp_workers else {}

    def _apply(self, name: str, revision: Any, command: tuple[str, ...], role: str) -> None:
        for _ in range(5):
            current = self._read(name)
            if current is not None and self._runs(current, revision) and not failure_of(current):
                return
            try:
                self._send(name, self._pool(revision, command, role), current)
            except GcpError as error:
                if not error.is_conflict:
                    raise

    def _runs(self, pool: Any, revision: Any) -> bool:
        return release_of(pool.template) == release_of(revision) and (
            pool.scaling.manual_instance_count == self._settings.gcp_workers
        )

    def _pool(self, revision: Any, command: tuple[str, ...], role: str) -> dict[str, Any]:
        return {
            "template": templates.pool(self._settings, revision, command),
            "scaling": {"manual_instance_count": self._settings.gcp_workers},
            "annotations": {SERVICE: self._service, ROLE: role},
        }

    def _send(self, name: str, pool: dict[str, Any], current: Any, validate_only: bool = False) -> None:
        if current is None:
            place = {"parent": self._gcp.parent, "worker_pool_id": name}
            self._gcp.call("worker_pools", "create_worker_pool", worker_pool=pool, validate_only=validate_only, **place)
            return
        annotations = {**current.annotations, **pool["annotations"]}
        wanted = {**pool, "name": current.name, "etag": current.etag, "annotations": annotations}
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

    def _found(self) -> list[Any]:
        pools = self._gcp.call("worker_pools", "list_worker_pools", parent=self._gcp.parent)
        return [one for one in pools if one.annotations.get(SERVICE) == self._service]

    def _delete(self, name: str) -> None:
        try:
            self._gcp.call("worker_pools", "delete_worker_pool", name=name)
        except GcpError as error:
            if not error.is_missing:
                raise

    def _wait(self, name: str, role: str) -> None:
        seconds = self._settings.gcp_deploy_timeout
        for _ in ticks(seconds, self._environment.tell, lambda: f"{name} is being started"):
            pool = self._read(name)
            if pool is not None and is_done(pool):
                if failure := failure_of(pool):
                    lines = self._logs.tail(self._logs.of_pool(name), 20)
                    raise DeployError("\n".join([f"the worker pool of {role} did not start: {failure}", *lines]))
                return
        raise DeployError(f"the worker pool {name} was not ready within {seconds} s: see its log, then --resume")
