"""A crash is to teardown functions, signals and error handlers what it is on plain Flask; our errors have a status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, abort
from flask.signals import got_request_exception
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError

from pymacaron.exceptions import ForbiddenError, RequestError, add_error
from pymacaron.http import contexts, errors

Made = Callable[[], Any]
Change = Callable[[Flask], object]


@pytest.fixture(params=["lane", "refused"])
def ours(request: pytest.FixtureRequest, our_side: Made, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a service on the lean lane, or one that is served in Flask's own way."""
    if request.param == "refused":
        monkeypatch.setattr(contexts, "_another_flask", lambda app: "this is another Flask")
    return our_side()


def told(app: Flask, change: Change, method: str = "GET") -> tuple[Any, list[str]]:
    """Return how a request ended, and what an app was told of it."""
    log: list[str] = []

    def signalled(sender: Flask, exception: Exception) -> None:
        log.append(f"signal {exception!r}")

    app.teardown_request(lambda error: log.append(f"request {error!r}"))
    app.teardown_appcontext(lambda error: log.append("rolled back" if error else "committed"))
    change(app)
    with got_request_exception.connected_to(signalled, app):
        try:
            reply = app.test_client().open("/it", method=method)
            own = reply.headers.get("X-Handler", "")
            return (reply.status_code, own, reply.text if own else ""), log
        except Exception as error:
            return type(error), log


def handled(kind: Any) -> Change:
    """Return what gives an app an error handler that says what it got."""

    def handler(error: Any) -> Any:
        behind = getattr(error, "original_exception", None)
        return Response(f"{error!r} {behind!r}", 500, {"X-Handler": "own"})

    return lambda app: app.register_error_handler(kind, handler)


def fail_late(app: Flask) -> None:
    """Fail in a function after the request."""
    app.after_request(lambda response: response.no_such_thing)


CHANGES: dict[str, Change] = {
    "nothing": lambda app: None,
    "testing": lambda app: app.config.update(TESTING=True),
    "debug": lambda app: setattr(app, "debug", True),
    "propagated": lambda app: app.config.update(PROPAGATE_EXCEPTIONS=True),
    "not propagated": lambda app: app.config.update(PROPAGATE_EXCEPTIONS=False, TESTING=True),
    "handler of 500": handled(500),
    "handler of InternalServerError": handled(InternalServerError),
    "handler of its class": handled(LookupError),
    "handler of Exception": handled(Exception),
    "before the request": lambda app: app.before_request(lambda: str(1 / 0)),
    "after the request": fail_late,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_crash_ends_and_is_told_as_on_plain_flask(change: Change, ours: Any) -> None:
    def crash() -> Any:
        raise KeyError("k")

    plain = Flask("plain")
    plain.add_url_rule("/it", "it", crash)
    ours.serve(crash)
    assert told(ours.app, change) == told(plain, change)


def test_what_abort_sends_is_no_crash(ours: Any) -> None:
    plain = Flask("plain")
    plain.add_url_rule("/it", "it", lambda: abort(503))
    ours.serve(lambda: abort(503))
    assert told(ours.app, lambda app: None) == told(plain, lambda app: None)


def test_a_crash_is_logged_without_its_text_whoever_answers_it(ours: Any, caplog: pytest.LogCaptureFixture) -> None:
    ours.serve(lambda: {"a": dict[str, str]()["canary"]})
    assert told(ours.app, handled(500))[0][1] == "own"
    assert caplog.text.count("UNHANDLED_SERVER_ERROR (error_id") == 1
    assert "Exception on" not in caplog.text


@pytest.mark.parametrize(("path", "method", "status"), [("/no", "GET", 404), ("/it", "PUT", 405), ("/it", "GET", 409)])
def test_an_error_of_flask_itself_below_500_has_no_log_line(
    ours: Any, caplog: pytest.LogCaptureFixture, path: str, method: str, status: int
) -> None:
    ours.serve(lambda: abort(409))
    caplog.set_level("INFO")
    reply = ours.app.test_client().open(path, method=method)
    assert reply.status_code == status
    assert reply.json["error_id"] not in caplog.text


class LogsByItself(Flask):
    """A Flask that has a way of its own to log crashes."""

    def log_exception(self, exc_info: Any) -> None:
        """Log as Flask does, and more."""
        super().log_exception(exc_info)
        self.logger.error("logged by itself")


def test_an_app_that_logs_crashes_by_itself_still_does(caplog: pytest.LogCaptureFixture) -> None:
    app = LogsByItself("own")
    errors.install(app)
    app.add_url_rule("/it", "it", lambda: {"a": dict[str, str]()["canary"]})
    assert app.test_client().get("/it").json["error"] == "UNHANDLED_SERVER_ERROR"  # type: ignore[index]
    assert "logged by itself" in caplog.text
    assert "Exception on /it [GET]" in caplog.text
    assert "KeyError: 'canary'" not in caplog.text


Gone, Broken, Unpaid = (add_error("Gone", "G", 410), add_error("Broken", "B", 500), add_error("Unpaid", "U", 402))
ERRORS = [RequestError("bad"), Gone("late"), Broken("oops"), ForbiddenError("no", challenge="Basic"), BadRequest("bad")]


@pytest.mark.parametrize("error", ERRORS[:-1], ids=repr)
def test_the_log_line_of_every_other_error_has_its_error_id(
    error: Any, ours: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> Any:
        raise error

    ours.serve(fail)
    caplog.set_level("INFO")
    assert ours.app.test_client().get("/it").json["error_id"] in caplog.text


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_handler_for_a_status_answers_every_error_of_it(error: Any, ours: Any) -> None:
    def answer(got: HTTPException) -> Any:
        own = getattr(got, "original_exception", got)
        return f"{got.code} {got.description} {own is error}", got.code or 0

    def serve(*arguments: Any) -> Any:
        raise error

    status = error.code if isinstance(error, HTTPException) else error.status
    ours.app.register_error_handler(status, answer)
    ours.serve(serve)
    reply = ours.app.test_client().get("/it")
    text = error.description if isinstance(error, HTTPException) else str(error)
    assert (reply.status_code, reply.text) == (status, f"{status} {text} True")


def test_a_handler_for_400_answers_a_request_that_breaks_the_document(ours: Any) -> None:
    ours.app.register_error_handler(400, lambda error: (error.original_exception.problems, 400))
    ours.serve(dict)
    reply = ours.app.test_client().post("/it", data="{", content_type="application/json")
    assert (reply.status_code, reply.json[0]["in"]) == (400, "body")


@pytest.mark.parametrize("error", [Unpaid("pay"), Gone("late")], ids=repr)
def test_an_error_whose_status_or_class_has_another_handler_is_answered_by_that(error: Any, ours: Any) -> None:
    ours.app.register_error_handler(410, lambda got: ("by status", 410))
    ours.app.register_error_handler(Gone, lambda got: ("by class", 410))

    def serve() -> Any:
        raise error

    ours.serve(serve)
    reply = ours.app.test_client().get("/it")
    assert "by status" not in reply.text
    assert reply.text == "by class" if error.status == 410 else reply.json["error"] == "U"
