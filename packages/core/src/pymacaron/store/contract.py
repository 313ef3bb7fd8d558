"""What a store of models is asked for: the records, and the protocol that each store fulfils."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from pymacaron.service import Service

__all__ = [
    "Item",
    "Key",
    "KeyKind",
    "KeyValue",
    "ModelStore",
    "Search",
    "Store",
    "Table",
    "TableKeys",
    "Unchanged",
]

Item = dict[str, Any]
"""What is kept of a model: None, booleans, integers, finite floats, text and bytes, in lists and dicts, by name."""
KeyValue = str | int | float | bytes
Key = tuple[KeyValue, KeyValue | None]
"""The value of a table's partition attribute, and that of its sort attribute, None where it has none."""
KeyKind = Literal["text", "number", "bytes"]


@dataclass(frozen=True, slots=True)
class TableKeys:
    """By which attributes items are found: all of one `partition` value together, in the order of `sort`."""

    partition: str
    sort: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes, one or two."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    def of(self, item: Mapping[str, Any]) -> Key:
        """Return the key of an item that has one."""
        return item[self.partition], None if self.sort is None else item[self.sort]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its key, its secondary indexes by name, what their attributes hold, and which one tells of the end.

    An item whose attribute `expiry` (seconds since 1970) lies in the past is not there, whoever removes it when. An
    item that lacks an attribute of an index is not found by it.
    """

    name: str
    keys: TableKeys
    kinds: Mapping[str, KeyKind]
    indexes: Mapping[str, TableKeys] = field(default_factory=dict)
    expiry: str = "_expires"
    floats: frozenset[str] = frozenset()
    """Attributes whose numbers are floats for the model, however a store returns them."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What has to hold as an item is written or deleted: an attribute has this value; None: is not there."""

    attribute: str
    value: KeyValue | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """The items of one partition of a table, or of an index; `low` and `high` are in, `prefix` is of text or bytes."""

    value: KeyValue
    index: str | None = None
    low: KeyValue | None = None
    high: KeyValue | None = None
    prefix: str | bytes | None = None
    descending: bool = False
    wanted: int | None = None
    """How many items are wanted at most, where that is known: a hint."""


class Store(Protocol):
    """A place of tables, used by many threads of the process that opened it.

    Raises ItemChangedError where a condition does not hold, and nothing is written then; ItemTooLargeError; and
    StoreBusyError or StoreError for what is wrong with the store itself, without any value of an item. What was written
    is read by whoever reads next, unless by an index of a store that says otherwise. Expired items may be returned by
    reads, and count as absent for conditions.
    """

    def get(self, table: Table, key: Key) -> Item | None:
        """Return an item, None where there is none."""

    def get_many(self, table: Table, keys: Iterable[Key]) -> Iterator[Item]:
        """Yield the items that there are, in any order."""

    def put(self, table: Table, item: Item, unchanged: Unchanged | None = None) -> None:
        """Write an item, in place of the one that has its key."""

    def put_many(self, table: Table, items: Iterable[Item]) -> None:
        """Write items, each as a whole; of several with one key the last one stays."""

    def delete(self, table: Table, key: Key, unchanged: Unchanged | None = None) -> None:
        """Delete an item if it is there."""

    def query(self, table: Table, search: Search) -> Iterator[Item]:
        """Yield the items that a search finds, by their sort attribute, reading on as they are taken."""

    def scan(self, table: Table) -> Iterator[Item]:
        """Yield all items in any order, reading on as they are taken."""

    def close(self) -> None:
        """Give up connections; the store is not used again."""


@dataclass(frozen=True)
class ModelStore:
    """A store by its name, which the setting `model_store` chooses; `open` is called once in a service, when needed."""

    name: str
    open: Callable[[Service], Store]
