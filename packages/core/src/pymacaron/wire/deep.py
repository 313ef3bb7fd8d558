"""Objects as name[property]=text (`deepObject`), and below that what most other tools write of arrays and objects.

The specification leaves open what stands within such an object: here an object goes on in brackets, and an array is a
name that stands once for each item; `[]` or an index behind that name is read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymacaron.spec import Schema
from pymacaron.wire.budget import Budget
from pymacaron.wire.errors import Unreadable, Unsendable
from pymacaron.wire.escaping import Escaping
from pymacaron.wire.members import NOTHING, Members, members_of
from pymacaron.wire.pieces import ABSENT, Pieces
from pymacaron.wire.schemas import member_schemas

__all__ = ["DeepObject"]

MOST_BRACKETS = 64
IN_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
INDEX = re.compile(r"[0-9]{0,4}")


@dataclass(slots=True)
class _Node:
    """One object of the tree; those below it are made when they are met, for schemas may be recursive."""

    members: Members
    schemas: dict[str, Schema]
    below: dict[str, _Node] = field(default_factory=dict)

    @classmethod
    def of(cls, schema: Schema | None) -> _Node:
        return cls(FREE if schema is None else members_of(schema), {} if schema is None else member_schemas(schema))

    def child(self, name: str) -> _Node:
        if name not in self.schemas:
            return UNDECLARED
        if name not in self.below:
            self.below[name] = _Node.of(self.schemas[name])
        return self.below[name]

    def add(self, found: dict[str, Any], names: Sequence[str], text: str, budget: Budget) -> None:
        """Add one text to an object."""
        name, *rest = names
        if not rest or (name in self.members.items and len(rest) == 1 and INDEX.fullmatch(rest[0])):
            if isinstance(found.get(name), dict):
                raise Unreadable("Holds a property both as a text and as an object")
            self.members.add(found, name, text, budget)
            return
        inner = found.setdefault(name, {})
        if not isinstance(inner, dict):
            raise Unreadable("Holds a property both as a text and as an object")
        self.child(name).add(inner, rest, text, budget)

    def texts(self, prefix: str, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield the names and texts of an object."""
        for name, held in value.items():
            if not name or "[" in name or "]" in name:
                raise Unsendable("A name holds brackets, or nothing")
            full = f"{prefix}[{name}]"
            if isinstance(held, dict) and "object" in self.members.scalar(name).types:
                yield from self.child(name).texts(full, held)
            else:
                yield from ((full, text) for text in self.members.texts(name, held))


FREE = Members({}, {}, NOTHING, takes_all=True, single=None)
UNDECLARED = _Node(FREE, {})


@dataclass(frozen=True, slots=True)
class DeepObject:
    """A parameter of the style deepObject."""

    parameter: str
    root: _Node
    escaping: Escaping
    most: int

    @classmethod
    def of(cls, name: str, schema: Schema, escaping: Escaping, most: int) -> DeepObject:
        """Compile the codec of a schema."""
        return cls(name, _Node.of(schema), escaping, most)

    @property
    def name(self) -> None:
        """Its pieces stand under names of their own."""

    def encode(self, value: Any) -> Pieces:
        """Return the pieces of a value; an empty object has none."""
        if value is ABSENT:
            return []
        if not isinstance(value, dict):
            raise Unsendable("Should be an object")
        return [(name, self.escaping.escape(text)) for name, text in self.root.texts(self.parameter, value)]

    def decode(self, pieces: Pieces) -> Any:
        """Return the object whose properties stand among the pieces of a whole request, or ABSENT."""
        found: dict[str, Any] = {}
        budget = Budget(self.most)
        for name, text in pieces:
            if names := self._names(name):
                self.root.add(found, names, self.escaping.unescape(text), budget)
        return found or ABSENT

    def decode_texts(self, texts: Sequence[str]) -> Any:
        """Refuse: its pieces stand under names of their own."""
        raise NotImplementedError

    def _names(self, name: str) -> list[str]:
        if not name.startswith(f"{self.parameter}[") or not name.endswith("]"):
            return []
        brackets = name[len(self.parameter) :]
        names = IN_BRACKETS.findall(brackets)
        if "".join(f"[{each}]" for each in names) != brackets:
            return [brackets[1:-1]]
        if len(names) > MOST_BRACKETS:
            raise Unreadable("Is nested too deeply")
        return names
