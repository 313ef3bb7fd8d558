"""What handlers get, what they may return, and how those that do not fit are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pymacaron.exceptions import StartError

Client = Callable[..., FlaskClient]


def api(paths: str, more: str = "") -> str:
    """Return a document of the given paths."""
    return f"openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\n{more}\npaths:\n{paths}"


def operation(code: str, details: str = "", path: str = "/it", method: str = "get") -> dict[str, str]:
    """Return the files of a service with one operation, whose handler is handlers.it."""
    text = f"  {path}:\n    {method}:\n      x-bind-server: handlers.it\n{details}"
    if "responses:" not in details:
        text += "      responses: {'200': {description: ok}}\n"
    return {"apis/it.yaml": api(text), "handlers.py": code}


ECHO = "def it(**keywords):\n    return {name: repr(value) for name, value in sorted(keywords.items())}\n"


def test_parameters_come_as_keywords_by_the_table_of_names(client: Client) -> None:
    details = """\
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: id, in: query, schema: {type: string}}
        - {name: "filter[a]", in: query, schema: {type: string}}
        - {name: filter_a, in: query, schema: {type: string}}
        - {name: class, in: query, schema: {type: string}}
        - {name: 2fa, in: query, schema: {type: boolean}}
        - {name: $, in: query, schema: {type: string}}
        - {name: X-Id, in: header, schema: {type: string}}
        - {name: session, in: cookie, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer, default: 5}}
"""
    files = operation(ECHO, details, "/it/{id}")
    http = client(files)
    http.set_cookie("session", "s")
    query = "id=q&filter[a]=fa&filter_a=f&class=c&2fa=true&$=d"
    reply: Any = http.get(f"/it/7?{query}", headers={"X-Id": "h"})
    assert reply.json == {
        "id": "7",
        "query_id": "'q'",
        "filter_a": "'fa'",
        "query_filter_a": "'f'",
        "class_": "'c'",
        "_2fa": "True",
        "parameter": "'d'",
        "X_Id": "'h'",
        "session": "'s'",
        "limit": "5",
    }


@pytest.mark.parametrize(
    ("written", "keyword"), [("𐄜", "parameter"), ("a𐄜b", "a_b"), ("²x", "_2x"), ("\u0301x", "_\u0301x"), ("ﬁ", "fi")]
)
def test_what_looks_like_a_letter_but_is_none_of_pythons_becomes_an_underscore(written: str, keyword: str) -> None:
    from pymacaron.http.names import identifier

    assert identifier(written) == keyword
    assert keyword.isidentifier()


def test_a_missing_optional_parameter_is_left_to_the_handlers_own_default(client: Client) -> None:
    details = (
        "      parameters:\n        - {name: a, in: query, schema: {}}\n        - {name: b, in: query, schema: {}}\n"
    )
    http = client(operation("def it(a, b='mine'):\n    return [a, b]\n", details))
    assert http.get("/it").json == [None, "mine"]
    assert http.get("/it?a=1&b=2").json == ["1", "2"]


@pytest.mark.parametrize(
    ("schema", "style", "query", "value"),
    [
        ("{type: array, items: {type: integer}}", "", "p=1&p=2", [1, 2]),
        ("{type: array, items: {type: integer}}", "explode: false", "p=1,2", [1, 2]),
        ("{type: array, items: {type: string}}", "style: pipeDelimited, explode: false", "p=a|b", ["a", "b"]),
        ("{type: array, items: {type: string}}", "style: spaceDelimited, explode: false", "p=a%20b", ["a", "b"]),
        ("{type: object, properties: {x: {type: integer}}}", "style: deepObject", "p[x]=1", {"x": 1}),
        ("{type: object, properties: {x: {type: integer}}}", "", "x=1", {"x": 1}),
        ("{type: object, properties: {x: {type: integer}}}", "explode: false", "p=x,1", {"x": 1}),
        ("{type: number}", "", "p=1.5", 1.5),
        ("{type: [integer, 'null']}", "", "p=", None),
        ("{type: string, format: date}", "", "p=2026-01-02", "2026-01-02"),
    ],
)
def test_parameters_are_read_by_their_style(schema: str, style: str, query: str, value: Any, client: Client) -> None:
    parameter = f"{{name: p, in: query, schema: {schema}{', ' + style if style else ''}}}"
    http = client(operation("def it(p):\n    return {'p': p}\n", f"      parameters: [{parameter}]\n"))
    assert http.get(f"/it?{query}").json == {"p": value}


def test_all_problems_of_a_request_are_told_at_once_without_their_values(client: Client) -> None:
    details = """\
      parameters:
        - {name: limit, in: query, schema: {type: integer, maximum: 10}}
        - {name: since, in: query, required: true, schema: {type: string, format: date}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, required: [a], properties: {b: {type: integer}}}
