"""What is reported, with what in it, and to whom."""

from __future__ import annotations

import json
import logging
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes, policy
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import StreamRequestHandler, TCPServer
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask, Response, abort, make_response
from pydantic import SecretStr

from pymacaron import API
from pymacaron.crash import report_error, report_slow, report_warning, set_error_reporter
from pymacaron.log import JsonFormatter, PlainFormatter

Made = Callable[..., Any]

CRASHES = """\
from flask import Response
from pymacaron import apipool
from pymacaron.exceptions import PyMacaronException, add_error
Broken = add_error("Broken", "BROKEN", 503)
Sorry = add_error("Sorry", "SORRY", 404)
def unhandled(*body, id, q=None):
    raise ValueError("text " + id)
def declared(*body, id, q=None):
    raise Broken("it broke")
def returned(*body, id, q=None):
    return Broken("it broke")
def model(*body, id, q=None):
    return apipool.it.Error(error="MODELLED", error_description="it broke", status=500)
def abort(*body, id, q=None):
    import flask
    flask.abort(502)
def aborted(*body, id, q=None):
    import flask
    flask.abort(Response("no", 500))
def replaced(*body, id, q=None):
    import flask
    flask.abort(500, response=Response("no", 500))
def undeclared(*body, id, q=None):
    return object()
def status(*body, id, q=None):
    return {"a": 1}, 500
def response(*body, id, q=None):
    return Response("no", 500)
def stream(*body, id, q=None):
    yield "a"
    raise ValueError("text " + id)
def fine(*body, id, q=None):
    return {}
def refused(*body, id, q=None):
    raise Sorry("not here")
"""
ERROR = """
components:
  schemas:
    Error:
      type: object
      required: [error, error_description, status]
      properties: {error: {type: string}, error_description: {type: string}, status: {type: integer}}
"""


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("unhandled", "UNHANDLED_SERVER_ERROR (ValueError)"),
        ("declared", "BROKEN (handlers.Broken)"),
        ("returned", "BROKEN (handlers.Broken)"),
        ("model", "MODELLED (pymacaron.http.errormodels.ReturnedError)"),
        ("abort", "BAD_GATEWAY (werkzeug.exceptions.BadGateway)"),
        ("aborted", "500 returned"),
        ("replaced", "500 returned"),
        ("undeclared", "BAD_RESPONSE (pymacaron.exceptions.BadResponseException)"),
        ("status", "500 returned"),
        ("response", "500 returned"),
        ("stream", "STREAM_BROKEN (ValueError)"),
    ],
)
def test_every_kind_of_5xx_is_reported_once(name: str, title: str, reported: Made) -> None:
    made = reported(CRASHES, more=ERROR)
    reply = made.client.get(f"/{name}/1")
    if name == "stream":
        with pytest.raises(RuntimeError, match="the reply broke off"):
            reply.get_data()
    assert [told[0] for told in made.told] == [f"FATAL BACKEND ERROR: {title} in GET /{name}/{{id}}"]
    data = made.told[0][1]
    assert (data["kind"], data["is_fatal"], data["count"]) == ("crash", True, 1)
    if reply.is_json and "error_id" in reply.json:
        assert data["error_id"] == reply.json["error_id"]


OWN_ID = """\
import flask
TOLD = {"error": "X", "error_id": "abc-1"}
def status(*body, id, q=None):
    return TOLD, 503
def response(*body, id, q=None):
    return flask.make_response(TOLD, 503)
def aborted(*body, id, q=None):
    flask.abort(flask.make_response(TOLD, 503))
"""


@pytest.mark.parametrize("path", ["/status/1", "/response/1", "/aborted/1", "/own"])
def test_a_reply_that_has_an_error_id_is_reported_once_under_that(path: str, reported: Made) -> None:
    made = reported(OWN_ID)
    made.client.application.add_url_rule("/own", "own", lambda: abort(make_response({"error_id": "abc-1"}, 502)))
    assert made.client.get(path).json["error_id"] == "abc-1"
    assert [data["error_id"] for _, data, _ in made.told] == ["abc-1"]


@pytest.mark.parametrize("body", ["[1]", "{", '{"error_id": 7}', '{"error_id": "a b"}', "[" * 9_000, ""])
def test_a_reply_without_one_is_reported_under_a_new_error_id(body: str, reported: Made) -> None:
    made = reported(OWN_ID)
    made.client.application.add_url_rule("/own", "own", lambda: abort(Response(body, 502)))
    assert made.client.get("/own").text == body
    [(title, data, _)] = made.told
    assert title == "FATAL BACKEND ERROR: 502 returned in GET /own"
    assert uuid.UUID(data["error_id"])


