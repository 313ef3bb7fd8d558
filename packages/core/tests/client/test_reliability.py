"""When servers are slow, broken or hostile: time-outs, repetitions, and what is told of who broke which contract."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ports import free_port
from pymacaron.client.answers import Raw
from pymacaron.client.attempts import Failure, Send, Wait, attempts
from pymacaron.client.options import Options
from pymacaron.client.outgoing import Called, Outgoing
from pymacaron.exceptions import BadServerResponseError, CallError, CallTimeoutError, UnreachableError

Caller = Callable[..., Any]
Reply = Callable[..., bytes]

DOCUMENT = """
openapi: 3.1.0
info: {title: T, version: '1'}
paths:
  /pets:
    get:
      operationId: listPets
      parameters:
      - {name: q, in: query, schema: {type: string}}
      - {name: X-Key, in: header, schema: {type: string}}
      responses:
        '200':
          description: ok
          headers: {X-Count: {schema: {type: integer}}}
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}
    post:
      operationId: addPet
      requestBody: {content: {application/json: {}, application/octet-stream: {}}}
      responses: {'201': {description: ok}}
    put:
      operationId: pay
      parameters: [{name: Idempotency-Key, in: header, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}}
  /pay:
    post:
      operationId: payOnce
      parameters: [{name: Idempotency-Key, in: header, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}}
components:
  schemas:
    Pet: {type: object, required: [name], properties: {name: {type: string}, age: {type: integer}}}
"""
QUICK = "client_retries: 0\n"


def silent(_connection: socket.socket, done: threading.Event) -> None:
    """Answer nothing until the test is over."""
    done.wait(60)


def dripping(connection: socket.socket, done: threading.Event) -> None:
    """Answer a byte of a header now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not done.wait(0.02):
        try:
            connection.sendall(b"x")
        except OSError:
            return


def drop(_connection: socket.socket, _done: threading.Event) -> None:
    """Hang up at once."""


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(("server", "config"), [
    (silent, "client_read_timeout: 0.2\n"),
    (silent, "client_deadline: 0.2\n"),
    (silent, "clients: {it: {read_timeout: 0.2}}\n"),
    (dripping, "client_read_timeout: 0.5\nclient_deadline: 0.3\n"),
])  # fmt: skip
def test_a_server_that_does_not_answer_costs_no_more_than_the_time_that_was_set(
    server: Any, config: str, way: str, raw: Any, caller: Caller
) -> None:
    pool = caller(DOCUMENT, raw(server).url, QUICK + config)
    began = time.monotonic()
    error = pool.client.list_pets() if way == "sync" else asyncio.run(pool.aclient.list_pets())
    assert 0.15 < time.monotonic() - began < 15
    assert isinstance(error, CallTimeoutError)
    assert (error.status, error.code, error.api, error.operation) == (504, "SERVER_TIMEOUT", "it", "GET /pets")


@pytest.mark.parametrize("way", ["sync", "async"])
def test_nobody_there_is_an_error_of_its_own(way: str, caller: Caller) -> None:
    pool = caller(DOCUMENT, f"http://127.0.0.1:{free_port()}", QUICK)
    error = pool.client.list_pets() if way == "sync" else asyncio.run(pool.aclient.list_pets())
    assert isinstance(error, UnreachableError)
    assert error.status == 503
    assert "127.0.0.1" not in str(error.to_json())


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("first", [
    drop, "HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 429 No\r\nRetry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 502 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
])  # fmt: skip
@pytest.mark.parametrize("call", ["list_pets", "pay_once"])
def test_what_is_safe_to_repeat_is_repeated(
    call: str, first: Any, way: str, raw: Any, reply: Reply, caller: Caller
) -> None:
    first = first.encode() if isinstance(first, str) else first
    server = raw(first, reply("[]"))
    pool = caller(DOCUMENT, server.url)
    answer = getattr(pool.client, call)() if way == "sync" else asyncio.run(getattr(pool.aclient, call)())
    assert answer == []
    assert len(server.requests) == 2
    keys = {line for request in server.requests for line in request.lower().splitlines() if "idempotency" in line}
    assert len(keys) == (0 if call == "list_pets" else 1)


