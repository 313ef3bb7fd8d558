"""The branches of oneOf and anyOf: what stands beside them, and which property tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pymacaron.models.heirs import default_target, target_of
from pymacaron.models.jsontypes import disjoint, json_type
from pymacaron.models.merge import CHOSEN, JUDGING, constants_of, home_of, parts_of
from pymacaron.models.plans import (
    Anything,
    Choice,
    Constants,
    ListOf,
    MapOf,
    ModelRef,
    Nothing,
    Nullable,
    Scalar,
    Selected,
    Tagged,
    Value,
)
from pymacaron.spec import Place, Schema

__all__ = ["Branch", "Branches", "Tags", "branches_of", "json_types", "selected", "tagged", "tags_of", "united"]

PropertyOf = Callable[[Place, str], tuple[str, Value] | None]
"""From a model's place and a property's name to its attribute and value, None where the model has no such property."""

_UNIONS = ("oneOf", "anyOf")


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch: `whole` when it says everything by itself, else `parts` hold it and what stands beside the union."""

    schema: Schema
    parts: tuple[Schema, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches of the union that `owner` writes, and the parts that stand `beside` it."""

    owner: Schema
    beside: tuple[Schema, ...]
    branches: tuple[Branch, ...]


def united(values: Sequence[Value], nullable: bool = False) -> Value:
    """Return the union of values, flat, without repetition, and with null told once and outermost."""
    flat: list[Value] = []
    for value in _flattened(values):
        if isinstance(value, Nullable) or value == Scalar("null"):
            nullable = True
        elif not any(value == other and repr(value) == repr(other) for other in flat):  # 1 is True in Python
            flat.append(value)
    if Anything() in flat:
        return Anything()
    flat = [value for value in flat if not isinstance(value, Nothing)]
    if not flat:
        return Scalar("null") if nullable else Nothing()
    union = flat[0] if len(flat) == 1 else Choice(tuple(flat))
    return Nullable(union) if nullable else union


def _flattened(values: Sequence[Value]) -> Iterator[Value]:
    """Yield the values inside nullable ones and choices, and Scalar("null") for each null."""
    for value in values:
        match value:
            case Nullable(value=inner):
                yield Scalar("null")
                yield from _flattened([inner])
            case Choice(choices=choices):
                yield from _flattened(choices)
            case _:
                yield value


def branches_of(parts: tuple[Schema, ...]) -> Branches | None:
    """Return the branches of the first union among parts; None without one, or where it only adds rules to a model."""
    owner = next((part for part in parts if _union_keyword(part)), None)
    if owner is None:
        return None
    keyword = _union_keyword(owner)
    branches = list(owner.children(keyword).values())
    places = {part.place for part in parts}
    if any(home_of(branch)[0].place in places for branch in branches):
        return None
    beside = tuple(_without_union(part) if part is owner else part for part in parts)
    telling = {word for part in beside for word in JUDGING & part.siblings.keys()}
    if "properties" in telling and not any(_declares(branch) for branch in branches):
        return None
    return Branches(
        owner, beside, tuple(_branch(branch, beside, owner, alone=telling <= {"type"}) for branch in branches)
    )


def _branch(schema: Schema, beside: tuple[Schema, ...], owner: Schema, alone: bool) -> Branch:
    """Put a branch beside what all branches share, unless nothing is shared or the branch includes it already."""
    own = tuple(parts_of(schema))
    typed = alone and any({"type", "properties", "enum", "const", *_UNIONS} & part.siblings.keys() for part in own)
    shared = any(JUDGING & part.siblings.keys() for part in beside)
    if typed or not shared or any(part.place == owner.place for part in own):
        return Branch(schema, own, whole=True)
    return Branch(schema, (*beside, *own), whole=False)


def _union_keyword(part: Schema) -> str:
    """Return the keyword of a part's union, empty without one."""
    return next((word for word in _UNIONS if isinstance(part.siblings.get(word), list) and part.siblings[word]), "")


def _without_union(part: Schema) -> Schema:
    """Return a part without its union."""
    dropped = (*_UNIONS, "discriminator")
    kept = {word: value for word, value in part.keywords.items() if word not in dropped}
    return replace(part, keywords=kept | {CHOSEN: True})


def _declares(branch: Schema) -> bool:
    """Tell whether a branch brings properties of its own, or a type that has none."""
    return any({"properties", "additionalProperties", *_UNIONS} & part.siblings.keys() for part in parts_of(branch))


def tagged(union: Value, owner: Schema, property_of: PropertyOf, value_of: Callable[[Schema], Value]) -> Value | None:
    """Return a union as Tagged where `discriminator` tells all of its models apart, else None."""
    discriminator = owner.siblings.get("discriminator")
    inner = union.value if isinstance(union, Nullable) else union
    if not isinstance(discriminator, dict) or not isinstance(inner, Choice):
        return None
    name = discriminator.get("propertyName")
    references = [choice for choice in inner.choices if isinstance(choice, ModelRef)]
    if not isinstance(name, str) or len(references) != len(inner.choices):
        return None
    found = {reference: property_of(reference.place, name) for reference in references}
    properties = {reference: told for reference, told in found.items() if told is not None}
    tags = _tags(owner, discriminator.get("mapping"), properties, value_of)
    default = _mapped(owner, default_target(discriminator), value_of)
    default = default if default in references else None
    if properties.keys() | {default} != {*references, default} or {*tags.values(), default} != {*references, default}:
        return None
    names = dict.fromkeys([name, *(attribute for attribute, _ in properties.values())])
    told = Tagged(tuple(names), tuple(tags.items()), default)
    return Nullable(told) if isinstance(union, Nullable) else told


def _tags(
    owner: Schema,
    mapping: object,
    properties: Mapping[ModelRef, tuple[str, Value]],
    value_of: Callable[[Schema], Value],
) -> dict[str, ModelRef]:
    """Return the model of each tag: by the mapping, then by components' names, then by the property's constants."""
    tags: dict[str, ModelRef] = {}
    for tag, target in mapping.items() if isinstance(mapping, dict) else ():
        mapped = _mapped(owner, target, value_of)
        if mapped is not None and mapped in properties:
            tags[str(tag)] = mapped
    for reference in properties:
        tags.setdefault(reference.place.pointer[-1] if reference.place.pointer else "", reference)
    for reference, (_, value) in properties.items():
        for constant in value.values if isinstance(value, Constants) else ():
            if isinstance(constant, str):
                tags.setdefault(constant, reference)
    return tags


def _mapped(owner: Schema, target: object, value_of: Callable[[Schema], Value]) -> ModelRef | None:
    """Return the model that a mapping names; None where there is none."""
    schema = target_of(owner, target)
    found = None if schema is None else value_of(schema)
    return found if isinstance(found, ModelRef) else None


class Tags(NamedTuple):
    """The property that tells the branches of a union apart, the tags of each, and which one all other values mean."""

    name: str
    by_branch: dict[int, list[str]]
    default: int | None

    @property
    def known(self) -> list[str]:
        """All tags, branch by branch."""
        return [tag for index in sorted(self.by_branch) for tag in self.by_branch[index]]


def tags_of(schema: Schema) -> Tags | None:
    """Return what tells the branches of a union apart; None without a discriminator.

    Every branch but that of the default must be an object that declares the property, as for `tagged`.
    """
    discriminator, keyword = schema.siblings.get("discriminator"), _union_keyword(schema)
    if not isinstance(discriminator, dict) or not keyword or not isinstance(discriminator.get("propertyName"), str):
        return None
    name = discriminator["propertyName"]
    branches = list(schema.children(keyword).values())
    homes = {home_of(branch)[0].place: index for index, branch in enumerate(branches)}
    tags: dict[str, int] = {}
    mapping = discriminator.get("mapping")
    for tag, target in mapping.items() if isinstance(mapping, dict) else ():
        found = target_of(schema, target)
        if found is not None and home_of(found)[0].place in homes:
            tags[str(tag)] = homes[home_of(found)[0].place]
    for place, index in homes.items():
        tags.setdefault(place.pointer[-1] if place.pointer else "", index)
    target = target_of(schema, default_target(discriminator))
    default = None if target is None else homes.get(home_of(target)[0].place)
    for index, branch in enumerate(branches):
        told = _tag_constants(branch, name)
        if told is None and index != default:
            return None
        for constant in told or ():
            tags.setdefault(constant, index)
    by_branch = {index: [tag for tag, owner in tags.items() if owner == index] for index in range(len(branches))}
    return Tags(name, by_branch, default)


def _tag_constants(branch: Schema, name: str) -> list[str] | None:
    """Return the texts that a branch allows for a property, None where it does not declare the property."""
    declared = [part.children("properties").get(name) for part in parts_of(branch)]
    found = [schema for schema in declared if schema is not None]
    values = [constants_of(tuple(parts_of(schema))) for schema in found]
    return [tag for each in values for tag in each or () if isinstance(tag, str)] if found else None


def selected(union: Value, branches: Sequence[tuple[Schema, Value]]) -> Value:
    """Return a union as Selected where neither the types of its values nor their being plain tells them apart."""
    inner = union.value if isinstance(union, Nullable) else union
    if not isinstance(inner, Choice) or disjoint([json_types(choice) for choice in inner.choices]):
        return union
    if all(isinstance(choice, Scalar | Constants) for choice in inner.choices):
        return union
    told = tuple((schema, value.value if isinstance(value, Nullable) else value) for schema, value in branches)
    kept = Selected(tuple(pair for pair in told if pair[1] not in (Scalar("null"), Nothing())))
    return Nullable(kept) if isinstance(union, Nullable) else kept


def json_types(value: Value) -> frozenset[str] | None:
    """Return the JSON types of a value, None where they are not known."""
    match value:
        case Scalar(kind=kind):
            return frozenset({kind if kind in ("integer", "number", "boolean", "null") else "string"})
        case Constants(values=constants):
            return frozenset(map(json_type, constants))
        case ListOf() as value:
            return None if value.loose else frozenset({"array"})
        case MapOf(loose=True) | ModelRef(loose=True):
            return None
        case MapOf() | ModelRef() | Tagged():
            return frozenset({"object"})
        case Nullable(value=inner):
            types = json_types(inner)
            return None if types is None else types | {"null"}
        case Choice(choices=choices):
            found = [json_types(choice) for choice in choices]
            return None if None in found else frozenset[str]().union(*(types for types in found if types))
        case _:
            return None
