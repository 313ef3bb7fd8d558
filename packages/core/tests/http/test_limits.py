"""Requests that attack: each is refused with a 4xx, in little memory, by a real service."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Client = Callable[..., FlaskClient]

DOCUMENT = """\
openapi: 3.1.0
info: {title: T, version: '1'}
x-pym-limits: {%s}
paths:
  /it:
    post:
      x-bind-server: handlers.it
      parameters:
        - {name: deep, in: query, style: deepObject, explode: true, schema: {type: object}}
        - {name: ids, in: query, schema: {type: array, items: {type: integer}}}
        - {name: json, in: query, content: {application/json: {schema: {}}}}
        - {name: X-Ids, in: header, schema: {type: array, items: {type: integer}}}
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Node'}}
          application/vnd.free+json: {schema: {}}
          application/vnd.all+json: {}
          application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Node'}}
          multipart/form-data: {schema: {$ref: '#/components/schemas/Node'}}
          text/plain: {schema: {type: string}}
      responses: {'200': {description: ok}}
components:
  schemas:
    Node:
      type: object
      properties:
        n: {type: integer}
        f: {type: number}
        next: {$ref: '#/components/schemas/Node'}
        any: {anyOf: [{$ref: '#/components/schemas/Node'}, {type: array, items: {$ref: '#/components/schemas/Node'}}]}
        numbers: {type: array, items: {type: integer}, uniqueItems: true}
        text: {type: string, pattern: '^(a+)+$'}
"""
HANDLERS = "def it(*bodies, **keywords):\n    return []\n"
JSONS = ("application/json", "application/vnd.free+json", "application/vnd.all+json")
URLENCODED = "application/x-www-form-urlencoded"

BODIES = {
    "deep arrays": b"[" * 500_000,
    "deep arrays, closed": b"[" * 500_000 + b"]" * 500_000,
    "depth 65": b"[" * 65 + b"]" * 65,
    "deep objects": b'{"next":' * 100_000 + b"{}" + b"}" * 100_000,
    "deep unions": b'{"any":' * 65 + b"{}" + b"}" * 65,
    "many items": b'{"numbers":[' + b"1," * 400_000 + b"1]}",
    "many wrong items": b'{"numbers":[' + b'"x",' * 200_000 + b"1]}",
    "many keys": b"{" + b",".join(b'"k%d":1' % number for number in range(60_000)) + b"}",
    "a key twice": b'{"n":1,"n":2}',
    "a key twice, escaped": b'{"n":1,"\\u006e":2}',
    "a key twice, inside": b'{"next":{"n":1,"n":1}}',
    "an unknown key twice": b'{"x":[{"y":1,"y":1}]}',
    "a huge integer": b'{"n":' + b"9" * 1_000_000 + b"}",
    "an integer of 4301 digits": b'{"n":' + b"9" * 4301 + b"}",
    "a number beyond floats": b'{"f":1e999}',
    "NaN": b'{"f":NaN}',
    "Infinity": b'{"f":-Infinity}',
    "no UTF-8": b'{"text":"\xff"}',
    "half a surrogate pair": b'{"text":"\\ud800"}',
    "a byte order mark": b'\xef\xbb\xbf{"n":1}',
    "too long": b'{"text":"' + b"a" * 1_100_000 + b'"}',
}
ALLOWED_ANYWHERE = {"a byte order mark"}


@pytest.fixture
def http(client: Client) -> FlaskClient:
    """The client of a service that has compiled its plan, so that only the attack's own memory counts."""
    made = client({"apis/it.yaml": DOCUMENT % "", "handlers.py": HANDLERS})
    for name in JSONS:
        assert made.post("/it", data=b'{"n":1}', content_type=name).status_code == 200
        made.post("/it", data=b'{"n":"x"}', content_type=name)
    return made


def attacked(http: FlaskClient, **options: Any) -> int:
    """Return the status of an attack, after a look at what it cost."""
    started = time.monotonic()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        status = http.post("/it", **options).status_code
        assert tracemalloc.get_traced_memory()[1] - before < 20_000_000
    finally:
        tracemalloc.stop()
    assert time.monotonic() - started < 2
    return status


@pytest.mark.parametrize("media_type", JSONS)
@pytest.mark.parametrize("attack", BODIES)
def test_json(attack: str, media_type: str, http: FlaskClient) -> None:
    status = attacked(http, data=BODIES[attack], content_type=media_type)
    assert status == (413 if attack == "too long" or len(BODIES[attack]) > 1024 * 1024 else 400)


def test_a_pattern_that_explodes_elsewhere(http: FlaskClient) -> None:
    assert attacked(http, data=b'{"text":"' + b"a" * 50_000 + b'!"}', content_type="application/json") == 400


