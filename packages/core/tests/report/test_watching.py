"""Finished calls: who is told of them, request ids, the access log, /metrics and monitor()."""

from __future__ import annotations

import json
import logging
import re
import sys
import uuid
from collections.abc import Callable
from typing import Any

import flask
import pytest
from flask import Flask

from pymacaron.exceptions import ConfigError
from pymacaron.http.lane import Lane
from pymacaron.http.watch import Watch
from pymacaron.log import JsonFormatter
from pymacaron.monitor import monitor

Made = Callable[..., Any]

CODE = """\
import flask
from pymacaron.plugins.records import Identity
def fine(*body, id, q=None):
    flask.request.environ["pymacaron.identity"] = Identity("ada")
    return {}
def fails(*body, id, q=None):
    raise ValueError
def stream(*body, id, q=None):
    yield "a"
    yield "b"
"""
PLUGIN = {
    "listener.py": """\
from pymacaron import hookimpl
CALLS = []
@hookimpl
def pym_operation_finished(call):
    CALLS.append(call)
    if call.path == "/fine/listener-fails":
        raise ValueError("can" + "ary")
"""
}
LISTENING = "plugins: {local: [listener]}\n"
ALL_ON = ["access_log: true", "request_id: true", "metrics: true", "log_format: json"]


def test_nothing_watches_a_service_that_does_not_ask_for_it(reported: Made) -> None:
    made = reported(CODE)
    assert isinstance(made.client.application.wsgi_app, Lane)
    assert "X-Request-ID" not in made.client.get("/fine/1").headers


@pytest.mark.parametrize(
    ("path", "method", "route", "status"),
    [
        ("/fine/7?q=x", "GET", "/fine/{id}", 200),
        ("/fine/7", "HEAD", "/fine/{id}", 200),
        ("/fine/7", "OPTIONS", "/fine/{id}", 200),
        ("/fails/7", "GET", "/fails/{id}", 500),
        ("/stream/7", "GET", "/stream/{id}", 200),
        ("/fine/7", "DELETE", None, 405),
        ("/nowhere/7", "GET", None, 404),
        ("/own/7", "GET", "/own/<number>", 200),
        ("/early/7", "GET", "/early/{id}", 403),
    ],
)
def test_every_finished_call_is_told_with_its_route_template(
    path: str, method: str, route: str | None, status: int, reported: Made
) -> None:
    made = reported(CODE + EARLY, LISTENING, "", PLUGIN)
    app = made.client.application
    app.add_url_rule("/own/<number>", view_func=lambda number: "own")
    app.before_request(lambda: ("no", 403) if "early" in flask.request.path else None)
    with made.client.open(path, method=method) as reply:
        reply.get_data()
    [call] = made.service.import_dotted("listener.CALLS")
    assert (call.method, call.route, call.status, call.path) == (method, route, status, path.partition("?")[0])
    assert 0 < call.duration < 10
    assert call.request_id == reply.headers["X-Request-ID"]
    known = route is not None and "own" not in route and method != "OPTIONS"
    assert (call.operation is not None, call.api) == ((True, "it") if route and "own" not in route else (False, None))
    assert call.user_id == ("ada" if known and route == "/fine/{id}" else None)


EARLY = "def early(*body, id, q=None):\n    return {}\n"


def test_a_listener_that_fails_changes_nothing(reported: Made, caplog: pytest.LogCaptureFixture) -> None:
    made = reported(CODE, LISTENING, "", PLUGIN)
    assert made.client.get("/fine/listener-fails").status_code == 200
    assert "plugin 'listener' (this service) raised ValueError in pym_operation_finished()" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize("config", ALL_ON)
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("abc-1", True),
        ("x" * 128, True),
        ("!~", True),
        (None, False),
        ("", False),
        ("x" * 129, False),
        ("a b", False),
        ("a\tb", False),
        ("é", False),
    ],
)
def test_a_request_id_is_taken_where_it_is_visible_ascii_and_given_otherwise(
    config: str, sent: str | None, kept: bool, reported: Made
) -> None:
    made = reported(CODE, f"{config}\n")
    for path in ("/fine/1", "/fails/1", "/nowhere"):
        reply = made.client.get(path, headers={} if sent is None else {"X-Request-ID": sent})
        found = reply.headers.getlist("X-Request-ID")
        assert len(found) == 1
        if kept:
            assert found == [sent]
        else:
            assert uuid.UUID(found[0]).version == 4
    assert made.told[0][1]["request_id"] == (sent if kept else made.told[0][1]["request_id"])


