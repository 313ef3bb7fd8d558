"""`pym load`: valid requests at a fixed rate, and latencies that a slow service cannot hide."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.wrappers import Request, Response

from pymacaron.client.outgoing import Called, Outgoing
from pymacaron_testing.cli.load import progress
from pymacaron_testing.load.drive import Reply, drive
from pymacaron_testing.load.measured import measured, percentile
from pymacaron_testing.load.page import as_html

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
servers: [{url: /v1}]
paths:
  /pets/{id}:
    put:
      operationId: put_pet
      x-bind-server: pets.put_pet
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer, minimum: 1, maximum: 9000}}
        - {name: loud, in: query, schema: {type: boolean}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name, born]
              additionalProperties: false
              properties: {name: {type: string, minLength: 3}, born: {type: string, format: date}}
      responses: {"204": {description: done}}
"""
HANDLERS = """
def put_pet(pet, id, loud=False):
    return None, 204
"""
FILES = {
    "pym-config.yaml": "name: pets\nplugins: {disable: [auth]}\n",
    "apis/pets.yaml": DOCUMENT,
    "pets.py": HANDLERS,
}

Pym = Callable[..., "subprocess.CompletedProcess[str]"]
Serve = Callable[[Callable[[Request], Response]], str]


@pytest.fixture
def loaded(laid: Callable[..., Path]) -> Pym:
    """Run `pym load` in the folder of a service."""

    def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        others = {name: text for name, text in os.environ.items() if not name.startswith("PYM_")}
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "pymacaron", "load", *options],
            cwd=laid(FILES),
            env={**others, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_a_service_accepts_all_requests_that_are_made_of_its_document(
    loaded: Pym, pym_mock: Callable[..., object], laid: Callable[..., Path]
) -> None:
    mock = pym_mock(str(laid(FILES) / "apis" / "pets.yaml"))
    done = loaded("put_pet", "--url", mock.url, "--rate", "100", "--time", "1", "--json", "--html", "load.html")  # type: ignore[attr-defined]
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["operation"], told["requests"], told["results"]) == ("PUT /pets/{id}", 100, {"204": 100})
    assert 50 < told["achieved_rate"] <= 100
    assert told["latency_ms"]["p50"] <= told["latency_ms"]["p99"] <= told["latency_ms"]["max"]
    page = (laid({}) / "load.html").read_text()
    assert page.count("<svg") == 2
    assert "PUT /pets/{id} at 100 a second" in page


def test_requests_differ_and_carry_the_credentials_and_what_is_set(loaded: Pym, serve: Serve, tmp_path: Path) -> None:
    seen: list[tuple[str, str, str | None]] = []

    def keep(request: Request) -> Response:
        seen.append((request.full_path, request.get_data(as_text=True), request.headers.get("X-Key")))
        return Response(status=404 if len(seen) % 2 else 204)

    done = loaded(
        "PUT /pets/{id}",
        "--url",
        serve(keep),
        "--set",
        "id=7",
        "--rate",
        "50",
        "--time",
        "0.4",
        *("--header", "X-Key=KEY"),
        KEY="abc",
    )
    assert done.returncode == 0, done.stderr
    assert "errors         10 404" in done.stdout
    assert {path.partition("?")[0] for path, _, _ in seen} == {"/v1/pets/7"}
    assert len({body for _, body, _ in seen}) > 5
    assert {path.partition("?")[2] for path, _, _ in seen} >= {"", "loud=true"}
    assert {key for _, _, key in seen} == {"abc"}


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["put_pet"], 2, "Missing option '--url'"),
        (["put_pet", "--url", "http://127.0.0.1:9", "--rate", "1001"], 2, "'--rate': 1001.0 is not in the range"),
        (["put_pet", "--url", "http://127.0.0.1:9", "--time", "601"], 2, "'--time': 601.0 is not in the range"),
        (["put_pets", "--url", "http://127.0.0.1:9"], 1, "(did you mean 'put_pet'?)"),
        (["put_pet", "--url", "http://127.0.0.1:9", "--set", "ids=1"], 1, "has no parameter 'ids': correct --set"),
        (["put_pet", "--url", "http://127.0.0.1:9", "--set", "id=x"], 1, "path parameter 'id'"),
        (["put_pet", "--url", "http://127.0.0.1:9", "--set", "id"], 2, "--set takes NAME=VALUE: correct 'id'"),
        (["put_pet", "--url", "http://127.0.0.1:9", "--body", "pets.py"], 2, "--body is no JSON"),
        (["put_pet", "--url", "http://127.0.0.1:9", "--gen-token"], 2, "no plugin of this service makes tokens"),
    ],
)
def test_what_cannot_be_loaded_is_told(loaded: Pym, options: list[str], code: int, told: str) -> None:
    done = loaded(*options)
    assert done.returncode == code, done.stderr
    assert told in done.stderr


