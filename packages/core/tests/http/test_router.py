"""The router and the reader of plain queries answer as werkzeug does, or leave the answer to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request

from pymacaron import API, create_app
from pymacaron.http import contexts
from pymacaron.http.incoming import ascii_only, by_name
from pymacaron.http.lane import Lane
from pymacaron.http.router import Router
from pymacaron.wire import split_query

PARTS = st.sampled_from(["a", "b", "a.b", "<v0>", "<v1>", "<int:n>", "<path:p>", "x-<v0>", "", "<any(a,b):v>"])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
METHODS = st.sampled_from([["GET"], ["GET", "HEAD", "OPTIONS"], ["POST"], ["OPTIONS"], None])
RULES = st.lists(st.tuples(PATHS, METHODS, st.booleans()), min_size=1, max_size=8)
ASKED = st.lists(st.sampled_from(["a", "b", "a.b", "7", "x-1", "", "é", "n\n"]), min_size=1, max_size=4)


def made(rules: list[tuple[str, list[str] | None, bool]]) -> tuple[Map, dict[str, str]]:
    """Return a map of rules, and the targets of those that are ours."""
    url_map, targets = Map(), {}
    for number, (path, methods, ours) in enumerate(rules):
        try:
            rule = Rule(path, methods=methods, endpoint=str(number), merge_slashes=not ours)
            url_map.add(rule)
        except (ValueError, TypeError, SyntaxError):
            continue
        if ours and methods:
            targets[str(number)] = path
    return url_map, targets


@example([("/b", ["GET"], True), ("/<v0>", ["GET"], True), ("//a", ["GET"], False)], [("GET", ["a"])])
@given(RULES, st.lists(st.tuples(st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT"]), ASKED), max_size=12))
def test_what_the_router_finds_is_what_werkzeug_matches(rules: Any, asked: list[tuple[str, list[str]]]) -> None:
    url_map, targets = made(rules)
    router = Router(url_map, targets)
    for method, parts in asked:
        path = "/" + "/".join(parts)
        if found := router.find(method, path):
            route, values = found
            assert url_map.bind("localhost").match(path, method, return_rule=True) == (route.rule, values)


def test_operations_of_every_shape_are_found() -> None:
    url_map = Map()
    targets = {}
    for path in ("/", "/items", "/items/<v0>", "/items/<v0>/tags/<v1>", "/items/top", "/a/<v0>/"):
        url_map.add(Rule(path, methods=["GET"], endpoint=path))
        targets[path] = path
    url_map.add(Rule("/files/<path:name>", endpoint="files"))
    router = Router(url_map, targets)
    asked = ["/", "/items", "/items/7", "/items/7/tags/x", "/items/top", "/a/b/"]
    assert [found[0].target for path in asked if (found := router.find("GET", path))] == list(targets)
    assert [router.find("GET", path) for path in ("/a/b", "/items/", "/files/x", "//items", "/items/é")] == [None] * 5


def test_two_rules_of_one_path_and_method_are_left_to_werkzeug() -> None:
    url_map = Map([Rule("/<v0>", methods=["GET"], endpoint="a"), Rule("/<v1>", methods=["GET"], endpoint="b")])
    assert Router(url_map, {"a": 1, "b": 2}).find("GET", "/x") is None


@given(st.lists(st.sampled_from(["a", "b", "=", "&", "+", ";", "é", " ", "%2B", "%26", "%C3%A9", "%x"])).map("".join))
def test_a_query_is_read_as_werkzeug_reads_it(text: str) -> None:
    found = by_name(split_query(ascii_only(text.encode().decode("latin1"))))
    environ = {"QUERY_STRING": text.encode().decode("latin1"), "REQUEST_METHOD": "GET", "wsgi.url_scheme": "http"}
    decoded = {name: [unquote_plus(text) for text in texts] for name, texts in found.items()}
    assert decoded == dict(Request(environ).args.lists())


SERVICE = {
    "apis/it.yaml": "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n"
    "  /it: {get: {x-bind-server: handlers.it, responses: {'200': {description: ok}}}}\n",
    "handlers.py": "def it():\n    return {}\n",
}


class Changed(Flask):
    """A Flask that does something of its own with each response."""

    def process_response(self, response: Any) -> Any:
        """Add a header."""
        response.headers["X-Changed"] = "1"
        return super().process_response(response)


def served(root: Path, app: Flask) -> Flask:
    """Bind the service of a folder to an app."""
    app.root_path = str(root)
    return API(app).load_apis().bind()


def test_apps_that_change_flasks_ways_are_served_in_flasks_own_way(folder: Callable[..., Path]) -> None:
    app = served(folder(SERVICE), Changed("changed"))
    assert contexts.unfit(app, bound=True) == "it has a process_response() of its own"
    assert not isinstance(app.wsgi_app, Lane)
    assert app.test_client().get("/it").headers["X-Changed"] == "1"
    app.extensions["pymacaron"].close()


def test_an_app_that_was_wrapped_before_keeps_its_order(folder: Callable[..., Path]) -> None:
    app = Flask("wrapped")
    inner, seen = app.wsgi_app, []

    def middleware(environ: Any, start_response: Any) -> Any:
        seen.append(environ["PATH_INFO"])
        return inner(environ, start_response)

    app.wsgi_app = middleware  # type: ignore[method-assign]
    served(folder(SERVICE), app)
    assert app.test_client().get("/it").json == {}
    assert seen == ["/it"]
    app.extensions["pymacaron"].close()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda app: setattr(app, "dispatch_request", app.dispatch_request), "it has a dispatch_request() of its own"),
        (lambda app: setattr(app, "subdomain_matching", True), "it routes by host names"),
        (lambda app: app.url_map.converters.update(default=dict), "its url_map is not werkzeug's own"),
    ],
)
def test_what_is_changed_before_the_first_request_is_noticed(
    change: Callable[[Flask], None], reason: str, folder: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(folder(SERVICE))
    change(app)
    with caplog.at_level("INFO", "pymacaron"):
        assert app.test_client().get("/it").json == {}
    assert caplog.messages == [f"demo is served in Flask's own way: {reason}"]
    app.extensions["pymacaron"].close()


@pytest.mark.parametrize("name", ["_after_request_functions", "_cv_tokens"])
def test_another_flask_is_noticed_by_what_its_contexts_hold(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "KNOWN", contexts.KNOWN - {name})
    reason = contexts.unfit(Flask("x"))
    assert reason is not None
    assert reason.startswith("the contexts of Flask ")


def test_a_rule_added_later_is_served(folder: Callable[..., Path]) -> None:
    app = create_app(folder(SERVICE))
    http = app.test_client()
    assert http.get("/it").json == {}
    app.url_map.add(Rule("/later", endpoint="later"))
    app.view_functions["later"] = lambda: "later"
    assert http.get("/later").text == "later"
    app.view_functions["it:get /it"] = lambda: "wrapped"
    assert http.get("/it").text == "wrapped"
    app.extensions["pymacaron"].close()


def test_a_flask_without_the_names_of_its_contexts_is_served_in_its_own_way(folder: Callable[..., Path]) -> None:
    code = f"""
import logging
import flask, flask.globals
del flask.globals._cv_request
logging.basicConfig(level="INFO", format="%(message)s")
from pymacaron import create_app
print(create_app({str(folder(SERVICE))!r}).test_client().get("/it").json)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "{}\n"
    assert "is served in Flask's own way: Flask 3." in done.stderr
