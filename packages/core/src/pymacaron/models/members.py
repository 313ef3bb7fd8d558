"""Arrays and dictionaries whose members have several types: told by an item's place, or by a pattern of a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from pymacaron.models.asserted import text_judge

__all__ = ["ByName", "ByPlace"]

Inner = Callable[[Any], Any]
_ABSENT: Any = object()
"""Stands for an item that an array is too short for."""


@dataclass(frozen=True, slots=True, eq=False)
class ByPlace:
    """A list whose first items are of the given types, and all others of another one."""

    first: tuple[Any, ...]
    rest: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Judge the list as a tuple, made long enough."""
        count = len(self.first)
        wrapped = core_schema.no_info_wrap_validator_function
        first = [wrapped(_unless_absent, handler.generate_schema(kind)) for kind in self.first]
        items = core_schema.tuple_schema([*first, handler.generate_schema(self.rest)], variadic_item_index=count)

        def judge(value: Any, inner: Inner) -> Any:
            if not isinstance(value, list | tuple):
                raise PydanticKnownError("list_type")
            return list(inner((*value, *[_ABSENT] * (count - len(value)))))[: len(value)]

        written = core_schema.wrap_serializer_function_ser_schema(
            lambda value, inner: list(inner(tuple(value))), schema=items
        )
        return wrapped(judge, items, serialization=written)


@dataclass(frozen=True, slots=True, eq=False)
class ByName:
    """A dict: the type of a value is that of the first pattern which its name fits, or another one."""

    patterns: tuple[tuple[str, Any], ...]
    rest: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Judge the dict as one dict for each type."""
        fits = [text_judge("", pattern) for pattern, _ in self.patterns]
        kinds = [*(kind for _, kind in self.patterns), self.rest]
        name = core_schema.str_schema(strict=True)
        dicts = core_schema.tuple_schema(
            [core_schema.dict_schema(name, handler.generate_schema(kind)) for kind in kinds]
        )

        def apart(value: dict[str, Any], inner: Inner) -> dict[str, Any]:
            groups: list[dict[str, Any]] = [{} for _ in kinds]
            for key, member in value.items():
                index = next((index for index, fit in enumerate(fits) if fit(str(key))), len(fits))
                groups[index][key] = member
            found = {key: member for group in inner(tuple(groups)) for key, member in group.items()}
            return {key: found[key] for key in value}

        def judge(value: Any, inner: Inner) -> Any:
            if not isinstance(value, dict):
                raise PydanticKnownError("dict_type")
            return apart(value, inner)

        written = core_schema.wrap_serializer_function_ser_schema(apart, schema=dicts)
        return core_schema.no_info_wrap_validator_function(judge, dicts, serialization=written)


def _unless_absent(value: Any, inner: Inner) -> Any:
    return value if value is _ABSENT else inner(value)