def test_a_service_that_nobody_reaches_fails_the_run(loaded: Pym, free_port: int) -> None:
    done = loaded("put_pet", "--url", f"http://127.0.0.1:{free_port}", "--rate", "10", "--time", "0.2")
    assert done.returncode == 1
    assert "errors         2 ConnectError" in done.stdout
    assert "0 a second answered, of 10" in done.stdout


def outgoing(url: str) -> Outgoing:
    import httpx2

    return Outgoing(Called("pets", "get", "GET /"), "GET", url, httpx2.Headers())


def test_latency_counts_from_the_time_when_a_request_was_due(serve: Serve) -> None:
    """A service that stalls once delays all that was due in the stall: a closed loop would tell of one alone."""
    alone = threading.Lock()
    stalled: list[float] = []

    def stall(request: Request) -> Response:
        with alone:
            if not stalled:
                stalled.append(time.monotonic())
                time.sleep(0.6)
            return Response()

    replies = drive([outgoing(serve(stall))], 50, 1, timeout=30)
    assert len(replies) == 50
    assert {reply.result for reply in replies} == {"200"}
    assert replies[0].latency > 0.55
    assert sum(reply.latency > 0.2 for reply in replies) > 15
    assert [reply.due for reply in replies] == pytest.approx([index / 50 for index in range(50)])


def test_a_driver_that_is_late_itself_says_so_and_counts_it(serve: Serve) -> None:
    def busy(ended: int, count: int) -> None:
        if ended == 1:
            time.sleep(0.4)

    replies = drive([outgoing(serve(lambda request: Response()))], 50, 0.5, timeout=30, told=busy)
    assert max(reply.late for reply in replies) > 0.3
    assert all(reply.latency > reply.late for reply in replies)


def test_a_request_that_is_not_answered_in_time_counts_as_lost(serve: Serve) -> None:
    over = threading.Event()

    def hang(request: Request) -> Response:
        over.wait()
        return Response()

    url = serve(hang)
    replies = drive([outgoing(url)], 20, 0.1, timeout=0.2)
    over.set()
    assert [reply.result for reply in replies] == ["timeout", "timeout"]
    assert all(0.15 < reply.latency < 10 for reply in replies)
    assert measured("GET /", 20, replies).failed


def test_a_terminal_shows_how_many_requests_have_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    show = progress()
    for ended in (1, 2, 3):
        show(ended, 3)
    assert capsys.readouterr().err == "\r1 of 3\r3 of 3\n"


def test_percentiles_are_values_that_were_measured() -> None:
    ordered = [float(number) for number in range(1, 101)]
    assert [percentile(ordered, percent) for percent in (0.5, 50, 99, 99.9, 100)] == [1, 50, 99, 100, 100]
    assert percentile([3.0], 50) == 3


def test_the_achieved_rate_is_that_of_answers() -> None:
    replies = [Reply(index / 10, 0.05, 0.001, "200" if index else "timeout") for index in range(10)]
    told = measured("GET /", 10, replies)
    assert (told.achieved, told.results, told.errors) == (9.0, {"200": 9, "timeout": 1}, {"timeout": 1})
    assert told.latencies["p99.9"] == 50


def test_a_page_of_one_reply_is_a_page() -> None:
    replies = [Reply(0, 0.002, 0, "200")]
    page = as_html(measured("GET /<b>", 1, replies), replies)
    assert "GET /&lt;b&gt; at 1 a second" in page
    assert "nan" not in page
