"""PersistentModel: the class to inherit from that `x-persist` names, which lets a model save and load itself."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any, ClassVar, Self, TypeVar, cast

from pymacaron.models.base import PymacaronBaseModel
from pymacaron.models.pool import apipool, get_model
from pymacaron.monitor import monitor
from pymacaron.store.codec import from_item
from pymacaron.store.contract import Item, Key, Search, Unchanged
from pymacaron.store.current import current_store
from pymacaron.store.errors import ItemChangedError, ItemNotFoundError, StoreError
from pymacaron.store.tables import NULLS, Kept, attribute_of, kept
from pymacaron.text import did_you_mean

__all__ = ["KeptTable", "PersistentModel"]

Model = TypeVar("Model")
Lasting = timedelta | float | None

_ATTEMPTS = 20
"""How often a model that is to overwrite whatever is there meets others that write it at the same time."""
_OLD_ATTRIBUTE = "__persistence_class__"
"""Stands in items that PyMacaron 1 wrote."""


class PersistentModel:
    """What a model can do whose schema names a child of this class by `x-persist` or `x-parent`.

    The methods raise ItemNotFoundError (404), ItemChangedError (409), ItemTooLargeError and StoreError (500), and
    StoreBusyError (503). A class method of the child itself works on the model that `api_name` and `model_name` name.

    Example::

        class PersistentProfile(PersistentModel):
            table_name = "profiles"
            primary_key = "profile_id"
    """

    api_name: ClassVar[str | None] = None
    """The API whose document declares the model; only the child's own class methods need it."""
    model_name: ClassVar[str | None] = None
    """The model, for the same."""
    table_name: ClassVar[str] = ""
    primary_key: ClassVar[str | tuple[str, str]] = ""
    """The property that tells items apart, or a pair: all of one first value are found in order of the second."""
    sort_key: ClassVar[str | None] = None
    """The second property, where `primary_key` names the first alone."""
    indexes: ClassVar[Mapping[str, str | tuple[str, str]]] = {}
    """Other keys by which items are found, by names of your own; items may share their values."""
    version_attribute: ClassVar[str | None] = None
    """An integer property that counts writes: a model that is not the newest one is not saved."""
    time_to_live: ClassVar[timedelta | float | None] = None
    """How long an item is there after it was saved; seconds, if it is a number."""
    expiry_attribute: ClassVar[str] = "_expires"
    """What the end of that is called in the store, in seconds since 1970; an integer property of the model, or none."""

    def save_to_db(
        self,
        *,
        if_unchanged: bool | None = None,
        if_absent: bool = False,
        time_to_live: Lasting = None,
    ) -> None:
        """Write the model, in place of the item with its key.

        With `version_attribute` only where nobody else wrote it since it was loaded, unless `if_unchanged=False`;
        `if_absent` writes only what is not there yet. Otherwise ItemChangedError is raised and nothing written.
        """
        this, model = kept(_kind(type(self))), cast("PymacaronBaseModel", self)
        guarded = _guarded(this, if_unchanged)
        with monitor("store", "save_to_db"):
            if this.version is not None and not guarded and not if_absent:
                _overwrite(this, model, this.version, time_to_live)
            else:
                unchanged = _absent(this) if if_absent else _as_loaded(this, model) if guarded else None
                _put(this, model, unchanged, 0, time_to_live)

    def load_to_db(self) -> None:
        """Save the model: the name that the documentation of PyMacaron 1 has for it."""
        self.save_to_db()

    def delete_from_db(self, *, if_unchanged: bool | None = None) -> None:
        """Delete the item of the model if it is there; with `version_attribute` only an unchanged one, as in saving."""
        this, model = kept(_kind(type(self))), cast("PymacaronBaseModel", self)
        unchanged = _as_loaded(this, model) if _guarded(this, if_unchanged) else None
        with monitor("store", "delete_from_db"):
            current_store().delete(this.table, this.table.keys.of(this.item(model)), unchanged)

    @classmethod
    def load_from_db(cls, *key: Any) -> Self:
        """Return the model of a key: one value, or two where the key is a pair; raises ItemNotFoundError."""
        this = kept(_kind(cls))
        with monitor("store", "load_from_db"):
            item = _found(this, this.key(key))
        if item is None:
            raise ItemNotFoundError(f"there is no {this.name} of this {' and '.join(this.table.keys.names)}")
        return cast("Self", _model(this, item))

    @classmethod
    def has_item(cls, *key: Any) -> bool:
        """Tell whether there is an item of a key."""
        this = kept(_kind(cls))
        with monitor("store", "has_item"):
            return _found(this, this.key(key)) is not None

    @classmethod
    def load_many_from_db(cls, keys: Iterable[Any]) -> list[Self]:
        """Return the models of keys, in their order, without those that are not there; a pair is given as a tuple."""
        this = kept(_kind(cls))
        asked = [this.key(key if isinstance(key, tuple) else (key,)) for key in keys]
        known = [key for key in asked if key is not None]
        with monitor("store", "load_many_from_db"):
            found = {this.table.keys.of(item): item for item in current_store().get_many(this.table, known)}
        items = [found[key] for key in known if key in found and this.is_there(found[key])]
        return [cast("Self", _model(this, item)) for item in items]

    @classmethod
    def save_many_to_db(cls, models: Iterable[Self]) -> None:
        """Write models with few requests; those with a `version_attribute` one by one, since each has its condition.

        Where it raises, some may have been written.
        """
        this = kept(_kind(cls))
        with monitor("store", "save_many_to_db"):
            if this.version is not None:
                for model in models:
                    PersistentModel.save_to_db(model)
            else:
                items = [_item(this, cast("PymacaronBaseModel", model), None) for model in models]
                current_store().put_many(this.table, items)

    @classmethod
    def query(
        cls,
        value: Any,
        sort: Any = None,
        *,
        since: Any = None,
        until: Any = None,
        begins_with: str | bytes | None = None,
        index: str | None = None,
        descending: bool = False,
        limit: int | None = None,
    ) -> Iterator[Self]:
        """Return the models with a value of the key's first property, or of that of an index, in order of its second.

        The second may be one value, lie between `since` and `until`, both in, or begin with something. Models are read
        as they are taken.
        """
        this = kept(_kind(cls))
        bounds = (since, until) if sort is None else (sort, sort)
        search = _search(this, index, value, bounds, begins_with)
        if search is None:
            return iter(())
        found = current_store().query(this.table, replace(search, descending=descending, wanted=limit))
        return islice(_models(cls, this, found), limit)

    @classmethod
    def scan(cls) -> Iterator[Self]:
        """Return all models of the table, in any order, read as they are taken."""
        this = kept(_kind(cls))
        return _models(cls, this, current_store().scan(this.table))

    @classmethod
    def get_table(cls) -> KeptTable:
        """Return the table of the model."""
        return KeptTable(cls)