@pytest.mark.parametrize("first", [drop, b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"])
def test_what_may_have_been_done_is_not_done_twice(first: Any, raw: Any, reply: Reply, caller: Caller) -> None:
    server = raw(first, reply("{}", "201 Created"))
    error = caller(DOCUMENT, server.url).client.add_pet({})
    assert (isinstance(error, CallError), error.status, len(server.requests)) == (True, 503, 1)


def test_a_stream_that_cannot_be_wound_back_is_sent_once(raw: Any, reply: Reply, caller: Caller) -> None:
    server = raw(drop, reply("{}", "201 Created"))
    assert caller(DOCUMENT, server.url).client.add_pet(iter([b"abc"])).status == 503
    assert len(server.requests) == 1


def walk(outcomes: list[Any], method: str = "GET", **options: Any) -> list[Any]:
    """Return the steps of a request whose attempts end as told, and how it ends."""
    outgoing = Outgoing(Called("it", "x", "GET /x"), method, "http://it/x", {}, repeatable=method == "GET")
    steps = attempts(outgoing, Options(**options), redirected=False, clock=lambda: 0.0, chance=lambda: 1.0)
    told: list[Any] = []
    step = next(steps)
    try:
        while True:
            told.append(step.seconds if isinstance(step, Wait) else "send")
            step = steps.send(outcomes.pop(0) if isinstance(step, Send) else None)
    except StopIteration as stop:
        return [*told, stop.value.status]
    except CallError as error:
        return [*told, error.code]


UNSENT = Failure(UnreachableError("x"), unsent=True)
LOST = Failure(UnreachableError("x"))


@pytest.mark.parametrize(("outcomes", "options", "told"), [
    ([LOST, LOST, Raw(200, {})], {}, ["send", 0.2, "send", 0.4, "send", 200]),
    ([LOST, LOST, LOST], {}, ["send", 0.2, "send", 0.4, "send", "SERVER_UNREACHABLE"]),
    ([LOST], {"retries": 0}, ["send", "SERVER_UNREACHABLE"]),
    ([LOST], {"deadline": 0.1}, ["send", "SERVER_UNREACHABLE"]),
    ([LOST], {"method": "POST"}, ["send", "SERVER_UNREACHABLE"]),
    ([UNSENT, Raw(200, {})], {"method": "POST"}, ["send", 0.2, "send", 200]),
    ([Raw(503, {"retry-after": "7"}), Raw(200, {})], {}, ["send", 7.2, "send", 200]),
    ([Raw(503, {"retry-after": "31"})], {}, ["send", 503]),
    ([Raw(503, {"retry-after": "7"})], {"deadline": 7}, ["send", 503]),
    ([Raw(503, {"retry-after": "soon"}), Raw(200, {})], {}, ["send", 0.2, "send", 200]),
    ([Raw(500, {})], {}, ["send", 500]),
    ([LOST] * 8 + [Raw(200, {})], {"retries": 8}, ["send", 0.2, "send", 0.4, "send", 0.8, "send", 1.6, "send", 3.2,
                                                   "send", 5.0, "send", 5.0, "send", 5.0, "send", 200]),
])  # fmt: skip
def test_repetitions_wait_longer_each_time_and_as_long_as_the_server_asks(
    outcomes: Any, options: Any, told: Any
) -> None:
    assert walk(list(outcomes), **options) == told


@pytest.mark.parametrize(("answer", "told"), [
    (("[{}]",), "/0/name: Field required"),
    (('[{"name": "secret", "age": "secret"}]',), "/0/age: Input should be a valid integer"),
    (('{"secret": 1}',), "the answer: Input should be a valid array"),
    (('["secret',), "the answer: Is not JSON"),
    (("[1e999]",), "Numbers should be finite"),
    (("[" * 100_000,), "nested too deeply"),
    (("secret", "200 OK"), "Is not JSON"),
    (("[]", "204 No Content"), "The status is not declared"),
    (("[]", "302 Found", "Location: http://secret.example.com/pets"), "Redirects to another origin"),
    (("[]", "302 Found", "Location: http://[::1/"), "Redirects to what is no URL"),
    (("[]", "200 OK", "X-Count: secret"), "the header X-Count: Input should be a valid integer"),
    (("[]", "200 OK", "Content-Encoding: gzip"), "Cannot be unpacked"),
])  # fmt: skip
@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_server_that_breaks_its_contract_is_named_without_its_values(
    answer: Any, told: str, way: str, raw: Any, reply: Reply, caller: Caller
) -> None:
    server = raw(reply(*answer))
    pool = caller(DOCUMENT, server.url, QUICK)
    error = pool.client.list_pets(q="hush") if way == "sync" else asyncio.run(pool.aclient.list_pets(q="hush"))
    assert isinstance(error, BadServerResponseError)
    assert str(error).startswith(f"it.list_pets() (GET {server.url}/pets) answered ")
    assert told in str(error)
    assert "secret" not in str(error)
    assert "hush" not in str(error)
    assert (error.status, error.api, error.operation) == (502, "it", "GET /pets")
    assert len(server.requests) == 1, "an answer that breaks the contract is not asked for again"


def test_a_problem_of_an_answer_has_its_pointer_and_its_rule(raw: Any, reply: Reply, caller: Caller) -> None:
    error = caller(DOCUMENT, raw(reply('[{"name": "a"}, {"age": 1}]')).url).client.list_pets()
    assert error.problems == [{"pointer": "/1/name", "message": "Field required", "keyword": "required"}]


@pytest.mark.parametrize(
    "garbage", [b"what?\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n"]
)
def test_what_is_no_http_is_told_as_such(garbage: bytes, raw: Any, caller: Caller) -> None:
    assert "Is not HTTP" in str(caller(DOCUMENT, raw(garbage).url, QUICK).client.list_pets())


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("packed", [True, False])
def test_an_answer_has_no_more_bytes_than_it_may(packed: bool, way: str, raw: Any, caller: Caller) -> None:
    body = b"[" + b" " * 200_000 + b"]"
    head = b"Content-Encoding: gzip\r\n" if packed else b""
    body = gzip.compress(body) if packed else body
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + head
    server = raw(answer + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    pool = caller(DOCUMENT, server.url, QUICK + "client_largest_answer: 100000\n")
    error = pool.client.list_pets() if way == "sync" else asyncio.run(pool.aclient.list_pets())
    assert "Has more than 100,000 bytes" in str(error)


@pytest.mark.parametrize(("judging", "logged"), [("report", 1), ("off", 0)])
def test_a_contract_that_others_break_can_be_left_alone(
    judging: str, logged: int, raw: Any, reply: Reply, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    server = raw(reply('[{"age": "x"}]'))
    pool = caller(DOCUMENT, server.url, f"client_validate_answers: {judging}\n")
    with caplog.at_level(logging.ERROR):
        assert pool.client.list_pets() == [{"age": "x"}]
    assert len(caplog.records) == logged


@pytest.mark.parametrize(("answer", "told"), [
    (("", "401 No"), (401, "UNAUTHORIZED", "Unauthorized", None)),
    (("<b>no</b>", "500 No"), (500, "INTERNAL_SERVER_ERROR", "Internal Server Error", b"<b>no</b>")),
    (('{"title": "Gone", "detail": "It went"}', "410 No"),
     (410, "GONE", "It went", {"title": "Gone", "detail": "It went"})),
    (('{"error": 5, "status": "x"}', "418 No"), (418, "IM_A_TEAPOT", "I'm a Teapot", {"error": 5, "status": "x"})),
    (('{"error": "a\\u001b[31m"}', "400 No"), (400, "a\\x1b[31m", "Bad Request", {"error": "a\x1b[31m"})),
    (("[", "499 No"), (499, "ERROR", "error", b"[")),
])  # fmt: skip
def test_errors_of_any_server_have_status_code_and_body(
    answer: Any, told: Any, raw: Any, reply: Reply, caller: Caller
) -> None:
    error = caller(DOCUMENT, raw(reply(*answer)).url).client.list_pets()
    assert (error.status, error.code, error.error_description, error.body) == told


def test_a_redirection_within_the_origin_is_followed(raw: Any, reply: Reply, caller: Caller) -> None:
    server = raw(reply("", "307 Temporary Redirect", "Location: /pets/all?page=1"), reply("[]"))
    assert caller(DOCUMENT, server.url).client.list_pets(q="a", X_Key="k") == []
    first, second = server.requests
    assert first.startswith("GET /pets?q=a ")
    assert second.startswith("GET /pets/all?page=1 ")
    assert "x-key: k" in second.lower()


def test_redirections_end(raw: Any, reply: Reply, caller: Caller) -> None:
    server = raw(*[reply("", "302 Found", "Location: /pets")] * 9)
    assert "answered 302" in str(caller(DOCUMENT, server.url, QUICK).client.list_pets())
    assert len(server.requests) == 6


def test_cookies_that_a_server_sets_are_sent_to_nobody(raw: Any, reply: Reply, caller: Caller) -> None:
    server = raw(reply("[]", "200 OK", "Set-Cookie: session=ada; Path=/"), reply("[]"))
    client = caller(DOCUMENT, server.url).client
    assert [client.list_pets(), client.list_pets()] == [[], []]
    assert "cookie" not in server.requests[1].lower()


def test_nothing_of_a_call_is_logged_beyond_what_is_shown(
    raw: Any, reply: Reply, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    server = raw(reply("[]"), reply("x", "400 No"))
    with caplog.at_level(logging.DEBUG):
        client = caller(DOCUMENT, server.url).client
        client.list_pets(q="hush", X_Key="hush")
        client.list_pets(q="hush", X_Key="hush")
    assert "hush" not in caplog.text


def test_many_threads_share_the_connections_of_an_api(raw: Any, caller: Caller) -> None:
    accepted = threading.Barrier(8, timeout=60)

    def answer(connection: socket.socket, _done: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]")
        for _ in range(7):
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]")

    client = caller(DOCUMENT, raw(answer).url).client
    found: list[Any] = []
    lock = threading.Lock()

    def call() -> None:
        accepted.wait()
        with lock:
            found.append(client.list_pets())

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[]] * 8


def test_a_secret_in_a_path_is_not_shown(raw: Any, reply: Reply, caller: Caller) -> None:
    document = DOCUMENT.replace("/pay:", "/pay/{api_key}:").replace("operationId: payOnce", "operationId: pay_once")
    declared = "{name: api_key, in: path, required: true, schema: {type: string}}, {name: Idempotency-Key"
    head, _, tail = document.partition("/pay/{api_key}:")
    document = head + "/pay/{api_key}:" + tail.replace("{name: Idempotency-Key", declared)
    server = raw(reply("{}", "400 No"))
    error = caller(document, server.url).client.pay_once(api_key="hush")
    assert error.url == f"{server.url}/pay/{{api_key}}"
    assert "hush" not in str(error)
