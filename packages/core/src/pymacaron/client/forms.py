"""Forms of calls: the properties of a value as fields, by the codecs that servers read them with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from pymacaron.client.mediatypes import plain
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue, ValueProblem
from pymacaron.spec import MediaType, Schema
from pymacaron.wire import Unsendable, join_query
from pymacaron.wire.escaping import QUERY
from pymacaron.wire.fields import FormField, form_field
from pymacaron.wire.members import NOTHING
from pymacaron.wire.schemas import member_schemas

__all__ = ["MULTIPART", "URLENCODED", "Part", "file_part", "form_writer", "is_file"]

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart form; a file where `filename` is set, and then `content` may be a binary file."""

    name: str
    content: Any
    filename: str | None = None
    media_type: str | None = None


Written = tuple[bytes, tuple[Part, ...]]


def form_writer(media: MediaType, pool: ModelPool) -> Callable[[Any], Written]:
    """Compile the writer of a form: the bytes of an urlencoded one, or the parts of a multipart one."""
    fields: dict[str, FormField] = {}
    if media.schema is not None:
        for name, schema in member_schemas(media.schema).items():
            fields[name] = form_field(name, schema, media.encoding.get(name))
    judge = _judge(media.schema, pool)
    multipart = plain(media.name) == MULTIPART

    def write(value: Any) -> Written:
        values = judge(_members(value))
        if multipart:
            return b"", tuple(part for name, held in values.items() for part in _parts(name, held, fields.get(name)))
        return _urlencoded(values, fields).encode(), ()

    return write


def _judge(schema: Schema | None, pool: ModelPool) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return what gives the members of a form as JSON data and files, judged by the schema."""
    codec = None if schema is None else pool.codec(schema, "request")

    def judge(members: Mapping[str, Any]) -> dict[str, Any]:
        files = {name for name, value in members.items() if _holds_file(value)}
        data = {name: value if name in files else _plain(value) for name, value in members.items()}
        if codec is not None:
            seen = {name: _stand_in(value) if name in files else value for name, value in data.items()}
            try:
                codec.read(seen)
            except InvalidValue as error:
                if problems := [each for each in error.problems if not {*each.pointer[:1]} & files]:
                    raise InvalidValue(problems) from None
        return data

    return judge


def _members(value: Any) -> dict[str, Any]:
    if isinstance(value, BaseModel):
        value = value.__pydantic_serializer__.to_python(value, by_alias=True)
    if not isinstance(value, Mapping):
        raise InvalidValue([ValueProblem((), "Should be an object", "type")])
    return {str(name): held for name, held in value.items()}


def _plain(value: Any) -> Any:
    return to_jsonable_python(value, by_alias=True, bytes_mode="utf8", inf_nan_mode="strings")


def _stand_in(value: Any) -> Any:
    return [b"" for _ in value] if isinstance(value, list) else b""


def is_file(value: Any) -> bool:
    """Tell whether a value is a file: bytes, a binary file, or (filename, one of them[, media type])."""
    if isinstance(value, tuple):
        return len(value) in (2, 3) and isinstance(value[0], str) and is_file(value[1])
    return isinstance(value, (bytes, bytearray)) or hasattr(value, "read")


def _holds_file(value: Any) -> bool:
    return is_file(value) or (isinstance(value, list) and bool(value) and all(map(is_file, value)))


def _parts(name: str, value: Any, field: FormField | None) -> Iterator[Part]:
    if _holds_file(value):
        allowed = next((each for each in field.media_types if "*" not in each), None) if field else None
        yield from (file_part(name, each, allowed) for each in (value if isinstance(value, list) else [value]))
        return
    try:
        pieces = field.decoded.encode(value) if field else [(name, NOTHING.write(value))]
    except Unsendable as error:
        raise InvalidValue([ValueProblem((name,), str(error))]) from None
    media_type = (field.media_types or ("application/json",))[0] if field and field.is_json else None
    yield from (Part(key, text.encode(), media_type=media_type) for key, text in pieces)


def file_part(name: str, value: Any, media_type: str | None = None) -> Part:
    """Return the part of a file."""
    if isinstance(value, tuple):
        filename, content, *given = value
        return Part(name, _content(content), filename, given[0] if given else media_type)
    own = getattr(value, "filename", None) or getattr(value, "name", None)
    return Part(name, _content(value), PurePath(own).name if isinstance(own, str) and own else name, media_type)


def _content(value: Any) -> Any:
    return bytes(value) if isinstance(value, bytearray) else value


def _urlencoded(values: Mapping[str, Any], fields: Mapping[str, FormField]) -> str:
    pieces: list[tuple[str, str]] = []
    for name, value in values.items():
        if _holds_file(value):
            raise InvalidValue([ValueProblem((name,), "A file needs a multipart form")])
        try:
            field = fields.get(name)
            pieces += field.encoded.encode(value) if field else [(name, QUERY.escape(NOTHING.write(value)))]
        except Unsendable as error:
            raise InvalidValue([ValueProblem((name,), str(error))]) from None
    return join_query(pieces)