class KeptTable:
    """The table of a model, as code written for PyMacaron 1 asks for it."""

    def __init__(self, owner: type[PersistentModel]) -> None:
        self._owner = owner
        self.name = kept(_kind(owner)).table.name

    def has_item(self, **key: Any) -> bool:
        """Tell whether there is an item of a key, which is given by its names."""
        names = kept(_kind(self._owner)).table.keys.names
        if set(names) != key.keys():
            raise TypeError(f"the key of the table {self.name} is {' and '.join(names)}, not {', '.join(key)}")
        return self._owner.has_item(*(key[name] for name in names))


def _kind(owner: type) -> type[PymacaronBaseModel]:
    """Return the model of a class: itself, or the one that it names."""
    if issubclass(owner, PymacaronBaseModel):
        return owner
    api, model = attribute_of(owner, "api_name"), attribute_of(owner, "model_name")
    if not model:
        raise StoreError(
            f"{owner.__qualname__} names no model: set api_name and model_name, or call the methods of the model itself"
        )
    return getattr(apipool, api).get_model(model) if api else get_model(model)


def _guarded(this: Kept, if_unchanged: bool | None) -> bool:
    if if_unchanged and this.version is None:
        raise StoreError(f"{this.name} has no version_attribute, by which if_unchanged could tell: name a property")
    return this.version is not None and if_unchanged is not False


