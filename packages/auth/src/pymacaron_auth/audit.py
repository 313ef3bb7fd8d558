"""What an audit of a service's operations finds: those that anybody may call, and those that miss a policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymacaron.spec import Operation

__all__ = ["Finding", "findings"]

CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
DECORATOR = "requires_auth"
POLICY = "x-pym-policy"


@dataclass(frozen=True)
class Finding:
    """One operation and what is to be asked about it: `kind` is "open" or "no-policy"."""

    method: str
    path: str
    kind: str
    place: str
    reason: str


def findings(operation: Operation) -> Iterator[Finding]:
    """Give what an audit says of one operation."""
    if _is_open(operation):
        yield _finding(operation, "open", "anybody may call it")
    elif (names := _identifiers(operation)) and not _has_policy(operation):
        reason = f"any caller may give any {' and '.join(names)}: want a scope, or name the rule as {POLICY}"
        yield _finding(operation, "no-policy", reason)


def _finding(operation: Operation, kind: str, reason: str) -> Finding:
    return Finding(operation.method.upper(), operation.path, kind, str(operation.place), reason)


def _is_open(operation: Operation) -> bool:
    decorated = (operation.binding.decorate_server or "").endswith(f".{DECORATOR}")
    return not decorated and (not operation.security or not all(operation.security))


def _has_policy(operation: Operation) -> bool:
    """Tell whether the document names a rule, or every way in wants a scope."""
    if operation.extensions.get(POLICY):
        return True
    ways = operation.security or ()
    return bool(ways) and all(any(scopes for scopes in way.values()) for way in ways)


def _identifiers(operation: Operation) -> list[str]:
    return [
        parameter.name
        for parameter in operation.parameters
        if parameter.location == "path" and _names_one(parameter.name)
    ]


def _names_one(name: str) -> bool:
    words = re.split(r"[^a-z0-9]+", CAMEL.sub("_", name).lower())
    return words[-1] in ("id", "uuid", "guid")
