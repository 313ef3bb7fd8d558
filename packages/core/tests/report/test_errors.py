"""The shapes of an error's reply."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, jsonify
from werkzeug.wrappers import Response

from pymacaron import API
from pymacaron.crash import report_error
from pymacaron.exceptions import PyMacaronException, add_error, is_error
from pymacaron.http.errorshape import error_schema

Made = Callable[..., Any]

CODE = """\
from pymacaron import apipool
from pymacaron.exceptions import add_error
Gone = add_error("Gone", "GONE", 410)
def gone(*body, id, q=None):
    raise Gone("too late", user_message="Sorry")
def model(*body, id, q=None):
    return apipool.it.Error(error="GONE", error_description="too late", status=410, shelf=7)
def known(*body, id, q=None):
    extra = {"error_id": "abc", "user_message": "Sorry"}
    return apipool.it.Error(error="GONE", error_description="too late", status=410, **extra)
def success(*body, id, q=None):
    return apipool.it.Error(error="GONE", error_description="too late", status=200)
def told(*body, id, q=None):
    return apipool.it.Error(error="GONE", error_description="too late", status=410), 202
def unhandled(*body, id, q=None):
    raise ValueError("text " + id)
"""
ERROR = """
components:
  schemas:
    Error:
      type: object
      required: [error, error_description, status]
      properties:
        error: {type: string}
        error_description: {type: string}
        status: {type: integer}
        error_id: {type: string}
        user_message: {type: string}
        shelf: {type: integer}
