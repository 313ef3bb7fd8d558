"""What several schemas ask of one value together, seen through `$ref` and `allOf`, whatever the dialect."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import combinations
from typing import Any

from pymacaron.spec import Place, Schema

__all__ = ["COUNTS_LEAST", "COUNTS_MOST", "NULL_BRANCH", "Bound", "Schemas", "View", "Views"]

Schemas = tuple[Schema, ...]
"""Schemas that all hold; none for whatever is allowed."""
Bound = tuple[float, bool]
"""A limit of numbers, and whether the limit itself is left out."""

COUNTS_LEAST = ("minLength", "minItems", "minProperties")
COUNTS_MOST = ("maxLength", "maxItems", "maxProperties")
NULL_BRANCH = None
"""What stands for null among the branches of a union."""
_TYPES_OF_JSON = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
_NUMBERS = frozenset({"number", "integer"})
_OPAQUE = (
    "contains",
    "contentSchema",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "not",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)


@dataclass(frozen=True, slots=True)
class View:
    """The keywords of schemas that hold together: None or nothing where they leave a matter open."""

    types: frozenset[str] | None = None
    values: Mapping[str, Any] | None = None
    lowest: Bound | None = None
    highest: Bound | None = None
    multiples: frozenset[float] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)
    unique: bool = False
    patterns: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    properties: Mapping[str, Schemas] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = False
    further: Schemas = ()
    items: Schemas = ()
    unions: tuple[tuple[Schemas | None, ...], ...] = ()
    opaque: Mapping[str, tuple[Schema, ...]] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    discriminator: str | None = None
    mapping: Mapping[str, Schemas] = field(default_factory=dict)
    exclusive: bool = False
    default: str | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether no value fits, as with the schema `false`."""
        return self.types is not None and not self.types

    def and_(self, other: View) -> View:
        """Return what this view and another one ask together."""
        return View(
            types=_intersected(self.types, other.types),
            values=_common(self.values, other.values),
            lowest=_strictest(self.lowest, other.lowest, least=True),
            highest=_strictest(self.highest, other.highest, least=False),
            multiples=self.multiples | other.multiples,
            counts=_counted(self.counts, other.counts),
            unique=self.unique or other.unique,
            patterns=self.patterns | other.patterns,
            formats=self.formats | other.formats,
            properties=_joined(self.properties, other.properties),
            required=self.required | other.required,
            closed=self.closed or other.closed,
            further=self.further + other.further,
            items=self.items + other.items,
            unions=self.unions + other.unions,
            opaque=_joined(self.opaque, other.opaque),
            flags=self.flags | other.flags,
            discriminator=self.discriminator or other.discriminator,
            mapping={**other.mapping, **self.mapping},
            exclusive=self.exclusive or other.exclusive,
            default=self.default if other.default is None else other.default,
        )


class Views:
    """The views of schemas, each made once."""

    def __init__(self) -> None:
        self._known: dict[Place, View] = {}
        self._open: set[Place] = set()

    def of(self, schemas: Schemas) -> View:
        """Return what schemas ask together."""
        return _settled(reduce(View.and_, map(self._one, schemas), View()))

    def _one(self, schema: Schema) -> View:
        known = self._known.get(schema.place)
        if known is not None or schema.place in self._open:
            return known or View()
        self._open.add(schema.place)
        view = self._made(schema)
        self._open.remove(schema.place)
        self._known[schema.place] = view
        return view

    def _made(self, schema: Schema) -> View:
        view = _written(schema)
        reference = schema.reference
        if reference is not None:
            view = view.and_(self._one(reference))
        for part in schema.children("allOf").values() if "allOf" in schema.siblings else ():
            view = view.and_(self._one(part))
        for word in ("oneOf", "anyOf"):
            if isinstance(schema.siblings.get(word), list):
                view = view.and_(self._union(schema, word))
        return _or_null(view) if _says_null(schema) else view

    def _union(self, schema: Schema, word: str) -> View:
        written = tuple((branch,) for branch in schema.children(word).values())
        branches = tuple(branch for branch in written if not self.of(branch).is_nothing)
        if not branches:
            return View(types=frozenset())
        others = tuple(branch for branch in branches if self.of(branch).types != frozenset({"null"}))
        nullable = len(others) < len(branches)
        if len(others) == 1:
            only = self._one(others[0][0])
            return _or_null(only) if nullable else only
        views = [self.of(branch) for branch in others]
        apart = all(_are_apart(one, other) for one, other in combinations(views, 2))
        types = [view.types for view in views if view.types and view == View(types=view.types)]
        if apart and len(types) == len(views):
            plain = View(types=frozenset[str]().union(*types))
            return _or_null(plain) if nullable else plain
        exclusive = word == "oneOf" and not apart and "discriminator" not in schema.siblings
        return View(unions=((*others, NULL_BRANCH) if nullable else others,), exclusive=exclusive)


