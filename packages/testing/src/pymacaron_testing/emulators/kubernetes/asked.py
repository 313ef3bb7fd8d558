"""What a request asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pymacaron_testing.emulators.kubernetes.kinds import Kind

__all__ = ["Asked"]


@dataclass(frozen=True)
class Asked:
    """What a request is about.

    `agent` names the caller who gives no fieldManager; `is_partial` is whether the metadata alone are wanted.
    """

    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str = "application/json"
    agent: str = "unknown"
    is_partial: bool = False

    def option(self, name: str) -> str:
        """Return a parameter of the query."""
        return self.query.get(name, "")

    @property
    def manager(self) -> str:
        """Who owns the fields that this request changes."""
        return self.option("fieldManager") or self.agent

    @property
    def is_dry(self) -> bool:
        """Whether nothing is stored."""
        return self.option("dryRun") == "All"

    @property
    def is_strict(self) -> bool:
        """Whether unknown fields are refused."""
        return self.option("fieldValidation") not in ("Ignore", "Warn")
