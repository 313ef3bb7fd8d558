"""What a Flask user relies on behaves on the lean lane as on plain Flask: bodies, streams, nesting, own classes."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    after_this_request,
    copy_current_request_context,
    current_app,
    flash,
    g,
    get_flashed_messages,
    has_app_context,
    has_request_context,
    jsonify,
    render_template_string,
    request,
    send_file,
    session,
    stream_with_context,
)
from flask.ctx import _AppCtxGlobals
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import create_environ

from pymacaron.http.lanes import request_context

Log = Any
Parity = Callable[..., Callable[[Any], None]]
IT: dict[str, Any] = {}
POST = {"method": "POST", "json": {"a": [1, "é"]}}


def test_a_blueprint_and_custom_routes_live_beside_operations(parity: Parity) -> None:
    @parity({"path": "/shop/x"}, {"path": "/own/3"}, {"path": "/own/x"}, IT, {"path": "/it/special"}, own_way=4)
    def feature(app: Flask, log: Log) -> Any:
        shop = Blueprint("shop", __name__, url_prefix="/shop")
        shop.before_request(lambda: log.append("shop before"))
        shop.after_request(lambda response: log.append("shop after") or response)
        shop.teardown_request(lambda error: log.append("shop teardown"))
        shop.before_app_request(lambda: log.append((request.blueprint, request.endpoint)))
        shop.add_url_rule("/<name>", "named", lambda name: f"shop {name}")
        app.register_blueprint(shop)
        app.add_url_rule("/own/<int:number>", "own", lambda number: {"number": number})
        app.add_url_rule("/it/special", "special", lambda: "special")
        return lambda **parameters: parameters


def test_functions_of_a_blueprint_named_like_the_api(parity: Parity) -> None:
    @parity(IT)
    def feature(app: Flask, log: Log) -> Any:
        own = Blueprint("it", __name__)
        own.before_request(lambda: log.append("before"))
        own.after_request(lambda response: log.append("after") or response)
        own.teardown_request(lambda error: log.append("teardown"))
        own.errorhandler(KeyError)(lambda error: "found nothing")
        app.register_blueprint(own)
        return lambda: dict[str, Any]()["k"]


def test_paths_and_methods_that_are_not_served(parity: Parity) -> None:
    paths = ("/it/", "//it", "/it//x", "/it/x/", "/it/a%2Fb", "/nowhere")
    calls = [{"path": path} for path in paths]

    @parity(*calls, {"method": "DELETE"}, {"method": "OPTIONS"}, {"method": "HEAD"}, {"path": "/it/%C3%A9"}, own_way=9)
    def feature(app: Flask, log: Log) -> Any:
        return lambda **parameters: parameters


def test_bodies_are_read_once_and_seen_by_all(parity: Parity) -> None:
    @parity(POST, {**POST, "query_string": "early=1"}, {**POST, "query_string": "late=1"})
    def feature(app: Flask, log: Log) -> Any:
        @app.before_request
        def before() -> None:
            if request.args.get("early"):
                log.append(request.get_data())

        @app.after_request
        def after(response: Response) -> Response:
            if request.args.get("late"):
                log.append((request.get_json(), request.content_length, request.stream.read()))
            return response

        return lambda body: {"body": body, "again": request.get_json(), "type": request.mimetype}


def test_a_body_that_only_a_function_after_the_request_reads(parity: Parity) -> None:
    @parity(POST)
    def feature(app: Flask, log: Log) -> Any:
        app.after_request(lambda response: log.append(request.get_json()) or response)
        return lambda body: {"body": body}


def test_bodies_above_the_limit_are_refused(parity: Parity) -> None:
    @parity({**POST, "data": b" " * 20, "json": None, "content_type": "application/json"}, {**POST, "json": 1})
    def feature(app: Flask, log: Log) -> Any:
        app.config["MAX_CONTENT_LENGTH"] = 10
        return lambda body: {"body": body}


def test_a_form_and_files_are_left_to_the_handler(parity: Parity) -> None:
    parts = (
        b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\ntext\r\n--b--\r\n'
    )

    @parity({"data": parts, "content_type": "multipart/form-data; boundary=b"})
    def feature(app: Flask, log: Log) -> Any:
        return lambda: {"form": request.form.to_dict(), "files": sorted(request.files)}


def test_streams_run_within_the_request(parity: Parity) -> None:
    @parity(IT, {"path": "/it/fails"})
    def feature(app: Flask, log: Log) -> Any:
        app.teardown_request(lambda error: log.append(("teardown", repr(error))))
        app.teardown_appcontext(lambda error: log.append(("app", repr(error))))

        def it(name: str = "") -> Any:
            def chunks() -> Iterator[str]:
                yield request.path
                log.append("streaming")
                if name:
                    raise RuntimeError("half way")
                yield str(has_app_context())

            return Response(stream_with_context(chunks()), mimetype="text/plain")

        return it


def test_a_stream_without_context_comes_after_teardown(parity: Parity) -> None:
    @parity(IT)
    def feature(app: Flask, log: Log) -> Any:
        app.teardown_request(lambda error: log.append("teardown"))

        def chunks() -> Iterator[str]:
            log.append("streaming")
            yield str(has_request_context())

        def it() -> Any:
            response = Response(chunks(), mimetype="text/plain")
            response.call_on_close(lambda: log.append("closed"))
            return response

        return it


def test_responses_of_every_kind_pass(parity: Parity) -> None:
    @parity(*({"path": f"/it/{name}"} for name in ("file", "jsonify", "partial", "cookie", "wsgi")))
    def feature(app: Flask, log: Log) -> Any:
        def it(name: str) -> Any:
            response = jsonify(a=1)
            if name == "file":
                return send_file(io.BytesIO(b"content"), mimetype="text/plain", download_name="f.txt")
            if name == "partial":
                return Response("x", 206, {"X-A": "1"}, direct_passthrough=True)
            if name == "cookie":
                response.set_cookie("c", "v", httponly=True)
            return response

        return it


def test_contexts_can_be_copied_to_threads(parity: Parity) -> None:
    @parity(IT)
    def feature(app: Flask, log: Log) -> Any:
        app.secret_key = "k" * 32

        def it() -> Any:
            session["a"] = 1

            def work() -> None:
                log.append((request.path, session["a"], current_app.name))

            for target in (copy_current_request_context(work), lambda: log.append(has_request_context())):
                thread = threading.Thread(target=target)
                thread.start()
                thread.join()
            return {}

        return it


def test_requests_can_be_nested(parity: Parity) -> None:
    @parity({"path": "/it/outer"})
    def feature(app: Flask, log: Log) -> Any:
        app.teardown_request(lambda error: log.append(("request", request.path)))
        app.teardown_appcontext(lambda error: log.append(("app", g.get("mark"))))

        def it(name: str) -> Any:
            g.mark = name
            if name == "inner":
                return {"inner": request.path}
            inner = app.test_client().get("/it/inner").json
            with app.test_request_context("/other?a=1"):
                inside = request.args["a"], g.get("mark")
            with app.app_context():
                alone = g.get("mark"), request.path
            return {"inner": inner, "inside": inside, "alone": alone, "mark": g.mark, "path": request.path}

        return it


def test_two_apps_in_one_request(parity: Parity) -> None:
    @parity(IT)
    def feature(app: Flask, log: Log) -> Any:
        other = Flask("other")
        other.add_url_rule("/", "own", lambda: f"{current_app.name} {request.path}")
        return lambda: {"other": other.test_client().get("/").text, "own": current_app.name, "path": request.path}


def test_an_outer_app_context_is_used(parity: Parity) -> None:
    @parity(own_way=1)
    def feature(app: Flask, log: Log) -> Any:
        app.teardown_appcontext(lambda error: log.append("app teardown"))
        app.teardown_request(lambda error: log.append("teardown"))

        @app.get("/around")
        def around() -> dict[str, Any]:
            return {}

        def it() -> Any:
            g.count = g.get("count", 0) + 1
            after_this_request(lambda response: log.append(g.count) or response)
            return {"n": g.count}

        def drive() -> None:
            with app.app_context():
                g.count = 5
                log.append(app.test_client().get("/it").json)
                log.append(g.count)
            with app.test_client() as http:
                log.append(http.get("/it").json)
                log.append((request.path, g.count))

        app.extensions["drive"] = drive
        return it


def test_messages_and_templates(parity: Parity) -> None:
    @parity(IT, IT)
    def feature(app: Flask, log: Log) -> Any:
        app.secret_key = "k" * 32
        app.context_processor(lambda: {"given": request.method})

        def it() -> Any:
            flash("hello")
            g.a = "b"
            text = render_template_string("{{ request.path }} {{ g.a }} {{ given }} {{ session.keys()|list }}")
            return {"text": text, "messages": get_flashed_messages()}

        return it


class OwnRequest(Request):
    """A request that counts how often it is made."""

    made = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        OwnRequest.made += 1

    @property
    def shouted(self) -> str:
        """The path in capitals."""
        return self.path.upper()


class OwnResponse(Response):
    """A response with a header of its own."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.headers["X-Own"] = "1"


