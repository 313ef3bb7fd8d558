"""The properties of an object parameter: which names are its own, and how the text of each is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pymacaron.spec import Schema
from pymacaron.wire.budget import Budget
from pymacaron.wire.scalars import Delimited, Scalar
from pymacaron.wire.schemas import item_schema, member_schemas, other_members, types_of

__all__ = ["NOTHING", "Members", "members_of", "scalar_of", "single_of"]

NOTHING = Scalar(())
DELIMITERS = {"ssv": " ", "tsv": "\t", "pipes": "|"}


@dataclass(frozen=True, slots=True)
class Members:
    """How the properties of an object are read: `items` are those that are arrays, by how each of their items is read.

    `takes_all` says that names beyond the declared ones are meant too. `single` reads what may be no object at all.
    """

    known: Mapping[str, Scalar]
    items: Mapping[str, Scalar]
    others: Scalar
    takes_all: bool
    single: Scalar | None

    def scalar(self, name: str) -> Scalar:
        """Return how the one text of a property is read."""
        return self.known.get(name, self.others)

    def read(self, pairs: Iterable[tuple[str, str]], budget: Budget) -> dict[str, Any]:
        """Return the object of unescaped names and texts; the last text of a name counts."""
        return {name: budget.spend(self.scalar(name).read(text)) for name, text in pairs}

    def add(self, found: dict[str, Any], name: str, text: str, budget: Budget) -> None:
        """Add one text to an object in which the name of an array stands once for each item."""
        item = self.items.get(name)
        if item is None:
            found[name] = budget.spend(self.scalar(name).read(text))
        else:
            found.setdefault(name, []).append(budget.spend(item.read(text)))

    def texts(self, name: str, value: Any) -> list[str]:
        """Return the texts of a property: one for each item of an array, else just one."""
        item = self.items.get(name)
        if item is None or not isinstance(value, list):
            return [self.scalar(name).write(value)]
        return [item.write(each) for each in value]


def members_of(schema: Schema) -> Members:
    """Return the properties of an object schema."""
    known = member_schemas(schema)
    others = other_members(schema)
    return Members(
        known={name: scalar_of(member) for name, member in known.items()},
        items={name: scalar_of(item_schema(member)) for name, member in known.items() if "array" in types_of(member)},
        others=scalar_of(others) if isinstance(others, Schema) else NOTHING,
        takes_all=not known or others is not False,
        single=single_of(schema),
    )


def scalar_of(schema: Schema | None) -> Scalar:
    """Return how single texts of a schema's values are read; Swagger 2.0 delimits arrays within arrays."""
    if schema is None:
        return NOTHING
    types = types_of(schema)
    if schema.dialect == "swagger-2.0" and "array" in types:
        character = DELIMITERS.get(str(schema.siblings.get("collectionFormat")), ",")
        return Delimited(types, scalar_of(item_schema(schema)), character)
    return Scalar(types)


def single_of(schema: Schema) -> Scalar | None:
    """Return how a text is read that may be neither array nor object, None where the schema allows no such value."""
    scalar = scalar_of(schema)
    return scalar if scalar.reads_one else None
