"""The `cors` setting answers what flask-cors answers, on the lane too, where its headers are remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_cors import CORS

from pymacaron import create_app

PATHS = """
openapi: 3.1.0
info: {title: T, version: '1'}
paths:
  /it: {get: {x-bind-server: handlers.it, responses: {'200': {description: ok}}}}
  /own: {get: {x-bind-server: handlers.own, responses: {'200': {description: ok}}}}
  /bad: {get: {x-bind-server: handlers.bad, responses: {'200': {description: ok}}}}
"""
HANDLERS = """
from werkzeug.exceptions import Conflict

def it():
    return {}

def own():
    return {}, 200, {'Access-Control-Allow-Origin': 'https://own.example', 'Vary': 'Accept'}

def bad():
    raise Conflict()
"""
ORIGINS = [None, "https://a.example", "https://b.example", "https://A.example", "null"]
OPTIONS: list[Any] = [
    True,
    "https://a.example",
    ["https://a.example", "https://b.example"],
    {"origins": r"https://.\.example", "supports_credentials": True},
    {"origins": "*", "send_wildcard": True, "expose_headers": ["X-A", "X-B"], "max_age": 60},
    {"origins": "https://a.example", "always_send": False, "vary_header": False},
    {"resources": {"/it": {"origins": "https://a.example"}, "/o.*": {"origins": "*"}}},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_setting_answers_as_flask_cors_does(options: Any, folder: Callable[..., Path]) -> None:
    files = {"apis/it.yaml": PATHS, "handlers.py": HANDLERS}
    plain = create_app(folder(files))
    CORS(plain, **(options if isinstance(options, dict) else {} if options is True else {"origins": options}))
    ours = create_app(folder({**files, "pym-config.yaml": f"name: demo\ncors: {json.dumps(options)}\n"}))
    for _ in range(2):
        assert [*replies(ours)] == [*replies(plain)]
    for app in (plain, ours):
        app.extensions["pymacaron"].close()


def replies(app: Flask) -> list[Any]:
    """Return the headers of calls from every origin."""
    found = []
    for origin in ORIGINS:
        headers = {"Origin": origin} if origin else {}
        asked = {**headers, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "X-A, X-B"}
        for path in ("/it", "/own", "/bad", "/nowhere"):
            for method, sent in (("GET", headers), ("HEAD", headers), ("OPTIONS", asked), ("GET", asked)):
                reply = app.test_client().open(path, method=method, headers=sent)
                kept = [pair for pair in reply.headers if pair[0] not in ("Content-Length", "Allow")]
                found.append((origin, path, method, reply.status, sorted(kept)))
    return found
