"""The body of a request, read by its media type and handed to the handler as a model or a plain value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import UnsupportedMediaType

from pymacaron.http.forms import MULTIPART, URLENCODED, form_body
from pymacaron.http.incoming import Incoming
from pymacaron.http.mediatypes import is_json, plain
from pymacaron.http.problems import Problems
from pymacaron.models.codec import read_free
from pymacaron.models.keys import Shapes, repeats_a_key
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue, ValueProblem
from pymacaron.spec import MediaType, RequestBody, RequestLimits, Schema
from pymacaron.wire import problem_of_json

__all__ = ["BodyReader", "body_reader"]

CHARSETS = {"ascii", "iso-8859-1", "latin-1", "us-ascii", "utf-16", "utf-8", "windows-1252"}
"""Others of Python's codecs are no charsets, or take quadratic time (punycode)."""

Read = Callable[[Incoming], Any]


@dataclass(frozen=True)
class BodyReader:
    """How the body of an operation is read, by media type; the first one is taken where a request names none."""

    required: bool
    by_media_type: Mapping[str, Read]
    streamed: bool = False

    def read(self, incoming: Incoming, problems: Problems) -> Any:
        """Return the body as the handler's first argument; what is wrong with it is added to the problems.

        Raises UnsupportedMediaType (415) for a Content-Type that the operation does not declare, and for a
        Content-Encoding, which is left to a handler that reads the body by itself.
        """
        if not incoming.has_body:
            if self.required:
                problems.add("body", "", "Is required", keyword="required")
            return None
        try:
            return self._value(incoming, problems)
        except InvalidValue as error:
            problems.add_invalid("body", "", error)
        except ValueError:
            problems.add("body", "", "Is not text in its charset")
        return None

    def _value(self, incoming: Incoming, problems: Problems) -> Any:
        read = self._reader(incoming)
        if not self.streamed:
            incoming.check_coding()
        if not self.streamed and incoming.has_unknown_length and incoming.is_empty:  # chunked, and empty all the same
            if self.required:
                problems.add("body", "", "Is required", keyword="required")
            return None
        return read(incoming)

    def _reader(self, incoming: Incoming) -> Read:
        content_type = incoming.environ.get("CONTENT_TYPE")
        if not content_type:
            return next(iter(self.by_media_type.values()))
        if (known := self.by_media_type.get(content_type)) is not None:
            return known
        media_type = plain(content_type)
        kind = media_type.partition("/")[0]
        for candidate in (media_type, f"{kind}/*", "*/*"):
            if candidate in self.by_media_type:
                return self.by_media_type[candidate]
        raise UnsupportedMediaType(f"Content-Type should be one of: {', '.join(self.by_media_type)}")


def body_reader(body: RequestBody, pool: ModelPool, limits: RequestLimits, *, streamed: bool = False) -> BodyReader:
    """Compile the reader of a request body; `streamed` for a handler that asks for a file and reads it by itself."""
    if streamed:
        return BodyReader(body.required, {plain(name): _stream for name in body.content} or {"*/*": _stream}, streamed)
    found = {plain(name): _read(media, pool, limits) for name, media in body.content.items()}
    return BodyReader(body.required, found or {"*/*": _any(_json(None, pool), _text(None, pool))})


def _stream(incoming: Incoming) -> Any:
    return incoming.stream()


def _read(media: MediaType, pool: ModelPool, limits: RequestLimits) -> Read:
    name = plain(media.name)
    if name in (URLENCODED, MULTIPART):
        return form_body(media, pool, limits.items)
    if is_json(name):
        return _json(media.schema, pool)
    if name in ("*/*", "application/*"):
        return _any(_json(media.schema, pool), _text(None, pool))
    if name.startswith("text/"):
        return _text(media.schema, pool)
    return lambda incoming: incoming.body()


def _any(json: Read, text: Read) -> Read:
    """Read a body by its own media type, where the document takes any."""

    def read(incoming: Incoming) -> Any:
        media_type = plain(incoming.environ.get("CONTENT_TYPE", ""))
        if is_json(media_type) or not media_type:
            return json(incoming)
        return text(incoming) if media_type.startswith("text/") else incoming.body()

    return read


def _text(schema: Schema | None, pool: ModelPool) -> Read:
    codec = None if schema is None else pool.codec(schema, "request")

    def read(incoming: Incoming) -> Any:
        text = _decoded(incoming)
        return text if codec is None else codec.read(text)

    return read


def _decoded(incoming: Incoming) -> str:
    charset = incoming.request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in CHARSETS:
        raise UnsupportedMediaType(f"the charset of the body should be one of: {', '.join(sorted(CHARSETS))}")
    return incoming.body().decode(charset)


def _json(schema: Schema | None, pool: ModelPool) -> Read:
    read_json = read_free if schema is None else pool.codec(schema, "request").read_json

    shapes: Shapes = {}

    def read(incoming: Incoming) -> Any:
        data = incoming.body()
        if problem := problem_of_json(data, incoming.limits):
            raise InvalidValue([ValueProblem((), problem)])
        value = read_json(data)
        if repeats_a_key(data, value, shapes):
            raise InvalidValue([ValueProblem((), "Holds a key twice in one object")])
        return value

    return read
