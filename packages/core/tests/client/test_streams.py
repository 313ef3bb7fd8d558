"""Answers that come in by and by: pages, downloads, and server-sent events."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest

from pymacaron.client import ServerSentEvent
from pymacaron.client.events import EventReader
from pymacaron.exceptions import BadCallError, BadServerResponseError, CallError, SpecError, UnreachableError

Served = Callable[..., str]
Caller = Callable[..., Any]

DOCUMENT = """
openapi: 3.1.0
info: {title: T, version: '1'}
paths:
  /cursors:
    get:
      operationId: byCursor
      x-bind-server: handlers.by_cursor
      x-pagination: {items: /found/pets, cursor: {parameter: page-after, property: next}}
      parameters:
      - {name: page-after, in: query, schema: {type: integer}}
      - {name: most, in: query, required: true, schema: {type: integer}}
      responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Page'}}}}}
  /pages:
    get:
      operationId: byPage
      x-bind-server: handlers.by_page
      x-pagination: {page: {parameter: page}}
      parameters: [{name: page, in: query, schema: {type: integer, default: 1}}]
      responses: {'200': {description: ok}}
  /offsets:
    get:
      operationId: byOffset
      x-bind-server: handlers.by_offset
      x-pagination: {offset: {parameter: skip}}
      parameters: [{name: skip, in: query, schema: {type: integer, default: 0}}]
      responses: {'200': {description: ok, content: {application/json: {schema: {type: array}}}}}
  /links:
    get:
      operationId: byLink
      x-bind-server: handlers.by_link
      parameters: [{name: at, in: query, schema: {type: integer, default: 0}}]
      responses: {'200': {description: ok}, '404': {description: no}}
  /file:
    get:
      operationId: getFile
      x-bind-server: handlers.file
      parameters: [{name: size, in: query, required: true, schema: {type: integer}}]
      responses: {'200': {description: ok, content: {application/octet-stream: {}}}}
    put:
      operationId: putFile
      x-bind-server: handlers.put
      x-pym-limits: {body: 100000000}
      requestBody: {content: {application/octet-stream: {}}}
      responses: {'200': {description: ok}}
  /events:
    get:
      operationId: watch
      x-bind-server: handlers.watch
      responses: {'200': {description: ok, content: {text/event-stream: {}}}}