def test_the_access_log_has_one_line_for_each_request(reported: Made, caplog: pytest.LogCaptureFixture) -> None:
    made = reported(CODE, "access_log: true\nlog_level: WARNING\n")
    made.client.get("/fine/7?q=canary", headers={"X-Request-ID": "abc"})
    made.client.get("/no%0Awhere").close()
    lines = [record.getMessage() for record in caplog.records if record.name == "pymacaron.report.accesslog"]
    assert re.fullmatch(
        r"127\.0\.0\.1 GET /fine/7 200 [\d.]+ ms route=/fine/\{id\} user_id=ada request_id=abc", lines[0]
    )
    assert lines[1].startswith("127.0.0.1 GET /no\\nwhere 404 ")
    assert " route=- user_id=- " in lines[1]


def test_json_lines_hold_the_same_fields_and_the_request_id_of_all_others(
    reported: Made, caplog: pytest.LogCaptureFixture
) -> None:
    code = "import logging\ndef fine(*body, id, q=None):\n    logging.getLogger('shop').warning('sold %s', 'tea')\n"
    made = reported(code + "    return {}\n", "access_log: true\nlog_format: json\ndoor_secret: open sesame\n")
    made.client.get("/fine/7", headers={"X-Request-ID": "abc"})
    logging.getLogger("shop").warning("open sesame", extra={"fields": {"door": "open sesame"}})
    access = None
    for record in caplog.records:
        if record.name == "pymacaron.report.accesslog":
            access = json.loads(JsonFormatter().format(record))
    with made.client.application.test_request_context("/", environ_base={"pymacaron.request_id": "abc"}):
        line = json.loads(JsonFormatter().format(logging.makeLogRecord({"name": "shop", "msg": "sold tea"})))
    assert access is not None
    assert (access.pop("time"), access.pop("duration_ms")) != (None, None)
    assert access == {
        "level": "INFO",
        "logger": "pymacaron.report.accesslog",
        "address": "127.0.0.1",
        "method": "GET",
        "path": "/fine/7",
        "route": "/fine/{id}",
        "status": 200,
        "request_id": "abc",
        "user_id": None,
    }
    assert (line["logger"], line["message"], line["request_id"]) == ("shop", "sold tea", "abc")
    assert "sesame" not in JsonFormatter().format(caplog.records[-1])


METRIC = re.compile(r"^http_request_duration_seconds_count\{(.*)\} (\S+)$", re.MULTILINE)


def test_metrics_count_calls_by_route_template_method_and_status(reported: Made) -> None:
    made = reported(CODE, "metrics: true\n")
    for path in ("/fine/1", "/fine/2", "/fails/1", "/nowhere", "/elsewhere"):
        made.client.get(path).close()
    made.client.open("/fine/1", method="BREW").close()
    with made.service, monitor("db", "get_user"), pytest.raises(KeyError), monitor("db", "fails"):
        raise KeyError
    reply = made.client.get("/metrics")
    assert reply.mimetype == "text/plain"
    assert dict(METRIC.findall(reply.text)) == {
        'method="GET",route="/fine/{id}",status="200"': "2.0",
        'method="GET",route="/fails/{id}",status="500"': "1.0",
        'method="GET",route="(unmatched)",status="404"': "2.0",
        'method="OTHER",route="(unmatched)",status="405"': "1.0",
    }
    assert 'monitored_duration_seconds_count{kind="db",method="get_user",outcome="ok"} 1.0' in reply.text
    assert 'monitored_duration_seconds_count{kind="db",method="fails",outcome="error"} 1.0' in reply.text
    assert "process_cpu_seconds_total" in reply.text


def test_metrics_of_two_services_in_one_process_are_kept_apart(service: Callable[..., Flask]) -> None:
    document = {"apis/it.yaml": "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n"}
    config = {"pym-config.yaml": "name: demo\nmetrics: true\n"}
    one, other = (service({**document, **config}, name).test_client() for name in ("one", "other"))
    one.get("/ping").close()
    assert 'route="/ping"' in one.get("/metrics").text
    assert METRIC.findall(other.get("/metrics").text) == []


def test_without_the_setting_there_is_no_route_and_monitor_does_nothing(reported: Made) -> None:
    made = reported(CODE)
    assert made.client.get("/metrics").status_code == 404
    with made.service, monitor("db", "get_user"):
        pass
    assert made.service.metrics is None


def test_metrics_without_their_library_tell_the_pip_line(reported: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymacaron.report.prometheus", None)
    with pytest.raises(ConfigError, match=r"pym-config.yaml:2: metrics needs prometheus-client: pip install"):
        reported(CODE, "metrics: true\n")


def test_one_watch_serves_however_often_it_is_asked_for(reported: Made) -> None:
    from pymacaron.http import watch

    made = reported(CODE, "request_id: true\n")
    app = made.client.application
    before = app.wsgi_app
    watch.install(app, made.service, log_calls=True)
    assert isinstance(before, Watch)
    assert app.wsgi_app is before