@pytest.mark.parametrize("path", ["/fine/1", "/refused/1", "/nowhere"])
def test_nothing_below_500_is_reported(path: str, reported: Made) -> None:
    made = reported(CRASHES, more=ERROR)
    assert made.client.get(path).status_code < 500
    assert made.told == []


def test_a_report_tells_the_call_without_any_value_of_its_query(
    reported: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYM_ENV", "demo-live")
    monkeypatch.setenv("PYM_VERSION", "7")
    made = reported(CRASHES, more=ERROR)
    made.client.get("/unhandled/one?q=canary&canary=2&x", headers={"X-Request-ID": "abc-1"})
    _, data, exception = made.told[0]
    assert isinstance(exception, ValueError)
    assert data["request"] == {
        "method": "GET",
        "path": "/unhandled/one",
        "route": "/unhandled/{id}",
        "operation": "it.get /unhandled/{id}",
        "query": {"q": "***", "***": "***"},
    }
    assert data["request_id"] == "abc-1"
    assert data["user"] == {"id": None}
    assert (data["service"], data["version"], data["environment"]) == ("demo", "7", "demo-live")
    assert data["server"].keys() == {"host", "pid"}
    assert data["error"] == {"code": "UNHANDLED_SERVER_ERROR", "status": 500, "type": "ValueError"}
    assert data["time"].keys() == {"reported", "began", "elapsed_ms"}
    assert re.search(r'File ".*handlers.py", line 7, in unhandled\n.*\nValueError$', data["trace"])


def test_a_report_names_the_user_who_was_verified(reported: Made) -> None:
    code = """\
import flask
from pymacaron.plugins.records import Identity
def it(*body, id, q=None):
    flask.request.environ["pymacaron.identity"] = Identity("ada")
    raise ValueError
"""
    made = reported(code)
    made.client.get("/it/1")
    assert made.told[0][1]["user"] == {"id": "ada"}


@pytest.mark.parametrize(("config", "body"), [("", None), ("report_body: true\n", {"a": 1, "password": "***"})])
def test_the_body_is_reported_only_where_a_setting_allows_it(config: str, body: Any, reported: Made) -> None:
    made = reported(CRASHES, config, ERROR)
    made.client.post("/unhandled/1", json={"a": 1, "password": "hush"})
    assert made.told[0][1]["request"].get("body") == body


def test_a_path_whose_parameter_is_called_like_a_secret_is_told_as_its_template(
    reported: Made, caplog: pytest.LogCaptureFixture
) -> None:
    paths = "  /reset/{token}:\n    get:\n      x-bind-server: handlers.reset\n"
    paths += "      parameters: [{name: token, in: path, required: true, schema: {type: string}}]\n"
    paths += "      responses: {'200': {description: ok}}\n"
    files = {"apis/it.yaml": NOTHING.replace(" {}", "") + paths, "pym-config.yaml": "name: demo\naccess_log: true\n"}
    made = reported("def reset(token):\n    raise ValueError\n", files=files)
    made.client.get("/reset/canary").close()
    assert made.told[0][1]["request"]["path"] == "/reset/{token}"
    assert "canary" not in caplog.text
    assert "GET /reset/{token} 500" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/reset/canary", 405),
        ("GET", "/reset/canary/", 404),
        ("POST", "/reset/canary/", 404),
        ("GET", "/reset/canary/more", 404),
        ("GET", "/RESET/canary", 404),
        ("GET", "/reset/can%2Fary%0A", 404),
        ("GET", "/own/canary", 200),
        ("GET", "/own/canary/", 404),
        ("GET", "/own/fails/canary", 500),
    ],
)
def test_a_path_that_no_operation_serves_is_told_as_the_template_with_a_secret_that_it_begins_like(
    method: str, path: str, status: int, reported: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    paths = "  /reset/{token}:\n    get:\n      x-bind-server: handlers.reset\n"
    paths += "      parameters: [{name: token, in: path, required: true, schema: {type: string}}]\n"
    paths += "      responses: {'200': {description: ok}}\n"
    files = {"apis/it.yaml": NOTHING.replace(" {}", "") + paths, "pym-config.yaml": "name: demo\naccess_log: true\n"}
    made = reported("def reset(token):\n    raise ValueError\n", files=files)
    made.client.application.add_url_rule("/own/<token>", "own", lambda token: "ok")
    made.client.application.add_url_rule("/own/fails/<string:token>", "fails", lambda token: str(1 / 0))
    reply = made.client.open(path, method=method)
    assert reply.status_code == status
    reply.close()
    told = reply.text + caplog.text + str(made.told)
    assert not re.search("can.?.?ary|fary", told)
    template = {"r": "/reset/{token}", "o": "/own/<token>"}[path.lower().strip("/")[0]]
    assert (template if "fails" not in path else "/own/fails/<string:token>") in told
    assert made.client.get("/elsewhere").json["error_description"] == "nothing is served at /elsewhere"


def test_exceptions_behind_an_exception_are_in_the_trace_without_their_texts(reported: Made) -> None:
    code = """\
from pymacaron.exceptions import PyMacaronException
def it(*body, id, q=None):
    try:
        int(id)
    except ValueError as error:
        raise PyMacaronException("no number").caught(error)
"""
    made = reported(code)
    assert made.client.get("/it/canary").json["error_description"] == "no number"
    trace = made.told[0][1]["trace"]
    assert "ValueError\n\nThe above exception was the direct cause" in trace
    assert "canary" not in trace


def test_identical_reports_are_folded_with_a_count(reported: Made) -> None:
    made = reported(CRASHES, more=ERROR)
    for number in range(5):
        made.client.get(f"/unhandled/{number}")
    made.client.get("/declared/1")
    told = made.told
    assert [(title.split()[3], data["count"]) for title, data, _ in told] == [
        ("UNHANDLED_SERVER_ERROR", 1),
        ("BROKEN", 1),
        ("UNHANDLED_SERVER_ERROR", 4),
    ]


def test_the_count_goes_out_when_its_seconds_are_over(reported: Made) -> None:
    made = reported(CRASHES, "report_fold_seconds: 1\n", ERROR)
    counts: list[int] = []
    counted = threading.Event()
    with made.service:

        def hear(title: str, data: dict[str, Any], exception: object) -> None:
            counts.append(data["count"])
            if sum(counts) == 3:
                counted.set()

        set_error_reporter(hear)
    for _ in range(3):
        made.client.get("/unhandled/1")
    assert counted.wait(60)


@pytest.mark.parametrize("how", ["raise OSError('canary')", "raise SystemExit(1)", "FREE.wait(60)"])
def test_a_reporter_that_fails_or_hangs_changes_nothing_for_callers_and_other_reporters(
    how: str, folder: Callable[..., Any], service: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    plugin = f"""\
import threading
from pymacaron import hookimpl
FREE, CALLED = threading.Event(), []
@hookimpl
def pym_error_report(report):
    CALLED.append(report.title)
    {how}
"""
    code = "def it():\n    raise ValueError\n"
    paths = "  /it:\n    get: {x-bind-server: handlers.it, responses: {'200': {description: ok}}}\n"
    files = {
        "pym-config.yaml": "name: demo\nplugins: {local: [bad]}\n",
        "apis/it.yaml": f"openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}",
        "handlers.py": code,
        "bad.py": plugin,
    }
    app = service(files)
    made = app.extensions["pymacaron"]
    got: Any = []
    with made:
        heard = threading.Event()

        def hear(title: str, data: object, exception: object) -> None:
            got.append(title)
            heard.set()

        set_error_reporter(hear)
    reply: Any = app.test_client().get("/it")
    assert reply.json["error"] == "UNHANDLED_SERVER_ERROR"
    assert heard.wait(60)
    bad = made.import_dotted("bad.FREE")
    bad.set()
    assert made.flush_reports(60)
    assert len(made.import_dotted("bad.CALLED")) == len(got) == 1
    if "raise" in how:
        assert "plugin 'bad' (this service) failed with " in caplog.text
        assert "canary" not in caplog.text


def test_a_reporter_that_hangs_gets_no_more_reports_until_it_returns(
    reported: Made, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pymacaron.report.desk.PATIENCE", 0.0)
    made = reported(CRASHES, more=ERROR)
    began, free = threading.Event(), threading.Event()
    got: list[str] = []

    def hang(title: str, data: Any, exception: Any) -> None:
        got.append(title)
        began.set()
        free.wait(60)

    with made.service:
        set_error_reporter(hang)
        report_error("one")
        assert began.wait(60)
        report_error("two")
        made.service.reports._incoming.wait(60)
        free.set()
        assert made.service.flush_reports(60)
        report_error("three")
        assert made.service.flush_reports(60)
    assert [title.split()[-1] for title in got] == ["one", "three"]
    assert "the error_reporter hangs or is too slow: it does not get the report NON-FATAL BACKEND ERROR: two" in (
        caplog.text
    )


def test_an_older_reporter_gets_the_report_as_json(folder: Callable[..., Any]) -> None:
    got: list[tuple[str, str]] = []
    root = folder({"apis/it.yaml": "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n"})
    app = Flask("older", root_path=str(root))
    api = API(app, error_reporter=lambda title, message: got.append((title, message)))

    @app.get("/own")
    def own() -> str:
        raise ValueError("canary")

    api.load_apis().start()
    app.test_client().get("/own")
    api.service.close()
    [(title, message)] = got
    assert title == "FATAL BACKEND ERROR: UNHANDLED_SERVER_ERROR (ValueError) in GET /own"
    assert json.loads(message)["request"]["path"] == "/own"
    assert "canary" not in message.replace('raise ValueError(\\"canary\\")', "")


def test_a_reporter_of_another_signature_is_refused(folder: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=r"wants a function of \(title, data, exception\) or \(title, message\)"):
        API(Flask("odd", root_path=str(folder({}))), error_reporter=lambda title: None)


def test_what_a_function_tells_is_reported_with_secrets_masked_within_a_request_and_outside(reported: Made) -> None:
    code = """\
from pymacaron import apipool
from pymacaron.crash import report_error
def it(*body, id, q=None):
    report_error("mail bounced", data={"to": "Ada", "api_key": "hush", "note": "the sesame-code"},
        caught=apipool.it.Error(error="BOUNCED", error_description="no such box", status=404))
    return {}
"""
    made = reported(code, "door_secret: sesame-code\n", ERROR)
    assert made.client.get("/it/1").status_code == 200
    with made.service:
        report_warning("disk is filling", caught=OSError("canary"))
        report_error(is_fatal=True)
    (first, data, _), (second, warning, exception), (third, *_) = made.told
    assert first == "NON-FATAL BACKEND ERROR: mail bounced"
    assert data["data"] == {"to": "Ada", "api_key": "***", "note": "the ***"}
    assert data["caught"] == {"error": "BOUNCED", "error_description": "no such box", "status": 404}
    assert data["request"]["route"] == "/it/{id}"
    assert (second, warning["kind"], warning["caught"]) == (
        "NON-FATAL BACKEND ERROR: disk is filling",
        "warning",
        {"type": "OSError"},
    )
    assert isinstance(exception, OSError)
    assert "canary" not in str(warning)
    assert "request" not in warning
    assert third == "FATAL BACKEND ERROR: no title"


class _Odd:
    def __str__(self) -> str:
        raise ValueError("canary")


@dataclass
class _Order:
    number: int
    api_key: str = "canary"


def _circle() -> dict[str, Any]:
    circle: dict[str, Any] = {}
    circle["self"] = circle
    return circle


def _nested() -> Any:
    told: Any = "<dict>"
    for _ in range(10):
        told = {"self": told}
    return told


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"raw": b"canary", 7: [1.5, None, True]}, {"raw": "<bytes>", "7": [1.5, None, True]}),
        (_circle(), _nested()),
        ({"odd": _Odd(), _Odd(): {"pin": 1234}}, {"odd": "<_Odd>", "<_Odd>": {"pin": "***"}}),
        (_Order(7), {"number": 7, "api_key": "***"}),
        ([float("nan"), float("inf"), 2**80], ["nan", "inf", hex(2**80)]),
        ({"when": date(2026, 1, 2), "code": HTTPStatus.OK}, {"when": "2026-01-02", "code": 200}),
        (SecretStr("canary"), "***"),
        ("half \ud800", "half \\ud800"),
        (0, 0),
        ("x" * 20_000, "x" * 10_000 + "..."),
        (list(range(5_000)), [*range(999), "..."]),
        (map(str, ()), "<map>"),
    ],
)
def test_whatever_a_function_tells_is_reported_as_plain_json(data: Any, told: Any, reported: Made) -> None:
    made = reported(CRASHES, "report_log: true\n", ERROR)
    with made.service:
        report_error("told", data=data)
        report_error("caught", caught=data)
    (_, first, _), (_, second, _) = made.told
    assert first["data"] == second["caught"] == told
    assert "canary" not in json.dumps([first, second])