"""
    http = client(operation("def it(body, limit, since):\n    return {}\n", details, method="post"))
    reply: Any = http.post("/it?limit=canary", json={"b": "canary"})
    assert reply.status_code == 400
    found = [(problem["in"], problem["name"], problem["pointer"]) for problem in reply.json["problems"]]
    assert sorted(found) == [("body", "", "/a"), ("body", "", "/b"), ("query", "limit", ""), ("query", "since", "")]
    assert "canary" not in reply.text


ANY_STATUS = "      responses: {'200': {description: ok}, default: {description: any}}\n"
RESULTS = {
    "{'a': 1}": (200, "application/json", b'{"a":1}'),
    "[1, 2]": (200, "application/json", b"[1,2]"),
    "None": (200, None, b""),
    "({'a': 1}, 202)": (202, "application/json", b'{"a":1}'),
    "({'a': 1}, 201, {'X-It': 'yes'})": (201, "application/json", b'{"a":1}'),
    "flask.Response('plain', 203, mimetype='text/plain')": (203, "text/plain; charset=utf-8", b"plain"),
    "flask.redirect('/there')": (302, "text/html; charset=utf-8", None),
    "'<p>hello</p>'": (200, "text/html; charset=utf-8", b"<p>hello</p>"),
    "b'bytes'": (200, "application/octet-stream", b"bytes"),
    "(text for text in ['a', 'b'])": (200, "text/plain; charset=utf-8", b"ab"),
    "({'n': n} for n in range(2))": (200, "text/plain; charset=utf-8", b'{"n":0}\n{"n":1}\n'),
    "datetime.date(2026, 1, 2)": (200, "application/json", b'"2026-01-02"'),
}


@pytest.mark.parametrize("result", RESULTS)
def test_a_handler_may_return(result: str, client: Client) -> None:
    code = f"import datetime, flask\ndef it():\n    return {result}\n"
    reply: Any = client(operation(code, ANY_STATUS)).get("/it")
    status, media_type, body = RESULTS[result]
    assert (reply.status_code, reply.headers.get("Content-Type")) == (status, media_type)
    assert body is None or reply.data == body


@pytest.mark.parametrize(
    ("responses", "code", "status"),
    [
        ("{'201': {description: made, content: {application/json: {}}}}", "return {}", 201),
        ("{'204': {description: gone}}", "return None", 204),
        ("{'200': {description: ok, content: {application/json: {}}}, '204': {description: gone}}", "return None", 204),
        ("{default: {description: any}}", "return {}", 200),
        ("{'2XX': {description: any}}", "return {}", 200),
    ],
)
def test_the_status_is_the_one_that_the_document_declares(
    responses: str, code: str, status: int, client: Client
) -> None:
    http = client(operation(f"def it():\n    {code}\n", f"      responses: {responses}\n"))
    assert http.get("/it").status_code == status


def test_an_exception_may_be_raised_or_returned(client: Client) -> None:
    code = """\
from pymacaron.exceptions import PyMacaronException
class Gone(PyMacaronException):
    code = 'GONE'
    status = 410
def it(how):
    if how == 'raise':
        raise Gone('too late', user_message='Sorry')
    return Gone('too late', user_message='Sorry')
