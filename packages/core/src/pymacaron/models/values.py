"""The Python types of JSON values as annotations: what pydantic's own words cannot say stands in small marker classes.

JSON is judged strictly in every mode; Python values are too, except that dates and UUIDs may come as text, and that an
optional property may be given as None, which means absent. Nothing here runs Python code per value, except for base64.
"""

from __future__ import annotations

import binascii
import functools
import json
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import Field, GetCoreSchemaHandler, Strict
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, SchemaError, SchemaValidator, core_schema

from pymacaron.models.decoding import EXACT, as_integer

__all__ = [
    "Base64",
    "Finite",
    "Free",
    "Integer",
    "Number",
    "OneOf",
    "OptionalValue",
    "Refused",
    "Selection",
    "TaggedBy",
    "Text",
    "Truth",
    "accepts_pattern",
    "is_absent",
]

_encode = json.JSONEncoder(allow_nan=False, check_circular=False).encode

is_absent = functools.partial(operator.is_, None)
"""Tells whether a value is None, without a Python frame: the serializer calls it for each optional property."""


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer, which JSON may also write as 1.0; a text or a boolean is none.

    One that JSON writes as a float beyond what floats hold is refused here: it must be read as data first.
    """

    limits: tuple[tuple[str, int], ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Find out whether it is a number at all, then which one: so that the error tells only what is wrong."""
        limits: dict[str, Any] = dict(self.limits)
        integer = core_schema.int_schema(strict=False, **limits)
        in_json, in_python = (
            core_schema.union_schema(list(kinds), mode="left_to_right", custom_error_type="int_type")
            for kinds in (_NUMBERS, (*_NUMBERS, _VAST))
        )
        return core_schema.json_or_python_schema(
            core_schema.chain_schema([in_json, integer]), core_schema.chain_schema([in_python, integer])
        )


@dataclass(frozen=True, slots=True)
class Finite:
    """A value of no certain type, whose numbers in JSON are numbers: neither NaN nor infinite."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Look at JSON only once it is read, since pydantic leaves free values alone."""
        free = handler(source)
        return core_schema.json_or_python_schema(core_schema.no_info_after_validator_function(_finite, free), free)


@dataclass(frozen=True, slots=True)
class OptionalValue:
    """A property that may be absent but not null: None in Python means absent."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept None from Python only."""
        inner = handler(source)
        return core_schema.json_or_python_schema(inner, core_schema.nullable_schema(inner))


@dataclass(frozen=True, slots=True, eq=False)
class Base64:
    """Bytes, which JSON writes as text in base64 (RFC 4648, section 4); `text` is the annotation of that text."""

    text: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Decode text, take bytes as they are, encode for JSON."""
        text = handler.generate_schema(self.text)
        decoded = core_schema.no_info_after_validator_function(_decoded, text)
        written = core_schema.plain_serializer_function_ser_schema(_encoded, when_used="json")
        either = core_schema.union_schema([core_schema.bytes_schema(strict=True), decoded], mode="left_to_right")
        return core_schema.json_or_python_schema(decoded, either, serialization=written)


@dataclass(frozen=True, slots=True, eq=False)
class OneOf:
    """One of the listed JSON values, whatever their types."""

    values: tuple[Any, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Find the value that is the same in JSON: 1.0 is 1, but neither is true (JSON Schema Core, section 4.2.2)."""
        if all(isinstance(value, str | None) for value in self.values):
            return core_schema.literal_schema(list(self.values))
        found = {_identity(value): value for value in self.values}
        told = {"expected": ", ".join(map(repr, self.values))}

        def pick(value: Any) -> Any:
            key = _identity(value)
            if key not in found:
                raise PydanticKnownError("literal_error", told)
            return found[key]

        return core_schema.no_info_plain_validator_function(pick)


@dataclass(frozen=True, slots=True)
class Refused:
    """No value at all."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse whatever comes."""
        return core_schema.no_info_plain_validator_function(_refuse)


@dataclass(frozen=True, slots=True)
class TaggedBy:
    """A union of models told apart by a property of the given names, in JSON or Python; each tag has an index.

    `default` is the index of what has no tag or an unknown one, None where that is refused.
    """

    names: tuple[str, ...]
    tags: tuple[tuple[str, int], ...]
    default: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Take the types of the annotated union, by their index, as the choices."""
        schemas = [handler.generate_schema(choice) for choice in get_args(source)]
        if self.default is not None:
            return core_schema.tagged_union_schema(dict(enumerate(schemas)), self._index)
        choices = {tag: schemas[index] for tag, index in self.tags}
        paths: list[list[str | int]] = [[name] for name in self.names]
        return core_schema.tagged_union_schema(choices, paths)

    def _index(self, value: Any) -> int | None:
        get = value.get if isinstance(value, dict) else functools.partial(getattr, value)
        tags = [get(name, None) for name in self.names]
        return next((index for tag, index in self.tags if tag in tags), self.default)


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """A union of which `pick` names the type by its index, None where there is none: only that type is tried."""

    types: tuple[Any, ...]
    pick: Callable[[Any], int | None]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let the value choose; when it is written, what it is tells how."""
        choices: dict[Any, CoreSchema] = {index: handler.generate_schema(each) for index, each in enumerate(self.types)}
        return core_schema.tagged_union_schema(choices, self.pick, serialization=core_schema.simple_ser_schema("any"))


_NUMBERS: tuple[CoreSchema, ...] = (
    core_schema.int_schema(strict=True),
    core_schema.float_schema(strict=True, allow_inf_nan=False, gt=-EXACT, lt=EXACT),
)
"""The numbers of JSON that Python holds as they are written."""
_VAST = core_schema.no_info_after_validator_function(
    as_integer, core_schema.float_schema(strict=True, allow_inf_nan=False)
)

Free = Annotated[Any, Finite()]
Text = Annotated[str, Strict()]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Truth = Annotated[bool, Strict()]


@functools.lru_cache(maxsize=1024)
def accepts_pattern(pattern: str) -> bool:
    """Tell whether pydantic's regular expressions understand a pattern."""
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        return False
    return True


def _finite(value: Any) -> Any:
    if not isinstance(value, str | int | None):
        try:
            _encode(value)
        except ValueError:
            raise PydanticCustomError("finite_number", "Numbers should be finite") from None
    return value


def _identity(value: Any) -> Any:
    """Return what is equal for equal JSON values only; for what is none, the value's type."""
    if isinstance(value, dict):
        return "object", frozenset((name, _identity(inner)) for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "array", tuple(map(_identity, value))
    kind = "boolean" if isinstance(value, bool) else "number" if isinstance(value, int | float) else ""
    return kind, value if isinstance(value, str | int | float | None) else type(value)


def _decoded(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        raise PydanticCustomError("base64", "Input should be text in base64") from None


def _encoded(value: bytes) -> str:
    return binascii.b2a_base64(value, newline=False).decode("ascii")


def _refuse(value: object) -> None:
    raise PydanticCustomError("nothing_allowed", "No value is allowed here")
