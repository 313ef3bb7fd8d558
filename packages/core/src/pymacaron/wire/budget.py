"""Budget: how many items the values of one parameter may hold, JSON within lists and objects included."""

from __future__ import annotations

from typing import Any

from pymacaron.wire.errors import Unreadable

__all__ = ["Budget", "items_of"]


class Budget:
    """Counts what is read, value by value, so that a text is given up as soon as it holds too much."""

    __slots__ = ("_left", "_most")

    def __init__(self, most: int) -> None:
        self._left = self._most = most

    def spend(self, value: Any) -> Any:
        """Return a value; raise Unreadable once all of them hold too many items."""
        if value.__class__ in (list, dict):
            self._left -= items_of(value)
            if self._left < 0:
                raise Unreadable(f"Holds more than {self._most:,} items")
        return value


def items_of(value: Any) -> int:
    """Count the items and members of a list or object, and of all within it."""
    count = len(value)
    for each in value.values() if isinstance(value, dict) else value:
        if each.__class__ in (list, dict):
            count += items_of(each)
    return count
