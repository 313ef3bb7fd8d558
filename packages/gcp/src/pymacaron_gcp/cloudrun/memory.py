"""What a service remembers of its releases in an annotation: which were live and when, and which were discarded."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pymacaron.exceptions import DeployError
from pymacaron_gcp.cloudrun.templates import ANNOTATION

__all__ = ["Memory"]

KEY = f"{ANNOTATION}revisions"


@dataclass(frozen=True)
class Memory:
    """Revisions by name: when each was last promoted (UTC), and those that are gone but for their deletion.

    Cloud Run refuses to delete the newest revision of a service, so that a discarded one can be there for a while.
    """

    promoted: dict[str, datetime] = field(default_factory=dict)
    discarded: tuple[str, ...] = ()

    @classmethod
    def of(cls, service: Any) -> Memory:
        """Read the annotations of a service; raises DeployError where they are unreadable."""
        try:
            found = json.loads(service.annotations.get(KEY, "{}"))
            promoted = {name: datetime.fromisoformat(moment) for name, moment in found.get("promoted", {}).items()}
            return cls(promoted, tuple(found.get("discarded", ())))
        except (ValueError, TypeError, AttributeError):
            raise DeployError(f"the annotation {KEY} of {service.name} is unreadable: put back what it was") from None

    @property
    def annotations(self) -> dict[str, str]:
        """The annotation that it is kept in."""
        promoted = {name: moment.isoformat() for name, moment in self.promoted.items()}
        return {KEY: json.dumps({"promoted": promoted, "discarded": list(self.discarded)})}

    def with_live(self, revision: str) -> Memory:
        """Remember that a revision becomes live now."""
        return replace(self, promoted={**self.promoted, revision: datetime.now(UTC)})

    def with_discarded(self, revision: str) -> Memory:
        """Remember that a revision is discarded."""
        promoted = {name: moment for name, moment in self.promoted.items() if name != revision}
        return Memory(promoted, tuple(dict.fromkeys((*self.discarded, revision))))

    def without(self, revisions: set[str]) -> Memory:
        """Forget revisions that are deleted."""
        promoted = {name: moment for name, moment in self.promoted.items() if name not in revisions}
        return Memory(promoted, tuple(name for name in self.discarded if name not in revisions))
