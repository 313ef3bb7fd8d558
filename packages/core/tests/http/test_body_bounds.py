"""Whoever reads a body, and however: no more than the operation allows, and nothing that is broken taken for whole."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module
from typing import Any

import flask
import pytest
from flask import Flask

from pymacaron.http import contexts
from pymacaron.http.lane import Lane

CHUNKED = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=b"
URLENCODED = "application/x-www-form-urlencoded"
PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + b"x" * 40 + b"\r\n"

DOCUMENT = """\
openapi: 3.1.0
info: {title: T, version: '1'}
paths:
  /none:
    post: {x-bind-server: handlers.none, x-pym-limits: {body: 100}, responses: {'200': {description: ok}}}
  /json:
    post:
      x-bind-server: handlers.it
      x-pym-limits: {body: 100}
      requestBody: {content: {application/json: {schema: {}}}}
      responses: {'200': {description: ok}}
  /form:
    post:
      x-bind-server: handlers.it
      x-pym-limits: {body: 500}
      requestBody:
        content:
          application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {type: string}}}}
          multipart/form-data: {schema: {type: object, properties: {a: {type: string}}}}
      responses: {'200': {description: ok}}
  /file:
    post:
      x-bind-server: handlers.file
      x-pym-limits: {body: 100}
      requestBody: {content: {'*/*': {}}}
      responses: {'200': {description: ok}}
"""
HANDLERS = """\
from typing import BinaryIO
read = None
def none():
    return [read()]
def it(body):
    return body if not hasattr(body, 'to_json') else body.to_json()
def file(body: BinaryIO):
    return [body.read().decode()]
"""

READERS: dict[str, Callable[[], Any]] = {
    "get_data": lambda: len(flask.request.get_data()),
    "data": lambda: len(flask.request.data),
    "get_json": lambda: flask.request.get_json(force=True),
    "stream": lambda: len(flask.request.stream.read()),
    "a part of the stream": lambda: len(flask.request.stream.read(101)),
    "lines": lambda: len(list(flask.request.stream)),
    "form": lambda: len(flask.request.form),
    "wsgi.input": lambda: len(flask.request.environ["wsgi.input"].read()),
}


@pytest.fixture(params=["lane", "own way"])
def app(request: pytest.FixtureRequest, service: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The service, on the lean lane and where that is refused."""
    if request.param == "own way":
        monkeypatch.setattr(contexts, "_another_flask", lambda app: "this is another Flask")
    return service({"apis/it.yaml": DOCUMENT, "handlers.py": HANDLERS})


def sent(app: Flask, path: str, data: bytes, media_type: str, *, chunked: bool = False) -> Any:
    """Return the reply to a body of known or of unknown length."""
    if chunked:
        options: dict[str, Any] = {"input_stream": io.BytesIO(data), "environ_overrides": CHUNKED}
    else:
        options = {"data": data}
    return app.test_client().post(path, content_type=media_type, **options)


def media_type_for(reader: str) -> str:
    return URLENCODED if reader == "form" else JSON


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("reader", READERS)
def test_a_handler_reads_no_more_than_the_limit_of_an_operation_that_declares_no_body(
    reader: str, chunked: bool, app: Flask
) -> None:
    import_module("handlers").read = READERS[reader]  # type: ignore[attr-defined]
    for size, status in ((100, 200), (101, 413)):
        data = (b'{"a":"%s"}' % (b"x" * (size - 8))) if reader == "get_json" else b"x" * size
        assert sent(app, "/none", data, media_type_for(reader), chunked=chunked).status_code == status


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("path", ["/none", "/json", "/form", "/file"])
def test_a_function_before_the_request_reads_no_more_than_the_limit(
    path: str, reader: str, chunked: bool, app: Flask
) -> None:
    app.before_request(lambda: (READERS[reader](), None)[1])
    assert sent(app, path, b"x" * 501, media_type_for(reader), chunked=chunked).status_code == 413


def test_the_lower_limit_of_the_app_is_a_413_and_no_cut_however_long_the_body(app: Flask) -> None:
    import_module("handlers").read = READERS["get_data"]  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = 10
    found = [sent(app, "/none", b"x" * size, JSON, chunked=True).status_code for size in (10, 11, 60)]
    assert found == [200, 413, 413]


