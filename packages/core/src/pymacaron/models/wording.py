"""Values of Python as JSON data: bytes and decimals by what their schemas say, all else as pydantic writes it."""

from __future__ import annotations

import binascii
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from pydantic_core import to_jsonable_python

from pymacaron.models.applying import Applying, items, members
from pymacaron.models.asserted import asserted
from pymacaron.models.jsontypes import written_types
from pymacaron.spec import Schema

__all__ = ["Wording"]

_TOLD = (bytes, bytearray, Decimal)


class Wording:
    """Puts values of one schema into JSON's words; with `octets`, each byte that is no base64 is a character."""

    def __init__(self, schema: Schema, octets: bool = False) -> None:
        self._schema = schema
        self._octets = octets

    def data(self, value: Any) -> Any:
        """Return JSON data; raise ValueError for what JSON cannot hold, such as bytes that are no text."""
        if _needs_a_schema(value):
            value = self._told([self._schema], value)
        return to_jsonable_python(value, by_alias=True, bytes_mode="utf8", inf_nan_mode="strings", fallback=_listed)

    @cached_property
    def _applying(self) -> Applying:
        return Applying(self._schema)

    def _told(self, schemas: Iterable[Schema], value: Any) -> Any:
        if not isinstance(value, (*_TOLD, dict, list, tuple)):
            return value
        parts = self._applying.parts(schemas)
        if isinstance(value, dict):
            return {name: self._told(members(parts, str(name)), inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._told(items(parts, index), inner) for index, inner in enumerate(value)]
        return _number(value, parts) if isinstance(value, Decimal) else self._text(bytes(value), parts)

    def _text(self, value: bytes, parts: Collection[Schema]) -> str | bytes:
        if any(part.siblings.get("format") == "byte" and asserted(part) for part in parts):
            return binascii.b2a_base64(value, newline=False).decode("ascii")
        return value.decode("latin-1") if self._octets else value


def _needs_a_schema(value: Any) -> bool:
    """Tell whether a value holds bytes or decimals."""
    if isinstance(value, dict):
        return any(map(_needs_a_schema, value.values()))
    return any(map(_needs_a_schema, value)) if isinstance(value, list | tuple) else isinstance(value, _TOLD)


def _number(value: Decimal, parts: Collection[Schema]) -> float | Decimal:
    """Return a decimal as a number where a schema asks for one; elsewhere it is text."""
    types = frozenset[str]().union(*map(written_types, parts))
    return float(value) if "number" in types and "string" not in types else value


def _listed(value: Any) -> Any:
    """Return what pydantic does not know, such as a range, as what it does."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise ValueError(f"JSON cannot hold a {type(value).__name__}")