def _absent(this: Kept) -> Unchanged:
    return Unchanged(this.table.keys.partition)


def _as_loaded(this: Kept, model: PymacaronBaseModel) -> Unchanged | None:
    return None if this.version is None else Unchanged(this.version, model[this.version])


def _overwrite(this: Kept, model: PymacaronBaseModel, version_attribute: str, time_to_live: Lasting) -> None:
    """Write over any version, and count on from it: else somebody might take the model for the version that he read."""
    key = this.table.keys.of(this.item(model))
    for _ in range(_ATTEMPTS):
        version = (_found(this, key) or {}).get(version_attribute)
        try:
            return _put(this, model, Unchanged(version_attribute, version), version or 0, time_to_live)
        except ItemChangedError:
            continue
    raise ItemChangedError(f"others keep writing this {this.name}: try again later")


def _put(
    this: Kept,
    model: PymacaronBaseModel,
    unchanged: Unchanged | None,
    least: int,
    time_to_live: Lasting,
) -> None:
    """Write a model, and let it have the version and the end that were written."""
    item = _item(this, model, time_to_live)
    told = {this.table.expiry: item.get(this.table.expiry)}
    if this.version is not None:
        told[this.version] = item[this.version] = max(least, item.get(this.version) or 0) + 1
    current_store().put(this.table, item, unchanged)
    for name, value in told.items():
        if name in this.kind.__pymacaron_facts__.attributes and model[name] != value:
            model[name] = value


def _item(this: Kept, model: PymacaronBaseModel, time_to_live: Lasting) -> Item:
    item = this.item(model)
    lasts = this.time_to_live if time_to_live is None else time_to_live
    if lasts is not None:
        seconds = lasts.total_seconds() if isinstance(lasts, timedelta) else lasts
        item[this.table.expiry] = math.ceil(time.time() + seconds)
    return item


def _found(this: Kept, key: Key | None) -> Item | None:
    item = None if key is None else current_store().get(this.table, key)
    return item if item is not None and this.is_there(item) else None


def _model(this: Kept, item: Item) -> PymacaronBaseModel:
    for name in (this.table.expiry, _OLD_ATTRIBUTE):
        if name not in this.kind.__pymacaron_facts__.attributes:
            item.pop(name, None)
    item |= dict.fromkeys(item.pop(NULLS, ()))
    return from_item(this.kind, item)


def _models(owner: type[Model], this: Kept, items: Iterator[Item]) -> Iterator[Model]:
    """Yield the models of items that have not expired."""
    return (cast("Model", _model(this, item)) for item in items if this.is_there(item))


def _search(
    this: Kept, index: str | None, value: Any, bounds: tuple[Any, Any], prefix: str | bytes | None
) -> Search | None:
    """Return what is looked for, None where no item can have such values; raises TypeError for a wrong combination."""
    if index is not None and index not in this.table.indexes:
        raise StoreError(f"{this.name} has no index '{index}'{did_you_mean(index, this.table.indexes)}")
    keys = this.table.keys if index is None else this.table.indexes[index]
    bounded = bounds != (None, None)
    if keys.sort is None and (bounded or prefix is not None):
        raise TypeError(f"{this.name} is found by {keys.partition} alone: give no second value")
    if bounded and prefix is not None:
        raise TypeError("begins_with stands alone: give no other bounds beside it")
    found = this.given(keys.partition, value)
    low, high = (None if bound is None else this.given(str(keys.sort), bound) for bound in bounds)
    if found is None or (low is None) != (bounds[0] is None) or (high is None) != (bounds[1] is None):
        return None
    return Search(found, index, low, high, prefix)