def test_what_is_changed_after_the_call_is_reported_as_it_was(reported: Made) -> None:
    made = reported(CRASHES, more=ERROR)
    order = {"items": [1]}
    with made.service:
        report_error("told", data=order)
        order["items"].append(2)
        order.clear()
    assert made.told[0][1]["data"] == {"items": [1]}


def test_an_error_that_does_not_tell_itself_is_reported_by_its_class(reported: Made) -> None:
    class Silent:
        def to_json(self) -> Any:
            raise ValueError("canary")

    made = reported(CRASHES, more=ERROR)
    with made.service:
        report_error("told", caught=Silent())
    assert made.told[0][1]["caught"] == "<Silent>"


def test_reports_of_different_data_are_not_folded_and_those_that_are_list_their_ids(reported: Made) -> None:
    made = reported(CRASHES, more=ERROR)
    with made.service:
        for order in (1, 2, 2):
            report_error("payment failed", data={"order": order})
    ids = [made.client.get("/unhandled/1").json["error_id"] for _ in range(13)]
    told = [data for _, data, _ in made.told]
    assert [(data.get("data"), data["count"]) for data in told] == [
        ({"order": 1}, 1),
        ({"order": 2}, 1),
        (None, 1),
        ({"order": 2}, 1),
        (None, 12),
    ]
    assert told[-1]["error_ids"] == ids[1:11]
    assert "error_ids" not in told[0]


