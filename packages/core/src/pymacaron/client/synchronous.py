"""Client: the operations of another API as functions, for threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymacaron.client.answers import Answer
from pymacaron.client.calls import BaseCall, too_long
from pymacaron.client.events import ServerSentEvent
from pymacaron.client.failures import failure_of
from pymacaron.client.library import httpx
from pymacaron.client.outgoing import Outgoing
from pymacaron.client.paging import items_of
from pymacaron.exceptions import CallError
from pymacaron.text import did_you_mean

__all__ = ["Call", "Client", "Download", "unknown"]


class Client:
    """The operations of one API, as attributes."""

    def __init__(self, api: str, calls: Mapping[str, Call]) -> None:
        self.__api = api
        self.__calls = calls

    def __getattr__(self, name: str) -> Call:
        found = None if name.startswith("_") else self.__calls.get(name)
        if found is None:
            raise unknown(self.__api, name, self.__calls)
        return found

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.__calls]

    def __repr__(self) -> str:
        return f"<Client {self.__api}>"


class Download:
    """An answer that is read while it comes in: its status, its headers, and its bytes."""

    def __init__(self, response: Any, outgoing: Outgoing) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._outgoing = outgoing

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes as they come in; raises CallError where the connection breaks."""
        try:
            yield from self._response.iter_bytes()
        except httpx().HTTPError as error:
            raise failure_of(error, self._outgoing).error from None

    def read(self) -> bytes:
        """Return all bytes."""
        return b"".join(self)


class Call(BaseCall):
    """One operation: called with its body and parameters, it returns a model, a plain value or None.

    An error is returned too, unless `client_errors` says that it is raised. Raises BadCallError for values that the
    operation does not take, and TypeError for arguments that it does not have.
    """

    def __call__(self, *body: Any, **parameters: Any) -> Any:
        """Return the content of the answer, or its error."""
        try:
            return self._asked(self._outgoing(body, parameters)).value
        except CallError as error:
            return self._failed(error)

    def full(self, *body: Any, **parameters: Any) -> Answer | CallError:
        """Return the answer with its status and its headers, or its error."""
        try:
            return self._asked(self._outgoing(body, parameters))
        except CallError as error:
            return self._failed(error)

    def pages(self, *body: Any, **parameters: Any) -> Iterator[Any]:
        """Yield the content of each page; raises CallError."""
        steps = self._pages(body, parameters)
        outgoing: Outgoing | None = next(steps)
        while outgoing is not None:
            answer = self._asked(outgoing)
            yield answer.value
            try:
                outgoing = steps.send(answer)
            except StopIteration:
                outgoing = None

    def items(self, *body: Any, **parameters: Any) -> Iterator[Any]:
        """Yield the items of all pages; raises CallError."""
        for page in self.pages(*body, **parameters):
            yield from items_of(self._prepared.paging, page)

    @contextmanager
    def stream(self, *body: Any, **parameters: Any) -> Iterator[Download]:
        """Give the answer while it comes in, for a `with`; raises CallError for one that is an error."""
        outgoing = self._outgoing(body, parameters)
        raw = self._connection.answer(self._steps(outgoing), outgoing, self._options, streamed=True)
        try:
            self._prepared.reader.expect(raw, outgoing)
            yield Download(raw.stream, outgoing)
        finally:
            if raw.stream is not None:
                raw.stream.close()

    def events(self, *body: Any, **parameters: Any) -> Iterator[ServerSentEvent]:
        """Yield server-sent events until the server ends; raises CallError.

        `using(read_timeout=None)` waits for the next event without end.
        """
        with self.stream(*body, **parameters) as download:
            reader = self._event_reader()
            for chunk in download:
                try:
                    yield from reader.feed(chunk)
                except ValueError as error:
                    raise too_long(download._outgoing, error) from None  # noqa: SLF001 - of this very module

    def _asked(self, outgoing: Outgoing) -> Answer:
        return self._read(self._connection.answer(self._steps(outgoing), outgoing, self._options), outgoing)


def unknown(api: str, name: str, calls: Mapping[str, Any]) -> AttributeError:
    """Return the error for a name that no operation has."""
    hint = did_you_mean(name, calls) or "; operations are called by their 'x-bind-client' or 'operationId'"
    return AttributeError(f"the API '{api}' has no operation '{name}'{hint}")
