"""The comparison of what a service sends, which breaks whoever receives it, and of the links that callers follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pymacaron.spec import Operation
from pymacaron.spec.paths import VARIABLE
from pymacaron.spec.sent import Link, Sent
from pymacaron_testing.diff.change import Change, Told
from pymacaron_testing.diff.parts import Parts

__all__ = ["compare_sent"]

Spot = tuple[str, str, str]


def compare_sent(old: Sent, new: Sent) -> Iterator[Change]:
    """Yield what changed of webhooks, callbacks and links.

    In a webhook or callback the service is the caller: a change breaks where what it sends may be refused by somebody
    who wrote the receiver by the old document, or where it may not understand the answer.
    """
    yield from _requests(_keyed(old.operations), _keyed(new.operations))
    yield from _links(_named_links(old.links), _named_links(new.links))


def _keyed(operations: Iterable[Operation]) -> dict[tuple[str, str], Operation]:
    return {(each.method, VARIABLE.sub("{}", each.path)): each for each in operations}


def _requests(before: dict[tuple[str, str], Operation], after: dict[tuple[str, str], Operation]) -> Iterator[Change]:
    parts = Parts()
    for key, operation in before.items():
        other = after.get(key)
        if other is None:
            told = Told(not operation.deprecated, "operation-removed", "is no longer sent", operation.place)
            yield _change(told, operation)
        else:
            for each in dict.fromkeys(_differences(operation, other, parts)):
                yield _change(each, operation)
    for key, operation in after.items():
        if key not in before:
            yield _change(Told(False, "operation-added", "is sent now", operation.place), operation)


def _differences(old: Operation, new: Operation, parts: Parts) -> Iterator[Told]:
    """Yield how a request that is sent differs.

    What is sent by the new document must be taken by the old one: that is the comparison of the two in turn, which
    says what breaks, while the sentences are those of the comparison as people read it.
    """
    breaks = {_spot(each): each for each in _told(new, old, parts) if each.breaking}
    told = list(_told(old, new, parts))
    yield from (replace(each, breaking=_spot(each) in breaks) for each in told)
    for spot in breaks.keys() - set(map(_spot, told)):
        yield replace(breaks[spot], sentence="asks more of whoever receives it than before", place=new.place)


def _told(old: Operation, new: Operation, parts: Parts) -> Iterator[Told]:
    yield from parts.parameters(old, new)
    yield from parts.body(old, new)
    yield from parts.responses(old, new)


def _spot(told: Told) -> Spot:
    """Return where a change is and of what kind, whichever way round it is seen: "property", not "property-added"."""
    return told.part, told.path, told.kind.rpartition("-")[0]


def _named_links(links: Iterable[Link]) -> dict[tuple[str, ...], Link]:
    return {
        (each.operation.method, VARIABLE.sub("{}", each.operation.path), each.status.upper(), each.name): each
        for each in links
    }


def _links(before: dict[tuple[str, ...], Link], after: dict[tuple[str, ...], Link]) -> Iterator[Change]:
    for key, link in before.items():
        other = after.get(key)
        if other is None:
            yield _link(link, True, "link-removed", "is removed")
        elif other.target != link.target:
            yield _link(other, True, "link-changed", "leads elsewhere, or with other parameters")
    for key, link in after.items():
        if key not in before:
            yield _link(link, False, "link-added", "is added")


def _link(link: Link, breaking: bool, kind: str, sentence: str) -> Change:
    told = Told(breaking, kind, sentence, link.place, f"response {link.status} link '{link.name}'")
    return _change(told, link.operation)


def _change(told: Told, operation: Operation) -> Change:
    called = f"{operation.method.upper()} {operation.path}"
    return Change(told.breaking, called, told.kind, told.sentence, told.place, told.part, told.path)
