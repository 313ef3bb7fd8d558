"""PymacaronBaseModel: what every model can do beside all that pydantic models can."""

from __future__ import annotations

import copy
from collections.abc import Generator, Mapping
from typing import Any, ClassVar, Self

import pydantic_core
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, RootModel
from pydantic_core import MISSING, CoreSchema, PydanticUndefined

from pymacaron.models.later import Later
from pymacaron.spec import Schema
from pymacaron.text import did_you_mean

__all__ = ["ModelFacts", "PymacaronBaseModel", "PymacaronRootModel"]


class ModelFacts:
    """What a model class knows of its document: its names, and per property the attribute and the schema."""

    __slots__ = ("api", "attributes", "name", "schemas")

    def __init__(self, api: str, name: str, attributes: Mapping[str, str], schemas: Mapping[str, Schema]) -> None:
        self.api = api
        self.name = name
        self.attributes = attributes
        self.schemas = schemas


class _WhenSet:
    """A property that is null in JSON only once it was set: until then it holds MISSING, and reads as None."""

    def __init__(self, attribute: str) -> None:
        self.attribute = attribute

    def __get__(self, instance: BaseModel | None, owner: type[BaseModel]) -> Any:
        if instance is None:
            raise AttributeError(self.attribute)
        value = instance.__dict__.get(self.attribute)
        return None if value is MISSING else value

    def __set__(self, instance: BaseModel, value: Any) -> None:
        instance.__dict__[self.attribute] = value


class PymacaronBaseModel(BaseModel):
    """The base of all models of a document; a property is an attribute, and an item under the document's own name."""

    model_config = ConfigDict(
        validate_assignment=True,
        validate_by_alias=True,
        validate_by_name=False,
        serialize_by_alias=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )

    __pymacaron_facts__: ClassVar[ModelFacts] = ModelFacts("", "", {}, {})
    __pymacaron_known__: ClassVar[frozenset[str] | None] = None

    def __init__(self, /, **properties: Any) -> None:
        """Take properties by their names in the document or in Python.

        Raises pydantic's ValidationError for a wrong value, and TypeError for a name that is no property of the model,
        unless the document declares `additionalProperties`.
        """
        known = self.__pymacaron_known__
        if known is not None and not properties.keys() <= known:
            raise _unknown(type(self).__name__, properties, known)
        self.__pydantic_validator__.validate_python(properties, self_instance=self, by_alias=True, by_name=True)

    # Without this mark pydantic would call __init__ for every model inside a body, which is slow.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Let properties that default to MISSING read as None."""
        super().__pydantic_init_subclass__(**options)
        if cls.model_config.get("extra") == "ignore":
            aliases = {field.alias for field in cls.__pydantic_fields__.values() if field.alias is not None}
            cls.__pymacaron_known__ = frozenset(aliases | cls.__pydantic_fields__.keys())
        for attribute, field in cls.__pydantic_fields__.items():
            if field.default is MISSING:
                setattr(cls, attribute, _WhenSet(attribute))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Generate the core schema; that of a class in a circle beside those of the others."""
        later: Later | None = cls.__dict__.get("__pymacaron_later__")
        return handler(source) if later is None else later.generate(source, handler)

    @classmethod
    def get_model_name(cls) -> str:
        """Return the model's name in its document."""
        return cls.__pymacaron_facts__.name or cls.__name__

    @classmethod
    def get_model_api(cls) -> str:
        """Return the name of the API whose document declares the model."""
        return cls.__pymacaron_facts__.api

    @classmethod
    def get_property_names(cls) -> list[str]:
        """Return the names of the properties as the document writes them, in its order."""
        return list(cls.__pymacaron_facts__.attributes)

    @classmethod
    def get_model_properties(cls) -> dict[str, dict[str, Any]]:
        """Return a copy of the schema of each property, as the document writes it."""
        return {name: copy.deepcopy(dict(schema.keywords)) for name, schema in cls.__pymacaron_facts__.schemas.items()}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Make a model of JSON data (dicts, lists, text, numbers), by the rules of JSON; raise ValidationError."""
        return cls.__pydantic_validator__.validate_json(pydantic_core.to_json(value))  # type: ignore[no-any-return]

    def to_json(self) -> Any:
        """Return JSON data under the document's names: dates and the like as text, absent properties left out."""
        return self.__pydantic_serializer__.to_python(self, mode="json")

    def clone(self) -> Self:
        """Return a deep copy."""
        return self.model_copy(deep=True)

    def __getitem__(self, name: str) -> Any:
        attribute = self.__pymacaron_facts__.attributes.get(name)
        if attribute is not None:
            return getattr(self, attribute)
        return (self.__pydantic_extra__ or {})[name]

    def __setitem__(self, name: str, value: Any) -> None:
        attribute = self.__pymacaron_facts__.attributes.get(name)
        if attribute is not None:
            setattr(self, attribute, value)
        elif self.__pydantic_extra__ is not None:
            self.__pydantic_validator__.validate_assignment(self, name, value)
        else:
            raise KeyError(name)

    def __delitem__(self, name: str) -> None:
        attribute = self.__pymacaron_facts__.attributes.get(name)
        if attribute is None:
            del (self.__pydantic_extra__ or {})[name]
            return
        field = type(self).__pydantic_fields__[attribute]
        if field.is_required():
            raise TypeError(f"{self.get_model_name()} requires the property '{name}'; set it instead of deleting it")
        self.__dict__[attribute] = MISSING if field.default is MISSING else None
        self.__pydantic_fields_set__.discard(attribute)

    def __contains__(self, name: object) -> bool:
        return name in self.__pymacaron_facts__.attributes or name in (self.__pydantic_extra__ or {})

    def __iter__(self) -> Generator[tuple[str, Any], None, None]:
        return (pair for pair in super().__iter__() if pair[1] is not MISSING)

    def __repr_args__(self) -> Any:
        return (pair for pair in super().__repr_args__() if pair[1] is not MISSING)


class PymacaronRootModel(PymacaronBaseModel, RootModel[Any]):
    """The base of named schemas that are no objects: constants, arrays, unions, dictionaries, plain values."""

    def __init__(self, root: Any = PydanticUndefined, /, **properties: Any) -> None:
        """Take the value, or the properties of one that is a dictionary; raise pydantic's ValidationError."""
        value = properties if properties and root is PydanticUndefined else root
        self.__pydantic_validator__.validate_python(value, self_instance=self, by_alias=True, by_name=True)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


def _unknown(model: str, properties: Mapping[str, Any], known: frozenset[str]) -> TypeError:
    name = next(name for name in properties if name not in known)
    return TypeError(f"{model}() has no property '{name}'{did_you_mean(name, known)}")
