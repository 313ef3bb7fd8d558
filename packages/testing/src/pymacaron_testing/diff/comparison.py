"""The comparison of two documents, operation by operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from pymacaron.client.names import pythonic
from pymacaron.spec import Document, Operation, RequestLimits
from pymacaron.spec.paths import VARIABLE
from pymacaron_testing.diff.change import Change, Told
from pymacaron_testing.diff.parts import Parts
from pymacaron_testing.diff.security import Security

__all__ = ["compare"]

Key = tuple[str, str]


def compare(old: Document, new: Document) -> list[Change]:
    """Return what changed, in the order of the old document and then of what is new.

    A change breaks where a request that was taken may be refused, or an answer may come that was not foreseen; what
    the old document declares as deprecated may be removed. The hosts of servers are not compared, and webhooks,
    callbacks and links by compare_sent().
    """
    before, after = _keyed(old), _keyed(new)
    parts, security = Parts(), Security(old, new)
    changes = list(_moved_bases(before, after))
    for key, operation in before.items():
        other = after.get(key)
        if other is None:
            changes.append(_gone(operation, new))
        else:
            told = _told(operation, other, parts, security)
            changes += [_change(each, operation) for each in dict.fromkeys(told)]
    for key, operation in after.items():
        if key not in before:
            changes.append(_change(Told(False, "operation-added", "is added", operation.place), operation))
    return changes


def _keyed(document: Document) -> dict[Key, Operation]:
    """Return the operations by method and path; the names of variables do not matter."""
    return {(each.method, VARIABLE.sub("{}", each.path)): each for each in document.operations}


def _named(operation: Operation) -> str:
    return f"{operation.method.upper()} {operation.path}"


def _change(told: Told, operation: Operation) -> Change:
    return Change(told.breaking, _named(operation), told.kind, told.sentence, told.place, told.part, told.path)


def _gone(operation: Operation, new: Document) -> Change:
    """Tell of an operation that is gone, and where another one has its operationId."""
    heirs = (each for each in new.operations if operation.operation_id and each.operation_id == operation.operation_id)
    moved = next(heirs, None)
    sentence = "is removed"
    if operation.deprecated:
        sentence += ", as was announced by 'deprecated'"
    if moved is not None:
        sentence += f"; its operationId '{operation.operation_id}' stands at {_named(moved)} now"
    return _change(Told(not operation.deprecated, "operation-removed", sentence, operation.place), operation)


def _moved_bases(before: dict[Key, Operation], after: dict[Key, Operation]) -> Iterator[Change]:
    """Tell once where all operations lost or won the same base path, else for each operation."""
    common = [(before[key], after[key]) for key in before if key in after]
    moves = {(old.base_paths, new.base_paths) for old, new in common}
    for old, new in common[:1] if len(moves) == 1 else common:
        lost = [base or "/" for base in old.base_paths if base not in new.base_paths]
        come = [base or "/" for base in new.base_paths if base not in old.base_paths]
        name = "every operation" if len(moves) == 1 else _named(old)
        if lost:
            told = (
                f"is no longer served below {', '.join(lost)}, but {', '.join(base or '/' for base in new.base_paths)}"
            )
            yield Change(True, name, "base-path-removed", told, new.place)
        elif come:
            yield Change(False, name, "base-path-added", f"is served below {', '.join(come)} too", new.place)


def _told(old: Operation, new: Operation, parts: Parts, security: Security) -> Iterator[Told]:
    if new.deprecated and not old.deprecated:
        yield Told(False, "deprecated", "is deprecated now", new.place)
    yield from _called(old, new)
    yield from parts.parameters(old, new)
    yield from parts.body(old, new)
    yield from parts.responses(old, new)
    yield from security.differences(old, new)
    yield from _limits(old, new)


def _called(old: Operation, new: Operation) -> Iterator[Told]:
    """Tell of the name of the client's function: the wire does not know it, but who calls by it does."""
    before, after = _function(old), _function(new)
    if before is not None and before != after:
        told = f"clients call it '{after}' instead of '{before}'" if after else f"clients call it '{before}' no more"
        yield Told(False, "client-function-renamed", f"{told}: the same on the wire", new.place)


def _function(operation: Operation) -> str | None:
    bound = operation.binding.client
    if bound is None and operation.operation_id:
        return pythonic(operation.operation_id)
    return bound


def _limits(old: Operation, new: Operation) -> Iterator[Told]:
    for each in fields(RequestLimits):
        before, after = getattr(old.limits, each.name), getattr(new.limits, each.name)
        if before != after:
            told = f"the limit '{each.name}' of requests goes from {before} to {after}"
            yield Told(after < before, "limit-changed", told, new.place)
