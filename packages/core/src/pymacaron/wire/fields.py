"""Properties of a form on the wire: which codec reads and writes each (OpenAPI 3.1, section 4.8.15)."""

from __future__ import annotations

from dataclasses import dataclass

from pymacaron.spec import DEFAULT_LIMITS, Encoding, Parameter, Schema
from pymacaron.wire.compiled import compile_codec, is_json
from pymacaron.wire.pieces import ParameterCodec
from pymacaron.wire.scalars import COMPOUND
from pymacaron.wire.schemas import item_schema, types_of

__all__ = ["FormField", "form_field"]


@dataclass(frozen=True, slots=True)
class FormField:
    """One property: its codecs, for percent-encoded texts and for others, and what its files may be.

    `many` says that it is an array, `is_json` that its parts are JSON, `as_json` that its files are read as JSON.
    """

    encoded: ParameterCodec
    decoded: ParameterCodec
    many: bool
    is_json: bool
    as_json: bool
    media_types: tuple[str, ...]


def form_field(name: str, schema: Schema, encoding: Encoding | None, most: int = DEFAULT_LIMITS.items) -> FormField:
    """Compile one property: by its style where the document gives one, else arrays and objects in it are JSON.

    A list or object of more than `most` items is not read.
    """
    types = types_of(schema)
    inner = item_schema(schema) if "array" in types else schema
    complex_ = inner is not None and bool(COMPOUND & types_of(inner))
    styled = encoding is not None and encoding.styled
    written = (encoding.content_type if encoding and not styled else None) or ""
    as_json = not styled and (is_json(written) or (not written and complex_))
    whole = as_json and bool(written or "array" not in types)
    parameter = Parameter(
        name,
        "formData",
        schema.place,
        schema,
        style=encoding.style if encoding else "form",
        explode=encoding.explode if encoding else True,
        allow_reserved=encoding is not None and encoding.allow_reserved,
        content_type="application/json" if whole else None,
    )
    allowed = tuple(each.partition(";")[0].strip().lower() for each in written.split(",") if each.strip())
    decoded = compile_codec(parameter, decoded=True, most=most)
    return FormField(
        compile_codec(parameter, most=most), decoded, "array" in types, whole, as_json or complex_, allowed
    )
