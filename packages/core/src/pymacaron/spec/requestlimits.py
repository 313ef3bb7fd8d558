"""What one request may hold at most: `x-pym-limits` of an operation, its path item and the document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from pymacaron.spec.cursor import Cursor, told
from pymacaron.text import did_you_mean

__all__ = ["DEFAULT_LIMITS", "RequestLimits", "read_limits"]

KEY = "x-pym-limits"


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Bytes of the body; levels of arrays and objects in it; members, items, fields and parameters in all."""

    body: int = 1024 * 1024
    depth: int = 64
    items: int = 10_000


DEFAULT_LIMITS = RequestLimits()


def read_limits(scopes: Sequence[Cursor]) -> RequestLimits:
    """Return the limits of an operation from its scopes, the nearest first: each limit has the nearest value."""
    found: dict[str, int] = {}
    for scope in reversed(scopes):
        if limits := scope.get(KEY):
            found |= _read(limits)
    return RequestLimits(**found)


def _read(limits: Cursor) -> dict[str, int]:
    known = [field.name for field in fields(RequestLimits)]
    for name in limits.node:
        if name not in known:
            limits.error(f"'{name}' is no limit{did_you_mean(name, known) or ': ' + ', '.join(known)}", name)
    return {name: limits.node[name] for name in known if name in limits and _is_limit(limits, name)}


def _is_limit(limits: Cursor, name: str) -> bool:
    value: Any = limits.node[name]
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return True
    limits.error(f"'{name}' must be a whole number above 0, not {told(value)}; correct it", name)
    return False
