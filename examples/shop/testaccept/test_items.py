"""Acceptance tests: the shop as its callers see it, at PYM_SERVER_HOST and PYM_SERVER_PORT."""

import json
import os
import urllib.error
import urllib.request

BASE = f"http://{os.environ.get('PYM_SERVER_HOST', '127.0.0.1')}:{os.environ.get('PYM_SERVER_PORT', '8080')}/api"


def call(method, path, body=None):
    """Return the status, the headers and the JSON of a reply."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.headers, json.loads(reply.read() or "null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


def test_an_item_can_be_added_looked_at_and_taken_out():
    status, headers, item = call("POST", "/items", {"name": "Tea", "price": 1, "tags": ["hot"]})
    assert status == 201
    assert headers["X-Shop"] == "shop"
    assert headers["Location"] == f"/api/items/{item['id']}"
    assert call("GET", f"/items/{item['id']}")[2] == item
    assert item in call("GET", "/items?tag=hot")[2]["items"]
    assert call("DELETE", f"/items/{item['id']}")[0] == 204
    status, _, error = call("GET", f"/items/{item['id']}")
    assert (status, error["error"]) == (404, "UNKNOWN_ITEM")


def test_what_breaks_the_document_is_refused_all_at_once():
    status, _, error = call("POST", "/items?limit=0", {"name": "", "price": -1, "tags": "hot"})
    assert (status, error["error"]) == (400, "INVALID_PARAMETER")
    assert [problem["pointer"] for problem in error["problems"]] == ["/name", "/price", "/tags"]
    assert call("GET", "/items?limit=0")[0] == 400
    assert call("GET", "/items/7")[0] == 400