def _written(schema: Schema) -> View:
    """Return the view of what a schema itself says."""
    words = schema.siblings
    new = schema.dialect == "openapi-3.1"
    return View(
        types=frozenset() if _refuses_all(words) else _types(words.get("type")),
        values=_values(words, new),
        lowest=_bound(words, "minimum", "exclusiveMinimum", least=True),
        highest=_bound(words, "maximum", "exclusiveMaximum", least=False),
        multiples=frozenset(_numbers(words.get("multipleOf"))),
        counts={word: int(words[word]) for word in (*COUNTS_LEAST, *COUNTS_MOST) if [*_numbers(words.get(word))]},
        unique=words.get("uniqueItems") is True,
        patterns=frozenset(_texts(words.get("pattern"))),
        formats=_formats(words),
        properties={name: (inner,) for name, inner in schema.children("properties").items()}
        if "properties" in words
        else {},
        required=frozenset(_required(words)),
        closed=words.get("additionalProperties") in (False, {"not": {}})
        or (new and words.get("unevaluatedProperties") is False),
        further=(schema.child("additionalProperties"),) if isinstance(words.get("additionalProperties"), dict) else (),
        items=(schema.child("items"),) if isinstance(words.get("items"), dict | bool) else (),
        opaque=_opaque(schema),
        flags=frozenset(word for word in ("readOnly", "writeOnly", "deprecated") if words.get(word) is True),
        discriminator=_discriminator(words),
        mapping=_mapping(schema),
        default=_text(words["default"]) if "default" in words else None,
    )


def _required(words: Mapping[str, Any]) -> Iterable[str]:
    """Yield what is required, also by the extension `x-mandatory` of a property."""
    yield from (name for name in words.get("required") or () if isinstance(name, str))
    for name, inner in (words.get("properties") or {}).items():
        if isinstance(inner, dict) and inner.get("x-mandatory") is True:
            yield name


def _settled(view: View) -> View:
    """Return a view whose types are told by its values where it names none, and whose bounds fit integers."""
    types = view.types
    if view.values is not None:
        shown = frozenset(_TYPES_OF_JSON.get(type(value), "null") for value in view.values.values())
        types = shown if types is None else types & (shown | (_NUMBERS if shown & _NUMBERS else shown))
    if types is None or types - {"integer", "null"} or "integer" not in types:
        return view if types is view.types else replace(view, types=types)
    return replace(view, types=types, lowest=_whole(view.lowest, 1), highest=_whole(view.highest, -1))


def _whole(bound: Bound | None, step: int) -> Bound | None:
    """Return a bound of integers that is itself allowed."""
    if bound is None or math.isinf(bound[0]):
        return bound
    number, exclusive = bound
    rounded = math.ceil(number) if step > 0 else math.floor(number)
    return (rounded + step if exclusive and rounded == number else rounded), False


def _refuses_all(words: Mapping[str, Any]) -> bool:
    """Tell whether keywords are, or hold, what stands for the schema `false`."""
    return "not" in words and words["not"] in ({}, True)


