"""The table of a persistent model: read from the attributes of its class, and held against its schema."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from pymacaron.models.asserted import is_binary
from pymacaron.models.base import PymacaronBaseModel
from pymacaron.models.jsontypes import told_types
from pymacaron.models.merge import PARENTS, home_of, parts_of
from pymacaron.store.codec import key_value, to_item
from pymacaron.store.contract import Item, Key, KeyKind, KeyValue, Table, TableKeys
from pymacaron.store.errors import StoreError
from pymacaron.text import did_you_mean

if TYPE_CHECKING:
    from pymacaron.service import Service
    from pymacaron.spec import Schema

__all__ = ["NULLS", "Kept", "attribute_of", "kept", "kept_by"]

_TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
NULLS = "_nulls"
"""Holds the names of properties that are null, and absent for the store, since it finds items by them."""
_LONGEST = {"partition": 2048, "sort": 1024}
"""Bytes of text that a key may have: those of DynamoDB, on every store, so that none is told of them late."""


@dataclass(frozen=True)
class Kept:
    """How the models of a class are kept."""

    kind: type[PymacaronBaseModel]
    table: Table
    version: str | None
    time_to_live: timedelta | None
    readers: Mapping[str, TypeAdapter[Any]]

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.kind.get_model_name()

    def key(self, values: tuple[Any, ...]) -> Key | None:
        """Return the key of the given values, None for values that no item can have; TypeError for too many or few."""
        names = self.table.keys.names
        if len(values) != len(names):
            raise TypeError(f"the key of {self.name} is {' and '.join(names)}: {len(values)} values were given")
        found = [self.given(name, value) for name, value in zip(names, values, strict=True)]
        if found[0] is None or found[-1] is None:
            return None
        return found[0], found[1] if len(found) == 2 else None

    def given(self, name: str, value: Any) -> KeyValue | None:
        """Return the value of a key attribute as the store has it, None for one that does not fit its schema."""
        try:
            read = self.readers[name].validate_python(value)
        except ValidationError:
            return None
        return key_value(read, f"{self.name}.{name}")

    def item(self, model: PymacaronBaseModel) -> Item:
        """Return the item of a model; raises StoreError for a key that is missing, empty or too long."""
        item = to_item(model)
        for name in self.readers:
            value = key_value(model[name], f"{self.name}.{name}")
            if value is not None:
                item[name] = value
        nulls = [name for name in (*self.readers, self.table.expiry) if item.get(name, 0) is None]
        for name in nulls:
            del item[name]
        if nulls:
            item[NULLS] = nulls
        for keys in (self.table.keys, *self.table.indexes.values()):
            for place, name in zip(_LONGEST, keys.names, strict=False):
                self._check(place, name, item.get(name), required=keys is self.table.keys)
        return item

    def _check(self, place: str, name: str, value: KeyValue | None, *, required: bool) -> None:
        if value is None and not required:
            return
        if value is None or value in ("", b""):
            what = "is a key" if required else "is a key of an index"
            raise StoreError(f"{self.name}.{name} {what} and has no value: set it before the model is saved")
        size = len(value.encode() if isinstance(value, str) else value) if isinstance(value, str | bytes) else 0
        if size > _LONGEST[place]:
            raise StoreError(
                f"{self.name}.{name} is a key of {size} bytes, and {_LONGEST[place]} is the most: shorten it"
            )
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise StoreError(f"{self.name}.{name} is a key, and a number of more than 64 bits: shorten it")

    def is_there(self, item: Item) -> bool:
        """Tell whether an item has not expired."""
        expires = item.get(self.table.expiry)
        return not isinstance(expires, int | float) or isinstance(expires, bool) or expires > time.time()


def kept(kind: type[PymacaronBaseModel]) -> Kept:
    """Return how a model class is kept, worked out once; raises StoreError for attributes that do not fit."""
    known: Kept | None = kind.__dict__.get("__pymacaron_kept__")
    if known is None:
        known = _kept(kind)
        type.__setattr__(kind, "__pymacaron_kept__", known)
    return known


def kept_by(service: Service) -> list[Kept]:
    """Return how each model of a service's documents is kept whose class is persistent, by the names of tables."""
    from pymacaron.store.persistent import PersistentModel

    named = [
        pool.get_model(name)
        for pool in service.pools.values()
        for name, schema in pool.document.schemas.items()
        if PARENTS & home_of(schema)[0].keywords.keys()
    ]
    found = [kept(kind) for kind in dict.fromkeys(named) if issubclass(kind, PersistentModel)]
    return sorted(found, key=lambda each: each.table.name)


