"""The names that generated files give to models, the same ones whenever a document is the same."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import dataclass, field
from unicodedata import normalize

from pymacaron.models.fieldplan import FieldPlanner
from pymacaron.models.names import class_name, unique_name
from pymacaron.models.plans import AliasRef, ModelPlan, ModelRef, Nullable, Value, inner_values
from pymacaron.spec import Document, Operation, Place, Schema

__all__ = ["SourceNames", "source_names"]

_RESERVED = frozenset({"TYPE_CHECKING", "annotations"})


@dataclass
class SourceNames:
    """Names in Python: of models and of values that contain themselves by their places, of components by their own.

    `models` are in the order of the file; `roots` are components that are no objects; `same` are components that are
    another one under a second name.
    """

    models: dict[Place, str] = field(default_factory=dict)
    aliases: dict[Place, str] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    same: dict[str, tuple[str, Place]] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def free(self, place: Place) -> str:
        """Return a name for the schema at a place, and keep it."""
        name = normalize("NFKC", class_name(place)).lstrip("_")
        if not name.isidentifier():
            name = f"Model{name}"
        if keyword.iskeyword(name) or name in _RESERVED:
            name = f"{name}_"
        name = unique_name(name, self._taken)
        self._taken.add(name)
        return name


def source_names(document: Document, planner: FieldPlanner) -> SourceNames:
    """Return the names of all models that a document declares or its operations use, components first."""
    names = SourceNames()
    for component, schema in document.schemas.items():
        value = planner.value(schema)
        inner = value.value if isinstance(value, Nullable) else value
        name = names.free(schema.place)
        if not isinstance(inner, ModelRef):
            names.roots[component] = name
        elif inner.place in names.models:
            names.same[component] = (name, inner.place)
        else:
            names.models[inner.place] = name
    _Walk(planner, names).all(planner.value(schema) for schema in _schemas(document))
    return names


class _Walk:
    """Names what values reach, in the order in which it is met."""

    def __init__(self, planner: FieldPlanner, names: SourceNames) -> None:
        self._planner = planner
        self._names = names
        self._seen: set[Place] = set()

    def all(self, values: Iterator[Value]) -> None:
        """Walk without recursion, since documents are deep."""
        for start in values:
            pending = [start]
            while pending:
                pending.extend(reversed(self._below(pending.pop())))

    def _below(self, value: Value) -> tuple[Value, ...]:
        if not isinstance(value, ModelRef | AliasRef):
            return inner_values(value)
        if value.place in self._seen:
            return ()
        self._seen.add(value.place)
        if isinstance(value, AliasRef):
            self._names.aliases[value.place] = self._names.free(value.place)
            return (self._planner.alias(value.place),)
        if value.place not in self._names.models:
            self._names.models[value.place] = self._names.free(value.place)
        plan: ModelPlan = self._planner.model(value.place)
        return tuple(plan.values())


def _schemas(document: Document) -> Iterator[Schema]:
    yield from document.schemas.values()
    for operation in document.operations:
        yield from _schemas_of(operation)


def _schemas_of(operation: Operation) -> Iterator[Schema]:
    yield from (parameter.schema for parameter in operation.parameters)
    content = list(operation.body.content.values()) if operation.body else []
    for response in operation.responses.values():
        content += response.content.values()
    yield from (media.schema for media in content if media.schema is not None)
