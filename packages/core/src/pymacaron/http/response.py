"""What a handler returns, judged by the response that its operation declares and written as a reply."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from flask import Response
from werkzeug.wrappers import Response as WerkzeugResponse

from pymacaron.exceptions import BadResponseException
from pymacaron.http.answers import ANYTHING, Answer, Shape, answers_of
from pymacaron.http.mediatypes import is_json
from pymacaron.http.problems import escape
from pymacaron.http.reply import Reply
from pymacaron.http.responseheaders import misfits, written
from pymacaron.http.streams import drained, streamed
from pymacaron.models.codec import read_free
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue
from pymacaron.spec import Operation

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["ResponseWriter", "TellsReply", "response_writer"]

log = logging.getLogger(__name__)

PLAIN = (dict, list)
UNDECLARED = "what it does not declare"
MODES: dict[str, Literal["unjudged", "reported"]] = {"off": "unjudged", "report": "reported"}
WITHOUT_BODY = frozenset((*range(100, 200), 204, 304))
OF_CONDITIONS = (206, 304)
"""Statuses that Flask chooses for a response whose request has conditions or asks for a range."""
TAKES_JSON, TAKES_TEXT, TAKES_BYTES = map(attrgetter, ("takes_json", "takes_text", "takes_bytes"))


@runtime_checkable
class TellsReply(Protocol):
    """What a handler may return that knows itself what to reply with, such as the handle of a background task."""

    def as_reply(self) -> tuple[Any, int, dict[str, str]]:
        """Return result, status and headers."""


@dataclass(frozen=True, slots=True)
class ResponseWriter:
    """How results become responses: `status` is the default one, `empty_status` that of None.

    Where None has no status of its own, it is JSON's null, if JSON is declared and the schema takes it. `is_silent`
    says that the document declares no success of any kind.
    """

    where: str
    status: int
    empty_status: int | None
    answers: Mapping[str, Answer]
    usual: Answer
    is_silent: bool
    mode: Literal["unjudged", "reported", "judged"]

    def write(self, result: Any, environ: WSGIEnvironment) -> Reply | WerkzeugResponse:
        """Return the reply for whatever a handler may return.

        That is a model, a dict or a list; text or bytes; None for an empty reply; (result, status[, headers]); a Flask
        response; an exception, which is raised; a generator, which is streamed. Raises BadResponseException where the
        result is not what the operation declares.
        """
        usual = self.usual
        if usual.usual is not None and (type(result) in PLAIN or hasattr(result, "__pydantic_serializer__")):
            reply = self._json(result, self.status, usual.usual)
            return self._held(reply, usual) if usual.headers else reply
        status: int | None = None
        headers: Any = None
        if isinstance(result, TellsReply):
            result = result.as_reply()
        if isinstance(result, tuple):
            result, status, headers = _unpacked(result, self.where)
        if isinstance(result, BaseException):
            raise result
        if isinstance(result, WerkzeugResponse):
            return self._response(result, status, headers)
        number = status or (self.empty_status if result is None else None) or self.status
        answer = self._answer(number)
        reply = self._content(result, number, self._named(answer, headers), environ, is_told=status is not None)
        if headers:
            reply = reply.response() if isinstance(reply, Reply) else reply
            _set_headers(reply, written(headers, answer.headers, self.where))
        return self._held(reply, answer) if answer.headers else reply

    def _answer(self, status: int) -> Answer:
        """Return what is declared for a status."""
        if (found := _declared(self.answers, status)) is not None:
            return found
        if self.answers and not (self.is_silent and 200 <= status < 300):
            self._breach(f"{UNDECLARED}: the status {status}")
        return ANYTHING

    def _named(self, answer: Answer, headers: Any) -> Answer:
        """Return what is declared for the media type that the handler names, all of the answer where it names none."""
        pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
        name = next((str(value) for header, value in pairs if header.lower() == "content-type"), None)
        if name is None:
            return answer
        shape = answer.shape_of(name)
        if shape is None:
            self._breach(f"{UNDECLARED}: another Content-Type than {answer.told}")
        return Answer((shape or Shape(),), answer.headers)

    def _content(
        self, result: Any, status: int, answer: Answer, environ: WSGIEnvironment, *, is_told: bool
    ) -> Reply | WerkzeugResponse:
        accept = environ.get("HTTP_ACCEPT")
        if result is None:
            return self._empty(status, answer, is_told=is_told)
        if isinstance(result, (Iterator, AsyncIterator)):
            return self._stream(result, status, answer.best(accept, TAKES_BYTES), answer)
        if isinstance(result, (bytes, bytearray)):
            shape = answer.best(accept, TAKES_BYTES)
            return self._bytes(bytes(result), status, shape, answer)
        if isinstance(result, str) and (shape := answer.best(accept, TAKES_TEXT)):
            return _sent(result, status, shape.written or "text/html", shape)
        shape = answer.best(accept, TAKES_JSON)
        if shape is None:
            self._breach(f"JSON, but declares {answer.told}")
        return self._json(result, status, shape or Shape())

    def _empty(self, status: int, answer: Answer, *, is_told: bool) -> Reply | WerkzeugResponse:
        """Answer None: by nothing, or by null where the status has content."""
        if answer.shapes and status not in WITHOUT_BODY and not (is_told and self.mode == "unjudged"):
            shape = answer.best(None, TAKES_JSON)
            with suppress(BadResponseException):
                if shape is not None:
                    return self._json(None, status, shape)
            self._breach(f"None, but declares content for {status}: is a 'return' missing?")
        response = Response(status=status)
        del response.headers["Content-Type"]
        return response

    def _stream(
        self, result: Iterator[Any] | AsyncIterator[Any], status: int, shape: Shape | None, answer: Answer
    ) -> Reply | WerkzeugResponse:
        """Stream a generator; where JSON alone is declared, it is a list."""
        if shape is not None:
            return _varying(streamed(result, status, shape.written or "text/plain"), shape)
        of_json = answer.shapes[0]
        if self.mode == "judged":
            return self._json(list(drained(result)), status, of_json)
        if self.mode == "reported":
            log.error("%s returned a stream, but declares JSON; it is sent all the same", self.where)
        return streamed(result, status, of_json.written)

    def _bytes(self, data: bytes, status: int, shape: Shape | None, answer: Answer) -> Reply | WerkzeugResponse:
        """Send bytes as they are; where JSON alone is declared, they are its text."""
        if shape is not None:
            return _sent(data, status, shape.written or "application/octet-stream", shape)
        of_json = answer.shapes[0]
        if self.mode != "unjudged":
            try:
                return self._json(read_free(data), status, of_json)
            except InvalidValue:
                self._breach("bytes that are no JSON")
        return _sent(data, status, of_json.written, of_json)

    def _response(self, response: WerkzeugResponse, status: int | None, headers: Any) -> WerkzeugResponse:
        """Judge a response that the handler made: its status, and what it holds where that is JSON."""
        if status is not None:
            response.status_code = status
        number = response.status_code
        answer = _declared(self.answers, number) or ANYTHING
        if headers:
            _set_headers(response, written(headers, answer.headers, self.where))
        if self.mode != "unjudged" and number not in OF_CONDITIONS:
            answer = self._answer(number)
            media_type = response.mimetype or ""
            shape = answer.shape_of(media_type) if answer.shapes else None
            if shape is not None and shape.takes_json and is_json(media_type) and _is_readable(response):
                self._judge(response, shape)
        return response

    def _judge(self, response: WerkzeugResponse, shape: Shape) -> None:
        try:
            data = shape.to_json(read_free(response.get_data()))
        except InvalidValue as error:
            self._breach(f"{UNDECLARED}: {_told(error)}")
        else:
            if shape.hides:
                response.set_data(data)

    def _json(self, result: Any, status: int, shape: Shape) -> Reply | WerkzeugResponse:
        try:
            body = shape.to_json(result)
        except InvalidValue as error:
            raise BadResponseException(f"{self.where} returned {UNDECLARED}: {_told(error)}") from None
        except (ValueError, TypeError) as error:
            raise BadResponseException(f"{self.where} returned what is no JSON: {type(error).__name__}") from None
        if status in WITHOUT_BODY:
            return Response(body, status, list(shape.headers))
        return Reply(_status_line(status), [*shape.headers, ("Content-Length", str(len(body)))], body)

    def _held(self, reply: Reply | WerkzeugResponse, answer: Answer) -> Reply | WerkzeugResponse:
        """Hold the headers of a reply against those that its status declares."""
        if told := self.mode != "unjudged" and "; ".join(misfits(reply.headers, answer.headers)):
            self._breach(f"{UNDECLARED}: {told}")
        return reply

    def _breach(self, told: str) -> None:
        """Refuse what the document does not declare, or report it."""
        if self.mode == "judged":
            raise BadResponseException(f"{self.where} returned {told}")
        if self.mode == "reported":
            log.error("%s returned %s; it is sent all the same", self.where, told)


def response_writer(operation: Operation, pool: ModelPool, where: str) -> ResponseWriter:
    """Compile the writer of an operation's responses."""
    answers = answers_of(operation, pool)
    success = sorted(status for status in answers if status.startswith("2"))
    status = _number(success[0]) if success else 200
    empty = [_number(found) for found in success if not answers[found].shapes]
    is_silent = not any(found == "default" or found[0] in "23" for found in answers)
    return ResponseWriter(
        where,
        status,
        empty[0] if empty else None if success else 204,
        answers,
        _declared(answers, status) or (ANYTHING if is_silent else Answer(usual=None)),
        is_silent,
        MODES.get(pool.responses, "judged"),
    )


def _declared(answers: Mapping[str, Answer], status: int) -> Answer | None:
    keys = (str(status), f"{status // 100}XX", "default")
    return next((answers[key] for key in keys if key in answers), None)


@cache
def _status_line(status: int) -> str:
    return Response(status=status).status


def _number(status: str) -> int:
    return 200 if status == "2XX" else int(status)


def _told(error: InvalidValue) -> str:
    return "; ".join(f"{escape(one.pointer) or 'the result'}: {one.sentence}" for one in error.problems[:5])


def _sent(data: str | bytes, status: int, media_type: str, shape: Shape) -> Response:
    return _varying(Response(data, status, mimetype=media_type), shape)


def _varying(response: Response, shape: Shape) -> Response:
    """Add the headers of a shape, but for that of JSON."""
    for name, value in shape.headers[1:]:
        response.headers.add(name, value)
    return response


def _is_readable(response: WerkzeugResponse) -> bool:
    """Tell whether a response holds a text that can be judged: not streamed, and in no coding."""
    coded = response.headers.get("Content-Encoding", "identity").lower() != "identity"
    return not response.is_streamed and not response.direct_passthrough and not coded


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
