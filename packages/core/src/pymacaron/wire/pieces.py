"""Values of one parameter that stand as names with texts: once, once for each item, or spread over the properties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pymacaron.wire.budget import Budget
from pymacaron.wire.errors import Unsendable
from pymacaron.wire.escaping import Escaping
from pymacaron.wire.members import Members
from pymacaron.wire.scalars import COMPOUND, Scalar
from pymacaron.wire.texts import TextCodec

__all__ = ["ABSENT", "EMPTY", "Absent", "Empty", "Named", "ParameterCodec", "Pieces", "Repeated", "Spread", "WithEmpty"]

Pieces = Sequence[tuple[str, str]]
"""What stands on the wire for a parameter: plain names, each with its text as it is written there."""


class Absent:
    """The value of a parameter that was left out."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


class Empty:
    """The value of a parameter that came with its name alone (`allowEmptyValue`), whatever its schema says."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "EMPTY"


ABSENT: Final = Absent()
EMPTY: Final = Empty()


class ParameterCodec(Protocol):
    """Writes the JSON value of one parameter as pieces of the wire and reads it again.

    `name` is the one name under which its pieces stand, None where they are found by `decode` alone.
    """

    @property
    def name(self) -> str | None:
        """The name of all its pieces."""

    def encode(self, value: Any) -> Pieces:
        """Return the pieces of a value, none for ABSENT; raise Unsendable."""

    def decode(self, pieces: Pieces) -> Any:
        """Return the value that stands among the pieces of a whole request, or ABSENT; raise Unreadable."""

    def decode_texts(self, texts: Sequence[str]) -> Any:
        """Return the value of the texts, at least one, that stand under `name`; raise Unreadable."""


class _Single:
    """What stands under one name."""

    __slots__ = ()
    name: str

    def decode(self, pieces: Pieces) -> Any:
        """Return the value that stands among the pieces of a whole request, or ABSENT."""
        name = self.name
        texts = [text for found, text in pieces if found == name]
        return self.decode_texts(texts) if texts else ABSENT

    def decode_texts(self, texts: Sequence[str]) -> Any:
        """Return the value of the texts under the name."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Named(_Single):
    """One name, one text; of several texts `choose` makes one."""

    name: str
    text: TextCodec
    choose: Callable[[Sequence[str]], str]

    def encode(self, value: Any) -> Pieces:
        """Return the pieces of a value."""
        return [] if value is ABSENT else [(self.name, self.text.write(value))]

    def decode_texts(self, texts: Sequence[str]) -> Any:
        """Return the value of the texts under the name."""
        return self.text.read(texts[0] if len(texts) == 1 else self.choose(texts))


@dataclass(frozen=True, slots=True)
class Repeated(_Single):
    """An exploded array: its name once for each item."""

    name: str
    item: Scalar
    escaping: Escaping
    most: int
    single: Scalar | None = None

    def encode(self, value: Any) -> Pieces:
        """Return the pieces of a value; an empty list has none."""
        if value is ABSENT:
            return []
        items = value if isinstance(value, list) else [value]
        return [(self.name, self.escaping.escape(self.item.write(item))) for item in items]

    def decode_texts(self, texts: Sequence[str]) -> Any:
        """Return the value of the texts under the name."""
        unescape = self.escaping.unescape
        if self.single and len(texts) == 1:
            return self.single.read(unescape(texts[0]))
        read = self.item.read
        if not self.item.types & COMPOUND:
            return [read(unescape(text)) for text in texts]
        budget = Budget(self.most)
        return [budget.spend(read(unescape(text))) for text in texts]


@dataclass(frozen=True, slots=True)
class Spread:
    """An exploded object: its properties are the names; `taken` are names that belong to other parameters."""

    members: Members
    escaping: Escaping
    most: int
    taken: frozenset[str] = frozenset()

    @property
    def name(self) -> None:
        """No name is its own."""

    def encode(self, value: Any) -> Pieces:
        """Return the pieces of a value; an empty object has none."""
        if value is ABSENT:
            return []
        if not isinstance(value, dict):
            raise Unsendable("Should be an object")
        escape, texts = self.escaping.escape, self.members.texts
        return [(name, escape(text)) for name, held in value.items() for text in texts(name, held)]

    def decode(self, pieces: Pieces) -> Any:
        """Return the object whose properties stand among the pieces of a whole request, or ABSENT."""
        found: dict[str, Any] = {}
        budget = Budget(self.most)
        for name, text in pieces:
            if name in self.members.known or (self.members.takes_all and name not in self.taken):
                self.members.add(found, name, self.escaping.unescape(text), budget)
        return found or ABSENT

    def decode_texts(self, texts: Sequence[str]) -> Any:
        """Refuse: no name is its own."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class WithEmpty(_Single):
    """A parameter that may come with its name alone: that reads as EMPTY."""

    name: str
    inner: ParameterCodec

    def encode(self, value: Any) -> Pieces:
        """Return the pieces of a value."""
        return [(self.name, "")] if value is EMPTY else self.inner.encode(value)

    def decode(self, pieces: Pieces) -> Any:
        """Return the value that stands among the pieces of a whole request, EMPTY, or ABSENT."""
        texts = [text for found, text in pieces if found == self.name]
        return EMPTY if texts == [""] else self.inner.decode(pieces)

    def decode_texts(self, texts: Sequence[str]) -> Any:
        """Return the value of the texts under the name."""
        return EMPTY if len(texts) == 1 and texts[0] == "" else self.inner.decode_texts(texts)
