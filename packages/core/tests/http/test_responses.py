"""What a handler answers, held against all that its operation declares: statuses, media types, and what is in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Client = Callable[..., FlaskClient]

ITEM = "{type: object, required: [n], properties: {n: {type: integer}, secret: {type: string, writeOnly: true}}}"
JSON = f"{{application/json: {{schema: {ITEM}}}}}"
LIST = "{application/json: {schema: {type: array, items: {type: integer}}}}"
TEXT = "{application/json: {schema: {type: string, maxLength: 3}}}"
OK = "'200': {description: ok, content: %s}"


def files(responses: str, result: str, config: str = "", openapi: str = "3.1.0") -> dict[str, str]:
    """Return the files of a service whose only operation returns a result."""
    document = f"""\
openapi: {openapi}
info: {{title: T, version: '1'}}
paths:
  /it:
    get:
      x-bind-server: handlers.it
{f"      responses: {{{responses}}}" if responses else ""}
"""
    code = f"""\
import flask
from pymacaron.exceptions import PyMacaronException
class Refused(PyMacaronException):
    code = 'REFUSED'
    status = 409
def it():
    return {result}
"""
    return {"apis/it.yaml": document, "handlers.py": code, "pym-config.yaml": f"name: demo\n{config}"}


BROKEN = [
    (OK % JSON, "({'n': 1}, 201)", "the status 201"),
    (OK % JSON, "(None, 404)", "the status 404"),
    (OK % JSON, "({'error': 'no'}, 500)", "the status 500"),
    (OK % JSON, "flask.redirect('/there')", "the status 302"),
    (OK % JSON, "flask.Response('plain', 203)", "the status 203"),
    (OK % JSON, "(flask.jsonify({'n': 1}), 201)", "the status 201"),
    ("'404': {description: no}, '3XX': {description: there}", "{'n': 1}", "the status 200"),
    (OK % JSON, 'b\'{"n": "x"}\'', "/n: "),
    (OK % JSON, "b'{'", "bytes that are no JSON"),
    (OK % JSON, "'{\"n\": 1}'", "the result: "),
    (OK % TEXT, "'four'", "the result: "),
    (OK % JSON, "({'n': n} for n in range(2))", "the result: "),
    (OK % LIST, "(text for text in 'ab')", "/0: "),
    (OK % JSON, "flask.jsonify({'n': 'x'})", "/n: "),
    (OK % JSON, "flask.Response('{', mimetype='application/json')", "the result: Is not JSON"),
    (OK % JSON, "(None, 200)", "None, but declares content for 200"),
    (OK % "{text/csv: {}}", "{'n': 1}", "JSON, but declares text/csv"),
    (OK % "{text/csv: {}}", "(None, 200)", "None, but declares content for 200"),
    (OK % JSON, "({'n': 1}, 200, {'Content-Type': 'text/csv'})", "another Content-Type than application/json"),
    (
        OK % "{text/csv: {}, application/json: {}}",
        "({}, 200, {'content-type': 'text/csv'})",
        "JSON, but declares text/csv",
    ),
]


@pytest.mark.parametrize(("responses", "result", "told"), BROKEN)
def test_what_the_document_does_not_declare_is_never_sent(
    responses: str, result: str, told: str, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    reply: Any = client(files(responses, result)).get("/it")
    assert (reply.status_code, reply.json["error"]) == (500, "BAD_RESPONSE"), reply.text
    assert told in caplog.text


@pytest.mark.parametrize("mode", ["report", "off"])
@pytest.mark.parametrize(("responses", "result", "told"), BROKEN)
def test_it_is_sent_where_it_is_not_to_be_judged(
    responses: str, result: str, told: str, mode: str, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    reply = client(files(responses, result, f"validate_responses: {mode}\n")).get("/it")
    assert "BAD_RESPONSE" not in reply.text
    logged = [record for record in caplog.records if record.levelname == "ERROR"]
    assert bool(logged) is (mode == "report")


ERRORS = ["Refused('no')", "flask.abort(403)", "flask.abort(flask.Response('own', 418))", "(Refused('no'), 200)"]


@pytest.mark.parametrize(("responses", "result", "status", "media_type", "body"), [
    *((OK % JSON, error, status, None, None) for error, status in zip(ERRORS, (409, 403, 418, 409), strict=True)),
    ("'2XX': {description: ok}", "({'n': 1}, 201)", 201, "application/json", '{"n":1}'),
    ("default: {description: ok}", "({'n': 1}, 500)", 500, "application/json", '{"n":1}'),
    ("", "({'n': 1}, 499)", 499, "application/json", '{"n":1}'),
    ("'404': {description: no}", "{'n': 1}", 200, "application/json", '{"n":1}'),
    ("'404': {description: no}", "None", 204, None, ""),
    (OK % JSON, "b' {\"n\": 1} '", 200, "application/json", '{"n":1}'),
    (OK % TEXT, "'one'", 200, "application/json", '"one"'),
    (OK % LIST, "(n for n in range(3))", 200, "application/json", "[0,1,2]"),
    (OK % LIST, "flask.Response(' [1] ', mimetype='application/json')", 200, "application/json", " [1] "),
    (OK % LIST, "flask.Response(iter('[x]'), mimetype='application/json')", 200, "application/json", "[x]"),
    (OK % LIST, "flask.Response('x', mimetype='text/plain')", 200, "text/plain; charset=utf-8", "x"),
    (OK % LIST, "flask.Response('x', 304, mimetype='application/json')", 304, None, ""),
    (OK % LIST, "flask.Response('x', headers={'Content-Type': 'application/json', 'Content-Encoding': 'br'})",
     200, "application/json", "x"),
    (OK % JSON, "flask.jsonify({'n': 1, 'secret': 's'})", 200, "application/json", '{"n":1}'),
    (OK % JSON, "b'{\"n\": 1, \"secret\": \"s\"}'", 200, "application/json", '{"n":1}'),
    (OK % "{text/event-stream: {}}", "(n for n in [{'n': 1}])", 200, "text/event-stream; charset=utf-8",
     'data: {"n":1}\n\n'),
    (OK % "{application/octet-stream: {}}", "(b for b in [b'x'])", 200, "application/octet-stream", "x"),
    (OK % "{application/json: {}, application/jsonl: {}}", "(n for n in [1, 2])", 200, "application/jsonl", "1\n2\n"),
    (OK % "{'*/*': {}}", "b'x'", 200, "application/octet-stream", "x"),
    (OK % "{'*/*': {}}", "[1]", 200, "application/json", "[1]"),
    (OK % "{'text/*': {}}", "'x'", 200, "text/plain; charset=utf-8", "x"),
    (OK % "{'text/*': {}}", "('x', 200, {'Content-Type': 'text/csv'})", 200, "text/csv", "x"),
    (OK % "{application/json: {schema: {type: [string, 'null']}}}", "(None, 200)", 200, "application/json", "null"),
])  # fmt: skip
def test_what_the_document_declares_is_sent(
    responses: str, result: str, status: int, media_type: str | None, body: str | None, client: Client
) -> None:
    """Errors that are raised or returned need not be declared, nor what is a success where no success is."""
    reply: Any = client(files(responses, result)).get("/it")
    assert reply.status_code == status, reply.text
    if body is not None:
        assert (reply.headers.get("Content-Type"), reply.text) == (media_type, body)


def test_a_conditional_request_for_a_file_needs_no_status_of_its_own(client: Client) -> None:
    http = client(files(OK % "{text/plain: {}}", "flask.send_file('handlers.py', mimetype='text/plain')"))
    http.application.root_path = str(http.application.extensions["pymacaron"].root)
    with http.get("/it") as whole:
        etag = whole.headers["ETag"]
    with (
        http.get("/it", headers={"If-None-Match": etag}) as same,
        http.get("/it", headers={"Range": "bytes=0-5"}) as part,
    ):
        assert (same.status_code, part.status_code, part.data) == (304, 206, b"import")


SEVERAL = "{application/json: {}, text/csv: {}, application/xml: {}, application/vnd.it+json: {}}"


@pytest.mark.parametrize(("result", "accept", "media_type"), [
    ("{}", None, "application/json"),
    ("{}", "text/csv, application/vnd.it+json;q=0.5, application/json;q=0.4", "application/vnd.it+json"),
    ("{}", "application/*", "application/json"),
    ("{}", "text/csv", "application/json"),
    ("'a'", None, "text/csv"),
    ("'a'", "application/json, application/xml;q=0.2, text/*;q=0.1", "application/xml"),
    ("b'a'", "*/*;q=0.1, application/xml", "application/xml"),
    ("(c for c in 'a')", "application/xml, text/csv;q=0.9", "application/xml"),
    ("('a', 200, {'Content-Type': 'text/csv'})", "application/xml", "text/csv"),
    ("({}, 200, [('Content-Type', 'application/vnd.it+json')])", "application/json", "application/vnd.it+json"),
    ("'a'", "application/xml," + "x/y," * 100, "application/xml"),
])  # fmt: skip
def test_the_media_type_is_the_one_that_the_caller_likes_best_of_those_that_the_result_can_be(
    result: str, accept: str | None, media_type: str, client: Client
) -> None:
    http = client(files(OK % SEVERAL, result))
    for _ in range(2):
        reply = http.get("/it", headers={} if accept is None else {"Accept": accept})
        assert (reply.status_code, reply.mimetype, reply.headers.get("Vary")) == (200, media_type, "Accept")
        assert reply.text in ("{}", "a")
