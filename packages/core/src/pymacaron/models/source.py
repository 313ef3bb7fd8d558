"""Field plans to the source of their classes: what `classes` builds in memory, for editors and type checkers."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import to_json

from pymacaron.models.classes import plain_default
from pymacaron.models.fieldplan import FieldPlanner
from pymacaron.models.jsontypes import disjoint
from pymacaron.models.plans import (
    NO_DEFAULT,
    AliasRef,
    Anything,
    Choice,
    Constants,
    Extras,
    FieldPlan,
    Limits,
    ListOf,
    MapOf,
    ModelPlan,
    ModelRef,
    Nothing,
    Nullable,
    Presence,
    Scalar,
    Selected,
    Tagged,
    Value,
    inner_values,
)
from pymacaron.models.sourcenames import SourceNames
from pymacaron.models.syntax import assigned, call, constant, field, name, subscript, word
from pymacaron.models.unions import json_types
from pymacaron.spec import Document

__all__ = ["model_statements"]

_DEEPEST = 8
"""Levels of one annotation; Python's parser stops at a hundred."""
_TYPES = {
    "boolean": "Truth",
    "binary": "bytes",
    "date": "Date",
    "date-time": "DateTime",
    "duration": "Duration",
    "ipv4": "IPv4",
    "ipv6": "IPv6",
    "uuid": "Uuid",
}
_EXTRAS = {Extras.DROPPED: "ignore", Extras.REFUSED: "forbid"}


def model_statements(document: Document, planner: FieldPlanner, names: SourceNames) -> list[ast.stmt]:
    """Return the statements that declare all models, in a namespace that knows `pymacaron.models.typed` as `_t`."""
    return _Writer(document, planner, names).statements()


