"""The body of a call: a value, written by the media type that its operation declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pydantic_core

from pymacaron.client.forms import MULTIPART, URLENCODED, Part, form_writer
from pymacaron.client.mediatypes import is_text, plain
from pymacaron.exceptions import BadCallError
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue, ValueProblem
from pymacaron.spec import MediaType, RequestBody
from pymacaron.wire import is_json

__all__ = ["NOTHING", "Content", "ContentWriter", "content_writer"]

ANY = ("*/*", "application/*")
BINARY = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent as a body: bytes, parts of a multipart form, or a stream that is sent as it is read."""

    media_type: str = ""
    data: bytes = b""
    parts: tuple[Part, ...] = ()
    stream: Any = None

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent a second time: streams where they can be wound back."""
        streams = [self.stream, *(part.content for part in self.parts)]
        return all(stream is None or isinstance(stream, bytes) or _is_seekable(stream) for stream in streams)


NOTHING = Content()
Write = Callable[[Any], Content]


@dataclass(frozen=True, slots=True)
class ContentWriter:
    """How the body of an operation is written, by media type in the order of the document."""

    by_media_type: Mapping[str, Write]

    def write(self, value: Any, media_type: str | None) -> Content:
        """Return the content for a value, as `media_type` where that is given; raises BadCallError and InvalidValue."""
        if media_type is None:
            return self._usual(value)(value)
        kind = plain(media_type).partition("/")[0]
        for candidate in (plain(media_type), f"{kind}/*", "*/*"):
            if candidate in self.by_media_type:
                written = self.by_media_type[candidate](value)
                return replace(written, media_type=media_type) if "*" in candidate else written
        raise BadCallError(f"media_type should be one of: {', '.join(self.by_media_type)}")

    def _usual(self, value: Any) -> Write:
        """Return what writes a value: bytes and files as they are, all else as JSON, where that is declared."""
        found = self.by_media_type
        binary = isinstance(value, (bytes, bytearray)) or is_stream(value)
        first = next(iter(found.values()))
        return next((write for name, write in found.items() if _suits(name, binary)), first)


def content_writer(body: RequestBody, pool: ModelPool) -> ContentWriter:
    """Compile the writer of a request body."""
    found = {plain(name): _writer(media, pool) for name, media in body.content.items()}
    return ContentWriter(found or {"*/*": _any(None, pool)})


def _suits(media_type: str, binary: bool) -> bool:
    if binary:
        return not (is_json(media_type) or is_text(media_type) or media_type in (URLENCODED, MULTIPART))
    return is_json(media_type)


def _writer(media: MediaType, pool: ModelPool) -> Write:
    name = plain(media.name)
    if name in (URLENCODED, MULTIPART):
        write = form_writer(media, pool)
        media_type = "" if name == MULTIPART else name  # the boundary in it is chosen as it is sent
        return lambda value: Content(media_type, *write(value))
    if is_json(name):
        return _json(media, pool, media.name)
    if name in ANY:
        return _any(media, pool)
    return _text(media, pool, media.name) if is_text(name) else lambda value: _binary(value, media.name)


def _json(media: MediaType | None, pool: ModelPool, media_type: str) -> Write:
    if media is None or media.schema is None:
        return lambda value: Content(media_type, _free(value))
    codec = pool.codec(media.schema, "request")
    return lambda value: Content(media_type, codec.write_json(value))


def _text(media: MediaType | None, pool: ModelPool, media_type: str) -> Write:
    codec = None if media is None or media.schema is None else pool.codec(media.schema, "request")

    def write(value: Any) -> Content:
        if not isinstance(value, str):
            raise InvalidValue([ValueProblem((), "Should be text", "type")])
        if codec is not None:
            codec.read(value)
        return Content(f"{plain(media_type)}; charset=utf-8", value.encode())

    return write


def _any(media: MediaType | None, pool: ModelPool) -> Write:
    """Write a value by what it is, where the document takes any."""
    json, text = _json(media, pool, "application/json"), _text(media, pool, "text/plain")

    def write(value: Any) -> Content:
        if isinstance(value, (bytes, bytearray)) or is_stream(value):
            return _binary(value, BINARY)
        return text(value) if isinstance(value, str) else json(value)

    return write


def _binary(value: Any, media_type: str) -> Content:
    media_type = BINARY if "*" in media_type else media_type
    if isinstance(value, (bytes, bytearray)):
        return Content(media_type, bytes(value))
    if is_stream(value):
        return Content(media_type, stream=value)
    raise InvalidValue([ValueProblem((), "Should be bytes, a binary file or an iterator of bytes", "type")])


def is_stream(value: Any) -> bool:
    """Tell whether a value is a binary file, or gives its bytes by and by."""
    return hasattr(value, "read") or isinstance(value, Iterator)


def _is_seekable(stream: Any) -> bool:
    return bool(getattr(stream, "seekable", bool)())


def _free(value: Any) -> bytes:
    try:
        return pydantic_core.to_json(value, by_alias=True, inf_nan_mode="constants")
    except pydantic_core.PydanticSerializationError:
        raise InvalidValue([ValueProblem((), "Input should be what JSON can hold", "type")]) from None
