"""The service of an environment: read, and changed only as long as nobody else did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymacaron.exceptions import DeployError
from pymacaron_gcp.client import Gcp, GcpError
from pymacaron_gcp.cloudrun.memory import Memory
from pymacaron_gcp.cloudrun.names import short
from pymacaron_gcp.cloudrun.templates import ANNOTATION

__all__ = ["RunService", "failure_of", "is_done", "release_of"]

ATTEMPTS = 5
INVOKER, EVERYBODY = "roles/run.invoker", "allUsers"
FIELDS = {"template", "traffic", "annotations", "scaling", "ingress"}

Change = Callable[[Any], dict[str, Any]]


class RunService:
    """One service on Cloud Run, by its short name."""

    def __init__(self, gcp: Gcp, name: str) -> None:
        self.gcp, self.name = gcp, name
        self.path = f"{gcp.parent}/services/{name}"

    def read(self) -> Any:
        """Return the service as a message, None where there is none."""
        try:
            return self.gcp.call("services", "get_service", name=self.path)
        except GcpError as error:
            if error.is_missing:
                return None
            raise

    def existing(self) -> Any:
        """Return the service; raises DeployError where there is none."""
        service = self.read()
        if service is None:
            raise DeployError(f"there is no service {self.name} in {self.gcp.region}: run 'pym deploy'")
        return service

    def revisions(self) -> list[Any]:
        """Return the revisions of our releases, the newest first, without those that are discarded."""
        service = self.read()
        discarded = Memory.of(service).discarded if service is not None else ()
        found = [one for one in self.all_revisions() if release_of(one) and short(one.name) not in discarded]
        return sorted(found, key=lambda one: one.create_time.timestamp(), reverse=True)

    def all_revisions(self) -> list[Any]:
        """Return every revision that is there."""
        try:
            found: list[Any] = self.gcp.call("revisions", "list_revisions", parent=self.path)
        except GcpError as error:
            if error.is_missing:
                return []
            raise
        return found

    def create(self, service: dict[str, Any], validate_only: bool = False) -> None:
        """Create the service; that it is there meanwhile is no error."""
        parameters = {"parent": self.gcp.parent, "service_id": self.name, "validate_only": validate_only}
        try:
            self.gcp.call("services", "create_service", service=service, **parameters)
        except GcpError as error:
            if not error.is_conflict:
                raise

    def change(self, change: Change, validate_only: bool = False) -> Any:
        """Change the fields that `change` computes of the service as it is, and return the service.

        `change` is asked again where somebody else was faster; nothing is sent where it changes nothing.
        """
        for _ in range(ATTEMPTS):
            service = self.existing()
            fields = change(service)
            if not fields:
                return service
            wanted = {"name": self.path, "etag": service.etag, **fields}
            if "annotations" in fields:
                wanted["annotations"] = {**service.annotations, **fields["annotations"]}
            mask = {"paths": sorted(fields)}
            try:
                self.gcp.call(
                    "services", "update_service", service=wanted, update_mask=mask, validate_only=validate_only
                )
            except GcpError as error:
                if not error.is_conflict:
                    raise
                continue
            return self.existing()
        raise DeployError(f"{self.name} is being changed by somebody else: look who it is, then --resume")

    def is_public(self) -> bool:
        """Tell whether everybody may call the service."""
        return _is_public(self._policy())

    def allows(self, permission: str) -> bool:
        """Tell whether the caller has a permission on the service, if it is there."""
        if self.read() is None:
            return False
        wanted = {"resource": self.path, "permissions": [permission]}
        return permission in self.gcp.call("services", "test_iam_permissions", **wanted).permissions

    def publish(self, is_public: bool) -> bool:
        """Let everybody call the service or end that, whatever else is granted, and tell whether it changed."""
        for attempt in range(ATTEMPTS):
            policy = self._policy()
            if _is_public(policy) == is_public:
                return attempt > 0
            _set_public(policy, is_public)
            try:
                self.gcp.call("services", "set_iam_policy", resource=self.path, policy=policy)
            except GcpError as error:
                if not error.is_conflict:
                    raise
        raise DeployError(f"the policy of {self.name} is being changed by somebody else: run the command again")

    def _policy(self) -> Any:
        # Version 3 is the one that has the conditions of others, which are written back with the rest.
        wanted = {"requested_policy_version": 3}
        return self.gcp.call("services", "get_iam_policy", resource=self.path, options=wanted)

    def delete(self) -> None:
        """Delete the service with all its revisions."""
        try:
            self.gcp.call("services", "delete_service", name=self.path)
        except GcpError as error:
            if not error.is_missing:
                raise

    def delete_revision(self, revision: str) -> bool:
        """Delete a revision, and tell whether it is gone: Cloud Run keeps the newest one."""
        try:
            self.gcp.call("revisions", "delete_revision", name=f"{self.path}/revisions/{revision}")
        except GcpError as error:
            if error.gcp_code == 400 or error.is_conflict:
                return False
            if not error.is_missing:
                raise
        return True


def _is_public(policy: Any) -> bool:
    return any(one.role == INVOKER and EVERYBODY in one.members for one in policy.bindings)


def _set_public(policy: Any, is_public: bool) -> None:
    """Grant or withdraw in a policy (a message) that everybody may call."""
    policy.version = 3
    if is_public:
        policy.bindings.add(role=INVOKER, members=[EVERYBODY])
        return
    for one in [one for one in policy.bindings if one.role == INVOKER and EVERYBODY in one.members]:
        one.members.remove(EVERYBODY)
        if not one.members:
            policy.bindings.remove(one)


def release_of(revision: Any) -> str:
    """Return the id of the release of a revision (a message), "" for what is not ours."""
    return str(revision.annotations.get(f"{ANNOTATION}release", ""))


def failure_of(resource: Any, kind: str = "Ready") -> str:
    """Return why a resource (a message) failed, "" where it did not."""
    for one in [getattr(resource, "terminal_condition", None), *resource.conditions]:
        if one is not None and one.type_ == kind and one.state.name == "CONDITION_FAILED":
            return " ".join(one.message.split()) or "Cloud Run gave no reason"
    return ""


def is_done(resource: Any) -> bool:
    """Tell whether a change of a service or worker pool (a message) has ended, well or not.

    After one that failed, `observed_generation` stays that of what serves, as the types of run_v2 document.
    """
    is_served = bool(resource.observed_generation == resource.generation)
    return not resource.reconciling and (is_served or bool(failure_of(resource)))