def test_a_body_of_unknown_length_is_counted(http: FlaskClient) -> None:
    """It is refused as soon as it is too long, and not cut."""
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}

    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 1_000_000
            self.given += size
            return b" " * size

    environ = {**chunked, "wsgi.input": Endless()}
    for name in (*JSONS, "text/plain", URLENCODED):
        assert attacked(http, content_type=name, environ_overrides=environ) == 413
    multipart = "multipart/form-data; boundary=x"
    assert attacked(http, content_type=multipart, environ_overrides=environ) == 413
    fine = http.post("/it", input_stream=io.BytesIO(b'{"n":1}'), content_type=JSONS[0], environ_overrides=chunked)
    assert fine.status_code == 200


@pytest.mark.parametrize("length", ["9" * 30, "1048577"])
def test_a_declared_length_is_believed_before_anything_is_read(length: str, http: FlaskClient) -> None:
    environ = {"CONTENT_LENGTH": length}
    assert attacked(http, content_type=JSONS[0], input_stream=io.BytesIO(), environ_overrides=environ) == 413


def test_a_body_that_ends_early_is_refused(http: FlaskClient) -> None:
    environ = {"CONTENT_LENGTH": "100"}
    assert attacked(http, content_type=JSONS[0], input_stream=io.BytesIO(b"{}"), environ_overrides=environ) == 400


@pytest.mark.parametrize("query", [
    "&".join(f"k{number}=1" for number in range(20_000)),
    "&" * 20_000,
    "&".join(["ids=x"] * 9_000),
    "&".join(f"deep[a{number}]=1&deep[a{number}][b]=1" for number in range(4_000)),
    "deep" + "[a]" * 10_000 + "=1",
    "json=" + "[" * 50_000,
    "json=" + "9" * 50_000,
    "json=%7B%22a%22:1,%22a%22:2%7D",
    "ids=" + "9" * 50_000,
])  # fmt: skip
def test_query_strings(query: str, http: FlaskClient) -> None:
    assert attacked(http, environ_overrides={"QUERY_STRING": query}) == 400


def test_headers(http: FlaskClient) -> None:
    assert attacked(http, headers={"X-Ids": ",".join(["x"] * 9_000)}) == 400


@pytest.mark.parametrize(("data", "status"), [
    ("&".join(f"k{number}=1" for number in range(100_000)), 400),
    ("&" * 1_000_000, 400),
    ("&".join(["numbers=x"] * 9_000), 400),
    ("next=" + "[" * 500_000, 400),
    ("next=" + "%7B%22next%22:" * 5_000, 400),
    ("n=" + "9" * 1_000_000, 400),
    ("n=" + "9" * 1_100_000, 413),
])  # fmt: skip
def test_urlencoded_forms(data: str, status: int, http: FlaskClient) -> None:
    assert attacked(http, data=data, content_type=URLENCODED) == status


PART = '--x\r\nContent-Disposition: form-data; name="%s"'


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # werkzeug's open files
@pytest.mark.parametrize(("part", "count", "statuses"), [
    (PART % "k" + "\r\n\r\n1\r\n", 1_001, {413}),
    (PART % 'k"; filename="f' + "\r\n\r\n1\r\n", 1_001, {413}),
    (PART % "n" + "\r\n\r\n" + "a" * 1_100_000 + "\r\n", 1, {413}),
    (PART % "k" + "\r\n" + "X-Header: 1\r\n" * 50_000 + "\r\n1\r\n", 1, {200, 400, 413}),
])  # fmt: skip
def test_multipart_forms(part: str, count: int, statuses: set[int], http: FlaskClient) -> None:
    data = (part * count + "--x--\r\n").encode()
    assert attacked(http, data=data, content_type="multipart/form-data; boundary=x") in statuses


@pytest.mark.parametrize(("limits", "data", "status"), [
    ("body: 10", b'{"n":12345}', 413), ("body: 10", b'{"n":1234}', 200),
    ("depth: 2", b'{"next":{}}', 200), ("depth: 2", b'{"next":{"next":{}}}', 400),
    ("items: 3", b'{"numbers":[1,2]}', 200), ("items: 3", b'{"numbers":[1,2,3]}', 400),
])  # fmt: skip
def test_limits_are_those_of_the_document(limits: str, data: bytes, status: int, client: Client) -> None:
    http = client({"apis/it.yaml": DOCUMENT % limits, "handlers.py": HANDLERS})
    assert http.post("/it", data=data, content_type="application/json").status_code == status


def test_the_apps_own_limit_counts_where_it_is_lower(client: Client) -> None:
    http = client({"apis/it.yaml": DOCUMENT % "", "handlers.py": HANDLERS})
    http.application.config["MAX_CONTENT_LENGTH"] = 10
    assert http.post("/it", data=b'{"n":12345}', content_type="application/json").status_code == 413
