"""What the emulator knows: resources by their full names, what runs of each, and the project around them."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.cloud.run_v2 import types as run_v2
from google.iam.v1 import policy_pb2  # type: ignore[import-untyped,unused-ignore]

from pymacaron_testing.emulators.cloudrun.containers import Running
from pymacaron_testing.emulators.cloudrun.identity import Identities
from pymacaron_testing.emulators.cloudrun.wire import Refusal
from pymacaron_testing.emulators.proxy import Address, Upstream

__all__ = [
    "CALLER",
    "DEFAULT_ACCOUNT",
    "FAILED",
    "INVOKE",
    "PENDING",
    "SUCCEEDED",
    "Project",
    "Served",
    "State",
    "condition",
    "stamp",
    "touch",
]

DEFAULT_ACCOUNT = "1234567890-compute@developer.gserviceaccount.com"
"""The service account of what names none."""
CALLER = "nobody@emulated.iam.gserviceaccount.com"
"""The service account in whose name calls are made, as far as identity tokens tell."""
INVOKE, INVOKER = "run.routes.invoke", "roles/run.invoker"
SUCCEEDED = run_v2.Condition.State.CONDITION_SUCCEEDED
FAILED = run_v2.Condition.State.CONDITION_FAILED
PENDING = run_v2.Condition.State.CONDITION_RECONCILING


@dataclass
class Project:
    """What is around Cloud Run: versions of secrets by name, repositories, accounts, APIs, and granted permissions.

    Where those are given, `acts_as` are the service accounts that the caller has `iam.serviceAccounts.actAs` on.
    `requests` are revisions and the statuses that they answered, as the log of requests tells them.
    """

    secrets: dict[str, list[str]] = field(default_factory=dict, repr=False)
    repositories: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    apis: set[str] = field(default_factory=set)
    permissions: frozenset[str] | None = None
    acts_as: frozenset[str] = frozenset()
    requests: list[tuple[str, int]] = field(default_factory=list)

    def secret(self, name: str, version: str) -> str:
        """Return the content of a version; raises Refusal where there is none."""
        contents = self.secrets.get(name.rpartition("/")[2], [])
        number = len(contents) if version == "latest" else int(version) if version.isdigit() else 0
        if not 1 <= number <= len(contents):
            raise Refusal(404, f"Secret [{name}] not found or has no version [{version}].")
        return contents[number - 1]


@dataclass
class Served:
    """What serves a service: its address and those of its tags, and the percentages and revisions behind each."""

    address: Address
    tags: dict[str, Address] = field(default_factory=dict)
    split: tuple[tuple[str, int], ...] = ()
    tagged: Mapping[str, str] = field(default_factory=dict)

    def choose(self) -> str | None:
        """Return the revision that the next request goes to."""
        if not self.split:
            return None
        return random.choices([name for name, _ in self.split], [share for _, share in self.split])[0]  # noqa: S311


class State:
    """All resources of one project and region."""

    def __init__(self, project: str, region: str) -> None:
        self.parent = f"projects/{project}/locations/{region}"
        self.project = Project()
        self.identities = Identities()
        self.lock = threading.RLock()
        self.resources: dict[str, Any] = {}
        self.policies: dict[str, policy_pb2.Policy] = {}
        self.operations: dict[str, dict[str, Any]] = {}
        self.running: dict[str, list[Running]] = {}
        self.upstreams: dict[str, Upstream] = {}
        self.served: dict[str, Served] = {}
        self.old_logs: list[tuple[str, list[str]]] = []

    def find(self, name: str, kind: str = "Resource") -> Any:
        """Return a resource; raises Refusal where there is none."""
        if name not in self.resources:
            raise Refusal(404, f"{kind} '{name.rpartition('/')[2]}' does not exist.")
        return self.resources[name]

    def below(self, parent: str, collection: str) -> Iterator[Any]:
        """Yield the resources of a collection, the newest first."""
        start = f"{parent}/{collection}/"
        for name, resource in reversed(list(self.resources.items())):
            if name.startswith(start) and "/" not in name.removeprefix(start):
                yield resource

    def is_public(self, service: str) -> bool:
        """Tell whether everybody may invoke a service."""
        return bool(self.resources[service].invoker_iam_disabled) or self._is_invoker(service, "allUsers")

    def may_invoke(self, service: str, email: str) -> bool:
        """Tell whether a service account may invoke a service, by what is granted on it or to the caller everywhere."""
        granted = self.project.permissions
        everywhere = email == CALLER and (granted is None or INVOKE in granted)
        return everywhere or self._is_invoker(service, "allAuthenticatedUsers", f"serviceAccount:{email}")

    def _is_invoker(self, service: str, *members: str) -> bool:
        policy = self.policies.get(service, policy_pb2.Policy())
        found = [one for binding in policy.bindings if binding.role == INVOKER for one in binding.members]
        return any(member in found for member in members)


def stamp() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)


def touch(resource: Any) -> None:
    """Give a changed resource its next generation, and a new etag."""
    resource.generation += 1
    resource.update_time = stamp()
    resource.etag = f'"{uuid.uuid4().hex}"'
    resource.reconciling = True


def condition(kind: str, state: Any, message: str = "") -> run_v2.Condition:
    """Return a condition."""
    return run_v2.Condition(type_=kind, state=state, message=message, last_transition_time=stamp())
