"""SqliteStore: tables of models in one file, by the SQLite that Python brings; no server, any number of processes."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymacaron.store.contract import Item, Key, KeyValue, Search, Table, TableKeys, Unchanged
from pymacaron.store.errors import ItemChangedError, StoreBusyError, StoreError

__all__ = ["SqliteStore"]

_BYTES = "$bytes"
_PAGE = 100
_PATIENCE = 10.0
"""Seconds that a write waits for those of other processes."""


class SqliteStore:
    """Items as JSON, one table for each table; a write is on the disk when it returns, and survives whatever dies then.

    One connection for all threads, each call a short transaction.
    """

    def __init__(self, path: Path) -> None:
        """Take the path of the file; it is made on first use, and its folder with it."""
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._known: set[tuple[str, frozenset[TableKeys]]] = set()

    def get(self, table: Table, key: Key) -> Item | None:
        """Return an item, None where there is none."""
        with self._reading(table) as connection:
            return _found(connection, table, key)

    def get_many(self, table: Table, keys: Iterable[Key]) -> Iterator[Item]:
        """Yield the items that there are."""
        with self._reading(table) as connection:
            found = [_found(connection, table, key) for key in dict.fromkeys(keys)]
        yield from (item for item in found if item is not None)

    def put(self, table: Table, item: Item, unchanged: Unchanged | None = None) -> None:
        """Write an item."""
        with self._writing(table) as connection:
            _check(connection, table, table.keys.of(item), unchanged)
            _write(connection, table, item)

    def put_many(self, table: Table, items: Iterable[Item]) -> None:
        """Write items, all of them or none."""
        with self._writing(table) as connection:
            for item in items:
                _write(connection, table, item)

    def delete(self, table: Table, key: Key, unchanged: Unchanged | None = None) -> None:
        """Delete an item if it is there."""
        with self._writing(table) as connection:
            _check(connection, table, key, unchanged)
            connection.execute(f'DELETE FROM "{table.name}" WHERE (partition, sort) = (?, ?)', _where(key))  # noqa: S608

    def query(self, table: Table, search: Search) -> Iterator[Item]:
        """Yield the items that a search finds; each page is what is there when it is read."""
        keys = table.indexes[search.index] if search.index else table.keys
        partition, sort = (_column(table, name) for name in (keys.partition, keys.sort))
        conditions = [(f"{partition} = ?", _value(search.value)), *_range(search, sort)]
        if keys.sort is not None:
            conditions.append((f"{sort} IS NOT NULL", None))
        yield from self._pages(table, conditions, [sort, "partition", "sort"], search.descending)

    def scan(self, table: Table) -> Iterator[Item]:
        """Yield all items by their keys."""
        yield from self._pages(table, [], ["partition", "sort"], descending=False)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def _pages(
        self, table: Table, conditions: list[tuple[str, Any]], columns: list[str], descending: bool
    ) -> Iterator[Item]:
        """Read on behind the last row that was read, so that no lock is held while items are used."""
        direction, beyond = ("DESC", "<") if descending else ("ASC", ">")
        order = ", ".join(columns)
        ordered = ", ".join(f"{column} {direction}" for column in columns)
        behind: list[Any] = []
        while True:
            told = [condition for condition, _ in conditions]
            if behind:
                told.append(f"({order}) {beyond} ({', '.join('?' * len(columns))})")
            where = f"WHERE {' AND '.join(told)} " if told else ""
            values = [value for condition, value in conditions if "?" in condition]
            statement = f'SELECT item, {order} FROM "{table.name}" {where}ORDER BY {ordered} LIMIT {_PAGE}'  # noqa: S608
            with self._reading(table) as connection:
                rows = connection.execute(statement, [*values, *behind]).fetchall()
            yield from (_decoded(row[0]) for row in rows)
            if len(rows) < _PAGE:
                return
            behind = list(rows[-1][1:])

    @contextmanager
    def _reading(self, table: Table) -> Iterator[sqlite3.Connection]:
        with self._lock, self._telling():
            connection = self._connected()
            known = (table.name, frozenset(table.indexes.values()))
            if known not in self._known:
                _prepare(connection, table)
                self._known.add(known)
            yield connection

    @contextmanager
    def _writing(self, table: Table) -> Iterator[sqlite3.Connection]:
        with self._reading(table) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell what is wrong with the file in one sentence."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                told = f"{self.path.name} was locked by another process for {_PATIENCE:g} s: try again"
                raise StoreBusyError(told) from error
            raise StoreError(_unusable(self.path, error)) from error
        except (sqlite3.DatabaseError, OSError) as error:
            raise StoreError(_unusable(self.path, error)) from error

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._known.clear()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                # FULL, so that what was written survives a loss of power, not only the end of the process.
                connection.execute("PRAGMA synchronous = FULL")
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _prepare(connection: sqlite3.Connection, table: Table) -> None:
    """Make what is missing of a table and its indexes, and remove what expired."""
    connection.execute(
        f'CREATE TABLE IF NOT EXISTS "{table.name}" (partition NOT NULL, sort NOT NULL, item TEXT NOT NULL, '
        "expires REAL, PRIMARY KEY (partition, sort)) WITHOUT ROWID"
    )
    for keys in table.indexes.values():
        columns = ", ".join(_column(table, name) for name in keys.names)
        name = f"{table.name} by {' and '.join(keys.names)}".replace('"', '""')
        connection.execute(f'CREATE INDEX IF NOT EXISTS "{name}" ON "{table.name}" ({columns}, partition, sort)')
    connection.execute(f'DELETE FROM "{table.name}" WHERE expires <= ?', [time.time()])  # noqa: S608


def _column(table: Table, attribute: str | None) -> str:
    """Return where the value of a key attribute stands; items tell that of an index."""
    if attribute == table.keys.partition:
        return "partition"
    if attribute in (None, table.keys.sort):
        return "sort"
    return "json_extract(item, '$.\"" + str(attribute).replace("'", "''") + "\"')"


def _value(value: KeyValue) -> str | int | float:
    """Return a key value as a column holds it, and as json_extract() gives it."""
    return json.dumps({_BYTES: value.hex()}, separators=(",", ":")) if isinstance(value, bytes) else value


def _where(key: Key) -> tuple[str | int | float, str | int | float]:
    return _value(key[0]), "" if key[1] is None else _value(key[1])


def _range(search: Search, column: str) -> Iterator[tuple[str, Any]]:
    if search.low is not None:
        yield f"{column} >= ?", _value(search.low)
    if search.high is not None:
        yield f"{column} <= ?", _value(search.high)
    if search.prefix is not None:
        prefix = _value(search.prefix)
        prefix = str(prefix).removesuffix('"}') if isinstance(search.prefix, bytes) else prefix
        yield f"substr({column}, 1, {len(str(prefix))}) = ?", prefix


def _found(connection: sqlite3.Connection, table: Table, key: Key) -> Item | None:
    statement = f'SELECT item FROM "{table.name}" WHERE (partition, sort) = (?, ?)'  # noqa: S608
    row = connection.execute(statement, _where(key)).fetchone()
    return None if row is None else _decoded(row[0])


def _check(connection: sqlite3.Connection, table: Table, key: Key, unchanged: Unchanged | None) -> None:
    if unchanged is None:
        return
    item = _found(connection, table, key) or {}
    expires = item.get(table.expiry)
    if isinstance(expires, int | float) and expires <= time.time():
        item = {}
    if item.get(unchanged.attribute) != unchanged.value:
        raise ItemChangedError(f"an item of {table.name} was changed since it was read: read it again")


def _write(connection: sqlite3.Connection, table: Table, item: Item) -> None:
    expires = item.get(table.expiry)
    row = [*_where(table.keys.of(item)), _encoded(item), expires if isinstance(expires, int | float) else None]
    connection.execute(f'INSERT OR REPLACE INTO "{table.name}" VALUES (?, ?, ?, ?)', row)  # noqa: S608


def _encoded(item: Item) -> str:
    return json.dumps(_escaped(item), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _escaped(value: Any) -> Any:
    """Return JSON of a value: bytes as {"$bytes": "hex"}, and a dict that looks so as {"$bytes": [...]}."""
    if isinstance(value, bytes):
        return {_BYTES: value.hex()}
    if isinstance(value, dict):
        inner = {name: _escaped(each) for name, each in value.items()}
        return {_BYTES: [inner[_BYTES]]} if inner.keys() == {_BYTES} else inner
    return [_escaped(each) for each in value] if isinstance(value, list) else value


def _decoded(text: str) -> Item:
    item: Item = json.loads(text, object_hook=_unescaped)
    return item


def _unescaped(value: dict[str, Any]) -> Any:
    if value.keys() != {_BYTES}:
        return value
    told = value[_BYTES]
    return {_BYTES: told[0]} if isinstance(told, list) else bytes.fromhex(told)


def _unusable(path: Path, error: Exception) -> str:
    return f"the file {path.name} of the store 'sqlite' cannot be used ({error}): correct the setting model_store_file"
