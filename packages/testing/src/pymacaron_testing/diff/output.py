"""The changes of a comparison as text for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pymacaron.text import printable
from pymacaron_testing.diff.change import Change
from pymacaron_testing.diff.revisions import Side

__all__ = ["as_data", "as_lines"]

_NAMED = 3


def as_data(changes: Sequence[tuple[Side, Change]]) -> list[dict[str, Any]]:
    """Return each change as a plain object."""
    return [
        {
            "breaking": change.breaking,
            "operation": change.operation,
            "kind": change.kind,
            "part": change.part,
            "path": change.path,
            "sentence": change.sentence,
            "place": side.shown(change.place),
        }
        for side, change in changes
    ]


def as_lines(changes: Sequence[tuple[Side, Change]]) -> Iterator[str]:
    """Yield a line for each change, breaking ones first; what several operations share is told once."""
    grouped: dict[tuple[bool, str, str], list[str]] = {}
    for side, change in changes:
        key = (not change.breaking, side.shown(change.place), _shared(change))
        operations = grouped.setdefault(key, [])
        if change.operation not in operations:
            operations.append(change.operation)
    for (compatible, place, told), operations in sorted(grouped.items(), key=lambda entry: entry[0][0]):
        word = "compatible" if compatible else "breaking"
        yield printable(f"{word}: {place}: {_listed(operations)}: {told}")
    broken = sum(not compatible for compatible, _, _ in grouped)
    yield f"{_count(broken, 'breaking change')}, {_count(len(grouped) - broken, 'compatible change')}"


def _shared(change: Change) -> str:
    """Return what is told of a change; of what lies in a schema, only the last step of the way to it."""
    if not change.path:
        return change.told
    kind = change.part.partition(" ")[0]
    return f"{kind}: {change.path.rpartition('.')[2]}: {change.sentence}" if kind == "response" else change.told


def _listed(operations: Sequence[str]) -> str:
    more = len(operations) - _NAMED
    return ", ".join(operations[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
