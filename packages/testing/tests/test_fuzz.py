"""`pym fuzz`: what breaks a service is found within its time, told with the line that repeats it, and no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from werkzeug.wrappers import Request, Response

from pymacaron.exceptions import StartError
from pymacaron_testing.credentials import Credential, credentials
from pymacaron_testing.fuzz.campaign import want_schemathesis
from pymacaron_testing.fuzz.curl import curl
from pymacaron_testing.fuzz.findings import Findings

PARAMETERS = """
        - {name: id, in: path, required: true, schema: {type: integer, minimum: 1, maximum: 9000}}
        - {name: loud, in: query, schema: {type: boolean}}
"""
DOCUMENT = f"""
openapi: 3.1.0
info: {{title: Pets, version: "1"}}
paths:
  /pets/{{id}}:
    get:
      operationId: get_pet
      x-bind-server: pets.get_pet
      parameters: {PARAMETERS}
      responses:
        "200":
          description: One pet.
          content:
            application/json:
              schema: {{type: object, required: [name], properties: {{name: {{type: string}}}}}}
    delete:
      operationId: delete_pet
      x-bind-server: pets.delete_pet
      parameters: {PARAMETERS}
      responses: {{"204": {{description: Gone.}}}}
"""
HANDLERS = """
def get_pet(id, loud=False):
    if id == 9000 and loud:
        raise KeyError(id)
    return {"name": "Rex"}


def delete_pet(id, loud=False):
    return None, 204
