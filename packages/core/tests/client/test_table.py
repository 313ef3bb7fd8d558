"""The whole parameter table: what a client is given, the handler at the other end of a socket gets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.serving import WSGIRequestHandler, make_server

from parametercells import Cell, document_of, openapi3, swagger2
from pymacaron import Service, create_app
from pymacaron.exceptions import BadCallError

CELLS = [*openapi3(), *swagger2()]
HANDLERS = "def it(**keywords):\n    return {'got': keywords.get('p')}\n"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ANY = """
  /any/{p}:
    post:
      operationId: any
      x-bind-server: handlers.everything
      parameters:
      - {name: p, in: path, required: true, schema: {type: string}}
      - {name: q, in: query, schema: {type: array, items: {type: string}}}
      - {name: deep, in: query, style: deepObject, schema: {type: object, additionalProperties: {type: string}}}
      - {name: c, in: cookie, schema: {type: string}}
      requestBody: {content: {application/json: {schema: {type: object, additionalProperties: true}}}}
      responses: {'200': {description: ok}}
"""
EVERYTHING = "def everything(body=None, **keywords):\n    return {**keywords, 'body': body}\n"


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Serve all cells on a socket, and give the pools of a service that calls them."""
    root = tmp_path_factory.mktemp("cells")
    (root / "apis").mkdir()
    (root / "apis" / "three.yaml").write_text(document_of(openapi3(), "openapi: 3.2.0") + ANY)
    (root / "apis" / "two.yaml").write_text(document_of(swagger2(), "swagger: '2.0'"))
    (root / "handlers.py").write_text(HANDLERS + EVERYTHING)
    (root / "pym-config.yaml").write_text("name: cells\n")
    app = create_app(root)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    caller = tmp_path_factory.mktemp("caller")
    clients = f"{{three: {{url: '{url}'}}, two: {{url: '{url}'}}}}"
    (caller / "pym-config.yaml").write_text(f"name: caller\nclients: {clients}\n")
    with Service(caller) as service:
        yield {pool.name: pool for pool in service.load_clients(root / "apis")}
        service.close()
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["pymacaron"].close()


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_handler_gets_what_the_client_was_given(cell: Cell, way: str, pools: Any) -> None:
    pool = pools["two" if cell in swagger2() else "three"]
    call = getattr(pool.client if way == "sync" else pool.aclient, cell.operation)
    answer = call(p=cell.value)
    assert (asyncio.run(answer) if way == "async" else answer) == {"got": cell.value}


@settings(max_examples=150, deadline=None)
@given(
    p=TEXT.filter(lambda text: text.strip("/") and "/" not in text),
    q=st.lists(TEXT, min_size=1),
    deep=st.dictionaries(TEXT.filter(lambda text: text and not set(text) & set("[]")), TEXT, min_size=1),
    c=TEXT,
    body=st.dictionaries(TEXT, st.recursive(st.none() | st.booleans() | TEXT, st.lists, max_leaves=5)),
)
def test_whatever_a_client_sends_arrives_as_it_was(pools: Any, **given: Any) -> None:
    """But for what is refused before it is sent: a path that is made of dots alone."""
    body = given.pop("body")
    try:
        answer = pools["three"].client.any(body, **given)
    except BadCallError:
        assert given["p"] in (".", "..")
    else:
        assert answer == {**given, "body": body}
