"""What the operations of a collection reply, from what was put into it before."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import NotFound

from pymacaron import Call
from pymacaron.exceptions import RequestError
from pymacaron.http.mediatypes import is_json
from pymacaron.models.merge import parts_of
from pymacaron.models.pool import ModelPool
from pymacaron.spec import Schema
from pymacaron_testing.mock.memory import Collection, Collections, item_parameter
from pymacaron_testing.mock.responses import chosen, json_or_first

__all__ = ["Remembering", "Turn"]

OTHER_IDS = ("id", "uuid", "key", "name", "code", "slug")


@dataclass(frozen=True)
class Turn:
    """One call, with the schema of its reply and a sample of it: None where there is no JSON to send."""

    call: Call
    path: Mapping[str, Any]
    body: Any
    schema: Schema | None
    sample: Any


class Remembering:
    """Keeps what calls put into collections, and replies with it where the schema of a reply accepts it."""

    def __init__(
        self,
        pools: Mapping[str, ModelPool],
        accepts: Callable[[Schema, Any], bool],
        make: Callable[[Schema, str], Any],
    ) -> None:
        self._accepts = accepts
        self._make = make
        self._memories = {name: Collections(pool.document.operations) for name, pool in pools.items()}
        self._shows = {
            (name, operation.path): operation
            for name, pool in pools.items()
            for operation in pool.document.operations
            if operation.method == "get"
        }
        self._count = itertools.count(1)

    def reply(self, turn: Turn) -> tuple[Any, str | None]:
        """Return the reply, the sample where nothing is remembered that fits, and the id of an item that was made.

        Raises NotFound (404) for an item that was removed.
        """
        operation = turn.call.operation
        memory = self._memories[turn.call.api]
        parameter = memory.parameter(operation)
        if parameter is None:
            return turn.sample, None
        with memory.lock:
            collection = memory.of(operation, turn.path)
            if item_parameter(operation.path):
                return self._of_item(turn, collection, parameter), None
            if operation.method == "post" and isinstance(turn.body, dict):
                return self._created(turn, turn.body, collection, parameter)
            return self._listed(turn, collection) if operation.method == "get" else turn.sample, None

    def _of_item(self, turn: Turn, collection: Collection, parameter: str) -> Any:
        id_, method = turn.path.get(parameter), turn.call.operation.method
        key = str(id_)
        if key in collection.gone and method != "put":
            raise NotFound(f"there is no {turn.call.request.path} any more")
        if method == "delete":
            collection.remove(key)
            return turn.sample
        known = collection.items.get(key)
        base = known if isinstance(known, dict) else turn.sample if isinstance(turn.sample, dict) else {}
        item = _with_id(base, parameter, id_, key)
        if method in ("put", "patch") and isinstance(turn.body, dict):
            bare = {} if method == "put" else item
            item = self._kept(turn, [{**each, **turn.body} for each in (bare, item)], parameter)
            collection.put(key, item)
        return next((each for each in (item, known) if self._fits(turn.schema, each)), turn.sample)

    def _kept(self, turn: Turn, items: Sequence[dict[str, Any]], parameter: str) -> dict[str, Any]:
        """Return the first of some items, with the id of the path, that GET may show; raises RequestError for none."""
        id_ = turn.path.get(parameter)
        shown = self._schema_of(turn.call.api, turn.call.operation.path) or turn.schema
        for item in items:
            named = _with_id(item, parameter, id_, str(id_), self._id_of(shown, parameter))
            if self._fits(shown, named):
                return named
        raise RequestError("the body: what GET declares of this item does not allow it")

    def _id_of(self, schema: Schema | None, parameter: str) -> str | None:
        """Return the property that a schema declares for an item's id."""
        declared = {name: 0 for part in parts_of(schema) for name in part.children("properties")} if schema else {}
        return _id_property(declared, parameter)

    def _created(
        self, turn: Turn, body: dict[str, Any], collection: Collection, parameter: str
    ) -> tuple[Any, str | None]:
        """Keep a new item as GET would show it, with what the body says and an id of its own."""
        shown = self._shown(turn.call, parameter) or turn.schema
        made = self._new(turn, shown, collection, parameter)
        if not isinstance(made, dict):
            return turn.sample, None
        item = next((each for each in ({**made, **body}, made) if self._fits(shown, each)), made)
        property_ = _id_property(item, parameter)
        key = str(item[property_]) if property_ else str(next(self._count))
        collection.put(key, item)
        return (item if self._fits(turn.schema, item) else turn.sample), key

    def _new(self, turn: Turn, shown: Schema | None, collection: Collection, parameter: str) -> Any:
        """Return a new item; its id is one that was never used, where a hundred tries find one."""
        made = turn.sample
        for attempt in range(100 if shown else 0):
            seed = f"new {turn.call.operation.path}"
            made = self._make(shown, seed if attempt == 0 else f"{seed} {next(self._count)}") if shown else made
            property_ = _id_property(made, parameter) if isinstance(made, dict) else None
            if property_ is None:
                break
            number = made[property_]
            if isinstance(number, int):
                while str(number) in collection.used:
                    number += 1
                made = {**made, property_: number}
            if str(made[property_]) not in collection.used:
                break
        return made

    def _shown(self, call: Call, parameter: str) -> Schema | None:
        """Return the schema of what GET shows of one item."""
        return self._schema_of(call.api, f"{call.operation.path}/{{{parameter}}}")

    def _schema_of(self, api: str, path: str) -> Schema | None:
        operation = self._shows.get((api, path))
        media = json_or_first(chosen(operation)[1]) if operation else None
        return media.schema if media and is_json(media.name) else None

    def _listed(self, turn: Turn, collection: Collection) -> Any:
        """Return the items of a collection in the shape of the sample, which stands for one that nobody touched."""
        if not collection.used:
            return turn.sample
        items = list(collection.items.values())
        if isinstance(turn.sample, list):
            return items if self._fits(turn.schema, items) else turn.sample
        sample = turn.sample if isinstance(turn.sample, dict) else {}
        replies = ({**sample, name: items} for name, value in sample.items() if isinstance(value, list))
        return next((reply for reply in replies if self._fits(turn.schema, reply)), turn.sample)

    def _fits(self, schema: Schema | None, value: Any) -> bool:
        return value is not None and (schema is None or self._accepts(schema, value))


def _id_property(item: Mapping[str, Any], parameter: str) -> str | None:
    """Return the property that holds an item's id: the one named like the path's parameter, or how that ends."""
    names = {_plain(name): name for name in item}
    wanted = _plain(parameter)
    endings = [ending for ending in OTHER_IDS if wanted.endswith(ending)]
    return next((names[name] for name in (wanted, *endings, "id") if name in names), None)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _with_id(item: dict[str, Any], parameter: str, id_: Any, key: str, declared: str | None = None) -> dict[str, Any]:
    """Return an item that has the id of its path: as a number where the path's is one, but for an id that is text."""
    property_ = _id_property(item, parameter) or declared
    if property_ is None:
        return item
    return {**item, property_: key if isinstance(item.get(property_), str) else _plain_id(id_, key)}


def _plain_id(id_: Any, key: str) -> int | str:
    return id_ if isinstance(id_, int) else key
