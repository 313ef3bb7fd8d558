"""PyMacaronTestCase: each assertion passes on what it asks for, and tells request, reply and difference otherwise."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from pymacaron_testing import PyMacaronTestCase

Told = Callable[[Request], Response]


def reply(request: Request) -> Response:
    """Answer what the path says."""
    if request.path == "/redirect":
        return Response(status=302, headers={"Location": "/ok"})
    if request.path in ("/html", "/text"):
        return Response("hello", mimetype="text/html" if request.path == "/html" else "text/plain")
    if request.path == "/version":
        return json_reply({"name": "it", "version": "1", "pym_env": "", "container": ""})
    if request.path == "/auth/version":
        return auth_version(request.headers.get("Authorization", ""))
    if request.path == "/error":
        return json_reply({"error": "WRONG", "status": 400, "error_description": "no"}, 400)
    if request.path == "/seen":
        sent = json.loads(request.get_data() or "null")
        return json_reply({"method": request.method, "sent": sent, "auth": request.headers.get("Authorization")})
    return json_reply({})


def auth_version(credential: str) -> Response:
    if credential == "Bearer good":
        return json_reply({"name": "it", "version": "1", "pym_env": "", "container": ""})
    code = "TOKEN_INVALID" if credential else "AUTHORIZATION_HEADER_MISSING"
    return json_reply({"error": code, "status": 401}, 401)


def json_reply(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status, mimetype="application/json")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = make_server("127.0.0.1", 0, Request.application(reply), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch, port: int) -> PyMacaronTestCase:
    monkeypatch.setenv("PYM_SERVER_HOST", "http://127.0.0.1/")
    monkeypatch.setenv("PYM_SERVER_PORT", str(port))
    monkeypatch.setenv("PYM_JWT_TOKEN", "good")
    made = PyMacaronTestCase()
    made.setUp()
    return made


SEEN = {"sent": None, "auth": None}

PASSING: dict[str, Callable[[PyMacaronTestCase], Any]] = {
    "GET json": lambda case: case.assertGetReturnJson("seen") == {"method": "GET", **SEEN},
    "DELETE json": lambda case: (
        case.assertDeleteReturnJson("/seen", auth="Bearer x") == {"method": "DELETE", "sent": None, "auth": "Bearer x"}
    ),
    "POST json": lambda case: (
        case.assertPostReturnJson("seen", {"a": 1}) == {"method": "POST", "sent": {"a": 1}, "auth": None}
    ),
    "POST text": lambda case: case.assertPostReturnJson("seen", "[1]") == {"method": "POST", "sent": [1], "auth": None},
    "PATCH json": lambda case: case.assertCallReturnJson("patch", "seen", {"a": 1})["method"] == "PATCH",
    "PUT dict": lambda case: case.assertCallReturnDict("put", "seen", {"method": "PUT"})["sent"] is None,
    "GET dict": lambda case: case.assertGetReturnDict("seen", {"method": "GET"})["method"] == "GET",
    "POST dict": lambda case: case.assertPostReturnDict("seen", [1], {"sent": [1]})["method"] == "POST",
    "GET ok": lambda case: case.assertGetReturnOk("ok"),
    "POST ok": lambda case: case.assertPostReturnOk("ok", {}),
    "DELETE ok": lambda case: case.assertDeleteReturnOk("ok"),
    "call ok": lambda case: case.assertCallReturnOk("options", "ok"),
    "GET error": lambda case: case.assertGetReturnError("error", 400, "WRONG")["status"] == 400,
    "POST error": lambda case: case.assertPostReturnError("error", {}, 400, "WRONG")["status"] == 400,
    "DELETE error": lambda case: case.assertDeleteReturnError("error", 400, "WRONG")["status"] == 400,
    "call error": lambda case: case.assertCallReturnError("get", "error", 400, "WRONG")["status"] == 400,
    "allowed error": lambda case: case.assertCallReturnJson("get", "error", allow_error=True)["error"] == "WRONG",
    "html": lambda case: case.assertCallReturnHtml("get", "html") == case.assertGetReturnHtml("html") == "hello",
    "text": lambda case: case.assertCallReturnText("get", "text") == case.assertGetReturnText("text") == "hello",
    "redirect": lambda case: case.assertCallReturnRedirect("get", "redirect") == f"{case.base_url}/ok",
    "GET redirect": lambda case: case.assertGetReturnRedirect("redirect").endswith("/ok"),
    "followed redirect": lambda case: case.assertGetReturnJson("redirect") == {},
    "ping": lambda case: case.assertHasPing(),
    "version": lambda case: case.assertHasVersion()["name"] == "it",
    "auth version": lambda case: case.assertHasAuthVersion()["name"] == "it",
}


@pytest.mark.parametrize("name", PASSING)
def test_an_assertion_passes_on_what_it_asks_for(case: PyMacaronTestCase, name: str) -> None:
    assert PASSING[name](case) in (True, None)


FAILING: dict[str, tuple[Callable[[PyMacaronTestCase], Any], str]] = {
    "status": (
        lambda case: case.assertPostReturnJson("error", {"a": 1}, auth="Bearer secret"),
        'the status is 400, not 200\n  POST URL/error\n  sent: {"a": 1}\n  replied: 400 application/json\n'
        '  {"error": "WRONG", "status": 400, "error_description": "no"}',
    ),
    "json": (
        lambda case: case.assertGetReturnJson("text"),
        "the reply is no JSON\n  GET URL/text\n  replied: 200 text/plain; charset=utf-8\n  hello",
    ),
    "html": (lambda case: case.assertGetReturnHtml("text"), "the reply is text/plain; charset=utf-8, not text/html"),
    "redirect": (lambda case: case.assertGetReturnRedirect("ok", 200), "the reply is no redirect"),
    "dict": (lambda case: case.assertGetReturnDict("seen", {"method": "PUT"}), "GET seen replied"),
    "missing": (lambda case: case.assertGetReturnDict("seen", {"nothing": 1}), "GET seen replied"),
    "ok": (lambda case: case.assertGetReturnOk("seen"), "method"),
    "error": (lambda case: case.assertGetReturnError("error", 400, "OTHER"), "OTHER"),
    "allowed error": (lambda case: case.assertCallReturnJson("get", "ok", status=201, allow_error=True), "not 201"),
    "version": (lambda case: case.assertIsVersion({"name": "x"}), "version in"),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_failure_tells_request_reply_and_difference_and_no_credential(case: PyMacaronTestCase, name: str) -> None:
    run, told = FAILING[name]
    with pytest.raises(AssertionError) as caught:
        run(case)
    assert told.replace("URL", case.base_url) in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_method_that_is_none_is_refused(case: PyMacaronTestCase) -> None:
    with pytest.raises(ValueError, match="'fetch' is no method of HTTP"):
        case.assertCallReturnJson("fetch", "ok")


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "PYM_SERVER_HOST is not set"),
        ({"PYM_SERVER_HOST": "127.0.0.1"}, "PYM_SERVER_PORT should be a port"),
        ({"PYM_SERVER_HOST": "127.0.0.1", "PYM_SERVER_PORT": "0"}, "PYM_SERVER_PORT should be a port"),
    ],
)
def test_without_a_target_a_test_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], told: str
) -> None:
    for name in ("PYM_SERVER_HOST", "PYM_SERVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(ValueError, match=told):
        PyMacaronTestCase().setUp()


@pytest.mark.parametrize(("method", "calls"), [("get", 3), ("post", 1)])
def test_only_calls_that_change_nothing_are_tried_again(method: str, calls: int) -> None:
    accepted = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            for _ in range(calls):
                connection, _ = listener.accept()
                accepted.append(connection.recv(10))
                connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        case = PyMacaronTestCase()
        case.host, case.port = "127.0.0.1", listener.getsockname()[1]
        with pytest.raises(Exception, match=r"disconnected|reset"):
            case.assertCallReturnJson(method, "ok")
        thread.join()
    assert len(accepted) == calls


def test_port_443_means_https() -> None:
    case = PyMacaronTestCase()
    case.host, case.port = "shop.example", "443"
    assert case.base_url == "https://shop.example:443"


def test_it_is_found_where_existing_tests_import_it() -> None:
    import pymacaron.test

    assert pymacaron.test.PyMacaronTestCase is PyMacaronTestCase
