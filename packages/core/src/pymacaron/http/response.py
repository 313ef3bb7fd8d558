"""What a handler returns, judged by the response that its operation declares and written as a Flask response."""

from __future__ import annotations

import itertools
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from http import HTTPStatus
from typing import Any, Literal

from flask import Response, stream_with_context
from pydantic import BaseModel
from pydantic_core import SchemaSerializer, core_schema, to_json
from werkzeug.wrappers import Response as WerkzeugResponse

from pymacaron.exceptions import BadResponseException
from pymacaron.http.mediatypes import is_json, plain
from pymacaron.http.problems import escape
from pymacaron.http.reply import Reply
from pymacaron.http.responseheaders import DeclaredHeader, declared_headers, misfits, written
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue
from pymacaron.spec import MediaType, Operation
from pymacaron.spec import Response as Declared

__all__ = ["ResponseWriter", "response_writer"]

log = logging.getLogger(__name__)

ANYTHING = SchemaSerializer(core_schema.any_schema())
JSON_HEADER = ("Content-Type", "application/json")
PLAIN = (dict, list)
HEADERS: dict[str, Literal["unjudged", "reported"]] = {"off": "unjudged", "report": "reported"}
WITHOUT_BODY = frozenset((*range(100, 200), 204, 304))


@dataclass(frozen=True, slots=True)
class Shape:
    """What one status replies with: the media type of its content, how a result becomes JSON, and declared headers."""

    media_type: str
    json_header: tuple[str, str]
    to_json: Callable[[Any], bytes]
    headers: tuple[DeclaredHeader, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseWriter:
    """How results become responses: `status` is the default one, `empty_status` that of None.

    Where None has no status of its own, it is JSON's null, if JSON is declared and the schema takes it.
    """

    where: str
    status: int
    empty_status: int | None
    shapes: Mapping[str, Shape]
    usual: Shape
    headers: Literal["unjudged", "reported", "judged"]

    def write(self, result: Any) -> Reply | WerkzeugResponse:
        """Return the reply for whatever a handler may return.

        That is a model, a dict or a list; text or bytes; None for an empty reply; (result, status[, headers]); a Flask
        response; an exception, which is raised; a generator, which is streamed. Raises BadResponseException where the
        result is not what the operation declares.
        """
        if type(result) in PLAIN or hasattr(result, "__pydantic_serializer__"):
            reply = self._json(result, self.status, self.usual)
            return self._held(reply, self.usual) if self.usual.headers else reply
        if isinstance(result, WerkzeugResponse):
            return result
        result, status, headers = _unpacked(result, self.where) if isinstance(result, tuple) else (result, None, None)
        reply = self._reply(result, status)
        shape = _shape_for(self.shapes, reply.status_code)
        if headers:
            reply = reply.response() if isinstance(reply, Reply) else reply
            _set_headers(reply, written(headers, shape.headers, self.where))
        return self._held(reply, shape) if shape.headers and reply is not result else reply

    def _held(self, reply: Reply | WerkzeugResponse, shape: Shape) -> Reply | WerkzeugResponse:
        """Hold the headers of a reply against those that its status declares."""
        if told := self.headers != "unjudged" and "; ".join(misfits(reply.headers, shape.headers)):
            if self.headers == "judged":
                raise BadResponseException(f"{self.where} returned what it does not declare: {told}")
            log.error("%s returned what it does not declare, and it is sent all the same: %s", self.where, told)
        return reply

    def _reply(self, result: Any, status: int | None) -> Reply | WerkzeugResponse:
        if isinstance(result, WerkzeugResponse):
            if status is not None:
                result.status_code = status
            return result
        if isinstance(result, BaseException):
            raise result
        if result is None:
            return self._empty(status or self.empty_status)
        return self._with_content(result, status or self.status)

    def _empty(self, status: int | None) -> Reply | WerkzeugResponse:
        if status is None:
            if is_json(self.usual.media_type):
                with suppress(BadResponseException):
                    return self._with_content(None, self.status)
            declared = f"content for {self.status}"
            raise BadResponseException(f"{self.where} returned None, but declares {declared}: is a 'return' missing?")
        response = Response(status=status)
        del response.headers["Content-Type"]
        return response

    def _with_content(self, result: Any, status: int) -> Reply | WerkzeugResponse:
        shape = self.usual if status == self.status else _shape_for(self.shapes, status)
        media_type = shape.media_type
        if isinstance(result, (Iterator, AsyncIterator)):
            return _stream(result, status, media_type or "text/plain")
        if isinstance(result, (bytes, bytearray)):
            return Response(bytes(result), status, mimetype=_unless_json(media_type, "application/octet-stream"))
        if isinstance(result, str) and not is_json(media_type):
            return Response(result, status, mimetype=media_type or "text/html")
        return self._json(result, status, shape)

    def _json(self, result: Any, status: int, shape: Shape) -> Reply | WerkzeugResponse:
        try:
            body = shape.to_json(result)
        except InvalidValue as error:
            told = "; ".join(f"{escape(one.pointer) or 'the result'}: {one.sentence}" for one in error.problems[:5])
            raise BadResponseException(f"{self.where} returned what it does not declare: {told}") from None
        except (ValueError, TypeError) as error:
            raise BadResponseException(f"{self.where} returned what is no JSON: {type(error).__name__}") from None
        if status in WITHOUT_BODY:
            return Response(body, status, [shape.json_header])
        return Reply(_status_line(status), [shape.json_header, ("Content-Length", str(len(body)))], body)


def response_writer(operation: Operation, pool: ModelPool, where: str) -> ResponseWriter:
    """Compile the writer of an operation's responses."""
    content = {status: _chosen(declared) for status, declared in operation.responses.items()}
    shapes = {
        status: replace(_shape_of(media, pool), headers=declared_headers(operation.responses[status], pool))
        for status, media in content.items()
    }
    success = sorted(status for status in operation.responses if status.startswith("2"))
    status = _number(success[0]) if success else 200
    empty = [_number(found) for found in success if content[found] is None]
    empty_status = empty[0] if empty else None if success else 204
    usual = _shape_for(shapes, status)
    return ResponseWriter(where, status, empty_status, shapes, usual, HEADERS.get(pool.responses, "judged"))


def _shape_for(shapes: Mapping[str, Shape], status: int) -> Shape:
    keys = (str(status), f"{status // 100}XX", "default")
    return next((shapes[key] for key in keys if key in shapes), UNDECLARED)


def _shape_of(media: MediaType | None, pool: ModelPool) -> Shape:
    if media is None:
        return UNDECLARED
    media_type = _plain(media.name)
    if not is_json(media_type):
        return Shape(media_type, JSON_HEADER, ANYTHING.to_json)
    header = ("Content-Type", Response(mimetype=media_type).content_type)
    write = pool.codec(media.schema, "response").write_json if media.schema else ANYTHING.to_json
    return Shape(media_type, header, write)


UNDECLARED = Shape("", JSON_HEADER, ANYTHING.to_json)


@cache
def _status_line(status: int) -> str:
    return Response(status=status).status


def _number(status: str) -> int:
    return 200 if status == "2XX" else int(status)


def _chosen(declared: Declared) -> MediaType | None:
    """Return the media type that is written: the first that is JSON, else the first."""
    every = list(declared.content.values())
    return next((media for media in every if is_json(_plain(media.name))), every[0] if every else None)


def _plain(media_type: str) -> str:
    name = plain(media_type)
    return "application/json" if name in ("*/*", "application/*") else name


def _unless_json(media_type: str, other: str) -> str:
    return other if not media_type or is_json(media_type) else media_type


def _set_headers(response: WerkzeugResponse, headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
    """Set the headers of a tuple: the first of a name replaces what is there, others of that name are added."""
    seen: set[str] = set()
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        (response.headers.add if name.lower() in seen else response.headers.set)(name, value)
        seen.add(name.lower())


def _unpacked(result: tuple[Any, ...], where: str) -> tuple[Any, int, Any]:
    if len(result) not in (2, 3) or type(result[1]) not in (int, HTTPStatus) or not 100 <= result[1] <= 599:
        raise BadResponseException(
            f"{where} returned a tuple that is not (result, status) or (result, status, headers)"
        )
    return result[0], int(result[1]), result[2] if len(result) == 3 else None


def _stream(result: Iterator[Any] | AsyncIterator[Any], status: int, media_type: str) -> Response:
    chunks = iter(_drained(result) if isinstance(result, AsyncIterator) else result)
    first = list(itertools.islice(chunks, 1))  # what fails before the first chunk is an error, and no half reply
    frame = _event if media_type == "text/event-stream" else _line
    return Response(
        stream_with_context(map(_framed(frame), itertools.chain(first, chunks))), status, mimetype=media_type
    )


def _framed(frame: Callable[[bytes], bytes]) -> Callable[[Any], bytes]:
    def write(chunk: Any) -> bytes:
        if isinstance(chunk, str):
            return chunk.encode()
        if isinstance(chunk, (bytes, bytearray)):
            return bytes(chunk)
        return frame(chunk.model_dump_json(by_alias=True).encode() if isinstance(chunk, BaseModel) else to_json(chunk))

    return write


def _line(data: bytes) -> bytes:
    return data + b"\n"


def _event(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"


def _drained(result: AsyncIterator[Any]) -> Iterable[Any]:
    import asyncio

    with asyncio.Runner() as runner:
        while True:
            try:
                yield runner.run(_next(result))
            except StopAsyncIteration:
                return


async def _next(result: AsyncIterator[Any]) -> Any:
    return await anext(result)
