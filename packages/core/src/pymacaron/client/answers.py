"""AnswerReader: from what another API answers to a value, judged by the response that its document declares."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, cast

from pymacaron.client.mediatypes import charset_of, is_text, plain
from pymacaron.client.outgoing import Outgoing
from pymacaron.exceptions import BadServerResponseError, CallError
from pymacaron.http.problems import escape
from pymacaron.http.responseheaders import DeclaredHeader, declared_headers, misfits
from pymacaron.models.codec import read_free
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue, ValueProblem
from pymacaron.spec import MediaType, Operation, Response
from pymacaron.text import printable
from pymacaron.wire import is_json

__all__ = ["Answer", "AnswerReader", "Raw", "broken"]

log = logging.getLogger(__name__)

LONGEST_TOLD = 500
WITHOUT_CONTENT = frozenset((*range(100, 200), 204, 205, 304))

Read = Callable[[bytes, str], Any]


@dataclass(slots=True)
class Raw:
    """An answer as it came in: `stream` is the library's response where the body was left unread."""

    status: int
    headers: Any
    body: bytes = b""
    stream: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: its status, its headers, and its content as a model or a plain value."""

    status: int
    headers: Mapping[str, str]
    value: Any


@dataclass(frozen=True, slots=True)
class Expected:
    """One declared response: what reads its content, by media type, and its headers."""

    content: Mapping[str, Read] = field(default_factory=dict)
    headers: Sequence[DeclaredHeader] = ()


class AnswerReader:
    """Reads the answers of one operation; what reads each status is compiled when it is first needed."""

    def __init__(self, operation: Operation, pool: ModelPool) -> None:
        self._operation = operation
        self._pool = pool
        self._expected: dict[str, Expected] = {}

    @cached_property
    def redirects(self) -> bool:
        """Whether the document declares redirections as answers, so that none is followed."""
        return any(status.startswith("3") and status != "304" for status in self._operation.responses)

    def read(self, raw: Raw, outgoing: Outgoing, judging: str) -> Answer:
        """Return a good answer; raises CallError, or BadServerResponseError for what the document does not declare."""
        if raw.status >= 400:
            raise self._error(raw, outgoing)
        try:
            return Answer(raw.status, raw.headers, self._judged(raw))
        except InvalidValue as error:
            failure = broken(outgoing, error, raw.status)
        if judging == "strict":
            raise failure
        if judging == "report":
            log.error("%s", failure)
        return Answer(raw.status, raw.headers, _free(raw))

    def expect(self, raw: Raw, outgoing: Outgoing) -> None:
        """Raise CallError for an answer that is an error, or has no status or media type that the document declares."""
        if raw.status >= 400:
            raise self._error(raw, outgoing)
        expected = self._declared(raw.status)
        if expected is None:
            raise broken(outgoing, _undeclared(), raw.status)
        try:
            if expected.content and raw.status not in WITHOUT_CONTENT:
                _reader_of(raw, expected)
        except InvalidValue as error:
            raise broken(outgoing, error, raw.status) from None

    def _judged(self, raw: Raw) -> Any:
        expected = self._declared(raw.status)
        if expected is None:
            raise _undeclared()
        if told := misfits(raw.headers.multi_items(), expected.headers):
            raise InvalidValue([ValueProblem((), sentence) for sentence in told])
        return self._content(raw, expected)

    def _content(self, raw: Raw, expected: Expected) -> Any:
        if raw.status in WITHOUT_CONTENT or self._operation.method == "head":
            return None
        if not expected.content:
            return _free(raw)
        return _reader_of(raw, expected)(raw.body, raw.headers.get("content-type", ""))

    def _declared(self, status: int) -> Expected | None:
        """Return what is declared for a status: by itself, by its range, or by default."""
        responses = self._operation.responses
        key = next((key for key in (str(status), f"{status // 100}XX", "default") if key in responses), None)
        if key is None:
            return Expected() if not responses else None
        found = self._expected.get(key)
        if found is None:
            found = self._expected.setdefault(key, self._compiled(responses[key]))
        return found

    def _compiled(self, response: Response) -> Expected:
        content = {plain(name): self._reader(media) for name, media in response.content.items()}
        return Expected(content, declared_headers(response.headers, self._pool))

    def _reader(self, media: MediaType) -> Read:
        name = plain(media.name)
        codec = self._pool.codec(media.schema, "response") if media.schema is not None else None
        if is_json(name):
            read = read_free if codec is None else codec.read_json
            return lambda body, _content_type: read(body)
        if is_text(name):
            judge = None if codec is None else codec.read

            def read_text(body: bytes, content_type: str) -> Any:
                return _text(body, content_type) if judge is None else judge(_text(body, content_type))

            return read_text
        if "*" in name:
            return lambda body, content_type: _by_type(body, content_type)
        return lambda body, _content_type: body

    def _error(self, raw: Raw, outgoing: Outgoing) -> CallError:
        """Return the error that an answer tells of, its body typed where it keeps to the document."""
        body = plain_body = _free(raw)
        expected = self._declared(raw.status)
        if expected is not None and raw.body:
            try:
                body = self._content(raw, expected)
            except InvalidValue as error:
                log.warning("%s", broken(outgoing, error, raw.status))
        return _call_error(raw.status, plain_body, body, outgoing)


def _reader_of(raw: Raw, expected: Expected) -> Read:
    """Return what reads the media type of an answer; raises InvalidValue for one that is not declared."""
    name = plain(raw.headers.get("content-type", "")) or next(iter(expected.content))
    for candidate in (name, f"{name.partition('/')[0]}/*", "*/*"):
        if candidate in expected.content:
            return expected.content[candidate]
    raise InvalidValue([ValueProblem((), f"Content-Type should be one of: {', '.join(expected.content)}")])


def broken(outgoing: Outgoing, error: InvalidValue, status: int) -> BadServerResponseError:
    """Return the error that names a server, and what it answered against its document."""
    problems = [
        {"pointer": escape(one.pointer), "message": one.sentence, "keyword": one.keyword} for one in error.problems
    ]
    told = "; ".join(f"{one['pointer'] or 'the answer'}: {one['message']}" for one in problems[:5])
    sentence = f"{outgoing.name} answered {status} with what its document does not declare: {told}"
    return BadServerResponseError.unanswered(sentence, problems=problems, **outgoing.facts)


def _call_error(status: int, data: Any, body: Any, outgoing: Outgoing) -> CallError:
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "error"
    told = cast("dict[str, Any]", data) if isinstance(data, dict) else {}

    def text(*keys: str) -> str | None:
        found = (told.get(key) for key in keys)
        return next((printable(each)[:LONGEST_TOLD] for each in found if isinstance(each, str) and each), None)

    code = text("error", "code") or phrase.upper().replace(" ", "_").replace("'", "").replace("-", "_")
    description = text("error_description", "detail", "message", "title") or phrase
    reply = {"status": min(status, 599), "error": code, "error_description": description}
    reply |= {"user_message": text("user_message"), "error_id": text("error_id")}
    sentence = f"{outgoing.name} answered {status} {code}: {description}"
    return CallError.answered(sentence, reply, body=body, **outgoing.facts)


def _undeclared() -> InvalidValue:
    return InvalidValue([ValueProblem((), "The status is not declared")])


def _text(body: bytes, content_type: str) -> str:
    charset = charset_of(content_type)
    try:
        return body.decode(charset or "utf-8")
    except ValueError:
        raise InvalidValue([ValueProblem((), "Is not text in its charset")]) from None


def _by_type(body: bytes, content_type: str) -> Any:
    """Return a body by its own media type."""
    name = plain(content_type)
    if is_json(name):
        return read_free(body)
    return _text(body, content_type) if is_text(name) else body


def _free(raw: Raw) -> Any:
    """Return the body of an answer as plain data: None for none, bytes for what is neither JSON nor text."""
    if not raw.body:
        return None
    try:
        return _by_type(raw.body, raw.headers.get("content-type", ""))
    except InvalidValue:
        return raw.body
