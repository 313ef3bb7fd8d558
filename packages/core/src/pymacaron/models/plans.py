"""The frozen records of a field plan: what a schema means as a Python type, as data from which both back ends build."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from pymacaron.spec import Place, Schema

__all__ = [
    "NO_DEFAULT",
    "TYPED_FORMATS",
    "AliasRef",
    "Anything",
    "Choice",
    "Constants",
    "Extras",
    "FieldPlan",
    "Kind",
    "Limits",
    "ListOf",
    "MapOf",
    "ModelPlan",
    "ModelRef",
    "NoDefault",
    "Nothing",
    "Nullable",
    "ParentPlan",
    "Presence",
    "Scalar",
    "Selected",
    "Tagged",
    "Value",
    "inner_values",
]

Kind = Literal[
    "string",
    "integer",
    "number",
    "boolean",
    "null",
    "date",
    "date-time",
    "uuid",
    "byte",
    "binary",
    "duration",
    "ipv4",
    "ipv6",
]
TYPED_FORMATS = frozenset({"binary", "date", "date-time", "duration", "ipv4", "ipv6", "uuid"})
"""The formats whose Python type leaves no room for the limits of a text."""
Limits = tuple[tuple[str, int | float | str], ...]
"""Limits in pydantic's words, such as (("ge", 1), ("max_length", 80)); `format` and `ecma` are judged beside it."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Every JSON value."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No value at all."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value without parts, within limits."""

    kind: Kind
    limits: Limits = ()


@dataclass(frozen=True, slots=True)
class Constants:
    """One of the listed JSON values."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array of items that are all of one kind, but for the first ones, which may each have a kind of their own."""

    item: Value
    limits: Limits = ()
    loose: bool = False
    """Whether other values are taken too, since the schema names no type."""
    first: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object without declared properties; a name that fits a pattern may have a kind of its own."""

    value: Value
    limits: Limits = ()
    loose: bool = False
    """Whether other values are taken too, since the schema names no type."""
    patterns: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Nullable:
    """The inner value, or null."""

    value: Value


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that fits at least one of the choices."""

    choices: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Tagged:
    """One of several models, told apart by the value of a property: `names` are its JSON name and its Python names.

    A choice is a model, or again one of several.
    """

    names: tuple[str, ...]
    choices: tuple[tuple[str, Value], ...]
    default: Value | None = None
    """The model of a value whose property is absent or names none; None refuses it."""


@dataclass(frozen=True, slots=True)
class Selected:
    """The value of the branch that a JSON value fits: each one with the schema that tells."""

    branches: tuple[tuple[Schema, Value], ...]


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The model that is planned at a place."""

    place: Place
    loose: bool = False
    """Whether values are taken too that are no objects, since the schema names no type."""


@dataclass(frozen=True, slots=True)
class AliasRef:
    """The value planned at a place, where that value contains itself without a model in between."""

    place: Place


Value = (
    Anything
    | Nothing
    | Scalar
    | Constants
    | ListOf
    | MapOf
    | Nullable
    | Choice
    | Selected
    | Tagged
    | ModelRef
    | AliasRef
)


class NoDefault(Enum):
    """The default of a property that has none."""

    NO_DEFAULT = "no default"


NO_DEFAULT = NoDefault.NO_DEFAULT


class Presence(Enum):
    """What an absent property is: an error, left out of the JSON, written as null, or null only once it was set."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    WRITTEN_NULL = "written null"
    NULL_WHEN_SET = "null when set"


class Extras(Enum):
    """What becomes of undeclared properties where the document gives them no schema."""

    DROPPED = "dropped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One property: `name` as in the document, `attribute` as in Python."""

    name: str
    attribute: str
    schema: Schema
    value: Value
    presence: Presence
    default: Any = NO_DEFAULT


@dataclass(frozen=True, slots=True)
class ParentPlan:
    """The class that `x-parent` or `x-persist` names, and where it does."""

    dotted_name: str
    place: Place


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """One object with declared properties; `name` is the component's, or made from the place of an inline object."""

    place: Place
    name: str
    fields: tuple[FieldPlan, ...]
    extras: Value | Extras
    parents: tuple[ParentPlan, ...] = ()

    def values(self) -> Iterator[Value]:
        """Yield the value of each field, and of undeclared properties."""
        yield from (field.value for field in self.fields)
        if not isinstance(self.extras, Extras):
            yield self.extras


def inner_values(value: Value) -> tuple[Value, ...]:
    """Return the values that a value directly contains."""
    match value:
        case ListOf(item=inner, first=first):
            return (*first, inner)
        case MapOf(value=inner, patterns=patterns):
            return (*(each for _, each in patterns), inner)
        case Nullable(value=inner):
            return (inner,)
        case Choice(choices=choices):
            return choices
        case Selected(branches=branches):
            return tuple(inner for _, inner in branches)
        case Tagged(choices=tagged, default=default):
            return (*(reference for _, reference in tagged), *([] if default is None else [default]))
        case _:
            return ()
