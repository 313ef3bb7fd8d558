"""Acceptance tests: the service as its callers see it, at PYM_SERVER_HOST and PYM_SERVER_PORT."""

import json
import os
import urllib.error
import urllib.request

BASE = f"http://{os.environ.get('PYM_SERVER_HOST', '127.0.0.1')}:{os.environ.get('PYM_SERVER_PORT', '8080')}"


def call(path, body=None):
    """Return the status and the JSON of a reply."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, {"Content-Type": "application/json"} if data else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_it_says_hello():
    assert call("/v1/hello") == (200, {"message": "Hello world!"})
    assert call("/v1/hello?name=Ada") == (200, {"message": "Hello Ada!"})


def test_it_greets_a_person_in_their_language():
    assert call("/v1/greetings", {"name": "Ada", "language": "sv"}) == (200, {"message": "Hej Ada!"})
    assert call("/v1/greetings", {"name": "Ada"}) == (200, {"message": "Hello Ada!"})


def test_it_refuses_a_person_who_breaks_the_document():
    status, reply = call("/v1/greetings", {"name": "", "language": "xx"})
    assert (status, reply["error"]) == (400, "INVALID_PARAMETER")
    assert [problem["pointer"] for problem in reply["problems"]] == ["/name", "/language"]


def test_a_failure_is_told_by_an_id_and_not_by_its_text():
    status, reply = call("/v1/die")
    assert (status, reply["error"]) == (500, "UNHANDLED_SERVER_ERROR")
    assert reply["error_id"]
    assert "I was asked to fail" not in json.dumps(reply)


def test_it_tells_what_it_is():
    assert call("/ping") == (200, {})
    assert call("/version")[1]["name"] == "helloworld"
