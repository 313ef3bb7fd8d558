"""The codec of a parameter, compiled from its record: in x style x explode x type (OpenAPI 3.2, sections 4.12.3-6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

from pymacaron.spec import DEFAULT_LIMITS, Parameter, Schema
from pymacaron.wire import escaping as places
from pymacaron.wire.deep import DeepObject
from pymacaron.wire.escaping import Escaping, delimiter, reserved
from pymacaron.wire.members import members_of, scalar_of, single_of
from pymacaron.wire.pieces import Named, ParameterCodec, Repeated, Spread, WithEmpty
from pymacaron.wire.queries import FormText
from pymacaron.wire.scalars import COMPOUND, Scalar
from pymacaron.wire.schemas import item_schema, types_of
from pymacaron.wire.texts import (
    JsonText,
    Label,
    ListText,
    Matrix,
    MatrixList,
    MatrixPairs,
    PairsText,
    ScalarText,
    TextCodec,
)

__all__ = ["compile_codec", "is_json", "plain_reader"]

CHARACTERS = {"spaceDelimited": " ", "tabDelimited": "\t", "pipeDelimited": "|"}
SPREADING = ("form", "cookie")
TEXT = Scalar(())
FORM = "application/x-www-form-urlencoded"


def compile_codec(
    parameter: Parameter, others: Iterable[str] = (), *, decoded: bool = False, most: int = DEFAULT_LIMITS.items
) -> ParameterCodec:
    """Return the codec of a parameter.

    `others` are the names of the operation's other parameters in the same place: an exploded object without declared
    properties takes all names but these. `decoded` is for texts that nothing percent-encodes (any more). A list or
    object of more than `most` items is not read.
    """
    codec = _codec(parameter, _escaping(parameter, decoded), frozenset(others), most)
    return WithEmpty(parameter.name, codec) if parameter.allow_empty_value else codec


def plain_reader(codec: ParameterCodec) -> Callable[[Sequence[str]], Any]:
    """Return what does the same as `decode_texts`, with less ceremony for one text that holds no escapes."""
    if not isinstance(codec, Named) or not isinstance(codec.text, ScalarText):
        return codec.decode_texts
    read, decode = codec.text.scalar.read, codec.decode_texts
    if codec.text.escaping is places.PLAIN:
        return lambda texts: read(texts[-1])
    if codec.text.escaping is not places.QUERY:
        return decode

    def decode_texts(texts: Sequence[str]) -> Any:
        text = texts[-1]
        return decode(texts) if "%" in text or "+" in text else read(text)

    return decode_texts


def is_json(media_type: str) -> bool:
    """Return whether a media type is JSON (RFC 6839, section 3.1)."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


def _escaping(parameter: Parameter, decoded: bool) -> Escaping:
    if decoded:
        return places.PLAIN
    by_place = {
        "path": places.PATH,
        "query": places.QUERY,
        "querystring": places.QUERY_STRING,
        "header": places.HEADER,
        "cookie": places.COOKIE if parameter.style == "cookie" else places.FORM_COOKIE,
        "formData": places.QUERY,
    }
    escaping = by_place[parameter.location]
    return reserved(escaping) if parameter.allow_reserved else escaping


def _codec(parameter: Parameter, escaping: Escaping, others: frozenset[str], most: int) -> ParameterCodec:
    name, schema = parameter.name, parameter.schema
    if parameter.content_type is not None:
        return Named(name, _content(parameter, parameter.content_type, escaping, most), _chosen(parameter, frozenset()))
    types = types_of(schema)
    if parameter.style == "deepObject" and "object" in types:
        return DeepObject.of(name, schema, escaping, most)
    if parameter.explode and parameter.style in SPREADING:
        if "array" in types:
            return Repeated(name, scalar_of(item_schema(schema)), escaping, most, single_of(schema))
        if "object" in types:
            return Spread(members_of(schema), escaping, most, others)
    return Named(name, _text(parameter, escaping, types, most), _chosen(parameter, types))


def _chosen(parameter: Parameter, types: frozenset[str]) -> Callable[[Sequence[str]], str]:
    """Return which of the texts of a name is read: all lines of a header with a list, the first cookie, the last."""
    if parameter.location == "header" and types & COMPOUND:
        return ",".join
    return itemgetter(0 if parameter.location == "cookie" else -1)


def _content(parameter: Parameter, media_type: str, escaping: Escaping, most: int) -> TextCodec:
    if is_json(media_type):
        return JsonText(places.FORM_COOKIE if parameter.location == "cookie" else escaping)
    if parameter.location == "querystring" and media_type.partition(";")[0].strip().lower() == FORM:
        return FormText(Spread(replace(members_of(parameter.schema), takes_all=True), places.QUERY, most), most)
    return ScalarText(TEXT, escaping)


def _text(parameter: Parameter, escaping: Escaping, types: frozenset[str], most: int) -> TextCodec:
    if parameter.style == "matrix":
        return _matrix(parameter, escaping, types, most)
    if parameter.style == "label":
        return Label(_delimited(parameter, escaping, types, "." if parameter.explode else ",", most))
    return _delimited(parameter, escaping, types, CHARACTERS.get(parameter.style, ","), most)


def _matrix(parameter: Parameter, escaping: Escaping, types: frozenset[str], most: int) -> TextCodec:
    name, schema = escaping.escape(parameter.name), parameter.schema
    if parameter.explode and "array" in types:
        item = ScalarText(scalar_of(item_schema(schema)), escaping)
        return MatrixList(name, item, delimiter(";", escaping), most, single_of(schema))
    if parameter.explode and "object" in types:
        return MatrixPairs(_pairs(schema, escaping, ";", most, assigned=True))
    return Matrix(name, _delimited(parameter, escaping, types, ",", most))


def _delimited(parameter: Parameter, escaping: Escaping, types: frozenset[str], character: str, most: int) -> TextCodec:
    schema = parameter.schema
    if "array" in types:
        item = scalar_of(item_schema(schema))
        return ListText(item, escaping, delimiter(character, escaping), most, single_of(schema))
    if "object" in types:
        return _pairs(schema, escaping, character, most, assigned=parameter.explode)
    return ScalarText(scalar_of(schema), escaping)


def _pairs(schema: Schema, escaping: Escaping, character: str, most: int, *, assigned: bool) -> PairsText:
    equals = delimiter("=", escaping) if assigned else None
    return PairsText(members_of(schema), escaping, delimiter(character, escaping), most, equals)