SLOW = """\
import asyncio, time
from pymacaron.crash import report_slow
def plain(*body, id, q=None):
    time.sleep(float(id))
    return {}
def fails(*body, id, q=None):
    time.sleep(float(id))
    raise KeyError(id)
@report_slow(max_ms=40)
def limited(*body, id, q=None):
    time.sleep(float(id))
    return {}
@report_slow(max_ms=60000)
def patient(*body, id, q=None):
    time.sleep(float(id))
    return {}
def nested(*body, id, q=None):
    patient(id=id)
    return {}
@report_slow(max_ms=40)
async def awaited(*body, id, q=None):
    await asyncio.sleep(float(id))
    return {}
"""


@pytest.mark.parametrize(
    ("path", "limit", "slow"),
    [
        ("/plain/0", 30, []),
        ("/plain/0.05", 30, ["GET /plain/{id}"]),
        ("/plain/0.05", 60000, []),
        ("/fails/0.05", 30, ["GET /fails/{id}"]),
        ("/limited/0.05", 30, ["handlers.limited"]),
        ("/patient/0.05", 30, []),
        ("/nested/0.05", 30, ["GET /nested/{id}"]),
        ("/awaited/0.05", 60000, ["handlers.awaited"]),
    ],
)
def test_slow_calls_are_reported_by_the_limit_of_the_service_or_their_own(
    path: str, limit: int, slow: list[str], reported: Made
) -> None:
    made = reported(SLOW)
    made.client.get("/plain/0")
    made.service.config.report_call_exceeding_ms = limit
    made.client.get(path)
    told = [data for _, data, _ in made.told if data["kind"] == "slow"]
    assert [data["title"] for data in told] == [f"NON-FATAL BACKEND ERROR: slow call of {what}" for what in slow]
    assert all(data["slow"]["took_ms"] >= 50 for data in told)