"""
    http = client(operation(code, "      parameters: [{name: how, in: query, schema: {type: string}}]\n"))
    for how in ("raise", "return"):
        reply: Any = http.get(f"/it?how={how}")
        assert reply.status_code == 410
        told = {key: value for key, value in reply.json.items() if key != "error_id"}
        assert told == {"error": "GONE", "error_description": "too late", "user_message": "Sorry", "status": 410}


def test_an_unhandled_exception_tells_the_caller_an_id_and_the_log_the_rest(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    reply: Any = client(operation("def it():\n    raise ValueError('canary')\n")).get("/it")
    assert (reply.status_code, reply.json["error"]) == (500, "UNHANDLED_SERVER_ERROR")
    assert "canary" not in reply.text
    assert reply.json["error_id"] in caplog.text
    assert ", in it\n" in caplog.text
    assert caplog.text.rstrip().count("ValueError") == 2  # a line of the source, and the type


def test_a_result_that_breaks_the_document_is_never_sent(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    schema = "{type: object, required: [a], properties: {a: {type: integer}}}"
    details = f"      responses: {{'200': {{description: ok, content: {{application/json: {{schema: {schema}}}}}}}}}\n"
    reply: Any = client(operation("def it():\n    return {'a': 'canary'}\n", details)).get("/it")
    assert (reply.status_code, reply.json["error"]) == (500, "BAD_RESPONSE")
    assert "canary" not in reply.text
    assert "GET /it (handlers.it) returned what it does not declare: /a: " in caplog.text


def test_flasks_own_errors_have_the_same_json(client: Client) -> None:
    http = client(operation("def it():\n    return {}\n"))
    missing: Any = http.get("/nowhere")
    assert (missing.status_code, missing.json["error"], missing.json["status"]) == (404, "NOT_FOUND", 404)
    refused: Any = http.delete("/it")
    assert (refused.status_code, refused.json["error"]) == (405, "METHOD_NOT_ALLOWED")
    assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_coroutines_run_and_asynchronous_generators_stream(client: Client) -> None:
    code = """\
import asyncio
async def it(how):
    await asyncio.sleep(0)
    return {'how': how}
async def stream():
    for text in 'ab':
        await asyncio.sleep(0)
        yield text
"""
    files = operation(code, "      parameters: [{name: how, in: query, schema: {type: string}}]\n")
    files["apis/it.yaml"] += (
        "  /stream:\n    get:\n      x-bind-server: handlers.stream\n      responses: {'200': {description: ok}}\n"
    )
    http = client(files)
    assert http.get("/it?how=x").json == {"how": "x"}
    assert http.get("/stream").data == b"ab"


def test_a_handler_that_asks_for_the_call_gets_it_by_its_type(client: Client) -> None:
    code = """\
from pymacaron import Call
def it(about: Call):
    return [about.api, about.operation.path, about.request.path, about.service.name, about.identity]
"""
    assert client(operation(code)).get("/it").json == ["it", "/it", "/it", "demo", None]


def test_a_decorator_named_by_the_document_wraps_the_handler(client: Client) -> None:
    code = """\
import functools
def loud(function):
    @functools.wraps(function)
    def wrapped(*arguments, **keywords):
        return {'said': function(*arguments, **keywords).upper()}
    return wrapped
def it():
    return 'hello'
"""
    http = client(operation(code, "      x-decorate-server: handlers.loud\n"))
    assert http.get("/it").json == {"said": "HELLO"}


def test_a_body_is_read_by_its_media_type(client: Client) -> None:
    details = """\
      requestBody:
        content:
          application/json: {schema: {type: object, properties: {n: {type: integer}}, additionalProperties: false}}
          application/x-www-form-urlencoded: {schema: {type: object, properties: {n: {type: integer}}}}
          text/plain: {schema: {type: string}}
          application/octet-stream: {}
"""
    code = (
        "def it(body):\n    return {'body': repr(body) if isinstance(body, (str, bytes)) or body is None else body.n}\n"
    )
    http = client(operation(code, details, method="post"))
    assert http.post("/it", json={"n": 1}).json == {"body": 1}
    assert http.post("/it", data={"n": "1"}).json == {"body": 1}
    assert http.post("/it", data="hi", content_type="text/plain").json == {"body": "'hi'"}
    assert http.post("/it", data=b"\x00", content_type="application/octet-stream").json == {"body": r"b'\x00'"}
    assert http.post("/it").json == {"body": "None"}
    refused: Any = http.post("/it", data="x", content_type="image/png")
    assert (refused.status_code, refused.json["error"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert http.post("/it", data=b"{", content_type="application/json").status_code == 400
    assert http.post("/it", data=b'{"n": "1"}', content_type="application/json").status_code == 400


def test_swagger_forms_come_as_keywords(client: Client) -> None:
    document = """\
swagger: "2.0"
info: {title: T, version: "1"}
paths:
  /it:
    post:
      x-bind-server: handlers.it
      consumes: [multipart/form-data]
      parameters:
        - {name: n, in: formData, type: integer}
        - {name: upload, in: formData, type: file}
      responses: {200: {description: ok}}