def attribute_of(kind: type, name: str) -> Any:
    """Return an attribute of the persistent class that a model inherits from, whatever properties the model has."""
    for base in kind.__mro__:
        if name in vars(base) and name not in getattr(base, "__pydantic_fields__", ()):
            return vars(base)[name]
    return None


def _kept(kind: type[PymacaronBaseModel]) -> Kept:
    facts, told = kind.__pymacaron_facts__, _Attributes(kind)
    keys = told.keys("primary_key")
    indexes = {name: told.keys(f"indexes[{name}]", value) for name, value in (told("indexes") or {}).items()}
    names = list(dict.fromkeys(name for each in (keys, *indexes.values()) for name in each.names))
    expiry, version = told("expiry_attribute"), told("version_attribute")
    if version is not None:
        told.integer("version_attribute", version)
    if expiry in facts.schemas:
        told.integer("expiry_attribute", expiry)
    if {version, expiry} & set(names):
        raise told.wrong("primary_key", "or an index names what counts versions or tells of the end")
    live = told("time_to_live")
    return Kept(
        kind,
        Table(told.table_name(), keys, {name: told.kind_of(name) for name in names}, indexes, expiry, told.floats()),
        version,
        timedelta(seconds=live) if isinstance(live, int | float) else live,
        {name: _reader(kind, name) for name in names},
    )


class _Attributes:
    """The attributes of one persistent class, with what is wrong told under its name."""

    def __init__(self, kind: type[PymacaronBaseModel]) -> None:
        self._kind = kind
        self._schemas = kind.__pymacaron_facts__.schemas
        own = (base for base in kind.__mro__ if not issubclass(base, BaseModel))
        self._owner = next(own, kind).__qualname__

    def __call__(self, name: str) -> Any:
        return attribute_of(self._kind, name)

    def wrong(self, name: str, reason: str) -> StoreError:
        return StoreError(f"{self._owner}.{name} {reason}: correct it ({self._kind.get_model_name()})")

    def table_name(self) -> str:
        name = self("table_name")
        if not isinstance(name, str) or not _TABLE_NAME.fullmatch(name):
            raise self.wrong("table_name", "is no name of a table (3 to 255 letters, digits, '_', '.' and '-')")
        return name

    def keys(self, place: str, written: Any = None) -> TableKeys:
        """Return one or two properties, written as a text or a tuple."""
        value = self("primary_key") if written is None else written
        names = tuple(filter(None, [value] if isinstance(value, str) else value or ()))
        if place == "primary_key" and len(names) == 1 and self("sort_key"):
            names = (*names, self("sort_key"))
        if not 1 <= len(names) <= 2:
            raise self.wrong(place, "names no key (a property, or a tuple of two)")
        for name in names:
            self.property(place, name)
        return TableKeys(*names)

    def property(self, place: str, name: Any) -> None:
        if name not in self._schemas or '"' in name:
            hint = did_you_mean(str(name), self._schemas)
            raise self.wrong(place, f"names '{name}', which is no property{hint}")

    def integer(self, place: str, name: Any) -> None:
        self.property(place, name)
        if (told_types(self._schemas[name]) or frozenset()) - {"null"} != {"integer"}:
            raise self.wrong(place, f"names '{name}', which is no integer")

    def floats(self) -> frozenset[str]:
        told = {name: told_types(schema) or frozenset() for name, schema in self._schemas.items()}
        return frozenset(name for name, types in told.items() if types - {"null"} == {"number"})

    def kind_of(self, name: str) -> KeyKind:
        """Return what a key property holds by its schema."""
        schema = self._schemas[name]
        types = (told_types(schema) or frozenset()) - {"null"}
        if types == {"string"}:
            return "bytes" if any(map(_holds_bytes, parts_of(schema))) else "text"
        if types and types <= {"integer", "number"}:
            return "number"
        raise self.wrong("primary_key", f"or an index names '{name}', which is neither text nor a number")


def _holds_bytes(part: Schema) -> bool:
    return is_binary(part) or part.siblings.get("format") == "byte"


def _reader(kind: type[PymacaronBaseModel], name: str) -> TypeAdapter[Any]:
    field = kind.__pydantic_fields__[kind.__pymacaron_facts__.attributes[name]]
    return TypeAdapter(field.rebuild_annotation())
