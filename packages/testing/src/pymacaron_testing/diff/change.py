"""One change of a contract, told apart: what breaks a caller, and what does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pymacaron.spec import Place

__all__ = ["Change", "Difference", "Direction", "Told", "scoped"]

Direction = Literal["request", "response"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two schemas: `narrowed` where fewer values fit, `widened` where more do; both may be so.

    `path` leads from the schema to what differs, such as "items[].price".
    """

    kind: str
    sentence: str
    place: Place
    narrowed: bool = False
    widened: bool = False
    path: str = ""

    def breaks(self, direction: Direction) -> bool:
        """Tell whether a caller notices: what is sent must still be taken, what is answered must still be known."""
        return self.narrowed if direction == "request" else self.widened


@dataclass(frozen=True, slots=True)
class Told:
    """A change of an operation that is not named yet."""

    breaking: bool
    kind: str
    sentence: str
    place: Place
    part: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `operation` is "GET /pets", or "every operation"; `kind` a name such as "parameter-removed".

    `part` is the part of the operation ("query parameter 'limit'", "response 200 application/json"), empty for the
    operation itself, and `path` what differs in its schema ("items[].price"). `place` is where the new document says
    so, or the old one what is gone.
    """

    breaking: bool
    operation: str
    kind: str
    sentence: str
    place: Place
    part: str = ""
    path: str = ""

    @property
    def told(self) -> str:
        """The part, the path and the sentence as one line."""
        return ": ".join(text for text in (self.part, self.path, self.sentence) if text)

    def __str__(self) -> str:
        return f"{self.place}: {'breaking' if self.breaking else 'compatible'}: {self.operation}: {self.told}"


def scoped(differences: Iterable[Difference], direction: Direction, part: str) -> Iterable[Told]:
    """Yield what differences of schemas mean in one part of an operation."""
    for each in differences:
        yield Told(each.breaks(direction), each.kind, each.sentence, each.place, part, each.path)
