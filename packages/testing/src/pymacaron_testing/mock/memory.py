"""What a mock remembers: the items of plain REST collections, such as /pets and /pets/{id}."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymacaron.spec import Operation

__all__ = ["Collection", "Collections", "item_parameter"]

ITEM = re.compile(r"(?P<collection>.+)/\{(?P<parameter>[^{}/]+)\}")
VARIABLE = re.compile(r"\{([^{}]+)\}")


def item_parameter(path: str) -> str | None:
    """Return the parameter that tells the items of a collection apart, None where a path is no item's."""
    match = ITEM.fullmatch(path)
    return match["parameter"] if match else None


@dataclass
class Collection:
    """The items of one collection by their ids as text, in the order in which they came, and the ids that are gone."""

    items: dict[str, Any] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    @property
    def used(self) -> set[str]:
        """Every id that was in use."""
        return self.items.keys() | self.gone

    def put(self, key: str, item: Any) -> None:
        """Keep an item."""
        self.gone.discard(key)
        self.items[key] = item

    def remove(self, key: str) -> None:
        """Forget an item for good."""
        self.items.pop(key, None)
        self.gone.add(key)


class Collections:
    """The collections of a service by their concrete paths; an operation takes part where both its paths are served."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        paths = {operation.path for operation in operations}
        items = {match["collection"]: match["parameter"] for path in paths if (match := ITEM.fullmatch(path))}
        self._parameters = {path: parameter for path, parameter in items.items() if path in paths}
        self._found: dict[str, Collection] = {}
        self.lock = threading.RLock()

    def parameter(self, operation: Operation) -> str | None:
        """Return the name of the parameter that holds the id of the items in an operation's collection."""
        match = ITEM.fullmatch(operation.path)
        return self._parameters.get(match["collection"] if match else operation.path)

    def of(self, operation: Operation, values: Mapping[str, Any]) -> Collection:
        """Return the collection that a call is about, by the values of its path parameters."""
        match = ITEM.fullmatch(operation.path)
        path = match["collection"] if match else operation.path
        concrete = VARIABLE.sub(lambda variable: str(values.get(variable[1], "")), path)
        return self._found.setdefault(concrete, Collection())
