"""BaseCall: one operation of another API, ready to be called; what is the same for threads and for asyncio."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from pymacaron.client.answers import Answer, AnswerReader, Raw, broken
from pymacaron.client.attempts import Steps, attempts
from pymacaron.client.events import EventReader
from pymacaron.client.options import Options
from pymacaron.client.outgoing import Called, Outgoing, decorate
from pymacaron.client.paging import Paging, page_steps, paging_of
from pymacaron.client.writing import RequestWriter, request_writer
from pymacaron.exceptions import CallError
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue, ValueProblem
from pymacaron.spec import Operation

__all__ = ["BaseCall", "Prepared", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where the calls of an API go: `base` gives the URL before an operation's path."""

    base: Callable[[Operation], str]
    local: bool = False
    ignore_base_path: bool = False


class Prepared:
    """All that is compiled of one operation, when it is first called."""

    def __init__(
        self,
        name: str,
        operation: Operation,
        pool: ModelPool,
        target: Target,
        decorator: Callable[[Any], Any] | None,
    ) -> None:
        self.name = name
        self.operation = operation
        self.called = Called(pool.name, name, f"{operation.method.upper()} {operation.path}")
        self.decorator = decorator
        self._pool = pool
        self._target = target

    @cached_property
    def writer(self) -> RequestWriter:
        """What writes its requests."""
        target = self._target
        return request_writer(
            self.called, self.operation, self._pool, ignore_base_path=target.ignore_base_path, local=target.local
        )

    @cached_property
    def reader(self) -> AnswerReader:
        """What reads its answers."""
        return AnswerReader(self.operation, self._pool)

    @cached_property
    def paging(self) -> Paging:
        """How it is paged."""
        return paging_of(self.operation)

    @cached_property
    def base(self) -> str:
        """The URL before its path."""
        return self._target.base(self.operation)


class BaseCall:
    """One operation as a function: the body first, and each parameter by its keyword."""

    def __init__(self, prepared: Prepared, connection: Any, options: Options) -> None:
        self._prepared = prepared
        self._connection = connection
        self._options = options
        self.__name__ = prepared.name
        operation = prepared.operation
        self.__doc__ = f"{prepared.called.operation}: {operation.summary}".rstrip(": ")

    def __repr__(self) -> str:
        return f"<{self._prepared.called.api}.{self.__name__}{self.__signature__}>"

    @property
    def __signature__(self) -> inspect.Signature:
        return self._prepared.writer.signature

    def using(self, **options: Any) -> Self:
        """Return the same function with other options, for these calls alone.

        They are `connect_timeout`, `read_timeout` and `deadline` in seconds, None for no limit; `retries`; `errors`
        ("return" or "raise"); `validate_answers`; `largest_answer` in bytes; `media_type` of the body; `headers`, which
        are added. Raises TypeError for another one.
        """
        return type(self)(self._prepared, self._connection, self._options.changed(options))

    def _outgoing(self, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Outgoing:
        prepared = self._prepared
        outgoing = prepared.writer.write(arguments, keywords, prepared.base, self._options)
        if prepared.decorator is not None:
            decorate(outgoing, prepared.decorator)
        return outgoing

    def _steps(self, outgoing: Outgoing) -> Steps:
        return attempts(outgoing, self._options, redirected=not self._prepared.reader.redirects)

    def _read(self, raw: Raw, outgoing: Outgoing) -> Answer:
        return self._prepared.reader.read(raw, outgoing, self._options.validate_answers)

    def _failed(self, error: CallError) -> CallError:
        """Return an error of a call, or raise it, as the options say."""
        if self._options.errors == "raise":
            raise error
        return error.with_traceback(None)

    def _pages(self, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Generator[Outgoing, Answer, None]:
        def prepare(changes: Mapping[str, Any]) -> Outgoing:
            return self._outgoing(arguments, {**keywords, **changes})

        return page_steps(self._prepared.paging, prepare, keywords)

    def _event_reader(self) -> EventReader:
        return EventReader(self._options.largest_answer)


def too_long(outgoing: Outgoing, error: ValueError) -> CallError:
    """Return the error of an event that is too long."""
    return broken(outgoing, InvalidValue([ValueProblem((), str(error))]), 200)
