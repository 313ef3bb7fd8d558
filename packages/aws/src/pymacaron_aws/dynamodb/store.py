"""DynamoStore: tables of models in Amazon DynamoDB, by boto3's client."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import ConfigError
from pymacaron.store import (
    Item,
    ItemTooLargeError,
    Key,
    Search,
    StoreBusyError,
    StoreError,
    Table,
    Unchanged,
)
from pymacaron_aws.dynamodb.attributes import Attributes, size_of, to_attributes, to_item
from pymacaron_aws.dynamodb.errors import ATTEMPTS, LARGEST, RepeatedError, telling, too_large
from pymacaron_aws.dynamodb.expressions import condition, key_of, search_parameters

if TYPE_CHECKING:
    from pymacaron.service import Service

__all__ = ["DynamoStore", "connect", "open_store"]

_GET, _WRITE = 100, 25
"""Items of one request (BatchGetItem, BatchWriteItem)."""


class DynamoStore:
    """Items as DynamoDB keeps them, readable by whatever else reads them; `client` is boto3's, `wait` pauses.

    Reads are consistent, but for those by an index, which may lag behind.
    """

    def __init__(self, client: Any, wait: Callable[[float], object] = time.sleep) -> None:
        self._client = client
        self._wait = wait

    def get(self, table: Table, key: Key) -> Item | None:
        """Return an item, None where there is none."""
        found = self._call(table, "get_item", Key=key_of(table, key), ConsistentRead=True).get("Item")
        return None if found is None else to_item(found)

    def get_many(self, table: Table, keys: Iterable[Key]) -> Iterator[Item]:
        """Yield the items that there are, a hundred with each request."""
        for some in _chunks(list(dict.fromkeys(keys)), _GET):
            wanted = {table.name: {"Keys": [key_of(table, key) for key in some], "ConsistentRead": True}}
            for answer in self._batches(table, "batch_get_item", wanted, "UnprocessedKeys"):
                yield from map(to_item, answer["Responses"].get(table.name, ()))

    def put(self, table: Table, item: Item, unchanged: Unchanged | None = None) -> None:
        """Write an item."""
        attributes = _attributes(table, item)
        try:
            self._call(table, "put_item", Item=attributes, **condition(table, unchanged))
        except RepeatedError:
            # The first attempt may have been written, and only its answer lost: then the second one met our own item.
            if self.get(table, table.keys.of(item)) != to_item(attributes):
                raise

    def put_many(self, table: Table, items: Iterable[Item]) -> None:
        """Write items, 25 with each request; where it raises, some may be written."""
        puts = {table.keys.of(item): {"PutRequest": {"Item": _attributes(table, item)}} for item in items}
        for some in _chunks(list(puts.values()), _WRITE):
            for _ in self._batches(table, "batch_write_item", {table.name: some}, "UnprocessedItems"):
                pass

    def delete(self, table: Table, key: Key, unchanged: Unchanged | None = None) -> None:
        """Delete an item if it is there."""
        try:
            self._call(table, "delete_item", Key=key_of(table, key), **condition(table, unchanged))
        except RepeatedError:
            if self.get(table, key) is not None:
                raise

    def query(self, table: Table, search: Search) -> Iterator[Item]:
        """Yield the items that a search finds, page by page."""
        return self._pages(table, "query", search_parameters(table, search))

    def scan(self, table: Table) -> Iterator[Item]:
        """Yield all items, page by page."""
        return self._pages(table, "scan", {"ConsistentRead": True})

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _pages(self, table: Table, operation: str, parameters: dict[str, Any]) -> Iterator[Item]:
        while True:
            answer = self._call(table, operation, **parameters)
            yield from map(to_item, answer["Items"])
            if not answer.get("LastEvaluatedKey"):
                return
            parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _batches(self, table: Table, operation: str, wanted: dict[str, Any], left: str) -> Iterator[dict[str, Any]]:
        """Yield the answers until nothing is left over; what is, was throttled."""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._wait(random.uniform(0.5, 1) * min(20, 0.05 * 2**attempt))  # noqa: S311 - a pause, no secret
            answer = self._call(None, operation, RequestItems=wanted, name=table.name)
            yield answer
            wanted = answer.get(left) or {}
            if not wanted:
                return
        raise StoreBusyError(f"DynamoDB throttles the table {table.name} ({ATTEMPTS} attempts): try later")

    def _call(self, table: Table | None, operation: str, *, name: str = "", **parameters: Any) -> dict[str, Any]:
        if table is not None:
            parameters["TableName"] = name = table.name
        with telling(name):
            answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
        return answer


def open_store(service: Service) -> DynamoStore:
    """Open the store in the region of the setting `aws_region`, with the credentials that boto3 finds."""
    return DynamoStore(connect(service.config.get("aws_region")))


def connect(region: str | None = None, profile: str | None = None) -> Any:
    """Return a client of boto3, which repeats what was throttled or not answered; raises ConfigError."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    options = Config(
        connect_timeout=3,
        read_timeout=10,
        max_pool_connections=50,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    try:
        return boto3.Session(profile_name=profile, region_name=region).client("dynamodb", config=options)
    except BotoCoreError as error:
        raise ConfigError(f"DynamoDB cannot be used ({error}): set aws_region, and AWS's own credentials") from error


def _attributes(table: Table, item: Item) -> Attributes:
    """Return the attributes of an item that DynamoDB takes."""
    attributes = to_attributes(item, table.floats)
    try:
        size = size_of(attributes)
    except UnicodeEncodeError:
        raise StoreError(f"an item of {table.name} holds text that is no Unicode: correct it") from None
    if size > LARGEST:
        raise ItemTooLargeError(too_large(table.name, f"{size:,} bytes"))
    return attributes


def _chunks(everything: list[Any], size: int) -> Iterator[list[Any]]:
    return (everything[start : start + size] for start in range(0, len(everything), size))
