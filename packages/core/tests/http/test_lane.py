"""What a Flask user relies on behaves on the lean lane as on plain Flask: contexts, sessions, functions, signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
from flask import (
    Flask,
    Response,
    abort,
    after_this_request,
    current_app,
    g,
    has_app_context,
    has_request_context,
    make_response,
    redirect,
    request,
    session,
    signals,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface
from flask_cors import CORS
from werkzeug.exceptions import NotFound

Log = Any
Parity = Callable[..., Callable[[Any], None]]
IT: dict[str, Any] = {}


def test_request_tells_all(parity: Parity) -> None:
    @parity(IT, {"path": "/it/x?a=1&b=%20&a=2", "headers": {"X-Id": "7", "Cookie": "c=d"}})
    def feature(app: Flask, log: Log) -> Any:
        def it(**parameters: Any) -> Any:
            names = ("method", "path", "url", "base_url", "host", "endpoint", "url_rule", "blueprint", "blueprints")
            told = {name: str(getattr(request, name)) for name in names}
            return {**told, "args": request.args.lists(), "cookies": request.cookies.to_dict(), "values": parameters}

        return it


def test_proxies_are_bound(parity: Parity) -> None:
    @parity(IT, {"path": "/it/x"})
    def feature(app: Flask, log: Log) -> Any:
        def it(**parameters: Any) -> Any:
            same = request._get_current_object() is flask.globals.request_ctx.request  # type: ignore[attr-defined]
            named = current_app.name, has_request_context(), has_app_context(), bool(request), bool(g), bool(session)
            return {"named": named, "same": same, "g": repr(g)}

        return it


def test_g_lives_for_one_request(parity: Parity) -> None:
    @parity(IT)
    def feature(app: Flask, log: Log) -> Any:
        @app.before_request
        def before() -> None:
            log.append(("before", sorted(g)))
            g.user = "ada"

        app.teardown_appcontext(lambda error: log.append(("teardown", g.pop("user"), "late" in g)))

        def it() -> Any:
            g.late = True
            return {"user": g.user, "other": g.get("other")}

        return it


def test_session_is_kept_in_a_cookie(parity: Parity) -> None:
    @parity(
        IT, IT, {"path": "/it/forget"}, IT, {"path": "/it/ignore"}, {"path": "/it/permanent"}, {"path": "/it/ignore"}
    )
    def feature(app: Flask, log: Log) -> Any:
        app.secret_key = "k" * 32
        app.session_interface = FixedTime()

        def it(name: str = "count") -> Any:
            if name == "count":
                session["n"] = session.get("n", 0) + 1
            if name == "forget":
                session.clear()
            if name == "permanent":
                session.permanent = True
            return {} if name == "ignore" else dict(session)

        return it


class FixedTime(SecureCookieSessionInterface):
    """Sessions whose cookies are the same at any time."""

    def get_signing_serializer(self, app: Flask) -> Any:
        """Sign without the time."""
        made = super().get_signing_serializer(app)
        if made is not None:
            made.make_signer = lambda salt=None: Unsigned()  # type: ignore
        return made


class Unsigned:
    """What signs nothing."""

    def sign(self, value: bytes) -> bytes:
        """Return the value."""
        return value

    def unsign(self, value: bytes, **options: Any) -> Any:
        """Return the value, from the year 2026."""
        import datetime

        moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        return (value, moment) if options.get("return_timestamp") else value


def test_session_by_flasks_own_interface(parity: Parity) -> None:
    @parity(IT, {"headers": {"Cookie": "session=bad"}}, {"path": "/it/set", "headers": {"Cookie": "other=1"}})
    def feature(app: Flask, log: Log) -> Any:
        app.secret_key = "k" * 32

        def it(name: str = "") -> Any:
            if name:
                after_this_request(lambda response: log.append(session.setdefault("a", 1)) or response)
            return {"new": name == "" and session.new} if name == "" else {}

        return it


def test_session_is_refused_without_a_key(parity: Parity) -> None:
    @parity(IT)
    def feature(app: Flask, log: Log) -> Any:
        def it() -> Any:
            session["a"] = 1
            return {}

        return it


def test_url_for_builds(parity: Parity) -> None:
    @parity({"path": "/it/x"})
    def feature(app: Flask, log: Log) -> Any:
        app.add_url_rule("/more/<int:number>", "more", lambda number: str(number))
        app.url_defaults(lambda endpoint, values: log.append(endpoint))

        def it(name: str) -> Any:
            return {
                "own": url_for("more", number=3, q="é"),
                "out": url_for("more", number=3, _external=True),
                "n": name,
            }

        return it


def test_abort_answers(parity: Parity) -> None:
    @parity(*({"path": f"/it/{name}"} for name in ("404", "418", "302", "reply", "other")))
    def feature(app: Flask, log: Log) -> Any:
        app.errorhandler(418)(lambda error: (f"tea {error.code}", 418, {"X-Tea": "1"}))
        app.errorhandler(LookupError)(lambda error: f"looked up {error}")

        def it(name: str) -> Any:
            if name == "reply":
                abort(Response("own", 409))
            if name == "other":
                raise KeyError("k")
            return redirect("/it") if name == "302" else abort(int(name))

        return it


def test_after_this_request_runs_once(parity: Parity) -> None:
    @parity(IT, IT)
    def feature(app: Flask, log: Log) -> Any:
        @app.after_request
        def always(response: Response) -> Response:
            response.headers["X-Always"] = str(response.content_length)
            log.append("always")
            return response

        def it() -> Any:
            if not log:
                after_this_request(lambda response: log.append("once") or make_response("changed", 203))
            return {"a": 1}

        return it


def test_functions_run_in_order(parity: Parity) -> None:
    @parity(IT, {"path": "/nowhere"}, {"method": "PUT"}, own_way=2)
    def feature(app: Flask, log: Log) -> Any:
        for number in (1, 2):
            app.before_request(lambda number=number: log.append(f"before {number}"))
            app.after_request(lambda response, number=number: log.append(f"after {number}") or response)
            app.teardown_request(lambda error, number=number: log.append(f"teardown {number} {error}"))
            app.teardown_appcontext(lambda error, number=number: log.append(f"app {number} {error}"))
        app.url_value_preprocessor(lambda endpoint, values: log.append((endpoint, values)))
        return lambda: log.append("handler") or {}


def test_before_request_may_answer(parity: Parity) -> None:
    @parity({"path": "/it/early"}, {"path": "/it/abort"}, {"path": "/it/raise"})
    def feature(app: Flask, log: Log) -> Any:
        @app.before_request
        def before() -> Any:
            name = request.view_args["name"]  # type: ignore[index]
            if name == "raise":
                raise RuntimeError("before")
            return abort(403) if name == "abort" else ("early", 202)

        app.after_request(lambda response: log.append(response.status) or response)
        app.teardown_request(lambda error: log.append(repr(error)))
        return lambda name: log.append("never") or {}


def test_after_request_may_fail(parity: Parity) -> None:
    @parity(IT)
    def feature(app: Flask, log: Log) -> Any:
        app.teardown_request(lambda error: log.append(repr(error)))
        app.after_request(lambda response: log.append("reached") or response.no_such_thing)
        return dict


def test_teardown_is_told_of_errors(parity: Parity) -> None:
    @parity({"path": "/it/handled"}, {"path": "/it/unhandled"}, {"path": "/it/http"}, {"path": "/it/handler"})
    def feature(app: Flask, log: Log) -> Any:
        app.teardown_request(lambda error: log.append(("request", repr(error), request.path)))
        app.teardown_appcontext(lambda error: log.append(("app", repr(error))))
        app.errorhandler(ValueError)(lambda error: ("handled", 422))
        app.errorhandler(ArithmeticError)(lambda error: str(1 / 0))
        app.errorhandler(500)(lambda error: (f"failed: {error.original_exception!r}", 500))

        def it(name: str) -> Any:
            raise {"handled": ValueError, "unhandled": OSError, "http": NotFound, "handler": ArithmeticError}[name]("x")

        return it


def test_testing_propagates(parity: Parity) -> None:
    @parity(IT)
    def feature(app: Flask, log: Log) -> Any:
        app.testing = True
        app.teardown_appcontext(lambda error: log.append(repr(error)))
        return lambda: dict[str, Any]()["k"]


def test_propagation_can_be_set(parity: Parity) -> None:
    @parity(IT)
    def feature(app: Flask, log: Log) -> Any:
        app.config["PROPAGATE_EXCEPTIONS"] = True
        return lambda: dict[str, Any]()["k"]


def test_debug_and_traps(parity: Parity) -> None:
    @parity(IT, {"path": "/it/key"})
    def feature(app: Flask, log: Log) -> Any:
        app.debug = True
        app.config["TRAP_HTTP_EXCEPTIONS"] = True
        return lambda name="": {"a": request.form["no"]} if name else abort(404)


def test_signals_are_sent(parity: Parity) -> None:
    @parity(IT, {"path": "/it/bad"})
    def feature(app: Flask, log: Log) -> Any:
        names = (
            *("appcontext_pushed", "request_started", "request_finished", "got_request_exception"),
            *("request_tearing_down", "appcontext_tearing_down", "appcontext_popped"),
        )
        for name in names:

            def receive(sender: Flask, name: str = name, **details: Any) -> None:
                response = details.get("response")
                log.append((name, response and response.status, repr(details.get("exception", details.get("exc")))))

            app.extensions["stack"].enter_context(getattr(signals, name).connected_to(receive, app))
        return lambda name="": {"a": 1 / 0} if name else {}


ORIGIN = {"Origin": "https://shop.example"}


def test_cross_origin_requests(parity: Parity) -> None:
    @parity(
        {"headers": ORIGIN},
        IT,
        {"method": "OPTIONS", "headers": {**ORIGIN, "Access-Control-Request-Method": "POST"}},
        {"path": "/it/fail", "headers": ORIGIN},
        own_way=1,
    )
    def feature(app: Flask, log: Log) -> Any:
        CORS(app, origins=["https://shop.example"], supports_credentials=True, expose_headers=["X-A"])
        return lambda name="": abort(400) if name else {}


def test_a_tracer_wraps_and_listens(parity: Parity) -> None:
    @parity(IT, {"path": "/it/bad"})
    def feature(app: Flask, log: Log) -> Any:
        inner = app.wsgi_app

        def traced(environ: Any, start_response: Any) -> Any:
            log.append(("begin", environ["PATH_INFO"]))

            def start(status: str, headers: Any, error: Any = None) -> Any:
                headers.append(("X-Trace", "1"))
                return start_response(status, headers)

            try:
                return inner(environ, start)
            finally:
                log.append("end")

        app.wsgi_app = traced  # type: ignore[method-assign]
        stack = app.extensions["stack"]
        stack.enter_context(
            signals.request_started.connected_to(
                lambda sender: log.append((str(request.url_rule), request.method)), app
            )
        )
        stack.enter_context(
            signals.got_request_exception.connected_to(lambda sender, exception: log.append(repr(exception)), app)
        )
        return lambda name="": {"a": 1 / 0} if name else {}


def test_a_database_session_is_cleaned_up(parity: Parity) -> None:
    @parity(IT, {"path": "/it/bad"}, {"path": "/it/unused"})
    def feature(app: Flask, log: Log) -> Any:
        def database() -> list[str]:
            if "database" not in g:
                g.database = ["opened"]
            return g.database  # type: ignore[no-any-return]

        @app.teardown_appcontext
        def clean_up(error: BaseException | None) -> None:
            log.append((g.pop("database", None), "rolled back" if error else "committed"))

        def it(name: str = "") -> Any:
            if name != "unused":
                database().append("used")
            return {"a": 1 / 0} if name == "bad" else {}

        return it