class _Writer:
    """Writes the classes; what is too long for one annotation gets a name of its own, below them."""

    def __init__(self, document: Document, planner: FieldPlanner, names: SourceNames) -> None:
        self._document = document
        self._planner = planner
        self._names = names
        self._parts: list[ast.stmt] = []
        self._named: dict[str, ast.expr] = {}
        self._hidden: frozenset[str] = frozenset()

    def statements(self) -> list[ast.stmt]:
        """Return the parents, the classes, and then what they only name: all of it in the order of the document."""
        plans = [(own, self._planner.model(place)) for place, own in self._names.models.items()]
        classes = [self._root(component, own) for component, own in self._names.roots.items()]
        classes += [self._class(plan, own) for own, plan in plans]
        aliases = [self._alias(AliasRef(place), own) for place, own in self._names.aliases.items()]
        same = [assigned(own, name(self._names.models[place])) for own, place in self._names.same.values()]
        parents = [parent for _, plan in plans for parent in _parents(plan)]
        return [*dict(parents).values(), *classes, *aliases, *self._parts, *same]

    def _root(self, component: str, own: str) -> ast.stmt:
        """Return the class of a component that is no object."""
        self._hidden = frozenset({"root"})
        value = self._planner.value(self._document.schemas[component])
        options = {"default_factory": word("dict")} if isinstance(value, MapOf) else {}
        given = call(word("Field"), **options) if options else None
        return _class(own, [word("PymacaronRootModel")], [field("root", self._type(value), given)])

    def _class(self, plan: ModelPlan, own: str) -> ast.stmt:
        self._hidden = frozenset(each.attribute for each in plan.fields)
        body = [self._field(each) for each in plan.fields]
        kept = not isinstance(plan.extras, Extras)
        if not isinstance(plan.extras, Extras):
            annotation = subscript(word("dict"), word("str"), self._type(plan.extras))
            body.append(field("__pydantic_extra__", annotation, call(word("Field"), init=constant(False))))
        bases = [*(name(parent) for parent, _ in _parents(plan)), word("PymacaronBaseModel")]
        extra = "allow" if kept or not isinstance(plan.extras, Extras) else _EXTRAS[plan.extras]
        return _class(own, bases, body, extra=constant(extra))

    def _field(self, plan: FieldPlan) -> ast.stmt:
        annotation, options = self._type(plan.value), self._default(plan)
        if plan.presence is Presence.OPTIONAL:
            annotation = (
                subscript(word("Annotated"), annotation, call(word("OptionalValue")))
                if options
                else subscript(word("Maybe"), annotation)
            )
            options = (options or {"default": constant(None)}) | {"exclude_if": word("is_absent")}
        elif plan.presence is Presence.WRITTEN_NULL:
            annotation = subscript(word("Union"), annotation, constant(None))
            options = options or {"default": constant(None)}
        elif plan.presence is Presence.NULL_WHEN_SET:
            options = options or {"default": word("MISSING")}
        else:
            options = {}
        if plan.name != plan.attribute:
            told = constant(plan.name)
            options |= {"validation_alias": told, "serialization_alias": told}
        return field(plan.attribute, annotation, call(word("Field"), **options) if options else None)

    def _default(self, plan: FieldPlan) -> dict[str, ast.expr]:
        if plan.default is NO_DEFAULT:
            return {}
        written = constant(to_json(plan.default).decode())
        plain = plain_default(plan)
        if plain is None:
            return {"default_factory": call(word("Default"), written)}
        value = plain[0]
        if value is None:
            return {}
        if type(value) in (str, bool, int, float):
            return {"default": constant(value)}
        return {"default": call(word("parsed"), self._type(plan.value), written)}

    def _alias(self, reference: AliasRef, own: str) -> ast.stmt:
        """Return the declaration of a value that contains itself."""
        self._hidden = frozenset()
        inner = ast.unparse(self._type(self._planner.alias(reference.place)))
        return assigned(own, call(word("TypeAliasType"), constant(own), constant(inner)))

    def _type(self, value: Value, depth: int = 0) -> ast.expr:
        """Return the annotation of a value."""
        if depth == _DEEPEST:
            return self._part(self._type(value))
        match value:
            case Scalar():
                return _scalar(value)
            case Constants(values=constants):
                return _constants(constants)
            case Nullable(value=inner):
                return subscript(word("Union"), self._type(inner, depth + 1), constant(None))
            case ListOf(loose=loose):
                made = self._list(value, depth)
                return self._either([made], "pick_array") if loose else made
            case MapOf(loose=loose):
                made = self._map(value, depth)
                return self._either([made], "pick_object") if loose else made
            case _:
                return self._compound(value, depth)

    def _compound(self, value: Value, depth: int) -> ast.expr:
        match value:
            case Choice(choices=choices):
                return self._choice(choices, depth)
            case Selected(branches=branches):
                types = [self._type(each, depth + 1) for _, each in branches]
                return self._either(types, "pick_branch", free_in_union=False)
            case ModelRef(place=place, loose=loose):
                kind = self._reference(self._names.models[place])
                return self._either([kind], "pick_object") if loose else kind
            case AliasRef(place=place):
                return self._reference(self._names.aliases[place])
            case Tagged():
                return self._tagged(value, depth)
            case Nothing():
                return subscript(word("Annotated"), word("Any"), call(word("Refused")))
            case _:
                return word("Free")

    def _list(self, value: ListOf, depth: int) -> ast.expr:
        if not value.first:
            return _container(subscript(word("list"), self._inner(value.item, depth)), value.item, value.limits)
        first, rest = ast.Tuple(self._members(value.first, depth), ast.Load()), self._member(value.item, depth)
        made = subscript(word("list"), word("Any"))
        return _limited(subscript(word("Annotated"), made, call(word("ByPlace"), first, rest)), value.limits)

    def _map(self, value: MapOf, depth: int) -> ast.expr:
        if not value.patterns:
            made = subscript(word("dict"), word("str"), self._inner(value.value, depth))
            return _container(made, value.value, value.limits)
        types = self._members([inner for _, inner in value.patterns], depth)
        pairs: list[ast.expr] = [
            ast.Tuple([constant(pattern), kind], ast.Load())
            for (pattern, _), kind in zip(value.patterns, types, strict=True)
        ]
        by_name = call(word("ByName"), ast.Tuple(pairs, ast.Load()), self._member(value.value, depth))
        made = subscript(word("dict"), word("str"), word("Any"))
        return _limited(subscript(word("Annotated"), made, by_name), value.limits)

    def _members(self, values: Sequence[Value], depth: int) -> list[ast.expr]:
        return [self._member(value, depth) for value in values]

    def _member(self, value: Value, depth: int) -> ast.expr:
        return self._part(self._type(value, depth + 1))

    def _inner(self, value: Value, depth: int) -> ast.expr:
        return word("Any") if isinstance(value, Anything) else self._type(value, depth + 1)

    def _choice(self, choices: Sequence[Value], depth: int) -> ast.expr:
        types = [self._type(each, depth + 1) for each in choices]
        if all(isinstance(each, Scalar | Constants) for each in choices) or not disjoint(map(json_types, choices)):
            return subscript(word("Union"), *types)
        return self._either(types, "pick_type", free=False)

    def _tagged(self, value: Tagged, depth: int) -> ast.expr:
        models = list(dict.fromkeys(inner_values(value)))
        tags = tuple((tag, models.index(reference)) for tag, reference in value.choices)
        union = subscript(word("Union"), *(self._type(model, depth + 1) for model in models))
        told = [constant(value.names), constant(tags)]
        if value.default is not None:
            told.append(constant(models.index(value.default)))
        return subscript(word("Annotated"), union, call(word("TaggedBy"), *told))

    def _either(self, types: list[ast.expr], pick: str, *, free: bool = True, free_in_union: bool = True) -> ast.expr:
        """Return a union of which a function picks the type; each is named, lest nested ones double in length."""
        parts = [self._part(each) for each in types]
        every = [*parts, word("Free")] if free else parts
        union = subscript(word("Union"), *(every if free_in_union else parts))
        selection = call(word("Selection"), ast.Tuple(every, ast.Load()), word(pick))
        return subscript(word("Annotated"), union, selection)

    def _reference(self, own: str) -> ast.expr:
        """Return the name of a class, by way of another where an attribute hides it."""
        return self._part(name(own), always=True) if own in self._hidden else name(own)

    def _part(self, expression: ast.expr, *, always: bool = False) -> ast.expr:
        """Return a name for an annotation, unless it is one."""
        if isinstance(expression, ast.Name | ast.Attribute) and not always:
            return expression
        written = ast.unparse(expression)
        if written not in self._named:
            own = f"_Part_{len(self._named) + 1}"
            self._named[written] = name(own)
            self._parts.append(field(own, word("TypeAlias"), expression))
        return self._named[written]