def test_own_classes_of_request_and_response(parity: Parity) -> None:
    @parity(IT, POST, {"path": "/it/404", "query_string": "a=1"})
    def feature(app: Flask, log: Log) -> Any:
        app.request_class = OwnRequest
        app.response_class = OwnResponse
        return lambda *body, **values: {"path": request.shouted, "body": body}  # type: ignore[attr-defined]


class OwnSession(dict[str, Any], SessionMixin):
    """A session that is a plain dict."""


class OwnSessions(SessionInterface):
    """Sessions that log when they are opened and saved."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def open_session(self, app: Flask, request: Request) -> OwnSession:
        """Log it."""
        self.log.append(("open", request.path))
        return OwnSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Log it."""
        self.log.append(("save", dict(session)))
        response.headers["X-Session"] = str(len(session))


def test_an_own_session_interface_is_always_asked(parity: Parity) -> None:
    @parity(IT, {"path": "/it/write"})
    def feature(app: Flask, log: Log) -> Any:
        app.session_interface = OwnSessions(log)
        app.before_request(lambda: log.append("before"))
        return lambda name="": session.update(a=name) or {} if name else {}


class OwnGlobals(_AppCtxGlobals):
    """A namespace that holds something from the beginning."""

    kind = "own"


def test_own_globals_and_json(parity: Parity) -> None:
    @parity(IT)
    def feature(app: Flask, log: Log) -> Any:
        app.app_ctx_globals_class = OwnGlobals
        app.json.sort_keys = False  # type: ignore[attr-defined]
        app.should_ignore_error = lambda error: isinstance(error, KeyError)  # type: ignore[method-assign]
        app.teardown_request(lambda error: log.append(repr(error)))
        return lambda: {
            "kind": g.kind,
            "text": jsonify({"b": 1, "a": 2}).get_data(as_text=True),
            "k": dict[str, Any]()["k"],
        }


