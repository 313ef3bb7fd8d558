"""The tables that the models of a service need in DynamoDB, held against those that there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pymacaron.exceptions import ConfigError, DeployError
from pymacaron.store import KeyKind, Table, TableKeys
from pymacaron_aws.dynamodb.errors import telling

__all__ = ["Change", "carry_out", "merged", "plans"]

_TYPES: Mapping[KeyKind, str] = {"text": "S", "number": "N", "bytes": "B"}
_PATIENCE, _PAUSE = 600.0, 2.0
"""Seconds that a table may take to become active, and between two looks at it."""


@dataclass(frozen=True)
class Change:
    """One request that makes a table what it has to be: a method of boto3's client, with its parameters."""

    table: str
    told: str
    operation: str
    parameters: Mapping[str, Any]


def merged(tables: Iterable[Table]) -> list[Table]:
    """Return one table for each name, with the indexes of all; raises ConfigError where they contradict each other."""
    found: dict[str, Table] = {}
    for table in tables:
        known = found.setdefault(table.name, table)
        indexes = {**table.indexes, **known.indexes}
        kinds = {**table.kinds, **known.kinds}
        same = known.keys == table.keys and known.expiry == table.expiry
        if not same or {**known.indexes, **table.indexes} != indexes or {**known.kinds, **table.kinds} != kinds:
            raise ConfigError(f"two models differ in what the table {table.name} holds: give each one of its own")
        found[table.name] = Table(table.name, table.keys, kinds, indexes, table.expiry)
    return list(found.values())


def plans(client: Any, tables: Iterable[Table]) -> Iterator[Change]:
    """Yield what all tables lack."""
    for table in tables:
        with telling(table.name):
            found = _changes(client, table)
        yield from found


def _changes(client: Any, table: Table) -> list[Change]:
    """Return what a table lacks; raises ConfigError for a table whose key is another, which nothing can change."""
    there = _described(client, table.name)
    if there is None:
        return [_creation(table), _expiry(table)]
    if _keys_of(there) != table.keys:
        raise ConfigError(f"the table {table.name} is there with the key {_told(_keys_of(there))}: name another table")
    indexes = {index["IndexName"]: index for index in there.get("GlobalSecondaryIndexes", ())}
    indexes |= {index["IndexName"]: index for index in there.get("LocalSecondaryIndexes", ())}
    found = []
    for name, keys in table.indexes.items():
        if name not in indexes:
            found.append(_index_creation(table, name))
        elif _keys_of(indexes[name]) != keys:
            told = _told(_keys_of(indexes[name]))
            raise ConfigError(f"the index {name} of {table.name} is there with the key {told}: name another index")
    return found if _expires(client, table) else [*found, _expiry(table)]


def carry_out(
    client: Any,
    change: Change,
    wait: Callable[[float], object] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Make a change, and wait until the table and its indexes are active; raises DeployError after ten minutes."""
    with telling(change.table):
        getattr(client, change.operation)(**change.parameters)
    end = now() + _PATIENCE
    while not _active(_described(client, change.table) or {}):
        if now() > end:
            raise DeployError(f"the table {change.table} is not active after ten minutes: look at it, and try again")
        wait(_PAUSE)


def _described(client: Any, name: str) -> dict[str, Any] | None:
    try:
        described: dict[str, Any] = client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None
    return described


def _active(there: Mapping[str, Any]) -> bool:
    states = [index.get("IndexStatus", "ACTIVE") for index in there.get("GlobalSecondaryIndexes", ())]
    return {there.get("TableStatus"), *states} == {"ACTIVE"}


def _expires(client: Any, table: Table) -> bool:
    told = client.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
    return told.get("TimeToLiveStatus") in ("ENABLED", "ENABLING") and told.get("AttributeName") == table.expiry


def _creation(table: Table) -> Change:
    parameters: dict[str, Any] = {
        "TableName": table.name,
        "KeySchema": _schema(table.keys),
        "AttributeDefinitions": _definitions(table, table.kinds),
        "BillingMode": "PAY_PER_REQUEST",
    }
    if table.indexes:
        parameters["GlobalSecondaryIndexes"] = [_index(name, keys) for name, keys in table.indexes.items()]
    by = "".join(f", index {name} by {_told(keys)}" for name, keys in table.indexes.items())
    return Change(table.name, f"create it with the key {_told(table.keys)}{by}", "create_table", parameters)


def _index_creation(table: Table, name: str) -> Change:
    keys = table.indexes[name]
    parameters = {
        "TableName": table.name,
        "AttributeDefinitions": _definitions(table, {*table.keys.names, *keys.names}),
        "GlobalSecondaryIndexUpdates": [{"Create": _index(name, keys)}],
    }
    return Change(table.name, f"add the index {name} by {_told(keys)}", "update_table", parameters)


def _expiry(table: Table) -> Change:
    specification = {"Enabled": True, "AttributeName": table.expiry}
    parameters = {"TableName": table.name, "TimeToLiveSpecification": specification}
    return Change(table.name, f"let items expire by {table.expiry}", "update_time_to_live", parameters)


def _index(name: str, keys: TableKeys) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": _schema(keys), "Projection": {"ProjectionType": "ALL"}}


def _schema(keys: TableKeys) -> list[dict[str, str]]:
    pairs = zip(keys.names, ("HASH", "RANGE"), strict=False)
    return [{"AttributeName": name, "KeyType": kind} for name, kind in pairs]


def _definitions(table: Table, names: Iterable[str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": _TYPES[table.kinds[name]]} for name in sorted(names)]


def _keys_of(there: Mapping[str, Any]) -> TableKeys:
    named = {key["KeyType"]: key["AttributeName"] for key in there["KeySchema"]}
    return TableKeys(named["HASH"], named.get("RANGE"))


def _told(keys: TableKeys) -> str:
    return " and ".join(keys.names)
