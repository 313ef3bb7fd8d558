"""`pym test`: tests pass or fail, and whatever a service says against its document is found, named and placed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from pymacaron_testing.contract.checker import Checker
from pymacaron_testing.contract.coverage import Coverage
from pymacaron_testing.contract.exchange import Exchange
from pymacaron_testing.contract.proxy import RecordingProxy
from pymacaron_testing.mock import mock_app

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets/{pet_id}:
    parameters:
      - {name: pet_id, in: path, required: true, schema: {type: integer}}
      - {name: fields, in: query, schema: {type: array, items: {type: string}}}
    get:
      x-bind-server: pets.get_pet
      responses:
        "200":
          description: ok
          headers: {X-Count: {schema: {type: integer}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
        "404": {description: none}
    put:
      x-bind-server: pets.put_pet
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"204": {description: done}}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties: {name: {type: string}, tags: {type: array, items: {type: string}}}
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("contract")
    (folder / "pets.yaml").write_text(DOCUMENT)
    made = mock_app([folder / "pets.yaml"])
    yield made
    made.extensions["pymacaron"].close()


def exchange(
    method: str = "GET",
    target: str = "/pets/1",
    status: int = 200,
    body: Any = None,
    sent: Any = None,
    content_type: str = "application/json",
    **headers: str,
) -> Exchange:
    """Make an exchange; bodies are written as JSON, bytes as they are."""
    response = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = b"" if sent is None else json.dumps(sent).encode()
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    typed = (("Content-Type", content_type),) if body is not None else ()
    asked = (("Content-Type", "application/json"),) if sent is not None else ()
    return Exchange(method, target, asked, request, status, (*typed, *named), response)


NAMED = {"name": "Rex"}

CASES: dict[str, tuple[Exchange, list[str]]] = {
    "all is well": (exchange(body=NAMED, X_Count="3", Date="today"), []),
    "a declared status without content": (exchange(status=404), []),
    "another status": (
        exchange(status=202),
        ["GET /pets/{pet_id}: the status 202: is not declared (declared: 200, 404)"],
    ),
    "a refusal by the framework": (exchange(target="/pets/x", status=400, body={"error": "X"}), []),
    "an error of the server": (
        exchange(status=500, body={}),
        ["GET /pets/{pet_id}: the status 500: is not declared (declared: 200, 404)"],
    ),
    "a missing required field": (
        exchange(body={"tags": []}),
        ["GET /pets/{pet_id}: the response 200 /name: Field required"],
    ),
    "a wrong type deep inside": (
        exchange(body={"name": "Rex", "tags": ["a", 1]}),
        ["GET /pets/{pet_id}: the response 200 /tags/1: Input should be a valid string"],
    ),
    "no JSON": (exchange(body=b"{"), ["GET /pets/{pet_id}: the response 200: Is not JSON"]),
    "no content": (exchange(), ["GET /pets/{pet_id}: the response 200: has no content; declared is application/json"]),
    "another media type": (
        exchange(body=b"hi", content_type="text/plain"),
        ["GET /pets/{pet_id}: the response 200: is text/plain; declared is application/json"],
    ),
    "an undeclared header": (
        exchange(body=NAMED, X_More="1"),
        ["GET /pets/{pet_id}: the response 200: the header X-More is not declared"],
    ),
    "a declared header of another type": (
        exchange(body=NAMED, X_Count="many"),
        ["GET /pets/{pet_id}: the response 200: the header X-Count: Input should be a valid integer"],
    ),
    "an accepted body that breaks the document": (
        exchange("PUT", status=204, sent={"name": 1}),
        ["PUT /pets/{pet_id}: the accepted request, body /name: Input should be a valid string"],
    ),
    "an accepted request without its body": (
        exchange("PUT", status=204),
        ["PUT /pets/{pet_id}: the accepted request, body: Is required"],
    ),
    "an accepted parameter that breaks the document": (
        exchange(target="/pets/x", body=NAMED),
        ["GET /pets/{pet_id}: the accepted request, path pet_id: Input should be a valid integer"],
    ),
    "HEAD": (exchange("HEAD"), []),
    "headers for browsers and of what stands in front": (
        exchange(body=NAMED, Access_Control_Allow_Credentials="true", Alt_Svc="h3", X_Cloud_Trace_Context="1/2"),
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_an_exchange_breaks_is_named_with_its_place_and_its_rule(app: Flask, name: str) -> None:
    said, expected = CASES[name]
    checker = Checker(app)
    found = checker.found(said)
    assert found is not None
    assert [str(violation) for violation in checker.violations(said, found)] == expected


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/nowhere"), ("GET", "/pets/1/more"), ("OPTIONS", "/pets/1"), ("OPTIONS", "*")]
)
def test_what_is_no_operation_is_left_alone(app: Flask, method: str, target: str) -> None:
    assert Checker(app).found(exchange(method, target)) is None


def test_coverage_counts_operations_statuses_parameters_and_media_types(app: Flask) -> None:
    checker = Checker(app)
    coverage = Coverage(checker.pools)
    assert (coverage.percent, len(coverage.operations)) == (0, 2)
    for said in (exchange(body=NAMED), exchange(target="/pets/2?fields=name", body=NAMED)):
        found = checker.found(said)
        assert found is not None
        coverage.add(said, found)
    get, put = coverage.operations.values()
    assert (get.operation, get.calls, get.missing) == ("GET /pets/{pet_id}", 2, ["status 404"])
    assert get.items["query fields"] == 1
    assert put.missing == ["status 204", "path pet_id", "query fields", "request application/json"]
    assert coverage.percent == pytest.approx(100 * 5 / 11)


def test_the_proxy_hands_on_what_both_sides_say() -> None:
    def reply(request: Request) -> Response:
        seen = {"host": request.host, "query": request.query_string.decode(), "path": request.environ["RAW_URI"]}
        headers = {"X-Twice": request.headers.get("X-Sent", ""), "Connection": "close"}
        return Response(json.dumps({**seen, "body": request.get_data(as_text=True)}), 201, headers)

    server = make_server("127.0.0.1", 0, Request.application(reply), threaded=True)
    said: list[Exchange] = []
    with serving(server), RecordingProxy(f"http://127.0.0.1:{server.port}", said.append) as proxy:
        url = f"http://127.0.0.1:{proxy.port}/a%2Fb?c=%20"
        request = urllib.request.Request(url, b"hello", {"X-Sent": "x"}, method="PUT")
        with urllib.request.urlopen(request, timeout=60) as answer:
            got = json.load(answer)
            assert (answer.status, answer.headers["X-Twice"]) == (201, "x")
    assert got == {"host": f"127.0.0.1:{server.port}", "query": "c=%20", "path": "/a%2Fb?c=%20", "body": "hello"}
    (one,) = said
    assert (one.method, one.target, one.request_body, one.status) == ("PUT", "/a%2Fb?c=%20", b"hello", 201)
    assert json.loads(one.response_body) == got


def test_the_proxy_says_when_nobody_answers(free_port: int) -> None:
    with RecordingProxy(f"http://127.0.0.1:{free_port}", lambda said: None) as proxy:
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"http://127.0.0.1:{proxy.port}/", timeout=60)
        with caught.value as error:
            assert error.code == 502
            assert b"cannot be reached" in error.read()


# -- the command, on services with planted bugs

HANDLERS = """
from flask import Response