def _or_null(view: View) -> View:
    types = None if view.types is None else view.types | {"null"}
    values = None if view.values is None else {**view.values, "null": None}
    unions = tuple(union if NULL_BRANCH in union else (*union, NULL_BRANCH) for union in view.unions)
    return replace(view, types=types, values=values, unions=unions)


def _says_null(schema: Schema) -> bool:
    if schema.keywords.get("x-nullable") is True:
        return True
    return schema.dialect == "openapi-3.0" and schema.siblings.get("nullable") is True


def _types(written: Any) -> frozenset[str] | None:
    names = [written] if isinstance(written, str) else written
    if not isinstance(names, list):
        return None
    types = frozenset("string" if name == "file" else str(name) for name in names)
    return types | _NUMBERS if "number" in types else types


def _values(words: Mapping[str, Any], new: bool) -> dict[str, Any] | None:
    if new and "const" in words:
        return {_text(words["const"]): words["const"]}
    listed = words.get("enum")
    return {_text(value): value for value in listed} if isinstance(listed, list) else None


def _bound(words: Mapping[str, Any], inclusive: str, exclusive: str, *, least: bool) -> Bound | None:
    strict = words.get(exclusive) is True
    bound: Bound | None = None
    for number in _numbers(words.get(inclusive)):
        bound = (number, strict)
    for number in _numbers(words.get(exclusive)):
        bound = _strictest(bound, (number, True), least=least)
    return bound


def _strictest(one: Bound | None, other: Bound | None, *, least: bool) -> Bound | None:
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        return one[0], one[1] or other[1]
    return max(one, other) if least else min(one, other)


def _counted(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    both = {**one, **other}
    for word in one.keys() & other.keys():
        both[word] = (max if word in COUNTS_LEAST else min)(one[word], other[word])
    return both


def _intersected(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _common(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if one is None or other is None:
        return other if one is None else one
    return {text: value for text, value in one.items() if text in other}


def _joined(one: Mapping[str, Schemas], other: Mapping[str, Schemas]) -> dict[str, Schemas]:
    return {name: one.get(name, ()) + other.get(name, ()) for name in {**one, **other}}


def _formats(words: Mapping[str, Any]) -> frozenset[str]:
    written = "binary" if words.get("type") == "file" else words.get("format")
    return frozenset(_texts(written))


def _discriminator(words: Mapping[str, Any]) -> str | None:
    written = words.get("discriminator")
    name = written.get("propertyName") if isinstance(written, dict) else written
    return name if isinstance(name, str) else None


def _mapping(schema: Schema) -> dict[str, Schemas]:
    """Return what the values of a discriminator stand for, those that are the names of alternatives included."""
    from pymacaron.models.heirs import target_of

    told = schema.siblings.get("discriminator")
    if told is None:
        return {}
    written = told.get("mapping") if isinstance(told, dict) else None
    found: dict[str, Schemas] = {
        str(branch.keywords["$ref"]).rpartition("/")[2]: (branch,)
        for word in ("oneOf", "anyOf")
        for branch in (schema.children(word).values() if isinstance(schema.siblings.get(word), list) else ())
        if "$ref" in branch.keywords
    }
    for value, target in written.items() if isinstance(written, dict) else ():
        if (named := target_of(schema, target)) is not None:
            found[value] = (named,)
    return found


def _are_apart(one: View, other: View) -> bool:
    """Tell whether the types of two views leave no value that fits both."""
    return one.types is not None and other.types is not None and not one.types & other.types


def _opaque(schema: Schema) -> dict[str, Schemas]:
    """Return what is only compared as it is written; each keyword as a schema of its own."""
    words = schema.siblings
    listed = {"prefixItems": words["items"]} if isinstance(words.get("items"), list) else {}
    return {
        word: (replace(schema, keywords={word: value}),)
        for word, value in {**{word: words[word] for word in _OPAQUE if word in words}, **listed}.items()
        if (word == "contains" or value not in ({}, True)) and (word, value) != ("unevaluatedProperties", False)
    }


def _numbers(value: Any) -> Iterable[float]:
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else []


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
