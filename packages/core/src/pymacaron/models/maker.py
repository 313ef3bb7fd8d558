"""ModelMaker: the models, adapters and codecs of one API, each made when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic_core import SchemaValidator

from pymacaron.models.asserted import is_portable
from pymacaron.models.base import PymacaronBaseModel
from pymacaron.models.classes import ClassBuilder
from pymacaron.models.codec import Codec, Responses
from pymacaron.models.exact import Exactness
from pymacaron.models.fieldplan import FieldPlanner
from pymacaron.models.hidden import Hiding, has_write_only
from pymacaron.models.judge import Judge
from pymacaron.models.names import class_name
from pymacaron.models.plans import ModelRef, Nullable, Value
from pymacaron.models.resources import Direction
from pymacaron.models.sourcenames import SourceNames, source_names
from pymacaron.models.values import accepts_pattern
from pymacaron.modules import import_dotted
from pymacaron.spec import Document, Place, Schema

__all__ = ["ModelMaker"]

_HIDDEN = ConfigDict(hide_input_in_errors=True, allow_inf_nan=False)


class ModelMaker:
    """Makes what a pool hands out; each thing once, whichever thread asks first."""

    def __init__(
        self,
        document: Document,
        import_class: Callable[[str], type] | None,
        *,
        responses: Responses,
        strict_properties: bool,
    ) -> None:
        self._document = document
        self._responses: Responses = responses
        self._codecs: dict[tuple[Place, Direction], Codec] = {}
        self._exactness = Exactness(self._planned)
        self._components = {schema.place: name for name, schema in document.schemas.items()}
        self._planner = FieldPlanner(_native, self._model_name, strict_properties)
        self._builder = ClassBuilder(document.name, self._planner, import_class or import_dotted)
        self._source_names: SourceNames | None = None
        self._models: dict[str, type[PymacaronBaseModel]] = {}
        self._annotations: dict[Place, Any] = {}
        self._adapters: dict[Place, TypeAdapter[Any]] = {}
        self._lock = threading.RLock()

    @property
    def planner(self) -> FieldPlanner:
        """What plans the schemas; one thread at a time."""
        return self._planner

    def model(self, name: str, schema: Schema) -> type[PymacaronBaseModel]:
        """Return the class of the schema of a component."""
        if (model := self._models.get(name)) is not None:
            return model
        value = self._planned(schema)
        with self._lock:
            return self._models.setdefault(name, self._class(schema, value))

    @property
    def names(self) -> SourceNames:
        """The names that generated files give to the models, those that operations use without naming them too."""
        with self._lock:
            if self._source_names is None:
                self._source_names = source_names(self._document, self._planner)
            return self._source_names

    def named(self, name: str) -> type[PymacaronBaseModel] | None:
        """Return the class that generated files give a name to, None where there is none."""
        names = self.names
        for component, own in [*names.roots.items(), *((other, own) for other, (own, _) in names.same.items())]:
            if own == name:
                return self.model(component, self._document.schemas[component])
        place = next((place for place, own in names.models.items() if own == name), None)
        if place is None:
            return None
        self._import_parents(ModelRef(place))
        with self._lock:
            return self._builder.model(place)

    def annotation(self, schema: Schema) -> Any:
        """Return the Python type of a schema's values, the models in it built."""
        if schema.place not in self._annotations:
            value = self._planned(schema)
            with self._lock:
                self._annotations.setdefault(schema.place, self._builder.annotation(value))
        return self._annotations[schema.place]

    def adapter(self, schema: Schema) -> TypeAdapter[Any]:
        """Return what validates and serializes a schema's values; the same one for the same place."""
        adapter = self._adapters.get(schema.place)
        if adapter is None:
            annotation = self.annotation(schema)
            with self._lock:
                adapter = self._adapters.setdefault(schema.place, _adapter(annotation))
        return adapter

    def codec(self, schema: Schema, direction: Direction) -> Codec:
        """Return what reads and writes a schema's values in one direction; the same one for the same place."""
        codec = self._codecs.get((schema.place, direction))
        if codec is None:
            made = self._codec(schema, direction)
            with self._lock:
                codec = self._codecs.setdefault((schema.place, direction), made)
        return codec

    def _codec(self, schema: Schema, direction: Direction) -> Codec:
        annotation = self.annotation(schema)
        adapter = self.adapter(schema)
        hides = direction == "response" and has_write_only(schema)
        with self._lock:
            exact = not hides and self._exactness.exact(schema)
        return Codec(
            Judge(schema, direction),
            cast("SchemaValidator", adapter.validator),
            adapter.serializer,
            adapter.core_schema,
            exact=exact,
            kind=annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None,
            responses=self._responses if direction == "response" else "strict",
            hide=Hiding(schema).without if hides else None,
        )

    def _planned(self, schema: Schema) -> Value:
        """Plan a schema, and import the parents of its models unlocked: their modules may ask for models themselves."""
        with self._lock:
            value = self._planner.value(schema)
        self._import_parents(value)
        return value

    def _import_parents(self, value: Value) -> None:
        with self._lock:
            parents = self._builder.parents(value)
        for parent in parents:
            self._builder.parent(parent)

    def _class(self, schema: Schema, value: Value) -> type[PymacaronBaseModel]:
        itself = self._planner.itself(schema)
        inner = itself.value if isinstance(itself, Nullable) else itself
        return self._builder.model(inner.place) if isinstance(inner, ModelRef) else self._builder.root(schema, value)

    def _model_name(self, place: Place) -> str:
        return self._components.get(place) or class_name(place)


def _native(pattern: str) -> bool:
    """Tell whether pydantic itself can judge by a pattern."""
    return is_portable(pattern) and accepts_pattern(pattern)


def _adapter(annotation: Any) -> TypeAdapter[Any]:
    """Make an adapter that is complete, whose errors never show a value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    else:
        adapter = TypeAdapter(annotation, config=_HIDDEN)
    adapter.rebuild(force=False)
    return adapter