"""
CONFIG = "name: pets\nplugins: {disable: [auth]}\n"
TOKEN = "a-token-of-nobody-1234567890"
KEY = "a-key-of-nobody-0987654321"
SECRETS = [Credential("Authorization", "Bearer ", "PYM_JWT_TOKEN", TOKEN), Credential("X-Key", "", "PETS_KEY", KEY)]

Serve = Callable[[Callable[[Request], Response]], str]
Pym = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def fuzzed(tmp_path: Path) -> Pym:
    """Run `pym fuzz` on a service."""

    def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        files = {"pym-config.yaml": CONFIG, "apis/pets.yaml": DOCUMENT, "pets.py": HANDLERS}
        for file, text in files.items():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text)
        return subprocess.run(
            [sys.executable, "-m", "pymacaron", "fuzz", "--max-time", "15", *options],
            cwd=tmp_path,
            env={**{name: text for name, text in os.environ.items() if not name.startswith("PYM_")}, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_a_crash_on_a_rare_pair_of_parameters_is_found_and_told_by_its_shortest_request(
    fuzzed: Pym, tmp_path: Path
) -> None:
    done = fuzzed("--seed", "7", "--junit-xml", "junit.xml")
    assert done.returncode == 1, done.stdout + done.stderr
    failure, told = done.stdout.split("\n\n")
    assert failure.splitlines() == [
        "Failure: GET /pets/{id}: not_a_server_error",
        "    Server error",
        "    The reply: 500",
        "    curl -i -X GET 'http://127.0.0.1:8080/pets/9000?loud=true'",
    ]
    assert "requests to 2 operations, seed 7" in told
    assert "start the service there by `pym run`" in told
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "/pets/9000?loud=true" in (suite.findtext("testcase/failure") or "")


def test_an_operation_that_keeps_its_contract_passes(fuzzed: Pym) -> None:
    done = fuzzed("--only", "delete_pet", "--only", "GET /pets/{id}", "--exclude", "get_pet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(" requests to 1 operations, seed 0\n")


def test_the_line_of_curl_repeats_the_failure_with_secrets_that_are_nowhere_told(
    fuzzed: Pym, serve: Serve, tmp_path: Path
) -> None:
    def reply(request: Request) -> Response:
        known = request.headers.get("Authorization") == f"Bearer {TOKEN}" and request.headers.get("X-Key") == KEY
        if known and request.path == "/pets/9000":
            return Response(f'{{"told": "{TOKEN}{KEY}"}}', 500, content_type="application/json")
        return Response('{"name": "Rex"}', content_type="application/json")

    url = serve(reply)
    options = ["--only", "get_pet", "--junit-xml", "junit.xml", "--header", "X-Key=PETS_KEY"]
    environment = {"PYM_JWT_TOKEN": TOKEN, "PETS_KEY": KEY}
    done = fuzzed("--url", url, *options, **environment)
    assert done.returncode == 1, done.stdout + done.stderr
    told = done.stdout + done.stderr + (tmp_path / "junit.xml").read_text()
    assert TOKEN not in told
    assert KEY not in told
    _, _, crash = done.stdout.partition("not_a_server_error")
    line = next(line.strip() for line in crash.splitlines() if line.strip().startswith("curl"))
    assert '"$PYM_JWT_TOKEN"' in line
    assert '"$PETS_KEY"' in line
    repeated = subprocess.run(
        ["bash", "-c", line], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    assert repeated.stdout.startswith("HTTP/1.1 500 ")


def test_a_service_that_never_answers_takes_no_more_than_the_time(fuzzed: Pym, serve: Serve) -> None:
    over = threading.Event()

    def hang(request: Request) -> Response:
        over.wait()
        return Response()

    url = serve(hang)
    started = time.monotonic()
    try:
        done = fuzzed("--url", url, "--max-time", "5")
        assert time.monotonic() - started < 25
    finally:
        over.set()
    assert done.returncode == 1
    assert "Failure: " in done.stdout or "nothing was learnt in 5 s" in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--only", "get_pets"], 1, "no operation is called 'get_pets' (did you mean 'get_pet'?)"),
        (["--exclude", "get_pet", "--exclude", "delete_pet"], 1, "no operation is left"),
        (["--max-time", "1"], 2, "'--max-time': 1 is not in the range"),
        (["--url", "http://127.0.0.1:9", "--image", "pets"], 2, "name one service"),
        (["--gen-token"], 2, "no plugin of this service makes tokens"),
        (["--url", "http://ada:pass@127.0.0.1:9"], 2, "the URL holds credentials"),
        (["-H", "X-Key: secret"], 2, "send it by --header NAME=VARIABLE"),
        (["--auth=ada:pass"], 2, "send it by --header NAME=VARIABLE"),
        (["--header", "X-Key: secret"], 1, "--header takes NAME=VARIABLE"),
        (["--header", "X-Key=PETS_KEY"], 1, "the environment variable PETS_KEY of --header is not set"),
        (["--nonsense"], 1, "No such option '--nonsense'"),
    ],
)
def test_what_cannot_be_fuzzed_is_told(fuzzed: Pym, options: list[str], code: int, told: str) -> None:
    done = fuzzed(*options)
    assert done.returncode == code, done.stderr
    assert told in done.stderr


def test_failures_of_a_kind_are_told_by_the_shortest_request_and_half_an_event_is_left_out() -> None:
    failure = {"failure_info": {"failure": {"type": "ServerError", "title": "Server error"}}}
    check = {"name": "not_a_server_error", "status": "failure", **failure}
    targets = {"1": "/pets/10", "2": "/pets/1", "3": "/pets/100"}
    interactions = {
        case: {"request": {"method": "GET", "uri": f"http://a{target}"}, "response": {"status_code": 500}}
        for case, target in targets.items()
    }
    recorder = {"label": "GET /pets/{id}", "interactions": interactions, "checks": {case: [check] for case in targets}}
    findings = Findings("http://a", "http://b")
    event = json.dumps({"ScenarioFinished": {"recorder": recorder}})
    findings.read([event, event[: len(event) // 2]])
    (told,) = findings.by_operation()["GET /pets/{id}"]
    assert told.curl == "curl -i -X GET http://b/pets/1"
    assert findings.requests == {"GET /pets/{id}": 3}


def test_what_a_credential_holds_is_not_shown() -> None:
    assert TOKEN not in repr(credentials(TOKEN, []))


def test_a_missing_schemathesis_is_told_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    with pytest.raises(StartError, match=r"pip install 'pymacaron-testing\[fuzz\]>=3'"):
        want_schemathesis()


LINES: dict[str, tuple[str, str, dict[str, list[str]], bytes | None]] = {
    "a query with brackets": ("GET", "/a?b[]={1}", {}, None),
    "a path of dots": ("GET", "/a/../b", {}, None),
    "a header without a value": ("GET", "/", {"X-Empty": [""]}, None),
    "a header of two values with quotes": ("GET", "/", {"X-Two": ["it's", 'a "b" $HOME']}, None),
    "secrets": ("GET", f"/?key={KEY}", {"Authorization": [f"Bearer {TOKEN}"], "X-Key": [KEY]}, None),
    "JSON": ("PUT", "/", {"Content-Type": ["application/json"]}, b'{"a": "it\'s $HOME"}'),
    "text that is like a file's name": ("POST", "/", {"Content-Type": ["text/plain"]}, b"@/etc/hostname"),
    "bytes that are no text": ("POST", "/", {"Content-Type": ["application/octet-stream"]}, b"\x00\xff%s\\n'"),
    "text with a zero": ("POST", "/", {"Content-Type": ["text/plain"]}, b"a\0b"),
    "a body of no type": ("POST", "/", {}, b"a=b"),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_of_curl_sends_the_same_request(serve: Serve, name: str) -> None:
    method, target, headers, body = LINES[name]
    seen: list[tuple[str, str, dict[str, str], bytes]] = []

    def keep(request: Request) -> Response:
        seen.append((request.method, request.environ["REQUEST_URI"], dict(request.headers), request.get_data()))
        return Response("ok")

    line = curl(method, serve(keep) + target, headers, body, SECRETS)
    assert TOKEN not in line
    assert KEY not in line
    environment = {**os.environ, "PYM_JWT_TOKEN": TOKEN, "PETS_KEY": KEY}
    subprocess.run(["bash", "-c", line], env=environment, capture_output=True, check=True, timeout=60)
    ((asked, path, sent, content),) = seen
    assert (asked, path, content) == (method, target, body or b"")
    expected = {name: ",".join(texts) for name, texts in headers.items()}
    assert {name: sent.get(name) for name in expected} == expected
    assert ("Content-Type" in sent) == ("Content-Type" in headers)