"""


def without_id(reply: Any) -> dict[str, Any]:
    """Return the JSON of a reply without its error_id, which has to be a UUID."""
    told = dict(reply.json)
    uuid.UUID(told.pop("error_id"))
    return told


def test_returning_an_error_model_gives_the_json_and_status_of_an_error(reported: Made) -> None:
    http = reported(CODE, more=ERROR).client
    reply = http.get("/model/1")
    assert reply.status_code == 410
    told = {"error": "GONE", "error_description": "too late", "status": 410}
    assert without_id(reply) == {**told, "shelf": 7}
    assert http.get("/known/1").json == {**told, "error_id": "abc", "user_message": "Sorry"}


def test_an_error_model_that_says_no_error_or_comes_with_a_status_is_a_result_like_any(reported: Made) -> None:
    http = reported(CODE, more=ERROR).client
    assert (http.get("/success/1").status_code, http.get("/success/1").json["status"]) == (200, 200)
    assert (http.get("/told/1").status_code, http.get("/told/1").json["status"]) == (202, 410)


@pytest.mark.parametrize(
    ("config", "accept", "problem"),
    [
        ("", None, False),
        ("", "application/json", False),
        ("", "*/*", False),
        ("", "application/problem+json", True),
        ("", "application/problem+json, application/json;q=0.9", True),
        ("", "application/problem+json;q=0.5, application/json", False),
        ("", "application/problem+json;q=0", False),
        ("error_format: problem\n", None, True),
        ("error_format: problem\n", "application/json", True),
    ],
)
def test_errors_are_problems_where_the_caller_or_the_setting_says_so(
    config: str, accept: str | None, problem: bool, reported: Made
) -> None:
    http = reported(CODE, config, ERROR).client
    reply = http.get("/gone/1", headers={"Accept": accept} if accept else {})
    assert reply.status_code == 410
    assert reply.mimetype == ("application/problem+json" if problem else "application/json")
    expected = {"error": "GONE", "status": 410, "user_message": "Sorry"}
    if problem:
        assert reply.json["instance"] == f"urn:uuid:{reply.json['error_id']}"
        assert reply.headers["Vary"] == "Accept"
        own = {"type": "about:blank", "title": "Gone", "detail": "too late", "instance": reply.json["instance"]}
        assert without_id(reply) == expected | own
    else:
        assert without_id(reply) == expected | {"error_description": "too late"}


@pytest.mark.parametrize("error_format", ["json", "problem"])
@pytest.mark.parametrize("path", ["/gone/1", "/model/1", "/unhandled/1", "/nowhere"])
def test_the_published_schema_takes_every_error(path: str, error_format: str, reported: Made) -> None:
    schema = error_schema(error_format)
    reply = reported(CODE, f"error_format: {error_format}\n", ERROR).client.get(path).json
    assert set(schema["required"]) <= reply.keys()
    kinds = {"string": str, "integer": int, "array": list}
    for name, value in reply.items():
        if name in schema["properties"]:
            assert isinstance(value, kinds[schema["properties"][name]["type"]])


def test_the_code_of_what_nobody_handled_is_a_setting(reported: Made) -> None:
    http = reported(CODE, "unhandled_error_code: SERVER_ERROR\n", ERROR).client
    assert http.get("/unhandled/1").json["error"] == "SERVER_ERROR"


def test_the_text_of_an_exception_is_told_in_debug_mode_only(reported: Made, caplog: pytest.LogCaptureFixture) -> None:
    for debug in (False, True):
        caplog.clear()
        made = reported(CODE, more=ERROR)
        made.client.application.debug = debug
        made.client.application.config["PROPAGATE_EXCEPTIONS"] = False
        reply = made.client.get("/unhandled/canary")
        assert ("ValueError: text canary" in reply.text) is debug
        assert ("ValueError: text canary" in made.told[0][1]["trace"]) is debug
        assert ("ValueError: text canary" in caplog.text) is debug
        made.service.close()


def api_of(folder: Callable[..., Any], **options: Any) -> Flask:
    """Return an app with routes of its own that fail, and an API with the given options."""
    app = Flask("shaped", root_path=str(folder({"apis/it.yaml": NOTHING})))

    @app.get("/gone")
    def gone() -> str:
        raise add_error("Gone", "GONE", 410)("too late")

    @app.get("/crash")
    def crash() -> str:
        raise ValueError("text")

    API(app, **options).load_apis().start()
    return app


NOTHING = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n"
PATHS = ("/gone", "/crash", "/nowhere")


@pytest.mark.parametrize("returns", [True, False])
def test_an_error_decorator_changes_every_error(returns: bool, folder: Callable[..., Any]) -> None:
    def decorate(error: dict[str, Any]) -> dict[str, Any] | None:
        error["user_message"] = f"Oops {error['status']}"
        return error if returns else None

    app = api_of(folder, error_decorator=decorate)
    replies: list[Any] = [app.test_client().get(path) for path in PATHS]
    app.extensions["pymacaron"].close()
    assert [reply.status_code for reply in replies] == [410, 500, 404]
    assert [reply.json["user_message"] for reply in replies] == ["Oops 410", "Oops 500", "Oops 404"]


def test_an_error_callback_answers_every_error_by_itself(folder: Callable[..., Any]) -> None:
    def answer(error: Exception) -> Any:
        return jsonify(mine=type(error).__name__, has_id=bool(error.error_id)), 418  # type: ignore[attr-defined]

    app = api_of(folder, error_callback=answer)
    replies: list[Any] = [app.test_client().get(path) for path in PATHS]
    app.extensions["pymacaron"].close()
    assert [reply.status_code for reply in replies] == [418, 418, 418]
    assert [reply.json["mine"] for reply in replies] == ["Gone", "ValueError", "NotFound"]
    assert all(reply.json["has_id"] for reply in replies)


@pytest.mark.parametrize("option", ["error_decorator", "error_callback"])
@pytest.mark.parametrize(
    "broken",
    [lambda error: 1 / 0, lambda error: {1}, lambda error: object(), lambda error: sys.exit(1), lambda error: 7],
)
def test_a_function_that_shapes_errors_and_fails_leaves_the_usual_error(
    option: str, broken: Any, folder: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    app = api_of(folder, **{option: broken})
    reply = app.test_client().get("/gone")
    app.extensions["pymacaron"].close()
    assert without_id(reply) == {"error": "GONE", "error_description": "too late", "status": 410}
    assert "error_callback or error_decorator failed on error_id" in caplog.text


def test_a_decorator_that_returns_no_dict_is_ignored_and_told_so(
    folder: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    app = api_of(folder, error_decorator=lambda error: "canary")
    reply = app.test_client().get("/gone")
    app.extensions["pymacaron"].close()
    assert without_id(reply) == {"error": "GONE", "error_description": "too late", "status": 410}
    assert "a decorator returns a dict or None, and this a str" in caplog.text
    assert "canary" not in caplog.text


def test_a_body_that_is_too_large_is_told_as_that(reported: Made) -> None:
    made = reported(CODE, more=ERROR)
    made.client.application.config["MAX_CONTENT_LENGTH"] = 10
    reply = made.client.post("/unhandled/1", json={"text": "x" * 20})
    assert (reply.status_code, reply.json["error_description"]) == (413, "the body is larger than this operation takes")


def test_what_fails_after_the_request_is_an_error_like_any(reported: Made, caplog: pytest.LogCaptureFixture) -> None:
    made = reported("def fine(*body, id, q=None):\n    return {}\n")

    @made.client.application.after_request  # type: ignore[untyped-decorator]
    def fail(response: Response) -> Response:
        text = "can" + "ary"
        raise ValueError(text)

    reply = made.client.get("/fine/1")
    assert (reply.status_code, reply.json["error"]) == (500, "UNHANDLED_SERVER_ERROR")
    assert [told[1]["error_id"] for told in made.told] == [reply.json["error_id"]]
    assert "Request finalizing failed" in caplog.text  # for the function fails on the error too
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    ("thing", "is_one"),
    [
        (ValueError(), True),
        (PyMacaronException("no"), True),
        (Response(status=404), True),
        (Response(status=200), False),
        ({"error": "GONE", "error_description": "", "status": 410}, True),
        ({"error": "GONE", "status": 200}, False),
        ({"error": None}, False),
        ({}, False),
        (None, False),
        ("error", False),
    ],
)
def test_is_error_knows_errors(thing: object, is_one: bool) -> None:
    assert is_error(thing) is is_one


def test_is_error_knows_models(reported: Made) -> None:
    made = reported(CODE, more=ERROR)
    with made.service:
        error = made.service.pools["it"].Error
        assert is_error(error(error="GONE", error_description="", status=410))
        assert not is_error(error(error="GONE", error_description="", status=200))
        report_error("told", caught=error(error="GONE", error_description="", status=410))
    assert made.told[0][1]["caught"]["error"] == "GONE"
