"""Forms: their fields as the caller sent them, and bodies that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from pymacaron.http.incoming import Incoming, ascii_only, by_name, too_many
from pymacaron.http.mediatypes import plain
from pymacaron.http.multipart import PartText
from pymacaron.http.responseheaders import DeclaredHeader, declared_headers, misfits
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue, ValueProblem
from pymacaron.spec import Encoding, MediaType, Schema
from pymacaron.wire import (
    ABSENT,
    ParameterCodec,
    Pieces,
    Unreadable,
    read_json,
    split_query,
    unescape_query,
)
from pymacaron.wire.fields import form_field
from pymacaron.wire.schemas import member_schemas

__all__ = ["MULTIPART", "URLENCODED", "FormFields", "form_body", "form_of"]

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class FormFields:
    """The fields of a form, `encoded` where their texts are percent-encoded still, and its files.

    `headers` are those of each part, by its name, as far as they are known.
    """

    pieces: Pieces
    encoded: bool
    files: MultiDict[str, FileStorage] = field(default_factory=MultiDict)
    headers: Sequence[tuple[str, Headers]] = ()


NO_FIELDS = FormFields((), encoded=False)


def form_of(incoming: Incoming, media_types: Sequence[str]) -> FormFields:
    """Return the fields of a request; raises UnsupportedMediaType (415) for what is none of these forms."""
    if not incoming.has_body:
        return NO_FIELDS
    media_type = plain(incoming.environ.get("CONTENT_TYPE", ""))
    if media_type not in media_types:
        raise UnsupportedMediaType(f"Content-Type should be one of: {', '.join(media_types)}")
    incoming.check_coding()
    return _multipart(incoming) if media_type == MULTIPART else _urlencoded(incoming)


def _urlencoded(incoming: Incoming) -> FormFields:
    data = incoming.body()
    if data.count(b"&") >= incoming.limits.items:
        raise too_many("body", incoming.limits.items)
    return FormFields(split_query(ascii_only(data.decode("latin-1"))), encoded=True)


def _multipart(incoming: Incoming) -> FormFields:
    request = incoming.multipart()
    if None in request.form or None in request.files:
        raise BadRequest("a part of the form has no name")
    fields, files = list(request.form.items(multi=True)), request.files
    headers = [(name, text.headers) for name, text in fields if isinstance(text, PartText)]
    headers += [(name, file.headers) for name, file in files.items(multi=True)]
    return FormFields([(name, str(text)) for name, text in fields], encoded=False, files=files, headers=headers)


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a form: its codecs, for percent-encoded texts and for others, and what its parts should be."""

    encoded: ParameterCodec
    decoded: ParameterCodec
    many: bool
    as_json: bool
    media_types: tuple[str, ...]
    headers: tuple[DeclaredHeader, ...]

    def check_headers(self, name: str, form: FormFields) -> None:
        """Raise InvalidValue where a part of this name lacks a header, or has one that does not fit."""
        told = [misfits(headers, self.headers) for part, headers in form.headers if part == name]
        if problems := [ValueProblem((name,), sentence) for sentences in told for sentence in sentences]:
            raise InvalidValue(problems)

    def of_files(self, name: str, files: Iterable[FileStorage]) -> Any:
        """Return the value that files stand for: bytes, or JSON where the schema asks for an array or object."""
        values = [self._of_file(name, file) for file in files]
        return values if self.many else values[-1]

    def _of_file(self, name: str, file: FileStorage) -> Any:
        if self.media_types and not any(_is_of(file.mimetype, allowed) for allowed in self.media_types):
            raise InvalidValue([ValueProblem((name,), f"Should be sent as {', '.join(self.media_types)}")])
        data = file.read()
        file.seek(0)
        try:
            return read_json(data.decode()) if self.as_json else data
        except ValueError:
            raise InvalidValue([ValueProblem((name,), "Is not JSON")]) from None


def form_body(media: MediaType, pool: ModelPool, most: int) -> Callable[[Incoming], Any]:
    """Compile the reader of a body that is a form; `most` is how many items a list or object of it may hold."""
    media_types = (plain(media.name),)
    if media.schema is None:
        return lambda incoming: _free(form_of(incoming, media_types))
    judge = pool.codec(media.schema, "request").read
    fields = {
        name: _field(name, schema, media.encoding.get(name), most, pool)
        for name, schema in member_schemas(media.schema).items()
    }
    return lambda incoming: judge(_values(fields, form_of(incoming, media_types), incoming))


def _field(name: str, schema: Schema, encoding: Encoding | None, most: int, pool: ModelPool) -> Field:
    """Compile one property."""
    found = form_field(name, schema, encoding, most)
    headers = declared_headers(encoding.headers, pool, "request") if encoding else ()
    return Field(found.encoded, found.decoded, found.many, found.as_json, found.media_types, headers)


def _values(fields: Mapping[str, Field], form: FormFields, incoming: Incoming) -> dict[str, Any]:
    """Return the object that a form stands for; what it does not declare is text."""
    texts, found = by_name(form.pieces), {}
    for name, own in fields.items():
        if own.headers:
            own.check_headers(name, form)
        if form.files and (files := form.files.getlist(name)):
            value = own.of_files(name, files)
        else:
            value = _decoded(name, own.encoded if form.encoded else own.decoded, texts, form.pieces)
        if value is not ABSENT:
            _count(name, value, incoming)
            found[name] = value
    others = [piece for piece in form.pieces if piece[0] not in fields and piece[0].partition("[")[0] not in fields]
    found.update(_free(FormFields(others, form.encoded)))
    for name in form.files.keys() - fields.keys():
        found[name] = form.files[name].read()
    return found


def _decoded(name: str, codec: ParameterCodec, texts: Mapping[str, Sequence[str]], pieces: Pieces) -> Any:
    try:
        if codec.name is None:
            return codec.decode(pieces)
        return codec.decode_texts(texts[name]) if name in texts else ABSENT
    except Unreadable as error:
        raise InvalidValue([ValueProblem((name,), str(error))]) from None


def _count(name: str, value: Any, incoming: Incoming) -> None:
    try:
        incoming.count_items(value)
    except Unreadable as error:
        raise InvalidValue([ValueProblem((name,), str(error))]) from None


def _free(form: FormFields) -> dict[str, Any]:
    """Return the fields of which nothing is declared: the last text of each name."""
    try:
        return {name: unescape_query(text) if form.encoded else text for name, text in form.pieces}
    except Unreadable as error:
        raise InvalidValue([ValueProblem((), str(error))]) from None


def _is_of(media_type: str, allowed: str) -> bool:
    return allowed in ("*/*", media_type, f"{media_type.partition('/')[0]}/*")