def _class(own: str, bases: list[ast.expr], body: list[ast.stmt], **options: ast.expr) -> ast.stmt:
    keywords = [ast.keyword(key, value) for key, value in options.items()]
    made: dict[str, Any] = {"type_params": []} if "type_params" in ast.ClassDef._fields else {}
    return ast.ClassDef(own, bases, keywords, body or [ast.Pass()], [], **made)


def _parents(plan: ModelPlan) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the name of each class that `x-parent` or `x-persist` names, and how it is imported."""
    for parent in plan.parents:
        module, _, own = parent.dotted_name.rpartition(".")
        alias = "_" + parent.dotted_name.replace(".", "_")
        yield alias, ast.ImportFrom(module, [ast.alias(own, alias)], 0)


def _scalar(value: Scalar) -> ast.expr:
    if value.kind == "string":
        return _text(value.limits)
    if value.kind == "number":
        return _limited(word("Number"), value.limits)
    if value.kind == "integer":
        return subscript(word("Annotated"), word("int"), call(word("Integer"), constant(value.limits)))
    if value.kind == "byte":
        return subscript(word("Annotated"), word("bytes"), call(word("Base64"), _text(value.limits)))
    return constant(None) if value.kind == "null" else word(_TYPES[value.kind])


def _text(limits: Limits) -> ast.expr:
    told = dict(limits)
    annotation = _limited(word("Text"), tuple(limit for limit in limits if limit[0] not in ("format", "ecma")))
    if "format" not in told and "ecma" not in told:
        return annotation
    checked = call(word("Checked"), constant(told.get("format", "")), constant(told.get("ecma", "")))
    return subscript(word("Annotated"), annotation, checked)


def _container(made: ast.expr, inner: Value, limits: Limits) -> ast.expr:
    if isinstance(inner, Anything):
        return _limited(subscript(word("Annotated"), made, call(word("Finite"))), limits)
    return _limited(made, (*limits, ("fail_fast", True)))


def _limited(annotation: ast.expr, limits: Limits) -> ast.expr:
    options = {key: constant(limit) for key, limit in limits}
    return subscript(word("Annotated"), annotation, call(word("Field"), **options)) if options else annotation


def _constants(constants: tuple[Any, ...]) -> ast.expr:
    if all(isinstance(each, str) for each in constants):
        return subscript(word("Literal"), *map(constant, constants))
    return subscript(word("Annotated"), word("Any"), call(word("one_of"), constant(json.dumps(constants))))
