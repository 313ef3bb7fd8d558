"""The words in which generated files write models: those of the classes in memory, one name for each."""

from __future__ import annotations

import json
from builtins import bool, bytes, dict, float, int, list, str  # noqa: A004, UP029
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar, Union
from uuid import UUID

import pydantic_core
from pydantic import Field, TypeAdapter
from typing_extensions import TypeAliasType

from pymacaron.models.base import PymacaronBaseModel, PymacaronRootModel
from pymacaron.models.formats import TYPED, Checked
from pymacaron.models.members import ByName, ByPlace
from pymacaron.models.selection import pick_array, pick_branch, pick_object, pick_type
from pymacaron.models.values import (
    Base64,
    Finite,
    Free,
    Integer,
    Number,
    OneOf,
    OptionalValue,
    Refused,
    Selection,
    TaggedBy,
    Text,
    Truth,
    is_absent,
)

__all__ = [
    "MISSING",
    "TYPE_CHECKING",
    "UUID",
    "Annotated",
    "Any",
    "Base64",
    "ByName",
    "ByPlace",
    "Callable",
    "Checked",
    "Date",
    "DateTime",
    "Default",
    "Duration",
    "Field",
    "Finite",
    "Free",
    "IPv4",
    "IPv4Address",
    "IPv6",
    "IPv6Address",
    "Integer",
    "Literal",
    "Mapping",
    "Maybe",
    "Number",
    "OptionalValue",
    "PymacaronBaseModel",
    "PymacaronRootModel",
    "Refused",
    "Selection",
    "Sequence",
    "TaggedBy",
    "Text",
    "Truth",
    "TypeAlias",
    "TypeAliasType",
    "Union",
    "Uuid",
    "bool",
    "bytes",
    "date",
    "datetime",
    "dict",
    "float",
    "int",
    "is_absent",
    "list",
    "one_of",
    "parsed",
    "pick_array",
    "pick_branch",
    "pick_object",
    "pick_type",
    "str",
    "timedelta",
]

Inner = TypeVar("Inner")

MISSING: Any = pydantic_core.MISSING

if TYPE_CHECKING:
    Date = date
    DateTime = datetime
    Duration = timedelta
    IPv4 = IPv4Address
    IPv6 = IPv6Address
    Uuid = UUID
    Maybe = Union[Inner, None]  # noqa: UP007  a generic alias
else:
    Date, DateTime, Duration = TYPED["date"], TYPED["date-time"], TYPED["duration"]
    IPv4, IPv6, Uuid = TYPED["ipv4"], TYPED["ipv6"], TYPED["uuid"]

    class Maybe:
        """A property that may be absent, and reads as None then."""

        def __class_getitem__(cls, inner: Any) -> Any:
            """Return the annotation."""
            return Annotated[inner, OptionalValue()]


class Default:
    """The default of a property, as JSON: what makes the value, once there are models."""

    def __init__(self, written: str) -> None:
        self.written = written

    def __call__(self) -> Any:
        """Return the data."""
        return json.loads(self.written)


def parsed(annotation: Any, written: str) -> Any:
    """Return the default of a property that Python writes by no word of its own, such as a date, given as JSON."""
    return TypeAdapter(annotation).validate_json(written)


def one_of(written: str) -> OneOf:
    """Return the values of an enum that are not all text, given as a JSON array."""
    return OneOf(tuple(json.loads(written)))