def test_routes_of_ones_own_have_flasks_limits_alone(app: Flask) -> None:
    app.add_url_rule("/own", view_func=lambda: str(len(flask.request.get_data())), methods=["POST"])
    for chunked in (False, True):
        assert sent(app, "/own", b"x" * 2_000_000, JSON, chunked=chunked).text == "2000000"


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("reader", [name for name in READERS if name != "form"])
def test_a_body_that_a_function_before_the_request_has_read_is_read_all_the_same(
    reader: str, chunked: bool, app: Flask
) -> None:
    app.before_request(lambda: (READERS[reader](), None)[1])
    app.after_request(
        lambda response: (response.headers.set("X-Data", flask.request.get_data(as_text=True)), response)[1]
    )
    reply = sent(app, "/json", b'{"n":[1]}', JSON, chunked=chunked)
    assert (reply.json, reply.headers["X-Data"]) == ({"n": [1]}, '{"n":[1]}')


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("reader", ["form", "get_data"])
@pytest.mark.parametrize(("media_type", "data"), [(MULTIPART, PART + b"--b--\r\n"), (URLENCODED, b"a=1")])
def test_a_form_that_a_function_before_the_request_has_read_is_read_all_the_same(
    media_type: str, data: bytes, reader: str, chunked: bool, app: Flask
) -> None:
    app.before_request(lambda: (READERS[reader](), None)[1])
    assert sent(app, "/form", data, media_type, chunked=chunked).json == {"a": "1"}


def test_a_form_with_files_whose_stream_a_function_has_read_is_an_error_that_says_so(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    app.before_request(lambda: (READERS["stream"](), None)[1])
    assert sent(app, "/form", PART + b"--b--\r\n", MULTIPART).status_code == 500
    assert "something read a part of the body before the operation did" in caplog.text


def test_a_file_goes_on_where_a_function_before_the_request_has_stopped_reading(app: Flask) -> None:
    app.before_request(lambda: (flask.request.stream.read(2), None)[1])
    assert sent(app, "/file", b"abcdef", "text/plain").json == ["cdef"]


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("media_type", "data"), [
    (MULTIPART, PART), (MULTIPART, PART[:-12]), (MULTIPART, FILE[:-20]), (MULTIPART, PART + b"--b"),
    (MULTIPART, b"a=1"), (MULTIPART, PART.replace(b"1", b"\xff") + b"--b--\r\n"),
    (MULTIPART, PART.replace(b"name", b"nome") + b"--b--\r\n"),
    ("multipart/form-data; boundary=" + "b" * 201, b"--" + b"b" * 201 + b"--\r\n"),
    ("multipart/form-data", PART + b"--b--\r\n"),
    ("multipart/form-data; boundary=\u00e9", PART + b"--b--\r\n"),
])  # fmt: skip
def test_a_broken_multipart_form_is_refused(
    media_type: str, data: bytes, chunked: bool, early: bool, app: Flask
) -> None:
    """Be it cut off, without a boundary, or read by a function before the request."""
    if early and isinstance(app.wsgi_app, Lane):
        app.before_request(lambda: (flask.request.form, None)[1])
    reply = sent(app, "/form", data, media_type, chunked=chunked)
    assert (reply.status_code, reply.json["error"]) == (400, "BAD_REQUEST")


class Broken(io.RawIOBase):
    """A body of which the server finds that it is malformed."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def read(self, size: int = -1) -> bytes:
        """Raise what the server does."""
        raise self.error


@pytest.mark.parametrize("error", [OSError(), ValueError(), type("InvalidChunkSize", (Exception,), {})()])
@pytest.mark.parametrize(("path", "media_type"), [
    ("/json", JSON), ("/form", URLENCODED), ("/form", MULTIPART), ("/file", "a/b"), ("/none", JSON),
])  # fmt: skip
def test_a_body_that_the_server_cannot_read_is_refused(
    path: str, media_type: str, error: Exception, app: Flask
) -> None:
    import_module("handlers").read = READERS["get_data"]  # type: ignore[attr-defined]
    environ = {**CHUNKED, "wsgi.input": Broken(error)}
    reply: Any = app.test_client().post(path, content_type=media_type, environ_overrides=environ)
    assert (reply.status_code, reply.json["error"]) == (400, "BAD_REQUEST")
