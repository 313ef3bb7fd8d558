"""A canary, wherever it is put, appears in no reply, no log line and no report."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from pymacaron.log import JsonFormatter

CANARY = "canary-5f3a9c"
OF_CONFIG = "sesame-77e1d0"
"""Another one, for what the configuration holds is masked by its value wherever it shows."""
CODE = """\
import flask, os
from pymacaron import get_config
from pymacaron.crash import report_error, report_slow, report_warning
from pymacaron.exceptions import PyMacaronException, add_error
def _text():
    request = flask.request
    return " ".join([*request.headers.values(), *request.cookies.values(), request.get_data(as_text=True),
        request.query_string.decode(), get_config().door_secret, "canary" + "-5f3a9c"])
def raises(*body, id, q=None):
    raise ValueError(_text())
def chained(*body, id, q=None):
    try:
        raise KeyError(_text())
    except KeyError as error:
        raise PyMacaronException("declared").caught(error)
def grouped(*body, id, q=None):
    raise ExceptionGroup(_text(), [ValueError(_text()), OSError(_text())])
def noted(*body, id, q=None):
    error = RuntimeError(_text())
    error.add_note(_text())
    raise error
def undeclared(*body, id, q=None):
    return {1: object(), "text": {_text()}}, 200
def told(*body, id, q=None):
    try:
        raise LookupError(_text())
    except LookupError as error:
        report_error("told", caught=error, data={"password": _text()})
        report_warning("warned", caught=error)
    return {}
@report_slow(max_ms=0.0001)
def slow(*body, id, q=None):
    _text()
    return {}
def failing(*body, id, q=None):
    _text()
    return {}, 503
def stream(*body, id, q=None):
    yield "a"
    raise ValueError(_text())
def refused(*body, id, q=None):
    flask.abort(400)
def config(*body, id, q=None):
    return get_config().no_such_key
"""
HANDLERS = [
    "raises",
    "chained",
    "grouped",
    "noted",
    "undeclared",
    "told",
    "slow",
    "failing",
    "stream",
    "refused",
    "config",
]
BAD_BODIES = [b"canary-5f3a9c", b'{"a": canary-5f3a9c', b'["canary-5f3a9c"]', b'"canary-5f3a9c"']


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Return everything that was logged, in plain text and as JSON."""
    caplog.set_level(logging.DEBUG)

    def written() -> str:
        return caplog.text + "\n".join(JsonFormatter().format(record) for record in caplog.records)

    return written


@pytest.mark.parametrize("way", ["lane", "flask"])
@pytest.mark.parametrize("name", [*HANDLERS, "nowhere"])
def test_a_canary_appears_nowhere(
    name: str,
    way: str,
    reported: Callable[..., Any],
    lines: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOOR", OF_CONFIG)
    made = reported(CODE, "access_log: true\nenv_secrets: [DOOR]\ndoor_secret: DOOR\n")
    if way == "flask":
        made.client.application.wsgi_app._application = made.client.application.wsgi_app._application._flasks_own_way
    made.client.set_cookie("token", f"Bearer {CANARY}")
    replies = []
    for method, options in (("GET", {}), ("POST", {"json": {"a": CANARY, "password": CANARY}})):
        reply = made.client.open(
            f"/{name}/1?q={CANARY}&{CANARY}=1",
            method=method,
            headers={"Authorization": f"Bearer {CANARY}", "X-Own": CANARY, "User-Agent": CANARY, "Accept": CANARY},
            **options,
        )
        replies.append(str(reply.headers))
        if name == "stream":
            with pytest.raises(RuntimeError) as caught:
                reply.get_data()
            replies.append(str(caught.value))
        else:
            replies.append(reply.text)
        reply.close()
    reports = json.dumps([[title, data] for title, data, _ in made.told])
    assert bool(made.told) is (name not in ("refused", "nowhere"))
    for where, text in (("reply", "\n".join(replies)), ("log", lines()), ("report", reports)):
        assert CANARY not in text, where
        assert OF_CONFIG not in text, where


@pytest.mark.parametrize("body", BAD_BODIES)
def test_a_canary_in_a_body_that_is_refused_appears_nowhere(
    body: bytes, reported: Callable[..., Any], lines: Callable[[], str]
) -> None:
    made = reported(CODE, "access_log: true\n")
    reply = made.client.post(f"/raises/1?q={CANARY}", data=body, content_type="application/json")
    assert reply.status_code == 400
    assert CANARY not in reply.text + str(reply.headers) + lines() + str(made.told)


@pytest.mark.parametrize("header", ["Cookie", "Content-Type", "Accept", "Origin", "X-Request-ID"])
def test_an_odd_header_is_not_echoed(header: str, reported: Callable[..., Any], lines: Callable[[], str]) -> None:
    made = reported(CODE, "access_log: true\ncors: https://shop.example.com\n")
    reply = made.client.post("/raises/1", data=b"{}", headers={header: f"\t{CANARY} ;, \x7f"})
    assert CANARY not in reply.text + str(reply.headers) + lines() + str(made.told)
    reply.close()
