"""One app three times: on plain Flask, on the lean lane, and on Flask's own way where the lane refuses."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import itsdangerous
import pytest
from flask import Flask, Response, has_app_context, has_request_context
from pydantic_core import to_json

from pymacaron import create_app
from pymacaron.http import contexts, errors
from pymacaron.http.lane import Lane

DOCUMENT = """
openapi: 3.1.0
info: {title: Parity, version: '1'}
paths:
  /it:
    get: {x-bind-server: handlers.it, responses: {'200': {description: ok}, default: {description: any}}}
    post:
      x-bind-server: handlers.it
      requestBody: {required: true, content: {application/json: {schema: {}}}}
      responses: {'200': {description: ok}, default: {description: any}}
  /it/{name}:
    get:
      x-bind-server: handlers.it
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}, default: {description: any}}
"""
HANDLERS = "answer = None\ndef it(*body, **parameters):\n    return answer(*body, **parameters)\n"

Feature = Callable[[Flask, list[Any]], Callable[..., Any]]


@dataclass
class Side:
    """An app, what makes it serve a handler under /it and /it/{name}, and the log of what was called."""

    app: Flask
    serve: Callable[[Callable[..., Any]], None]
    log: list[Any] = field(default_factory=list)
    own_way: int = 0

    def call(self, path: str = "/it", method: str = "GET", client: Any = None, **options: Any) -> tuple[Any, ...]:
        """Return all that a caller sees, with what is random in it masked."""
        http = client or self.app.test_client()
        try:
            reply = http.open(path, method=method, **options)
            body = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", reply.text)
            headers = [(name, sorted(text.split(", ")) if name == "Allow" else text) for name, text in reply.headers]
            return reply.status, sorted(headers), body
        except Exception as error:
            return (type(error),)


@pytest.fixture
def plain_side(tmp_path: Path) -> Side:
    """Serve a handler the way that a Flask user would, without us; only the error handlers are the same."""
    app = Flask("parity", root_path=str(tmp_path / "plain"), instance_path=str(tmp_path / "instance"))

    def serve(handler: Callable[..., Any]) -> None:
        def view(**parameters: Any) -> Any:
            from flask import request

            body = [request.get_json()] if request.method == "POST" else []
            result = handler(*body, **parameters)
            if isinstance(result, dict):
                return Response(to_json(result), mimetype="application/json")
            return result

        for method, path in (("get", "/it"), ("post", "/it"), ("get", "/it/{name}")):
            rule = path.replace("{name}", "<name>")
            wrapped = (lambda name: view(name=name)) if "<" in rule else view
            app.add_url_rule(rule, f"it:{method} {path}", wrapped, methods=[method.upper()], merge_slashes=False)

    errors.install(app)
    return Side(app, serve)


@pytest.fixture
def our_side(folder: Callable[..., Path]) -> Iterator[Callable[[], Side]]:
    """Make the same app of a document; `side.own_way` counts the requests that did not take the lean lane."""
    made: list[Flask] = []

    def make() -> Side:
        files = {"apis/it.yaml": DOCUMENT, "handlers.py": HANDLERS, "pym-config.yaml": "name: parity\n"}
        app = create_app(folder(files))
        made.append(app)

        def serve(handler: Callable[..., Any]) -> None:
            import_module("handlers").answer = handler  # type: ignore[attr-defined]

        side = Side(app, serve)
        if isinstance(app.wsgi_app, Lane):
            own_way = app.wsgi_app._flasks_own_way

            def counted(*arguments: Any) -> Any:
                side.own_way += 1
                return own_way(*arguments)

            app.wsgi_app._flasks_own_way = counted
        return side

    yield make
    for app in made:
        app.extensions["pymacaron"].close()


@pytest.fixture(params=["lane", "refused"])
def parity(
    request: pytest.FixtureRequest,
    plain_side: Side,
    our_side: Callable[[], Side],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Callable[[Feature], None]]:
    """Run a feature on plain Flask and on ours, and compare all replies and the log of what was called.

    A feature sets up an app and returns its handler, and may leave in `app.extensions["drive"]` what makes calls of its
    own; `own_way` is the number of calls that are none of the lane's.
    """
    now = int(time.time())  # cookies of sessions carry the second, which may end between the two sides
    monkeypatch.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda signer: now)

    def compare(*calls: dict[str, Any], own_way: int = 0) -> Callable[[Feature], None]:
        def both(feature: Feature) -> None:
            if request.param == "refused":
                monkeypatch.setattr(contexts, "_another_flask", lambda app: "this is another Flask")
            ours = our_side()
            expected = run(plain_side, feature, calls)
            assert run(ours, feature, calls) == expected
            assert ours.own_way == (own_way if request.param == "lane" else 0)

        return both

    return compare


def run(side: Side, feature: Feature, calls: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
    """Return all replies and the log of a feature."""
    with ExitStack() as stack:
        side.app.extensions["stack"] = stack
        side.serve(feature(side.app, side.log))
        client = side.app.test_client()
        replies = [side.call(client=client, **call) for call in calls]
        side.app.extensions.get("drive", dict)()
        assert (has_request_context(), has_app_context()) == (False, False)
    return replies, side.log
