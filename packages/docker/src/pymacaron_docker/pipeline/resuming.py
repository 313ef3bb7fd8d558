"""What `--resume` goes on with: what the journal of this folder tells, and what the target shows in any case."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from pymacaron.cli.context import Context
from pymacaron.deploy import Deployed, Observation
from pymacaron_docker.environment import environment_of
from pymacaron_docker.pipeline.journal import Entry, recent
from pymacaron_docker.pipeline.opening import target_of
from pymacaron_docker.pipeline.run import Order

__all__ = ["resumed"]


def resumed(context: Context, order: Order) -> Order | None:
    """Return the order of the unfinished deploy, or None where there is none."""
    with context.service() as service:
        environment = environment_of(service)
        try:
            entry = recent(service.root, environment.label)
            seen = target_of(service).open(environment).observe()
        finally:
            service.close()
    return decided(order, entry, seen)


def decided(order: Order, entry: Entry | None, seen: Observation) -> Order | None:
    """Decide by what is known: a release of the journal, one that is being staged, one that is live, or a new one."""
    if entry is not None and not entry.finished:
        there = seen.find(entry.release)
        return _order(order, entry.release, there or entry)
    newer = takewhile(lambda one: one.state != "live", seen.releases)
    begun = next((one for one in newer if one.state in ("staged", "broken")), None)
    if begun is not None:
        return _order(order, begun.id, begun)
    if entry is not None:
        return None
    live = seen.live
    if live is not None and live.commit == order.commit:
        return _order(order, live.id, live)
    return order


def _order(order: Order, release: str, known: Entry | Deployed) -> Order:
    return replace(order, release=release, version=known.version, commit=known.commit)
