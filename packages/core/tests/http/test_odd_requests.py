"""Odd but legal documents are served, and odd requests get a 4xx, never a 500."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from pymacaron import create_app
from pymacaron.exceptions import ConfigError, StartError
from pymacaron.http import contexts

Client = Callable[..., FlaskClient]

ECHO = "def it(*bodies, **keywords):\n    return [repr(value) for value in (*bodies, *keywords.values())]\n"


def files(details: str, code: str = ECHO, path: str = "/it", top: str = 'openapi: "3.1.0"') -> dict[str, str]:
    """Return the files of a service whose only operation is `post` on a path."""
    document = (
        f"{top}\ninfo: {{title: T, version: '1'}}\npaths:\n  {path}:\n    post:\n      x-bind-server: handlers.it\n"
    )
    if "responses" not in details:
        document += "      responses: {'200': {description: ok}}\n"
    return {"apis/it.yaml": document + details, "handlers.py": code}


FORM = """\
      consumes: [multipart/form-data]
      parameters:
        - {name: text, in: formData, type: string}
        - {name: many, in: formData, type: array, items: {type: integer}}
"""
CONTENT = """\
      parameters:
        - {name: v, in: query, content: {application/json: {schema: {}}}}
"""
BODY = "      requestBody: {content: {%s: {schema: %s}}}\n"


@pytest.mark.parametrize(
    ("given", "call"),
    [
        (files(FORM, top='swagger: "2.0"'), {"data": {"text": (io.BytesIO(b"x"), "a.txt")}}),
        (files(FORM, top='swagger: "2.0"'), {"data": {"many": (io.BytesIO(b"x"), "a.txt")}}),
        (files(CONTENT), {"query_string": {"v": "[" * 2000}}),
        (files(CONTENT), {"query_string": {"v": "9" * 5000 + "}"}}),
        (files(BODY % ("text/plain", "{type: string, maxLength: 3}")), {"data": "abcd", "content_type": "text/plain"}),
        (files(BODY % ("text/plain", "{}")), {"data": "a", "content_type": "text/plain; charset=bogus"}),
        (files(BODY % ("text/plain", "{}")), {"data": "a", "content_type": "text/plain; charset=hex"}),
        (files(BODY % ("text/plain", "{}")), {"data": b"\xff", "content_type": "text/plain"}),
        (
            files(BODY % ("multipart/form-data", "{type: object, properties: {o: {type: object}}}")),
            {"data": {"o": "[" * 3000}, "content_type": "multipart/form-data"},
        ),
    ],
)
def test_an_odd_request_is_no_error_of_the_server(given: dict[str, str], call: Any, client: Client) -> None:
    assert client(given).post("/it", **call).status_code in (200, 400, 415)


@pytest.mark.parametrize("lean", [True, False])
@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"HTTP_HOST": ""}, 400),
        ({"HTTP_HOST": "", "SERVER_PROTOCOL": "HTTP/1.0"}, 200),
        ({"HTTP_HOST": "a,b"}, 400),
        ({"HTTP_HOST": "a b"}, 400),
        ({"HTTP_HOST": "a/b"}, 400),
        ({"HTTP_HOST": "[::1"}, 400),
        ({"HTTP_HOST": "é"}, 400),
        ({"HTTP_HOST": "[::1]:8080"}, 200),
        ({"HTTP_HOST": "my_shop.example:"}, 200),
        ({"REQUEST_METHOD": "post"}, 400),
        ({"REQUEST_METHOD": "Post"}, 400),
    ],
)
def test_a_request_that_http_forbids_is_refused(
    environ: dict[str, str], status: int, lean: bool, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not lean:
        monkeypatch.setattr(contexts, "_another_flask", lambda app: "this is another Flask")
    http = client(files(""))
    ended: list[object] = []
    http.application.teardown_request(ended.append)
    replies: list[Any] = [http.post("/it", environ_overrides=environ) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [status] * 2
    assert all(reply.json == [] or reply.json["error"] == "BAD_REQUEST" for reply in replies)
    assert ended == [None, None]


def test_a_failing_handler_of_400_is_an_error_like_any(client: Client) -> None:
    http = client(files(""))
    http.application.register_error_handler(400, lambda error: str(1 / 0))
    reply: Any = http.post("/it", environ_overrides={"HTTP_HOST": ""})
    assert (reply.status_code, reply.json["error"]) == (500, "UNHANDLED_SERVER_ERROR")


def test_a_body_of_any_type_is_read_by_its_own(client: Client) -> None:
    http = client(files(BODY % ('"*/*"', "{}")))
    sent = {"application/json": b"[1]", "text/plain": b"hi", "image/png": b"\x00"}
    replies = [http.post("/it", data=data, content_type=name).json for name, data in sent.items()]
    assert replies == [["[1]"], ["'hi'"], ["b'\\x00'"]]


def test_a_form_that_includes_itself_is_read(client: Client) -> None:
    given = files(BODY % ("application/x-www-form-urlencoded", '{$ref: "#/components/schemas/Node"}'))
    given["apis/it.yaml"] += """\