"""
    code = "def it(n, upload):\n    return {'n': n, 'upload': upload.read().decode()}\n"
    http = client({"apis/it.yaml": document, "handlers.py": code})
    import io

    reply: Any = http.post("/it", data={"n": "3", "upload": (io.BytesIO(b"content"), "a.txt")})
    assert reply.json == {"n": 3, "upload": "content"}


def test_every_handler_that_does_not_fit_is_told_at_once_with_both_places(folder: Callable[..., Path]) -> None:
    from pymacaron import create_app

    document = api("""\
  /missing:
    get: {x-bind-server: handlers.lst, responses: {'200': {description: ok}}}
  /nomodule:
    get: {x-bind-server: handles.list, responses: {'200': {description: ok}}}
  /unbound:
    get: {responses: {'200': {description: ok}}}
  /extra/{id}:
    get:
      x-bind-server: handlers.lists
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}}
  /wanting:
    get: {x-bind-server: handlers.wants, responses: {'200': {description: ok}}}
  /nobody:
    post:
      x-bind-server: handlers.lists
      requestBody: {content: {application/json: {}}}
      responses: {'200': {description: ok}}
""")
    code = "def lists():\n    pass\n\n\ndef wants(something):\n    pass\n"
    root = folder({"apis/it.yaml": document, "handlers.py": code})
    with pytest.raises(StartError) as caught:
        create_app(root)
    at = f"{root}/apis/it.yaml"
    handlers = f"{root}/handlers.py"
    step = "correct the name, or let 'pym generate' write a stub"
    assert caught.value.problems == [
        f"{at}:6: GET /missing binds 'handlers.lst', but handlers has no 'lst' (did you mean 'lists'?): {step}",
        f"{at}:8: GET /nomodule binds 'handles.list', but there is no module 'handles' (did you mean 'handlers'?): "
        f"{step}",
        f"{at}:10: GET /unbound is bound to no function: write 'x-bind-server: module.function' below it, "
        "or 'x-no-bind-server: true'",
        f"{at}:12: GET /extra/{{id}} binds 'handlers.lists' ({handlers}:1), which takes no 'id': its signature is ()",
        f"{at}:17: GET /wanting binds 'handlers.wants' ({handlers}:5), which wants 'something', "
        "but the operation declares no such parameter: its signature is (something)",
        f"{at}:19: POST /nobody binds 'handlers.lists' ({handlers}:1), "
        "which takes no positional argument for the body: its signature is ()",
    ]


def test_a_handler_module_that_cannot_be_imported_is_told_with_its_reason(folder: Callable[..., Path]) -> None:
    from pymacaron import create_app

    root = folder(operation("import nonsense\n"))
    message = r"binds 'handlers\.it', but importing 'handlers' raised ModuleNotFoundError: No module named 'nonsense'"
    with pytest.raises(StartError, match=message):
        create_app(root)


def test_base_paths_and_servers_lead_the_routes_unless_they_are_ignored(client: Client) -> None:
    files = operation("def it():\n    return {}\n")
    files["apis/it.yaml"] = files["apis/it.yaml"].replace(
        "paths:", "servers: [{url: 'https://x.example/v1/'}]\npaths:", 1
    )
    assert client(files).get("/v1/it").status_code == 200
    assert client({**files, "pym-config.yaml": "name: demo\nignore_base_path: true\n"}).get("/it").status_code == 200


def test_head_options_and_a_head_of_the_document(client: Client) -> None:
    files = operation(
        "import flask\ndef it():\n    return {}\ndef head():\n    return flask.Response(headers={'X-Own': 'yes'})\n"
    )
    assert client(files).head("/it").status_code == 200
    assert set(client(files).options("/it").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    files["apis/it.yaml"] += "    head: {x-bind-server: handlers.head, responses: {'200': {description: ok}}}\n"
    assert client(files).head("/it").headers["X-Own"] == "yes"


def test_paths_with_names_and_parts_that_a_router_does_not_like(client: Client) -> None:
    details = """\
      parameters:
        - {name: pet-id, in: path, required: true, schema: {type: integer}}
        - {name: ext, in: path, required: true, schema: {type: string}}
