"""Conditions and searches as expressions of DynamoDB, with placeholders for all names and values."""

from __future__ import annotations

import time
from typing import Any

from pymacaron.store import Key, Search, Table, Unchanged
from pymacaron_aws.dynamodb.attributes import Attributes, to_attribute

__all__ = ["condition", "key_of", "search_parameters"]


def key_of(table: Table, key: Key) -> Attributes:
    """Return a key as attributes."""
    return {name: to_attribute(value) for name, value in zip(table.keys.names, key, strict=False)}


def condition(table: Table, unchanged: Unchanged | None) -> dict[str, Any]:
    """Return the parameters that make a write conditional; an expired item that is still there counts as absent."""
    if unchanged is None:
        return {}
    names = {"#name": unchanged.attribute, "#end": table.expiry}
    values: dict[str, Any] = {":now": int(time.time())}
    if unchanged.value is None:
        told = "attribute_not_exists(#name) OR #end <= :now"
    else:
        told = "#name = :value AND (attribute_not_exists(#end) OR #end > :now)"
        values[":value"] = unchanged.value
    return {
        "ConditionExpression": told,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {name: to_attribute(value) for name, value in values.items()},
    }


def search_parameters(table: Table, search: Search) -> dict[str, Any]:
    """Return the parameters of a query; that of an index cannot be consistent."""
    keys = table.keys if search.index is None else table.indexes[search.index]
    names, values, told = {"#key": keys.partition}, {":key": search.value}, ["#key = :key"]
    given = {":low": search.low, ":high": search.high, ":prefix": search.prefix}
    bounds = {name: value for name, value in given.items() if value is not None}
    if bounds and keys.sort is not None:
        names["#sort"] = keys.sort
        values |= bounds
        told.append(_BOUNDS[tuple(bounds)])
    found = {} if search.index is None else {"IndexName": search.index}
    return found | {
        "KeyConditionExpression": " AND ".join(told),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {name: to_attribute(value) for name, value in values.items()},
        "ScanIndexForward": not search.descending,
        "ConsistentRead": search.index is None,
        **({} if search.wanted is None else {"Limit": max(1, min(search.wanted, 1000))}),
    }


_BOUNDS = {
    (":low",): "#sort >= :low",
    (":high",): "#sort <= :high",
    (":low", ":high"): "#sort BETWEEN :low AND :high",
    (":prefix",): "begins_with(#sort, :prefix)",
}
