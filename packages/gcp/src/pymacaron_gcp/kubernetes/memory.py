"""What the live Deployment remembers in an annotation: which releases had the traffic, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pymacaron.exceptions import DeployError
from pymacaron_gcp.kubernetes.client import Cluster, Object
from pymacaron_gcp.kubernetes.site import PREFIX

__all__ = ["KEY", "Memory"]

KEY = f"{PREFIX}releases"
MANAGER = "pymacaron-releases"
"""A field manager of its own, so that applying a manifest leaves the annotation as it is."""


@dataclass(frozen=True)
class Memory:
    """When each release got the traffic last (UTC)."""

    promoted: dict[str, datetime] = field(default_factory=dict)

    @classmethod
    def of(cls, deployment: Object | None) -> Memory:
        """Read the annotation of a Deployment; raises DeployError where it is unreadable."""
        text = (((deployment or {}).get("metadata") or {}).get("annotations") or {}).get(KEY, "{}")
        try:
            return cls({release: datetime.fromisoformat(moment) for release, moment in json.loads(text).items()})
        except (ValueError, TypeError, AttributeError):
            raise DeployError(f"the annotation {KEY} is unreadable: put back what it was") from None

    @property
    def newest(self) -> list[str]:
        """The releases, the last promoted one first."""
        return sorted(self.promoted, key=lambda release: self.promoted[release], reverse=True)

    def with_live(self, release: str) -> Memory:
        """Remember that a release has the traffic from now on."""
        return Memory({**self.promoted, release: datetime.now(UTC)})

    def without(self, release: str) -> Memory:
        """Forget a release."""
        return Memory({one: moment for one, moment in self.promoted.items() if one != release})

    def write(self, cluster: Cluster, deployment: str) -> None:
        """Write the annotation."""
        text = json.dumps({release: moment.isoformat() for release, moment in self.promoted.items()})
        metadata = {"name": deployment, "annotations": {KEY: text}}
        cluster.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}, MANAGER)