"""
    files = operation("def it(pet_id, ext):\n    return [pet_id, ext]\n", details, "/pets/{pet-id}.{ext}")
    assert client(files).get("/pets/7.json").json == [7, "json"]


def test_an_api_of_which_nothing_is_bound_is_loaded_for_its_models_only(
    service: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    files = operation("def it():\n    return {}\n")
    files["apis/other.yaml"] = api("  /other:\n    get: {responses: {'200': {description: ok}}}\n")
    http = service(files).test_client()
    assert http.get("/other").status_code == 404
    assert "other.yaml binds no function: the API 'other' is loaded for its models only" in caplog.text
    assert b'"apis":["it","other"]' in http.get("/version").data


def test_swagger_dotted_operation_ids_and_bound_modules_name_handlers(client: Client) -> None:
    document = api(
        "  /a:\n    get: {operationId: handlers.a, responses: {'200': {description: ok}}}\n"
        "  /b:\n    x-bind-module: handlers\n    get: {operationId: b, responses: {'200': {description: ok}}}\n"
        "  /c:\n    get: {operationId: c, x-bind-module: handlers, responses: {'200': {description: ok}}}\n"
    )
    code = "".join(f"def {name}():\n    return '{name}'\n" for name in "abc")
    http = client({"apis/it.yaml": document, "handlers.py": code})
    assert [http.get(f"/{name}").text for name in "abc"] == ["a", "b", "c"]


def test_two_operations_on_one_route_are_refused(folder: Callable[..., Path]) -> None:
    from pymacaron import create_app

    files = operation("def it():\n    return {}\n")
    files["apis/that.yaml"] = files["apis/it.yaml"]
    with pytest.raises(StartError, match=r"that.yaml:\d+: GET /it is served by .*it.yaml:\d+ already"):
        create_app(folder(files))


def test_problems_are_json_pointers(client: Client) -> None:
    schema = '{type: object, properties: {"a/b": {type: array, items: {type: integer}}}}'
    details = f"      requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}\n"
    reply: Any = client(operation("def it(body):\n    return {}\n", details, method="post")).post(
        "/it", json={"a/b": [1, "2"]}
    )
    assert json.loads(reply.data)["problems"][0]["pointer"] == "/a~1b/1"


def test_none_where_the_document_declares_content_is_a_missing_return(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    details = "      responses: {'200': {description: ok, content: {application/json: {schema: {type: object}}}}}\n"
    reply: Any = client(operation("def it():\n    {}\n", details)).get("/it")
    assert (reply.status_code, reply.json["error"]) == (500, "BAD_RESPONSE")
    assert "GET /it (handlers.it) returned None, but declares content for 200: is a 'return' missing?" in caplog.text
    assert "handlers.it" not in reply.text


def test_a_module_that_fails_is_told_once_with_the_line_that_raised(folder: Callable[..., Path]) -> None:
    from pymacaron import create_app

    paths = "".join(
        f"  /{name}:\n    get: {{x-bind-server: handlers.it, responses: {{'200': {{description: ok}}}}}}\n"
        for name in "abc"
    )
    files = {"apis/it.yaml": api(paths), "handlers.py": "import helper\n", "helper.py": "\ny = undefined\n"}
    root = folder(files)
    with pytest.raises(StartError) as caught:
        create_app(root)
    assert caught.value.problems == [
        f"{root}/apis/it.yaml:6: GET /a binds 'handlers.it', but importing 'handlers' raised "
        f"NameError: name 'undefined' is not defined at {root}/helper.py:2 (and 2 more)"
    ]
    assert isinstance(caught.value.__cause__, NameError)


def test_a_refused_call_is_logged_with_its_error_id(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    details = "      parameters: [{name: n, in: query, schema: {type: integer}}]\n"
    reply: Any = client(operation("def it(n):\n    return n\n", details)).get("/it?n=canary")
    told = "GET /it: INVALID_PARAMETER: query parameter 'n': Input should be a valid integer"
    assert f"{told} (error_id {reply.json['error_id']})" in caplog.text


@pytest.mark.parametrize(("name", "value"), [("status", "'404'"), ("status", "200"), ("code", "404")])
def test_an_error_class_with_an_impossible_code_or_status_is_refused_as_it_is_made(name: str, value: str) -> None:
    with pytest.raises(TypeError, match="Own wants a code that is text and a status from 400 to 599"):
        exec(f"from pymacaron.exceptions import *\nclass Own(PyMacaronException):\n    {name} = {value}\n")


def test_a_startup_function_that_is_missing_stops_the_start_with_its_place(folder: Callable[..., Path]) -> None:
    from pymacaron import create_app

    files = operation("def it():\n    return {}\ndef up():\n    pass\n")
    root = folder({**files, "pym-config.yaml": "name: demo\nstartup:\n- handlers.upp\n"})
    with pytest.raises(
        StartError, match=r"config.yaml:3: startup names 'handlers.upp', but handlers has no 'upp' \(did"
    ):
        create_app(root)