def test_hosts_and_proxies(parity: Parity) -> None:
    proxied = {"headers": {"X-Forwarded-Host": "out.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/a"}}

    @parity(IT, proxied, {"headers": {"Host": "x.example:8080"}})
    def feature(app: Flask, log: Log) -> Any:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1, x_proto=1, x_prefix=1)  # type: ignore[method-assign]
        return lambda: {"url": request.url, "root": request.script_root}


def test_trusted_hosts(parity: Parity) -> None:
    @parity(IT, {"headers": {"Host": "good.example"}}, own_way=2)
    def feature(app: Flask, log: Log) -> Any:
        app.config["TRUSTED_HOSTS"] = ["good.example"]
        return dict


def test_a_server_name(parity: Parity) -> None:
    @parity(IT, {"headers": {"Host": "other.example"}})
    def feature(app: Flask, log: Log) -> Any:
        app.config["SERVER_NAME"] = "shop.example"
        return lambda: {"url": request.url}


def test_what_is_no_error_but_ends_all(parity: Parity) -> None:
    @parity()
    def feature(app: Flask, log: Log) -> Any:
        app.teardown_request(lambda error: log.append(repr(error)))

        def drive() -> None:
            try:
                app.test_client().get("/it")
            except KeyboardInterrupt:
                log.append("interrupted")

        def it() -> Any:
            raise KeyboardInterrupt

        app.extensions["drive"] = drive
        return it


def test_preprocessors_may_change_the_values_of_a_path(parity: Parity) -> None:
    @parity({"path": "/it/x"})
    def feature(app: Flask, log: Log) -> Any:
        app.url_value_preprocessor(lambda endpoint, values: values.update(name=f"changed {values['name']}"))
        return lambda name: {"name": name, "seen": request.view_args}


def test_replies_that_have_no_body(parity: Parity) -> None:
    @parity(*({"path": f"/it/{status}", "method": method} for status in (204, 304) for method in ("GET", "HEAD")))
    def feature(app: Flask, log: Log) -> Any:
        return lambda name: (
            ({"a": 1}, int(name))
            if "pymacaron" in app.extensions
            else Response(b'{"a":1}', int(name), mimetype="application/json")
        )


def test_a_context_without_an_answer_knows_its_request_and_ends(parity: Parity) -> None:
    @parity()
    def feature(app: Flask, log: Log) -> Any:
        app.teardown_request(lambda error: log.append(("request", repr(error))))
        app.teardown_appcontext(lambda error: log.append(("app", repr(error))))

        def drive() -> None:
            for path, error in (("/it/x?a=1", None), ("/nowhere", None), ("/it/x", KeyError("y"))):
                environ = create_environ(path, "http://shop.example.com", headers={"X-Id": "7"})
                with suppress(KeyError), request_context(app, environ):
                    g.seen = request.headers["X-Id"]
                    told = (request.url, request.endpoint, request.view_args, current_app.name, g.seen)
                    log.append((*told, has_request_context(), "user" in session))
                    if error:
                        raise error

        app.extensions["drive"] = drive
        return lambda **parameters: {}
