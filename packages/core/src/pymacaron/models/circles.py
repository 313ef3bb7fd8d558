"""Which models a plan reaches, and which of them form circles, in the order in which they can be built."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from pymacaron.models.fieldplan import FieldPlanner
from pymacaron.models.plans import AliasRef, ModelPlan, ModelRef, Value, inner_values
from pymacaron.spec import Place

__all__ = ["circles", "references"]


def references(start: Value | ModelPlan, planner: FieldPlanner) -> list[Place]:
    """Return the places of the models that a value or the fields of a model name, each once."""
    pending: list[Value] = list(start.values())[::-1] if isinstance(start, ModelPlan) else [start]
    found: dict[Place, None] = {}
    aliases: set[Place] = set()
    while pending:
        value = pending.pop()
        if isinstance(value, ModelRef):
            found[value.place] = None
        elif isinstance(value, AliasRef):
            if value.place not in aliases:
                aliases.add(value.place)
                pending.append(planner.alias(value.place))
        else:
            pending.extend(reversed(inner_values(value)))
    return list(found)


def circles(starts: Iterable[Place], planner: FieldPlanner, built: Container[Place]) -> list[list[Place]]:
    """Return what is reached from the starts and not built: strongly connected groups, each after those it needs.

    This is Tarjan's algorithm without recursion, since documents are deep.
    """
    order: dict[Place, int] = {}
    lowest: dict[Place, int] = {}
    stack: dict[Place, None] = {}
    groups: list[list[Place]] = []
    for start in starts:
        if start in order or start in built:
            continue
        work = [(start, _enter(start, planner, order, lowest, stack))]
        while work:
            place, targets = work[-1]
            target = next(targets, None)
            if target is None:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[place])
                if lowest[place] == order[place]:
                    groups.append(_group(place, stack))
            elif target not in order and target not in built:
                work.append((target, _enter(target, planner, order, lowest, stack)))
            elif target in stack:
                lowest[place] = min(lowest[place], order[target])
    return groups


def _enter(
    place: Place,
    planner: FieldPlanner,
    order: dict[Place, int],
    lowest: dict[Place, int],
    stack: dict[Place, None],
) -> Iterator[Place]:
    order[place] = lowest[place] = len(order)
    stack[place] = None
    return iter(references(planner.model(place), planner))


def _group(root: Place, stack: dict[Place, None]) -> list[Place]:
    group: list[Place] = []
    while not group or group[-1] != root:
        group.append(stack.popitem()[0])
    return group[::-1]
