"""Which type of a union a value has: by its JSON type, and by what the branches accept where that leaves several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, RootModel
from pydantic_core import to_jsonable_python

from pymacaron.models.jsontypes import json_type, told_types
from pymacaron.models.judge import Judge
from pymacaron.models.merge import parts_of
from pymacaron.models.wording import Wording
from pymacaron.spec import Schema

__all__ = ["Pick", "pick_array", "pick_branch", "pick_object", "pick_type"]

Pick = Callable[[Any], int | None]


def pick_type(types: Sequence[frozenset[str] | None]) -> Pick:
    """Return what picks the only type that takes values of a JSON type."""
    table: dict[str, int] = {}
    for index, names in enumerate(types):
        for name in names or ():
            table[name] = index
    if "number" in table:
        table.setdefault("integer", table["number"])
    if "integer" in table:
        table.setdefault("number", table["integer"])
    return lambda value: table.get(json_type(_inside(value)))


def pick_object(value: Any) -> int:
    """Pick the first type for objects, the second one for all else."""
    return 0 if json_type(_inside(value)) == "object" else 1


def pick_array(value: Any) -> int:
    """Pick the first type for arrays, the second one for all else."""
    return 0 if json_type(_inside(value)) == "array" else 1


def pick_branch(branches: Sequence[Schema], class_of: Callable[[int], type | None]) -> Pick:
    """Return what picks a branch: of several that accept an object the one that declares most of its properties.

    Where no branch declares what all of them do together, it picks one past the last: the value stays as it is, so that
    nothing is lost. `class_of` gives the model of a branch, whose instances need no judge.
    """
    types = [told_types(branch) for branch in branches]
    judges = [Judge(branch, "either") for branch in branches]
    wordings = [Wording(branch, octets=True) for branch in branches]
    names = [_declared(branch) for branch in branches]

    def pick(value: Any) -> int | None:
        if isinstance(value, BaseModel):
            for index in range(len(branches)):
                kind = class_of(index)
                if kind is not None and isinstance(value, kind):
                    return index
        name = json_type(_inside(value))
        likely = [index for index, told in enumerate(types) if told is None or name in told or _number(name, told)]
        if len(likely) <= 1:
            return likely[0] if likely else None
        fitting = [index for index in likely if _fits(judges[index], wordings[index], value)]
        data = _inside(value)
        if isinstance(data, BaseModel):
            data = to_jsonable_python(data, by_alias=True, bytes_mode="base64", fallback=str)
        if not isinstance(data, Mapping):
            return fitting[0] if fitting else None
        known = frozenset[str]().union(*(names[index] for index in fitting)) & data.keys()
        best = max(fitting, key=lambda index: len(names[index] & data.keys()), default=None)
        return best if best is None or known <= names[best] else len(branches)

    return pick


def _fits(judge: Judge, wording: Wording, value: Any) -> bool:
    try:
        return judge.accepts(wording.data(value))
    except ValueError:
        return False


def _number(name: str, told: frozenset[str]) -> bool:
    return name in ("integer", "number") and bool(told & {"integer", "number"})


def _inside(value: Any) -> Any:
    """Return the value that a model of one value holds."""
    return value.root if isinstance(value, RootModel) else value


def _declared(branch: Schema) -> frozenset[str]:
    written = [part.siblings.get("properties") for part in parts_of(branch)]
    return frozenset(name for each in written if isinstance(each, Mapping) for name in each)
