"""Field plans to pydantic classes in memory, each built when it is first needed, with all that it reaches."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from types import new_class
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import MISSING, ValidationError, to_json

from pymacaron.exceptions import BindingError
from pymacaron.models import values
from pymacaron.models.base import ModelFacts, PymacaronBaseModel, PymacaronRootModel
from pymacaron.models.circles import circles, references
from pymacaron.models.fieldplan import FieldPlanner
from pymacaron.models.formats import TYPED, Checked
from pymacaron.models.jsontypes import disjoint
from pymacaron.models.later import Later
from pymacaron.models.members import ByName, ByPlace
from pymacaron.models.names import class_name, unique_name
from pymacaron.models.plans import (
    NO_DEFAULT,
    AliasRef,
    Anything,
    Choice,
    Constants,
    Extras,
    FieldPlan,
    ListOf,
    MapOf,
    ModelPlan,
    ModelRef,
    Nothing,
    Nullable,
    ParentPlan,
    Presence,
    Scalar,
    Selected,
    Tagged,
    Value,
    inner_values,
)
from pymacaron.models.runtime import alias_type, either, made
from pymacaron.models.selection import Pick, pick_array, pick_branch, pick_object, pick_type
from pymacaron.models.unions import json_types
from pymacaron.spec import Place, Schema

__all__ = ["ClassBuilder", "plain_default"]

_PLAIN: dict[str, Any] = {
    "boolean": values.Truth,
    "null": None,
    "binary": bytes,
    **TYPED,
}
_FAIL_FAST = (("fail_fast", True),)
"""A hostile list of wrong items would fill the memory with errors; those that are told are found one by one."""
_TYPE_OF_EXTRAS = {Extras.DROPPED: "ignore", Extras.REFUSED: "forbid"}


class ClassBuilder:
    """Builds the classes of one API; `import_class` finds the parents that schemas name. One thread at a time."""

    def __init__(self, api: str, planner: FieldPlanner, import_class: Callable[[str], type]) -> None:
        self._api = api
        self._planner = planner
        self._import_class = import_class
        self._classes: dict[Place, type[PymacaronBaseModel]] = {}
        self._later: dict[Place, Later] = {}
        self._aliases: dict[Place, Any] = {}
        self._roots: dict[Place, type[PymacaronRootModel]] = {}
        self._names: set[str] = set()

    def annotation(self, value: Value) -> Any:
        """Return the annotation of a value, its models built."""
        self._build(references(value, self._planner))
        return self._annotation(value)

    def model(self, place: Place) -> type[PymacaronBaseModel]:
        """Return the class of the model planned at a place."""
        self._build([place])
        return self._classes[place]

    def root(self, schema: Schema, value: Value) -> type[PymacaronRootModel]:
        """Return the class of a component that is no model: it holds one value."""
        if schema.place not in self._roots:
            annotation = self.annotation(value)
            default: dict[str, Any] = {"default_factory": dict} if isinstance(value, MapOf) else {}
            name = self._class_name(schema.place)
            facts = ModelFacts(self._api, schema.place.pointer[-1], {}, {})
            self._roots[schema.place] = new_class(
                name, (PymacaronRootModel,), {}, _body(name, {"root": (annotation, Field(**default))}, facts, None)
            )
        return self._roots[schema.place]

    def parents(self, value: Value) -> list[ParentPlan]:
        """Return the parents of the models that a value reaches and that are not built yet."""
        plans = [self._planner.model(p) for circle in self._unbuilt(references(value, self._planner)) for p in circle]
        return [parent for plan in plans for parent in plan.parents]

    def parent(self, plan: ParentPlan) -> type:
        """Return the class that `x-parent` or `x-persist` names; raise BindingError where there is none."""
        try:
            found = self._import_class(plan.dotted_name)
        except Exception as error:
            raise _unfit(plan, f"cannot be imported ({type(error).__name__}: {error}); correct the name") from error
        if not isinstance(found, type):
            raise _unfit(plan, f"is no class but {type(found).__name__}; name a class")
        return found

    def _build(self, places: Iterable[Place]) -> None:
        for circle in self._unbuilt(places):
            plans = [self._planner.model(place) for place in circle]
            alone = len(circle) == 1 and circle[0] not in references(plans[0], self._planner)
            for plan in plans:
                self._later[plan.place] = Later(plan.name)
            for plan in plans:
                built = self._model(plan, defer=not alone)
                self._classes[plan.place] = self._later[plan.place].type = built

    def _unbuilt(self, places: Iterable[Place]) -> list[list[Place]]:
        wanted = [place for place in places if place not in self._classes]
        return circles(wanted, self._planner, self._classes.keys()) if wanted else []

    def _model(self, plan: ModelPlan, defer: bool) -> type[PymacaronBaseModel]:
        bases = tuple(dict.fromkeys((*map(self.parent, plan.parents), PymacaronBaseModel)))
        members: dict[str, tuple[Any, FieldInfo | None]] = {
            field.attribute: self._field(field) for field in plan.fields
        }
        options: dict[str, Any] = {"defer_build": defer}
        if isinstance(plan.extras, Extras):
            options["extra"] = _TYPE_OF_EXTRAS[plan.extras]
        else:
            options["extra"] = "allow"
            members["__pydantic_extra__"] = (made(dict, str, self._annotation(plan.extras)), None)
        attributes = {field.name: field.attribute for field in plan.fields}
        facts = ModelFacts(self._api, plan.name, attributes, {field.name: field.schema for field in plan.fields})
        name = self._class_name(plan.place)
        body = _body(name, members, facts, self._later[plan.place] if defer else None)
        # pydantic warns of a property with the name of what a parent defines: but it is the document that names them.
        quiet = warnings.catch_warnings(action="ignore", category=UserWarning) if plan.parents else nullcontext()
        try:
            with quiet:
                return new_class(name, bases, options, body)
        except TypeError as error:
            if not plan.parents:
                raise
            raise _unfit(
                plan.parents[0], f"cannot be inherited from ({error}); name a plain class or a model"
            ) from error

    def _class_name(self, place: Place) -> str:
        name = unique_name(class_name(place), self._names)
        self._names.add(name)
        return name

    def _field(self, plan: FieldPlan) -> tuple[Any, FieldInfo]:
        annotation = self._annotation(plan.value)
        options: dict[str, Any] = {} if plan.name == plan.attribute else {"alias": plan.name}
        default = _default(annotation, plan)
        if plan.presence is Presence.REQUIRED:
            return annotation, Field(**options)
        if plan.presence is Presence.OPTIONAL:
            return Annotated[annotation, values.OptionalValue()], Field(
                **(default or {"default": None}), exclude_if=values.is_absent, **options
            )
        if plan.presence is Presence.WRITTEN_NULL:
            return annotation | None, Field(**(default or {"default": None}), **options)
        return annotation, Field(**(default or {"default": MISSING}), **options)

    def _annotation(self, value: Value) -> Any:
        match value:
            case Scalar():
                return _scalar(value)
            case ListOf(loose=loose):
                return _loose(self._list(value), pick_array) if loose else self._list(value)
            case MapOf(loose=loose):
                return _loose(self._map(value), pick_object) if loose else self._map(value)
            case Nullable(value=inner):
                return either([self._annotation(inner), None])
            case Choice(choices=choices):
                return self._choice(choices)
            case Selected(branches=branches):
                return self._selected(branches)
            case Constants(values=constants):
                return _constants(constants)
            case _:
                return self._reference(value)

    def _list(self, value: ListOf) -> Any:
        if value.first:
            first = tuple(map(self._annotation, value.first))
            return _limited(Annotated[list[Any], ByPlace(first, self._annotation(value.item))], value.limits)
        if isinstance(value.item, Anything):
            return _limited(Annotated[list[Any], values.Finite()], value.limits)
        return _limited(made(list, self._annotation(value.item)), (*value.limits, *_FAIL_FAST))

    def _map(self, value: MapOf) -> Any:
        if value.patterns:
            patterns = tuple((pattern, self._annotation(inner)) for pattern, inner in value.patterns)
            return _limited(Annotated[dict[str, Any], ByName(patterns, self._annotation(value.value))], value.limits)
        if isinstance(value.value, Anything):
            return _limited(Annotated[dict[str, Any], values.Finite()], value.limits)
        return _limited(made(dict, str, self._annotation(value.value)), (*value.limits, *_FAIL_FAST))

    def _choice(self, choices: tuple[Value, ...]) -> Any:
        """Return a union; of types that JSON tells apart only the right one is tried, since others may be deep."""
        annotations = tuple(self._annotation(choice) for choice in choices)
        types = [json_types(choice) for choice in choices]
        if all(isinstance(choice, Scalar | Constants) for choice in choices) or not disjoint(types):
            return either(annotations)
        return Annotated[either(annotations), values.Selection(annotations, pick_type(types))]

    def _selected(self, branches: tuple[tuple[Schema, Value], ...]) -> Any:
        annotations = tuple(self._annotation(value) for _, value in branches)

        def class_of(index: int) -> type | None:
            value = branches[index][1]
            return self._classes.get(value.place) if isinstance(value, ModelRef) else None

        pick = pick_branch([schema for schema, _ in branches], class_of)
        return Annotated[either(annotations), values.Selection((*annotations, values.Free), pick)]

    def _reference(self, value: Value) -> Any:
        match value:
            case ModelRef(place=place, loose=loose):
                later = self._later[place]
                kind = Annotated[Any, later] if later.type is None else later.type
                return _loose(kind, pick_object) if loose else kind
            case AliasRef(place=place):
                return self._alias(place)
            case Tagged(names=names, choices=choices, default=default):
                models = list(dict.fromkeys(inner_values(value)))
                tags = tuple((tag, models.index(reference)) for tag, reference in choices)
                union = either(self._annotation(model) for model in models)
                return Annotated[
                    union, values.TaggedBy(names, tags, None if default is None else models.index(default))
                ]
            case Nothing():
                return Annotated[Any, values.Refused()]
            case _:
                return values.Free

    def _alias(self, place: Place) -> Any:
        if place not in self._aliases:
            later = Later(class_name(place))
            self._aliases[place] = Annotated[Any, later]
            later.type = alias_type(later.name, self._annotation(self._planner.alias(place)))
            self._aliases[place] = later.type
        return self._aliases[place]


def _loose(kind: Any, pick: Pick) -> Any:
    """Return a type beside which every other JSON value is taken as it is."""
    return Annotated[either((kind, values.Free)), values.Selection((kind, values.Free), pick)]


def _body(
    name: str, members: dict[str, tuple[Any, Any]], facts: ModelFacts, later: Later | None
) -> Callable[[dict[str, Any]], None]:
    """Return what fills the namespace of a class."""

    def fill(namespace: dict[str, Any]) -> None:
        namespace["__module__"] = "pymacaron.models"
        namespace["__qualname__"] = name
        namespace["__pymacaron_facts__"] = facts
        if later is not None:
            namespace["__pymacaron_later__"] = later
        namespace["__annotations__"] = {attribute: annotation for attribute, (annotation, _) in members.items()}
        namespace.update({attribute: field for attribute, (_, field) in members.items() if field is not None})

    return fill


def _scalar(value: Scalar) -> Any:
    if value.kind == "string":
        return _text(value.limits)
    if value.kind == "number":
        return _limited(values.Number, value.limits)
    if value.kind == "integer":
        return Annotated[int, values.Integer(value.limits)]  # type: ignore[arg-type]
    if value.kind == "byte":
        return Annotated[bytes, values.Base64(_text(value.limits))]
    return _PLAIN[value.kind]


def _text(limits: Iterable[tuple[str, Any]]) -> Any:
    native = [(name, limit) for name, limit in limits if name not in ("format", "ecma")]
    told = dict(limits)
    annotation = _limited(values.Text, native)
    if "format" not in told and "ecma" not in told:
        return annotation
    return Annotated[annotation, Checked(told.get("format", ""), told.get("ecma", ""))]


def _limited(annotation: Any, limits: Iterable[tuple[str, Any]]) -> Any:
    options = dict(limits)
    return Annotated[annotation, Field(**options)] if options else annotation


def _constants(constants: tuple[Any, ...]) -> Any:
    if all(isinstance(constant, str) for constant in constants):
        return Literal[constants]
    return Annotated[Any, values.OneOf(constants)]


def _default(annotation: Any, plan: FieldPlan) -> dict[str, Any]:
    """Return the default as pydantic's Field takes it; one that its own schema refuses is none."""
    if plan.default is NO_DEFAULT:
        return {}
    if (plain := plain_default(plan)) is None:
        return {"default_factory": functools.partial(_parsed, annotation, to_json(plan.default))}
    return {} if plain[0] is None else {"default": plain[0]}


def plain_default(plan: FieldPlan) -> tuple[Any] | None:
    """Return the default of a value that needs no model, None in a tuple for one that its schema refuses."""
    if not _plain(plan.value):
        return None
    value = plan.value
    annotation = _scalar(value) if isinstance(value, Scalar) else values.Free
    annotation = _constants(value.values) if isinstance(value, Constants) else annotation
    return (_parsed(annotation, to_json(plan.default)),)


def _plain(value: Value) -> bool:
    """Tell whether a value can be made before any model exists."""
    return isinstance(value, Scalar | Constants | Anything)


def _parsed(annotation: Any, written: bytes) -> Any:
    try:
        return TypeAdapter(annotation).validate_json(written)
    except ValidationError:
        return None


def _unfit(plan: ParentPlan, reason: str) -> BindingError:
    return BindingError(f"{plan.place}: {plan.place.pointer[-1]} '{plan.dotted_name}' {reason}")