components:
  schemas:
    Node:
      type: object
      properties: {n: {type: integer}}
      allOf: [{$ref: "#/components/schemas/Node"}]
"""
    assert client(given).post("/it", data={"n": "1"}).status_code == 200


def test_a_default_that_breaks_its_own_schema_is_left_out(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    given = files("      parameters: [{name: n, in: query, schema: {type: integer, default: abc}}]\n")
    assert client(given).post("/it").json == ["None"]
    assert "the default of 'n' breaks its own schema" in caplog.text


def test_a_default_is_not_shared_between_requests(client: Client) -> None:
    parameter = "{name: n, in: query, schema: {type: array, items: {type: integer}, default: []}}"
    http = client(files(f"      parameters: [{parameter}]\n", "def it(n):\n    n.append(1)\n    return n\n"))
    assert [http.post("/it").json for _ in range(2)] == [[1], [1]]


@pytest.mark.parametrize("path", ["/a%20b", "/caf%C3%A9", "/a b"])
def test_a_path_is_matched_decoded(path: str, client: Client) -> None:
    from urllib.parse import quote, unquote

    assert client(files("", path=f'"{path}"')).post(quote(unquote(path))).status_code == 200


def test_a_path_is_never_read_as_a_pattern_of_the_router(folder: Callable[..., Path]) -> None:
    with pytest.raises(StartError, match=r"it.yaml:5: the path /a<int:x> cannot be routed: take out '<' and '>'"):
        create_app(folder(files("", path="/a<int:x>")))


def test_a_base_path_with_a_variable_is_served_for_any_value(client: Client) -> None:
    given = files("", top='swagger: "2.0"\nbasePath: /{tenant}')
    assert client(given).post("/anybody/it").status_code == 200


@pytest.mark.parametrize(
    ("code", "status", "headers"),
    [
        (
            "return {}, 200, {'Content-Type': 'application/problem+json'}",
            200,
            {"Content-Type": ["application/problem+json"]},
        ),
        ("return {}, 200, [('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2')]", 200, {"Set-Cookie": ["a=1", "b=2"]}),
        ("return {}, 99", 500, {}),
        ("return {}, True", 500, {}),
        ("return {}, __import__('http').HTTPStatus.ACCEPTED", 202, {}),
        ("raise SystemExit(3)", 500, {}),
        ("import flask; flask.abort(404, description='no pet 5')", 404, {}),
    ],
)
def test_what_a_handler_does_reaches_the_caller_as_it_should(
    code: str, status: int, headers: dict[str, list[str]], client: Client
) -> None:
    any_status = "      responses: {'200': {description: ok}, default: {description: any}}\n"
    reply = client(files(any_status, f"def it():\n    {code}\n")).post("/it")
    assert reply.status_code == status
    assert {name: reply.headers.getlist(name) for name in headers} == headers
    assert "no pet" not in code or "no pet 5" in reply.text


def test_null_is_answered_where_the_document_allows_it(client: Client) -> None:
    response = (
        "      responses: {'200': {description: ok, content: {application/json: {schema: {type: [object, 'null']}}}}}\n"
    )
    reply = client(files(response, "def it():\n    return None\n")).post("/it")
    assert (reply.status_code, reply.data) == (200, b"null")


def test_null_is_judged_only_where_a_handler_returns_none(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    details = (
        "      parameters: [{name: n, in: query, schema: {type: integer}}]\n"
        "      responses: {'2XX': {description: ok, content: {application/json: {schema: {type: object}}}}}\n"
    )
    given = files(details, "def it(n=None):\n    return {} if n else None\n")
    reporting = client({**given, "pym-config.yaml": "name: demo\nvalidate_responses: report\n"})
    assert reporting.post("/it?n=1").data == b"{}"
    assert "breaks its contract" not in caplog.text
    assert reporting.post("/it").data == b"null"
    assert "breaks its contract" in caplog.text


def test_a_coroutine_behind_a_plain_decorator_runs(client: Client) -> None:
    code = "def plain(f):\n    return lambda *a, **k: f(*a, **k)\nasync def it():\n    return {'ran': True}\n"
    assert client(files("      x-decorate-server: handlers.plain\n", code)).post("/it").json == {"ran": True}


def test_a_stream_that_fails_before_its_first_chunk_is_an_error(client: Client) -> None:
    assert client(files("", "def it():\n    yield 1 / 0\n")).post("/it").status_code == 500


def test_a_parameter_is_not_lost_to_the_call(folder: Callable[..., Path]) -> None:
    code = "from pymacaron import Call\ndef it(call: Call, **others):\n    pass\n"
    given = files("      parameters: [{name: call, in: query, schema: {}}]\n", code)
    with pytest.raises(StartError, match=r"has a parameter 'call', and 'handlers.it' calls the Call so: rename that"):
        create_app(folder(given))


def test_an_optional_body_that_is_absent_leaves_the_functions_default(client: Client) -> None:
    http = client(files(BODY % ("application/json", "{}"), "def it(body='mine'):\n    return [body]\n"))
    assert http.post("/it").json == ["mine"]
    empty = http.post("/it", input_stream=io.BytesIO(b""), headers={"Transfer-Encoding": "chunked"})
    assert empty.status_code == 200


def test_an_exception_with_an_init_of_its_own_keeps_code_and_status(client: Client) -> None:
    code = """\
