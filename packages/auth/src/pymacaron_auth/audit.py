"""What an audit of a service's operations finds: those that anybody may call, and those that miss a policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import unwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymacaron.service import Service
    from pymacaron.spec import Operation

__all__ = ["Finding", "findings"]

CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
MODULES = ("pymacaron.auth", "pymacaron_auth", "pymacaron_auth.caller")
DECORATORS = tuple(f"{module}.requires_auth" for module in MODULES)
POLICY = "x-pym-policy"
ENDINGS = ("id", "uuid", "guid")
OTHER_WORDS = frozenset(("valid", "invalid", "paid", "unpaid", "grid", "bid", "aid", "mid", "hybrid", "void", "solid"))
"""Words that end like ids and are none."""


@dataclass(frozen=True)
class Finding:
    """One operation and what is to be asked about it: `kind` is "open" or "no-policy"."""

    method: str
    path: str
    kind: str
    place: str
    reason: str


def findings(service: Service, operation: Operation) -> Iterator[Finding]:
    """Give what an audit says of one operation of a service."""
    if _is_open(service, operation):
        yield _finding(operation, "open", "anybody may call it")
    elif (names := _identifiers(operation)) and not _has_policy(operation):
        reason = f"any caller may give any {' and '.join(names)}: want a scope, or name the rule as {POLICY}"
        yield _finding(operation, "no-policy", reason)


def _finding(operation: Operation, kind: str, reason: str) -> Finding:
    return Finding(operation.method.upper(), operation.path, kind, str(operation.place), reason)


def _is_open(service: Service, operation: Operation) -> bool:
    return (not operation.security or not all(operation.security)) and not _is_guarded(service, operation)


def _is_guarded(service: Service, operation: Operation) -> bool:
    """Tell whether the handler wants a caller by itself; where it cannot be imported, its decorator's name tells."""
    from pymacaron.http.security import Guarded

    binding = operation.binding
    try:
        handler = service.import_dotted(binding.server or "")
        if binding.decorate_server:
            handler = service.import_dotted(binding.decorate_server)(handler)
        return isinstance(unwrap(handler, stop=lambda each: isinstance(each, Guarded)), Guarded)
    except Exception:
        return binding.decorate_server in DECORATORS


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
    return words[-1].endswith(ENDINGS) and words[-1] not in OTHER_WORDS