def get_pet(pet_id, fields=None):
    if fields == ["age"]:
        raise KeyError("age")
    return BODY


def put_pet(pet, pet_id, fields=None):
    return PUT
"""

TESTS = """
import os
import urllib.request

from pymacaron.test import PyMacaronTestCase


def test_with_another_client():
    base = f"http://{os.environ['PYM_SERVER_HOST']}:{os.environ['PYM_SERVER_PORT']}"
    with urllib.request.urlopen(f"{base}/pets/1") as reply:
        assert reply.status == 200


class TestPets(PyMacaronTestCase):
    def test_a_pet_can_be_put(self):
        self.assertCallReturnJson("get", "pets/1")
        self._assert_status(self._call("put", "pets/1", {"name": "Rex"}), PUT_STATUS)
"""


@contextmanager
def serving(server: BaseWSGIServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


Pym = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def tested(tmp_path: Path) -> Pym:
    def run(
        *options: str,
        body: str = "{'name': 'Rex'}",
        put: str = "None, 204",
        put_status: int = 204,
        files: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        written = {
            "pym-config.yaml": "name: pets\nvalidate_responses: 'off'\n",
            "apis/pets.yaml": DOCUMENT,
            "pets.py": HANDLERS.replace("BODY", body).replace("PUT", put),
            "testaccept/test_pets.py": TESTS.replace("PUT_STATUS", str(put_status)),
            **(files or {}),
        }
        for file, text in written.items():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text)
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pymacaron",
                "test",
                *options,
                "--",
                "-q",
                "-p",
                "no:cacheprovider",
            ],
            cwd=tmp_path,
            env={name: text for name, text in os.environ.items() if not name.startswith("PYM_")},
            capture_output=True,
            text=True,
            timeout=90,
        )

    return run


def test_a_service_that_keeps_its_contract_passes(tested: Pym, tmp_path: Path) -> None:
    files = ["--junit-xml", "junit.xml", "--coverage-json", "coverage.json", "--coverage-html", "coverage.html"]
    done = tested(*files, "--min-coverage", "60")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "Contract: 73 % exercised" in done.stdout
    assert "GET /pets/{pet_id}  2      status 404, query fields" in done.stdout
    assert 'tests="2"' in (tmp_path / "junit.xml").read_text()
    told = json.loads((tmp_path / "coverage.json").read_text())
    assert (told["percent"], told["violations"]) == (72.7, [])
    assert "GET /pets/{pet_id}" in (tmp_path / "coverage.html").read_text()


def test_planted_bugs_are_found_though_every_test_passes(tested: Pym) -> None:
    planted = "{'tags': []}, 200, {'X-Debug': '1'}"
    done = tested(body=planted, put="{}, 202", put_status=202)
    assert "2 passed" in done.stdout
    assert done.returncode == 1
    assert sorted(done.stderr.splitlines()) == [
        "Violation: GET /pets/{pet_id}: the response 200 /name: Field required",
        "Violation: GET /pets/{pet_id}: the response 200: the header X-Debug is not declared",
        "Violation: PUT /pets/{pet_id}: the status 202: is not declared (declared: 204)",
    ]


def test_a_parameter_that_no_test_sends_fails_the_coverage_that_is_wanted(tested: Pym) -> None:
    done = tested("--min-coverage", "90")
    assert done.returncode == 1
    assert "query fields" in done.stdout
    assert "Error: 90 % were to be exercised: test more" in done.stderr


def test_an_operation_that_no_test_calls_is_named_and_fails_the_coverage_that_is_wanted(tested: Pym) -> None:
    one = "from pymacaron.test import PyMacaronTestCase\n\n\nclass TestPets(PyMacaronTestCase):\n"
    one += "    def test_a_pet_can_be_had(self):\n        self.assertGetReturnJson('pets/1')\n"
    done = tested("--min-coverage", "50", files={"testaccept/test_pets.py": one})
    assert "1 passed" in done.stdout
    assert done.returncode == 1
    assert "PUT /pets/{pet_id}  0      never called" in done.stdout
    assert "Error: 50 % were to be exercised: test more" in done.stderr


def test_a_test_that_fails_gives_its_exit_code(tested: Pym) -> None:
    done = tested(put_status=200)
    assert done.returncode == 1
    assert "the status is 204, not 200" in done.stdout


def test_a_test_that_fails_brings_the_last_lines_of_the_log_in_which_its_error_id_stands(tested: Pym) -> None:
    chatty = "[print(f'line {number}') for number in range(40)] and {}"
    done = tested(body=chatty, files={"pym-config.yaml": "name: pets\n"})
    error_id = done.stdout.partition('"error_id":"')[2].partition('"')[0]
    log = done.stderr.partition("The last lines of the service's log:\n")[2].partition("Violation")[0].splitlines()
    assert len(log) == 30
    assert log[0].startswith("  line ")
    assert "  line 39" in log
    assert any(error_id in line and "/name: Field required" in line for line in log)


def test_an_environment_means_the_live_service_unless_this_folder_is_wanted(tested: Pym) -> None:
    live = make_server("127.0.0.1", 0, Request.application(lambda request: Response("live", 500)))
    prod = {"pym-config.prod.yaml": f"name: pets\nlive_host: http://127.0.0.1:{live.port}\n"}
    with serving(live):
        far = tested("--env", "prod", "--start-timeout", "0.3", files=prod)
        near = tested("--env", "prod", "--local", files=prod)
    assert f"http://127.0.0.1:{live.port} was not ready" in far.stderr
    assert near.returncode == 0, near.stdout + near.stderr


def test_a_service_that_starts_too_slowly_is_told_with_its_log(tested: Pym) -> None:
    slow = "import time\ntime.sleep(20)\n" + HANDLERS
    done = tested("--start-timeout", "1.5", files={"pets.py": slow})
    assert done.returncode == 1
    assert "was not ready within 1.5 s (nobody answers): see its log, or give it more by --start-timeout" in done.stderr


def test_a_service_that_does_not_start_is_told_with_its_log(tested: Pym) -> None:
    done = tested(files={"pets.py": "nonsense"})
    assert done.returncode == 1
    assert "the service ended with 1 before it was ready" in done.stderr
    assert "NameError" in done.stderr
    assert "Error: Error: " not in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--url", "http://127.0.0.1:1", "--host", "x"], 2, "name one service"),
        (["--live"], 2, "pym-config.yaml sets no live_host"),
        (["--env", "prod"], 2, "pym-config.prod.yaml sets no live_host"),
        (["--gen-token"], 2, "no plugin of this service makes tokens"),
        (["--folder", "nothing", "--url", "http://127.0.0.1:9"], 1, "there is no folder nothing"),
        (["--coverage-json", "nothing/it.json"], 2, "there is no folder nothing: make it first"),
        (["--url", "127.0.0.1:9"], 2, "'127.0.0.1:9' is no URL of a service"),
        (["--url", "http://[9"], 2, "'http://[9' is no URL of a service"),
        (["--url", "http://me:secret@127.0.0.1:9"], 2, "the URL holds credentials, which would be shown: leave them"),
        (
            ["--host", "http://127.0.0.1", "--port", "9", "--start-timeout", "0.2"],
            1,
            "http://127.0.0.1:9 was not ready",
        ),
        (["--host", "::1", "--port", "9", "--start-timeout", "0.2"], 1, "http://[::1]:9 was not ready"),
        (["--url", "http://127.0.0.1:9", "--start-timeout", "0.2"], 1, "was not ready within 0.2 s"),
    ],
)
def test_what_cannot_be_run_is_told(tested: Pym, options: list[str], code: int, told: str) -> None:
    settings = "name: pets\nplugins: {disable: [auth]}\n"
    done = tested(*options, files={"pym-config.yaml": settings, "pym-config.prod.yaml": settings})
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "secret" not in done.stderr