from pymacaron.exceptions import PyMacaronException
class Own(PyMacaronException):
    code = 'OWN'
    status = 409
    def __init__(self, thing):
        self.thing = thing
def it():
    raise Own('x')
"""
    reply: Any = client(files("", code)).post("/it")
    assert (reply.status_code, reply.json["error"]) == (409, "OWN")
    assert reply.json["error_id"]


def test_a_misspelt_option_of_cors_does_not_open_the_service(folder: Callable[..., Path]) -> None:
    for option in ("origin: 'https://a.example'", "max_age: 5"):
        root = folder({**files(""), "pym-config.yaml": f"name: demo\ncors: {{{option}}}\n"})
        with pytest.raises(ConfigError, match=r"pym-config.yaml:2: cors"):
            create_app(root)


def test_a_route_of_the_framework_can_be_ones_own_once_its_plugin_is_disabled(folder: Callable[..., Path]) -> None:
    given = files("", path="/ping")
    given["apis/it.yaml"] = given["apis/it.yaml"].replace("post:", "get:")
    with pytest.raises(StartError, match=r"disable: \[pymacaron.apis.plugin\]"):
        create_app(folder(given))
    given["pym-config.yaml"] = "name: demo\nplugins: {disable: [pymacaron.apis.plugin]}\n"
    app = create_app(folder(given))
    assert app.test_client().get("/ping").json == []
    app.extensions["pymacaron"].close()


def test_a_path_in_the_log_cannot_forge_a_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client(files("", "def it(x):\n    raise ValueError\n", "/it/{x}")).post("/it/a%0aFAKE")
    assert "\nFAKE" not in caplog.text