def test_a_slow_function_outside_a_request_is_reported_too(reported: Made) -> None:
    made = reported(SLOW)
    wait = report_slow(max_ms=1)(threading.Event().wait)
    with made.service:
        wait(0.01)
    assert [data["kind"] for _, data, _ in made.told] == ["slow"]


@pytest.mark.parametrize("limit", [None, 0, "5"])
def test_a_limit_that_is_no_number_of_milliseconds_is_refused(limit: Any) -> None:
    with pytest.raises(TypeError, match="wants milliseconds"):
        report_slow(limit)


@pytest.mark.parametrize(
    ("name", "reports", "errors"), [("unhandled", 0, 1), ("declared", 0, 1), ("status", 1, 0), ("told", 1, 0)]
)
def test_an_error_is_logged_once_and_what_else_is_reported_unless_that_is_off(
    name: str, reports: int, errors: int, reported: Made, caplog: pytest.LogCaptureFixture
) -> None:
    code = CRASHES + "def told(*body, id, q=None):\n    import pymacaron.crash as it\n    it.report_error('told')\n"
    for config, lines in (("", reports), ("report_log: false\n", 0)):
        caplog.clear()
        made = reported(code + "    return {}\n", config, ERROR)
        made.client.get(f"/{name}/1")
        assert made.service.flush_reports(60)
        names = [record.name for record in caplog.records]
        assert (names.count("pymacaron.report.logged"), names.count("pymacaron.http.errors")) == (lines, errors)


