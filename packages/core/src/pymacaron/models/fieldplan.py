"""Schema records to field plans: what value, model and property each schema means; pure, without pydantic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pymacaron.models.asserted import asserted, is_binary
from pymacaron.models.heirs import Heirs, heirs_of
from pymacaron.models.inside import item_schemas, patterns_in, rest_schemas
from pymacaron.models.jsontypes import is_of_type
from pymacaron.models.merge import (
    PARENTS,
    array_limits,
    constants_of,
    home_of,
    integer_limits,
    map_limits,
    number_limits,
    parent_plans,
    parts_of,
    says_null,
    text_limits,
    types_of,
)
from pymacaron.models.names import attribute_names
from pymacaron.models.plans import (
    NO_DEFAULT,
    AliasRef,
    Anything,
    Constants,
    Extras,
    FieldPlan,
    Kind,
    Limits,
    ListOf,
    MapOf,
    ModelPlan,
    ModelRef,
    Nothing,
    Nullable,
    Scalar,
    Tagged,
    Value,
)
from pymacaron.models.properties import declared_in, presence_of, required_in
from pymacaron.models.unions import branches_of, selected, tagged, united
from pymacaron.spec import Place, Schema

__all__ = ["FieldPlanner"]

_FORMATS: dict[str, Kind] = {
    "date": "date",
    "date-time": "date-time",
    "uuid": "uuid",
    "byte": "byte",
    "duration": "duration",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
}
_ELSEWHERE = ("dependentSchemas", "dependencies", "then", "else", "$dynamicRef")
_KEEPING = ("patternProperties", "unevaluatedProperties", *_ELSEWHERE)
"""What may describe properties beside `properties`, so that they are kept."""
_DIRECTED = ("readOnly", "writeOnly")


class FieldPlanner:
    """Plans the schemas of one document, each once; `accepts_pattern` tells whether the back end can run a pattern."""

    def __init__(
        self, accepts_pattern: Callable[[str], bool], names: Callable[[Place], str], strict_properties: bool = False
    ) -> None:
        self._strict_properties = strict_properties
        self._accepts_pattern = accepts_pattern
        self._names = names
        self._values: dict[Place, Value] = {}
        self._open: dict[Place, int] = {}
        self._level = 0
        self._same: dict[Place, set[Place]] = {}
        self._aliases: dict[Place, Value | None] = {}
        self._homes: dict[Place, tuple[Schema, tuple[Schema, ...]]] = {}
        self._models: dict[Place, ModelPlan] = {}
        self._bases: dict[Place, Value | None] = {}
        self._merged: dict[frozenset[Place], Place] = {}

    def value(self, schema: Schema) -> Value:
        """Return what a schema means where it is used."""
        home, nullable = home_of(schema)
        value = self._of_heirs(home) or self._home_value(home, tuple(parts_of(home)))
        return united([value], nullable=True) if nullable else value

    def itself(self, schema: Schema) -> Value:
        """Return what a schema means by itself, without its heirs."""
        home, _ = home_of(schema)
        return self._home_value(home, tuple(parts_of(home)))

    def alias(self, place: Place) -> Value:
        """Return the value behind an AliasRef."""
        value = self._aliases[place]
        return Nothing() if value is None else value

    def model(self, place: Place) -> ModelPlan:
        """Return the plan of the model that a ModelRef names."""
        if place not in self._models:
            self._models[place] = self._model(*self._homes[place])
        return self._models[place]

    def _of_heirs(self, base: Schema) -> Value | None:
        """Plan a base as one of its heirs, None for what has none."""
        heirs = heirs_of(base)
        if heirs is not None and base.place not in self._bases:
            self._bases[base.place] = None  # one that inherits from itself is nothing but itself
            self._bases[base.place] = self._tagged(heirs)
        return self._bases.get(base.place)

    def _tagged(self, heirs: Heirs) -> Value | None:
        itself = self.itself(heirs.base)
        values = {heir: self.value(heir) for heir in heirs.others} | {heirs.base: itself}
        told = {heir: value.value if isinstance(value, Nullable) else value for heir, value in values.items()}
        models = [value for value in told.values() if isinstance(value, ModelRef)]
        if told[heirs.base] not in models:
            return None
        found = [self._property(model.place, heirs.name) for model in models]
        names = dict.fromkeys([heirs.name, *(each[0] for each in found if each is not None)])
        choices = tuple((tag, told[heir]) for tag, heir in heirs.tags.items())
        value = Tagged(tuple(names), choices, told[heirs.default] if heirs.default else None)
        return united([value], nullable=isinstance(itself, Nullable))

    def _home_value(self, home: Schema, parts: tuple[Schema, ...]) -> Value:
        """Plan the value of a schema once; where it contains itself, give it a name."""
        place = home.place
        if place in self._values:
            return self._values[place]
        if place in self._open:
            return self._again(place)
        self._open[place] = self._level
        try:
            value = self._value(home, parts)
        finally:
            del self._open[place]
        if place in self._aliases:
            self._aliases[place] = value
            value = AliasRef(place)
        return self._kept(place, value)

    def _again(self, place: Place) -> Value:
        """Return the value of a schema inside itself: nothing new in a union of itself, else its name."""
        if self._open[place] < self._level:
            self._aliases[place] = None
            return AliasRef(place)
        opened = list(self._open)
        self._same.setdefault(place, set()).update(opened[opened.index(place) + 1 :])
        return Nothing()

    def _kept(self, place: Place, value: Value) -> Value:
        """Remember a value; unions that contain each other are all the outermost one."""
        same = self._same.pop(place, set())
        outer = next((others for others in self._same.values() if place in others), None)
        if outer is not None:
            outer |= same
        else:
            self._values.update(dict.fromkeys([place, *same], value))
        return value

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Mark what is planned meanwhile as a part of the value that is being planned, not the value itself."""
        self._level += 1
        try:
            yield
        finally:
            self._level -= 1

    def _value(self, home: Schema, parts: tuple[Schema, ...]) -> Value:
        """Decide which keywords say what the value is: constants, a union, or types."""
        if any(part.siblings.get("not") in ({}, True) and "not" in part.siblings for part in parts):
            return Nothing()
        constants = constants_of(parts)
        types = types_of(parts)
        if constants is not None:
            return self._constants(home, constants, None if _is_loose(parts) else types)
        union = self._union(home, parts)
        if union is not None:
            return union
        if types is None:
            return Anything()
        written = [self._typed(home, parts, name) for name in sorted(types - {"null"})]
        return united(written, nullable="null" in types or says_null(home))

    def _constants(self, home: Schema, values: list[Any], types: frozenset[str] | None) -> Value:
        """Plan the values of an enum that are of an allowed type."""
        fitting = [v for v in values if v is not None and (types is None or any(is_of_type(v, name) for name in types))]
        nullable = says_null(home) or (None in values and (types is None or "null" in types))
        return united([Constants(tuple(fitting))] if fitting else [], nullable=nullable)

    def _union(self, home: Schema, parts: tuple[Schema, ...]) -> Value | None:
        """Plan the first oneOf or anyOf, each branch with what stands beside it; None where there is no use in it."""
        found = branches_of(parts)
        if found is None:
            return None
        values = [
            self.value(branch.schema) if branch.whole else self._home_value(branch.schema, branch.parts)
            for branch in found.branches
        ]
        union = united(values, nullable=says_null(home) or any(says_null(part) for part in found.beside))
        schemas = [branch.schema for branch in found.branches]
        told = tagged(union, found.owner, self._property, self.value)
        return told or selected(union, list(zip(schemas, values, strict=True)))

    def _typed(self, home: Schema, parts: tuple[Schema, ...], name: str) -> Value:
        """Plan a value of one type."""
        match name:
            case "object":
                return self._object(home, parts)
            case "array":
                return self._array(home, parts)
            case "string":
                return self._text(parts)
            case "integer":
                return Scalar("integer", integer_limits(parts))
            case "number":
                return Scalar("number", number_limits(parts))
            case "boolean":
                return Scalar("boolean")
            case _:
                return Anything()

    def _text(self, parts: Sequence[Schema]) -> Scalar:
        """Plan a text by its format; dates and UUIDs have no limits."""
        kinds = (_kind(part) for part in parts)
        kind: Kind = next((kind for kind in kinds if kind is not None), "string")
        limits: Limits = text_limits(parts, self._accepts_pattern)
        if kind == "byte":
            limits = tuple(limit for limit in limits if limit[0] != "format")
        return Scalar(kind, limits if kind in ("string", "byte") else ())

    def _array(self, home: Schema, parts: tuple[Schema, ...]) -> ListOf:
        """Plan an array; its first items may have types of their own."""
        firsts, others = item_schemas(parts)
        places = (home.place.child("prefixItems", str(index)) for index in range(len(firsts)))
        first = tuple(map(self._inner, places, firsts))
        return ListOf(self._inner(home.place.child("items"), others), array_limits(parts), _is_loose(parts), first)

    def _inner(self, place: Place, schemas: list[Schema]) -> Value:
        """Plan what stands inside a value: anything where nothing is said of it."""
        with self._inside():
            return self._together(place, schemas) if schemas else Anything()

    def _object(self, home: Schema, parts: tuple[Schema, ...]) -> Value:
        """Plan an object: a model where properties are declared, else a dictionary."""
        if PARENTS & home.keywords.keys() or any(isinstance(part.siblings.get("properties"), dict) for part in parts):
            self._homes[home.place] = (home, parts)
            return ModelRef(home.place, _is_loose(parts))
        rest = self._inner(home.place.child("additionalProperties"), rest_schemas(parts))
        return MapOf(rest, map_limits(parts), _is_loose(parts), self._patterns(home, parts))

    def _patterns(self, home: Schema, parts: tuple[Schema, ...]) -> tuple[tuple[str, Value], ...]:
        """Plan the properties whose names fit patterns."""
        place = home.place.child("patternProperties")
        return tuple((name, self._inner(place.child(name), found)) for name, found in patterns_in(parts).items())

    def _extras(self, home: Schema, parts: tuple[Schema, ...]) -> Value | Extras:
        """Plan the undeclared properties: dropped where the document is silent, of one type where that tells all."""
        written = [part for part in parts if isinstance(part.siblings.get("additionalProperties"), dict | bool)]
        patterns = dict(self._patterns(home, parts))
        if not patterns and any(part.siblings["additionalProperties"] is False for part in written):
            return Extras.REFUSED
        kept = any(part.siblings.get(word, False) is not False for part in parts for word in _KEEPING)
        if not written and not kept:
            declares = any(part.siblings.get("properties") for part in parts)
            return Extras.REFUSED if self._strict_properties and declares else Extras.DROPPED
        if kept and any(part.siblings.get(word, False) is not False for part in parts for word in _ELSEWHERE):
            return Anything()
        rest = self._inner(home.place.child("additionalProperties"), rest_schemas(parts))
        kinds = [value for value in (*patterns.values(), rest) if not isinstance(value, Nothing)]
        return kinds[0] if kinds and kinds.count(kinds[0]) == len(kinds) else Anything()

    def _property(self, place: Place, name: str) -> tuple[str, Value] | None:
        """Return the attribute and the value of one property of a model."""
        home, parts = self._homes[place]
        declared = declared_in(parts)
        if name not in declared:
            return None
        with self._inside():
            value = self._together(home.place.child("properties", name), declared[name])
        return attribute_names(declared)[name], value

    def _model(self, home: Schema, parts: tuple[Schema, ...]) -> ModelPlan:
        """Plan a model from the properties that all its parts declare or require."""
        declared, required = declared_in(parts), required_in(parts)
        attributes = attribute_names(declared)
        return ModelPlan(
            place=home.place,
            name=self._names(home.place),
            fields=tuple(
                self._field(home, name, attributes[name], schemas, name in required)
                for name, schemas in declared.items()
            ),
            extras=self._extras(home, parts),
            parents=parent_plans(home),
        )

    def _field(self, home: Schema, name: str, attribute: str, schemas: list[Schema], required: bool) -> FieldPlan:
        """Plan one property."""
        value = self._together(home.place.child("properties", name), schemas)
        directed = any(part.siblings.get(word) is True for s in schemas for part in parts_of(s) for word in _DIRECTED)
        mandatory = (required and not directed) or any(schema.keywords.get("x-mandatory") is True for schema in schemas)
        written_null = any(part.keywords.get("x-nullable") is True for schema in schemas for part in _chain(schema))
        default = next((p.siblings["default"] for s in schemas for p in parts_of(s) if "default" in p.siblings), None)
        return FieldPlan(
            name=name,
            attribute=attribute,
            schema=schemas[-1],
            value=value,
            presence=presence_of(value, mandatory, written_null),
            default=NO_DEFAULT if default is None or mandatory else default,
        )

    def _together(self, place: Place, schemas: list[Schema]) -> Value:
        """Plan one value that several schemas describe: at the given place, or where the same ones met before."""
        if len({schema.place for schema in schemas}) == 1:
            return self.value(schemas[0])
        seen: set[Place] = set()
        parts = tuple(part for schema in schemas for part in parts_of(schema, seen))
        place = self._merged.setdefault(frozenset(seen), place)
        return self._home_value(replace(schemas[-1], place=place), parts)


def _is_loose(parts: Sequence[Schema]) -> bool:
    """Tell whether a type is only shown by other keywords, so that values of other types are accepted too."""
    return not any("type" in part.siblings for part in parts)


def _chain(schema: Schema) -> list[Schema]:
    """Return a property's schema and the ones that it merely refers to."""
    home, _ = home_of(schema)
    return [schema, home] if schema.place != home.place else [schema]


def _kind(part: Schema) -> Kind | None:
    """Return the Python type that a part gives a text."""
    return "binary" if is_binary(part) else _FORMATS.get(str(part.siblings.get("format"))) if asserted(part) else None
