"""AsyncClient: the operations of another API as functions to be awaited, with connections for each event loop."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from pymacaron.client.answers import Answer, Raw
from pymacaron.client.attempts import Failure, Send, Steps, Wait
from pymacaron.client.calls import BaseCall, too_long
from pymacaron.client.connections import built, no_cookies
from pymacaron.client.events import ServerSentEvent
from pymacaron.client.failures import failure_of, too_large
from pymacaron.client.library import httpx, tls
from pymacaron.client.options import Options
from pymacaron.client.outgoing import Outgoing
from pymacaron.client.paging import items_of
from pymacaron.client.synchronous import unknown
from pymacaron.exceptions import CallError

__all__ = ["AsyncCall", "AsyncClient", "AsyncConnection", "AsyncDownload"]

CHUNK = 64 * 1024


class AsyncConnection:
    """What sends the requests of one API; its connections end with the event loop that they belong to."""

    def __init__(self, transport: Callable[[], Any] | None = None) -> None:
        self._transport = transport
        self._clients: weakref.WeakKeyDictionary[Any, tuple[Any, AsyncGenerator[None, None]]]
        self._clients = weakref.WeakKeyDictionary()

    async def answer(self, steps: Steps, outgoing: Outgoing, options: Options, *, streamed: bool = False) -> Raw:
        """Walk the steps of a call; where `streamed`, a good answer is left open, its body unread."""
        step = next(steps)
        while True:
            try:
                step = steps.send(await self._done(step, outgoing, options, streamed))
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]

    async def _done(
        self, step: Send | Wait, outgoing: Outgoing, options: Options, streamed: bool
    ) -> Raw | Failure | None:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
            return None
        try:
            async with asyncio.timeout(step.seconds):
                return await self._sent(outgoing, options, streamed)
        except CallError as error:
            return Failure(error)
        except (httpx().HTTPError, TimeoutError) as error:
            return failure_of(error, outgoing)

    async def _sent(self, outgoing: Outgoing, options: Options, streamed: bool) -> Raw:
        client = await self.client()
        response = await client.send(built(client, outgoing, options, _chunks), stream=True)
        if streamed and response.is_success:
            return Raw(response.status_code, response.headers, stream=response)
        try:
            found, count = [], 0
            async for chunk in response.aiter_bytes():
                count += len(chunk)
                if count > options.largest_answer:
                    raise too_large(outgoing, response.status_code, options.largest_answer)
                found.append(chunk)
            return Raw(response.status_code, response.headers, b"".join(found))
        finally:
            await response.aclose()

    async def client(self) -> Any:
        """Return the library's client of the running loop, which is closed as the loop ends."""
        loop = asyncio.get_running_loop()
        found = self._clients.get(loop)
        if found is None:
            library = httpx()
            options = {"verify": tls()} if self._transport is None else {"transport": self._transport()}
            client = library.AsyncClient(cookies=no_cookies(), **options)
            closing = _closed_at_end(client, partial(self._clients.pop, loop, None))
            found = self._clients[loop] = (client, closing)
            await anext(closing)
        return found[0]


class AsyncClient:
    """The operations of one API, as attributes."""

    def __init__(self, api: str, calls: Mapping[str, AsyncCall]) -> None:
        self.__api = api
        self.__calls = calls

    def __getattr__(self, name: str) -> AsyncCall:
        found = None if name.startswith("_") else self.__calls.get(name)
        if found is None:
            raise unknown(self.__api, name, self.__calls)
        return found

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.__calls]

    def __repr__(self) -> str:
        return f"<AsyncClient {self.__api}>"


class AsyncDownload:
    """An answer that is read while it comes in: its status, its headers, and its bytes."""

    def __init__(self, response: Any, outgoing: Outgoing) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._outgoing = outgoing

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come in; raises CallError where the connection breaks."""
        try:
            async for chunk in self._response.aiter_bytes():
                yield chunk
        except httpx().HTTPError as error:
            raise failure_of(error, self._outgoing).error from None

    async def read(self) -> bytes:
        """Return all bytes."""
        return b"".join([chunk async for chunk in self])


class AsyncCall(BaseCall):
    """One operation, as `Call`, but to be awaited."""

    async def __call__(self, *body: Any, **parameters: Any) -> Any:
        """Return the content of the answer, or its error."""
        try:
            return (await self._asked(self._outgoing(body, parameters))).value
        except CallError as error:
            return self._failed(error)

    async def full(self, *body: Any, **parameters: Any) -> Answer | CallError:
        """Return the answer with its status and its headers, or its error."""
        try:
            return await self._asked(self._outgoing(body, parameters))
        except CallError as error:
            return self._failed(error)

    async def pages(self, *body: Any, **parameters: Any) -> AsyncIterator[Any]:
        """Yield the content of each page; raises CallError."""
        steps = self._pages(body, parameters)
        outgoing: Outgoing | None = next(steps)
        while outgoing is not None:
            answer = await self._asked(outgoing)
            yield answer.value
            try:
                outgoing = steps.send(answer)
            except StopIteration:
                outgoing = None

    async def items(self, *body: Any, **parameters: Any) -> AsyncIterator[Any]:
        """Yield the items of all pages; raises CallError."""
        async for page in self.pages(*body, **parameters):
            for item in items_of(self._prepared.paging, page):
                yield item

    @asynccontextmanager
    async def stream(self, *body: Any, **parameters: Any) -> AsyncIterator[AsyncDownload]:
        """Give the answer while it comes in, for an `async with`; raises CallError for one that is an error."""
        outgoing = self._outgoing(body, parameters)
        raw = await self._connection.answer(self._steps(outgoing), outgoing, self._options, streamed=True)
        try:
            self._prepared.reader.expect(raw, outgoing)
            yield AsyncDownload(raw.stream, outgoing)
        finally:
            if raw.stream is not None:
                await raw.stream.aclose()

    async def events(self, *body: Any, **parameters: Any) -> AsyncIterator[ServerSentEvent]:
        """Yield server-sent events until the server ends; raises CallError."""
        async with self.stream(*body, **parameters) as download:
            reader = self._event_reader()
            async for chunk in download:
                try:
                    for event in reader.feed(chunk):
                        yield event
                except ValueError as error:
                    raise too_long(download._outgoing, error) from None  # noqa: SLF001 - of this very module

    async def _asked(self, outgoing: Outgoing) -> Answer:
        raw = await self._connection.answer(self._steps(outgoing), outgoing, self._options)
        return self._read(raw, outgoing)


async def _closed_at_end(client: Any, forget: Callable[[], object]) -> AsyncGenerator[None, None]:
    """Wait for the end of the event loop, which ends all generators that are left (PEP 525), and close a client."""
    try:
        yield
    finally:
        forget()
        await client.aclose()


async def _chunks(stream: Any) -> AsyncIterator[bytes]:
    if not hasattr(stream, "read"):
        for chunk in stream:
            yield chunk
        return
    while chunk := await asyncio.to_thread(stream.read, CHUNK):
        yield chunk