def test_crashes_that_were_counted_are_logged_as_one_line_without_a_trace(
    reported: Made, caplog: pytest.LogCaptureFixture
) -> None:
    made = reported(CRASHES, more=ERROR)
    for _ in range(3):
        made.client.get("/unhandled/1")
    assert made.service.flush_reports(60)
    [line] = [record.getMessage() for record in caplog.records if record.name == "pymacaron.report.logged"]
    assert '"count": 2' in line
    assert "Traceback" not in line


HOSTILE = """\
import flask
from pymacaron.crash import report_error
from pymacaron.exceptions import PyMacaronException, add_error
Gone = add_error("Gone", "GONE", 410)
def gone(*body, id, q=None):
    raise Gone(f"no such {id}")
def broken(*body, id, q=None):
    raise PyMacaronException(f"no such {id}")
def told(*body, id, q=None):
    report_error(f"no such {id}", data={"id": id})
    return {}
def named(*body, id, q=None):
    raise Gone("gone", error_id=id)
"""


@pytest.mark.parametrize("name", ["gone", "broken", "told", "named"])
@pytest.mark.parametrize("sign", ["%0A", "%0D", "%1B", "%C2%85", "%E2%80%A8"])
def test_no_text_of_a_caller_begins_a_line_of_the_log(
    name: str, sign: str, reported: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    made = reported(HOSTILE)
    made.client.get(f"/{name}/1{sign}FORGED").close()
    assert made.service.flush_reports(60)
    text = "\n".join(PlainFormatter("%(message)s").format(record) for record in caplog.records)
    assert "FORGED" in text
    assert unquote(sign) + "FORGED" not in text
    for record in caplog.records:
        assert json.loads(JsonFormatter().format(record))


def test_json_lines_tell_an_error_and_a_report_by_fields(reported: Made, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    made = reported(HOSTILE)
    ids = [made.client.get(f"/{name}/1").json.get("error_id") for name in ("gone", "broken", "told")]
    with made.service:
        report_warning("caught", caught=KeyError("canary"))
    assert made.service.flush_reports(60)
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    gone, broken, told, caught = [line for line in lines if "error_id" in line]
    assert (gone["error_id"], gone["code"], gone["status"]) == (ids[0], "GONE", 410)
    assert (broken["error_id"], broken["kind"], broken["status"]) == (ids[1], "crash", 500)
    assert broken["exc"].startswith("Traceback (most recent call last):\n")
    assert "Traceback" not in broken["message"]
    assert (told["message"], told["kind"]) == ("NON-FATAL BACKEND ERROR: no such 1", "error")
    assert told["report"]["data"] == {"id": "1"}
    assert (caught["exc"], "trace" in caught["report"]) == ("KeyError", False)


@pytest.mark.parametrize("secret", ["null", "true", "8080", "message", '"}, {"', "level"])
def test_a_json_line_stays_json_whatever_a_secret_says(
    secret: str, reported: Made, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOOR", secret)
    reported(CRASHES, "env_secrets: [DOOR]\ndoor_secret: DOOR\n", ERROR)
    fields = {"nothing": None, "yes": True, "port": 8080, "door": f"is {secret}", "deep": [{"door": secret}]}
    logging.getLogger("shop").warning("the door is %s", secret, extra={"fields": {**fields, "odd": float("nan")}})
    logging.getLogger("shop").warning("the door is %s", secret)
    first, second = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    assert (first["nothing"], first["yes"], first["door"]) == (None, True, "is ***")
    assert (first["deep"], first["odd"]) == ([{"door": "***"}], "nan")
    assert first["port"] == ("***" if secret == "8080" else 8080)
    assert (second["message"], second["level"]) == ("the door is ***", "WARNING")


@pytest.fixture
def webhook() -> Iterator[Any]:
    """Listen as Slack does, and keep what comes; the answer is `status`."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(302 if "moved" in self.path else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    thread.join()
    server.server_close()


def test_slack_gets_a_report_with_nothing_that_it_would_take_for_markup(
    webhook: Any, service: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, got = webhook
    monkeypatch.setenv("DEMO_HOOK", f"{url}/services/T0/canary")
    config = "env_secrets: [DEMO_HOOK]\nreport_slack_webhook: DEMO_HOOK\n"
    app = service({"pym-config.yaml": f"name: demo\n{config}", "apis/it.yaml": NOTHING})
    with app.extensions["pymacaron"] as made:
        report_error("<!channel> ``` & so on")
        assert made.flush_reports(60)
    [text] = [posted["text"] for posted in got]
    assert text.startswith("*NON-FATAL BACKEND ERROR: &lt;!channel&gt; ''' &amp; so on*\n```{")
    assert '"service": "demo"' in text
    assert "canary" not in text


def test_a_webhook_that_moves_gets_nothing_elsewhere_and_its_url_is_not_logged(
    webhook: Any, service: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    url, got = webhook
    app = service({"pym-config.yaml": f"name: demo\nreport_slack_webhook: {url}/moved\n", "apis/it.yaml": NOTHING})
    with app.extensions["pymacaron"] as made:
        report_error("hello")
        assert made.flush_reports(60)
    assert len(got) == 1
    assert "pymacaron.report.slack" in caplog.text
    assert "failed with urllib.error.HTTPError" in caplog.text
    assert url not in caplog.text


def test_a_webhook_without_tls_is_refused(folder: Callable[..., Any], pym: Callable[..., Any]) -> None:
    root = folder({"pym-config.yaml": "name: demo\nreport_slack_webhook: http://hooks.example.com/canary\n"})
    done = pym("config", "check", cwd=root)
    assert "report_slack_webhook should be an https:// URL" in done.stderr
    assert "canary" not in done.stderr


NOTHING = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n"


class MailServer(StreamRequestHandler):
    """As little of SMTP as a client needs."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        data = None
        for line in self.rfile:
            if data is not None:
                if line == b".\r\n":
                    self.server.got.append(data)  # type: ignore[attr-defined]
                    data = None
                    self.wfile.write(b"250 ok\r\n")
                else:
                    data += line
            elif line[:4].upper() == b"DATA":
                data = b""
                self.wfile.write(b"354 go on\r\n")
            elif line[:4].upper() == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


def test_an_email_carries_the_report(service: Callable[..., Flask]) -> None:
    with TCPServer(("127.0.0.1", 0), MailServer) as server:
        server.got = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        config = f"""\
name: demo
report_email_to: [ops@example.com, ada@example.com]
report_smtp_host: 127.0.0.1
report_smtp_port: {server.server_address[1]}
report_smtp_security: none
"""
        app = service({"pym-config.yaml": config, "apis/it.yaml": NOTHING})
        with app.extensions["pymacaron"] as made:
            report_error("two\nlines")
            assert made.flush_reports(60)
        thread.join(60)
        [raw] = server.got  # type: ignore[attr-defined]
    mail: Any = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == "[demo] NON-FATAL BACKEND ERROR: two lines"
    assert mail["To"] == "ops@example.com, ada@example.com"
    assert json.loads(mail.get_content())["kind"] == "error"


def test_a_mail_server_without_tls_gets_no_report_unless_that_is_allowed(
    service: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    with TCPServer(("127.0.0.1", 0), MailServer) as server:
        server.got = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        config = f"""\
name: demo
report_email_to: [ops@example.com]
report_smtp_host: 127.0.0.1
report_smtp_port: {server.server_address[1]}
"""
        app = service({"pym-config.yaml": config, "apis/it.yaml": NOTHING})
        with app.extensions["pymacaron"] as made:
            report_error("hello")
            assert made.flush_reports(60)
        thread.join(60)
        assert server.got == []  # type: ignore[attr-defined]
    assert "failed with smtplib.SMTPNotSupportedError" in caplog.text


def test_a_service_that_wants_no_requests_reports_none_of_the_probes_that_it_answers_so(reported: Made) -> None:
    made = reported("def look(*body, id, q=None):\n    return {}\n")
    made.service.ready_checks.append(lambda: "the broker is away")
    assert made.client.get("/ready").status_code == 503
    assert made.told == []