components:
  schemas:
    Page:
      type: object
      properties:
        next: {type: integer}
        found: {type: object, properties: {pets: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}
    Pet: {type: object, properties: {id: {type: integer}}}
"""
HANDLERS = """
from typing import BinaryIO
from flask import request
from pymacaron.exceptions import PyMacaronException

class NoPage(PyMacaronException):
    status, code = 404, 'NO_PAGE'

def by_cursor(most, page_after=0):
    page_after = page_after or 0
    left = range(page_after, min(page_after + 2, most))
    page = {'found': {'pets': [{'id': number} for number in left]}}
    return {**page, 'next': left[-1] + 1} if left and left[-1] + 1 < most else page

def by_page(page):
    return [page] * (4 - page)

def by_offset(skip):
    return list(range(skip, min(skip + 2, 5)))

def by_link(at):
    if at > 90:
        raise NoPage('no such page')
    following = {0: '</links?at=1>; rel="prev first", <links?at=2>; title="a, b"; rel=next',
                 2: '<http://evil.example.com/links>; rel="next"', 3: '<?at=4>; rel=next', 4: '<?at=4>; rel=next',
                 5: '<?at=99>; rel="next"'}
    return [at], 200, {'Link': following[at]} if at in following else {}

def file(size):
    return (b'x' * 1000 for _ in range(size))

def put(body: BinaryIO):
    return {'count': len(body.read()), 'length': request.content_length}

def watch():
    yield 'event: greeting\\ndata: hello\\n\\n'
    yield {'a': 'é'}
    yield ': nothing\\n\\ndata:1\\ndata:2\\nid: 7\\n\\n'
"""


@pytest.fixture
def pets(served: Served, caller: Caller) -> Any:
    """Give the pool of an API that is served on a socket."""
    return caller(DOCUMENT, served({"apis/it.yaml": DOCUMENT, "handlers.py": HANDLERS}))


async def listed(found: AsyncIterator[Any]) -> list[Any]:
    """Return all that an asynchronous iterator gives."""
    return [each async for each in found]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(("call", "given", "pages"), [
    ("by_page", {}, [[1, 1, 1], [2, 2], [3], []]), ("by_page", {"page": 3}, [[3], []]),
    ("by_offset", {}, [[0, 1], [2, 3], [4], []]),
])  # fmt: skip
def test_pages_are_asked_for_one_after_the_other(call: str, given: Any, pages: Any, way: str, pets: Any) -> None:
    items = [item for page in pages for item in page]
    if way == "sync":
        subject = getattr(pets.client, call)
        assert (list(subject.pages(**given)), list(subject.items(**given))) == (pages, items)
    else:
        subject = getattr(pets.aclient, call)
        assert asyncio.run(listed(subject.pages(**given))) == pages
        assert asyncio.run(listed(subject.items(**given))) == items


def test_a_cursor_leads_from_page_to_page(pets: Any) -> None:
    pages = list(pets.client.by_cursor.pages(most=5))
    assert [type(page) for page in pages] == [pets.Page] * 3
    items = list(pets.client.by_cursor.items(most=5))
    assert [(type(item), item.id) for item in items] == [(pets.Pet, number) for number in range(5)]
    assert list(pets.client.by_cursor.items(most=0)) == []


def test_links_lead_from_page_to_page_within_one_origin(pets: Any) -> None:
    pages = pets.client.by_link.pages()
    assert (next(pages), next(pages)) == ([0], [2])
    with pytest.raises(BadServerResponseError, match="Links to another origin, which is not followed"):
        next(pages)


def test_pages_that_go_round_in_circles_end(pets: Any) -> None:
    pages = pets.client.by_link.pages(at=3)
    assert (next(pages), next(pages)) == ([3], [4])
    with pytest.raises(BadServerResponseError, match="Leads to a page that was there already"):
        next(pages)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_an_error_among_the_pages_is_raised(way: str, pets: Any) -> None:
    found: list[Any] = []

    async def fill() -> None:
        async for item in pets.aclient.by_link.items(at=5):
            found.append(item)

    with pytest.raises(CallError, match="NO_PAGE"):
        asyncio.run(fill()) if way == "async" else found.extend(pets.client.by_link.items(at=5))
    assert found == [5]


@pytest.mark.parametrize(("written", "told"), [
    ("[]", "'x-pagination' takes 'items', and one of cursor, page, offset"),
    ("{item: a}", "'x-pagination' takes 'items', and one of cursor, page, offset"),
    ("{page: {parameter: p}, offset: {parameter: p}}", "and one of cursor, page, offset"),
    ("{page: p}", "'page' takes first and parameter"),
    ("{page: {parameter: p, first: '1'}}", "'page' takes first and parameter"),
    ("{cursor: {parameter: p}}", "'cursor' takes parameter and property"),
    ("{cursor: {parameter: q, property: n}}", "the operation has no parameter 'q' in its query"),
])  # fmt: skip
def test_a_pagination_that_is_none_is_told_with_its_line(written: str, told: str, caller: Caller) -> None:
    document = (
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /x:\n    get:\n      operationId: x\n"
        f"      x-pagination: {written}\n      parameters: [{{name: p, in: query, schema: {{}}}}]\n"
        "      responses: {}\n"
    )
    with pytest.raises(SpecError, match=told) as caught:
        caller(document, "http://127.0.0.1:9")
    assert "it.yaml:7" in str(caught.value)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_download_is_read_as_it_comes_in(way: str, pets: Any) -> None:
    async def count() -> tuple[int, int]:
        async with pets.aclient.get_file.stream(size=300) as download:
            return download.status, sum([len(chunk) async for chunk in download])

    if way == "async":
        assert asyncio.run(count()) == (200, 300_000)
        return
    with pets.client.get_file.stream(size=300) as download:
        assert (download.status, download.headers["content-type"]) == (200, "application/octet-stream")
        assert sum(map(len, download)) == 300_000
    with pets.client.get_file.using(largest_answer=10).stream(size=3) as download:
        assert download.read() == b"x" * 3000


def test_a_download_that_breaks_off_is_an_error(raw: Any, caller: Caller) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 100\r\n\r\nabc"
    client = caller(DOCUMENT, raw(head).url).client
    with client.get_file.stream(size=1) as download, pytest.raises(UnreachableError, match="broke the connection"):
        list(download)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_download_that_is_an_error_is_raised(way: str, raw: Any, reply: Any, caller: Caller) -> None:
    pool = caller(DOCUMENT, raw(reply("{}", "404 No")).url)

    async def download() -> None:
        async with pool.aclient.get_file.stream(size=1):
            pass

    with pytest.raises(CallError, match="answered 404"):
        asyncio.run(download())
    server = raw(reply("{}", "203 No"))
    with pytest.raises(CallError, match="status is not declared"), caller(DOCUMENT, server.url).client.watch.stream():
        pass


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(("make", "length"), [
    (lambda: io.BytesIO(b"x" * 3_000_000), 3_000_000), (lambda: (b"x" * 1000 for _ in range(3000)), None),
])  # fmt: skip
def test_an_upload_is_sent_as_it_is_read(make: Any, length: Any, way: str, pets: Any) -> None:
    call = (pets.client if way == "sync" else pets.aclient).put_file
    answer = call(make())
    answer = asyncio.run(answer) if way == "async" else answer
    assert answer == {"count": 3_000_000, "length": length}


EVENTS = [
    ServerSentEvent("hello", "greeting"),
    ServerSentEvent('{"a":"é"}'),
    ServerSentEvent("1\n2", id="7"),
]


@pytest.mark.parametrize("way", ["sync", "async"])
def test_events_come_one_by_one(way: str, pets: Any) -> None:
    events = list(pets.client.watch.events()) if way == "sync" else asyncio.run(listed(pets.aclient.watch.events()))
    assert events == EVENTS
    assert events[1].json() == {"a": "é"}


def test_an_event_is_there_before_the_next_one_is_sent(raw: Any, caller: Caller) -> None:
    seen = threading.Event()

    def answer(connection: socket.socket, _done: threading.Event) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n"
        )
        assert seen.wait(10)
        connection.sendall(b"data: 2\n\n")

    found = []
    for event in caller(DOCUMENT, raw(answer).url).client.watch.events():
        found.append(event.data)
        seen.set()
    assert found == ["1", "2"]


@pytest.mark.parametrize(("chunks", "events"), [
    (["\ufeffdata: a\r\n\r\ndata: b\r\rdata:c\n\n"], ["a", "b", "c"]),
    (["data: a\r", "\ndata: b\r\n", "\r\n"], ["a\nb"]),
    (["da", "ta: a\n", "\n"], ["a"]),
    (["data\n\ndata\ndata\n\nretry: x\nretry: 5\ndata: a\n\n", "data: never ended\n"], ["", "\n", "a"]),
    (["event: x\n\ndata: a\n\n: comment\nfield: b\n\n"], ["a"]),
    (["data:  two\n\n"], [" two"]),
])  # fmt: skip
def test_events_are_read_as_browsers_read_them(chunks: Iterable[str], events: list[str]) -> None:
    reader = EventReader(1000)
    assert [event.data for chunk in chunks for event in reader.feed(chunk.encode())] == events


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_page_where_events_are_declared_is_the_servers_fault(way: str, raw: Any, reply: Any, caller: Caller) -> None:
    pool = caller(DOCUMENT, raw(reply("<html>", "200 OK", "Content-Type: text/html")).url)
    with pytest.raises(BadServerResponseError, match="Content-Type should be one of: text/event-stream"):
        list(pool.client.watch.events()) if way == "sync" else asyncio.run(listed(pool.aclient.watch.events()))


@pytest.mark.parametrize("value", ["a\r\nY: b", "a\0"])
def test_a_header_that_cannot_be_sent_is_the_callers_fault(value: str, pets: Any) -> None:
    with pytest.raises(BadCallError, match="the header 'x' holds what HTTP cannot carry"):
        list(pets.client.watch.using(headers={"X": value}).events())


def test_clients_of_loops_that_ended_are_forgotten(pets: Any) -> None:
    for _ in range(3):
        asyncio.run(listed(pets.aclient.watch.events()))
    assert len(pets.aclient.watch._connection._clients) == 0


def test_an_event_without_end_is_refused(raw: Any, caller: Caller) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    client = caller(DOCUMENT, raw(head + b"data: x\n" * 500).url).client
    with pytest.raises(BadServerResponseError, match="Has an event of more than 1,000 characters"):
        list(client.watch.using(largest_answer=1000).events())
