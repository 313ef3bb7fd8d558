"""`pym serve` behaves the same by gunicorn and by granian."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pymacaron.exceptions import ConfigError
from pymacaron.servers.patience import PatientSocket
from pymacaron.servers.serving import serving
from pymacaron.servers.start import SERVERS
from pymacaron.service import Service

CONFIG = "name: demo\nstartup: [handlers.up]\nshutdown: [handlers.down]\n"
FILES = {
    "pym-config.yaml": CONFIG,
    "apis/hello.yaml": """\
openapi: 3.1.0
info: {title: Hello, version: "1"}
paths:
  /hello:
    get:
      x-bind-server: handlers.hello
      responses: {"200": {description: ok, content: {text/plain: {}}}}
  /nap:
    get:
      x-bind-server: handlers.nap
      parameters: [{name: seconds, in: query, required: true, schema: {type: number}}]
      responses: {"200": {description: ok, content: {text/plain: {}}}}
  /echo:
    post:
      x-bind-server: handlers.echo
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: ok, content: {application/json: {}}}}
  /seen:
    get:
      x-bind-server: handlers.seen
      responses: {"200": {description: ok, content: {application/json: {}}}}
""",
    "handlers.py": """\
import os, time
from flask import request
def up():
    with open("up", "a") as file:
        file.write(f"{os.getpid()} ")
def down():
    with open("down", "a") as file:
        file.write(f"{os.getpid()} ")
def hello():
    return f"hello {os.getpid()}"
def nap(seconds):
    with open("naps", "a") as file:
        file.write(f"{time.monotonic_ns()} ")
    time.sleep(seconds)
    return "rested"
def echo(body):
    return body
def seen():
    return {"user": request.remote_user, "headers": sorted(request.headers.keys()), "path": request.full_path}
""",
}

HALF_HEADER = b"GET /hello HTTP/1.1\r\nHost: te"
HALF_BODY = b'POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{"half":'

SECRET = CONFIG + "env_secrets: [SHOP_PASSWORD]\npassword: SHOP_PASSWORD\n"
LEAK = "def {}():\n    from pymacaron import get_config\n    raise RuntimeError('no ' + get_config().password)\n"

Serve = Callable[..., Any]


@pytest.fixture(params=["gunicorn", "granian"])
def server(request: pytest.FixtureRequest) -> str:
    """Return the name of a server."""
    return str(request.param)


@pytest.fixture
def serve(server: str, folder: Callable[..., Path], start: Callable[..., Any]) -> Serve:
    """Start `pym serve` on files, by the server of the test; `root` of what comes back is the folder."""

    def run(*options: str, ready: bool = True, files: dict[str, str] | None = None, **environment: str) -> Any:
        root = folder({**FILES, **(files or {})})
        command = ("-m", "pymacaron", "serve", "--server", server, "--port", "{port}", *options)
        running = start(*command, cwd=root, **environment)
        running.root = root
        if ready:
            running.wait("/hello", "hello")
        return running

    return run


def pids(file: Path) -> set[str]:
    return set(file.read_text().split()) if file.exists() else set()


def wait_for(file: Path, count: int) -> None:
    """Wait until a file holds so many different numbers."""
    end = time.monotonic() + 60
    while len(pids(file)) < count:
        assert time.monotonic() < end, file.name
        time.sleep(0.05)


def wait_until_refused(port: int) -> None:
    """Wait until nobody listens on a port."""
    end = time.monotonic() + 60
    with contextlib.suppress(ConnectionRefusedError):
        while time.monotonic() < end:
            socket.create_connection(("127.0.0.1", port), timeout=60).close()
            time.sleep(0.05)
        raise AssertionError(f"somebody still listens on {port}")


@contextlib.contextmanager
def connections(port: int, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Open connections that each send the same bytes and no more."""
    opened = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(count)]
    try:
        for each in opened:
            each.sendall(sent)
        time.sleep(0.3)
        yield opened
    finally:
        for each in opened:
            each.close()


def test_start_and_shutdown_functions_run_once_in_every_worker(serve: Serve) -> None:
    running = serve(WEB_CONCURRENCY="2")
    wait_for(running.root / "up", 2)
    assert running.get("/hello")[1].split()[1] in pids(running.root / "up")
    assert running.stop() == 0
    assert len((running.root / "up").read_text().split()) == 2
    assert sorted((running.root / "down").read_text().split()) == sorted((running.root / "up").read_text().split())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_end_before_it_stops(serve: Serve, number: signal.Signals) -> None:
    running = serve("--workers", "1")
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(running.get("/nap?seconds=1.5"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    wait_for(running.root / "naps", 3)
    began = time.monotonic()
    os.killpg(running.process.pid, number)
    assert running.process.wait(60) == 0
    assert time.monotonic() - began < 20
    for thread in threads:
        thread.join()
    assert answers == [(200, "rested")] * 3
    assert pids(running.root / "down") == pids(running.root / "up")


def test_a_request_longer_than_the_grace_does_not_keep_it_from_stopping(serve: Serve) -> None:
    running = serve("--workers", "1", files={"pym-config.yaml": CONFIG + "graceful_timeout: 1\n"})
    with connections(running.port, 1, b"GET /nap?seconds=30 HTTP/1.1\r\nHost: t\r\n\r\n"):
        began = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - began < 20


def test_an_idle_connection_is_kept_and_does_not_delay_the_stop(serve: Serve) -> None:
    running = serve("--workers", "1")
    client = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    for pause in (0, 0, 3):
        time.sleep(pause)
        client.request("GET", "/hello")
        assert client.sock is not None
        assert client.getresponse().read().startswith(b"hello")
    began = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - began < 20
    client.close()


def test_a_connection_that_never_said_anything_does_not_delay_the_stop(serve: Serve) -> None:
    running = serve("--workers", "1")
    with connections(running.port, 3, b""):
        assert running.get("/hello")[0] == 200
        began = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - began < 20


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True)  # granian closes what has not said anything
@pytest.mark.parametrize("first", [b"", b"GET /hello HTTP/1.1\r\n"], ids=["silent", "begun"])
def test_a_request_that_is_under_way_when_the_stop_begins_is_answered(serve: Serve, first: bytes) -> None:
    running = serve("--workers", "1")
    worker = int(running.get("/hello")[1].split()[1])
    os.kill(worker, signal.SIGSTOP)
    with connections(running.port, 3, first) as opened:
        running.process.send_signal(signal.SIGTERM)
        running.wait_for_log("Handling signal: term")
        os.kill(worker, signal.SIGCONT)
        time.sleep(0.5)
        for one in opened:
            one.sendall(b"GET /hello HTTP/1.1\r\nHost: t\r\n\r\n"[len(first) :])
        assert [one.recv(15) for one in opened] == [b"HTTP/1.1 200 OK"] * 3
    assert running.process.wait(60) == 0


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True)  # the oldest granian that we admit still listens
def test_nobody_listens_while_the_last_requests_end(serve: Serve) -> None:
    running = serve("--workers", "1")
    with connections(running.port, 1, b"GET /nap?seconds=5 HTTP/1.1\r\nHost: t\r\n\r\n") as (napping,):
        wait_for(running.root / "naps", 1)
        running.process.send_signal(signal.SIGTERM)
        wait_until_refused(running.port)
        napping.setblocking(False)
        with pytest.raises(BlockingIOError):
            napping.recv(1)


def test_a_client_that_leaves_its_connection_open_after_the_last_reply_holds_up_nobody(serve: Serve) -> None:
    running = serve("--workers", "1")
    last = b"GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
    with connections(running.port, 20, last) as opened:
        assert [one.recv(15) for one in opened] == [b"HTTP/1.1 200 OK"] * 20
        began = time.monotonic()
        assert running.get("/hello")[0] == 200
        assert time.monotonic() - began < 15
        for one in opened:
            while one.recv(1000):
                pass


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True)
def test_a_worker_whose_master_died_stops_as_by_a_term(serve: Serve) -> None:
    running = serve("--workers", "1")
    worker = int(running.get("/hello")[1].split()[1])
    with connections(running.port, 1, b"") as (silent,):
        running.process.kill()
        silent.settimeout(20)
        assert silent.recv(1) == b""
        end = time.monotonic() + 20
        while Path(f"/proc/{worker}").exists():
            assert time.monotonic() < end
            time.sleep(0.05)
    wait_until_refused(running.port)


def with_stream(*lines: str) -> dict[str, str]:
    """Return the files of the service with an operation GET /stream, whose handler is a generator of these lines."""
    path = "  /stream:\n    get:\n      x-bind-server: handlers.stream\n      responses:\n"
    path += '        "200": {description: ok, content: {application/octet-stream: {}}}\n'
    handler = "\n    ".join(("def stream():", *lines, ""))
    return {
        "handlers.py": FILES["handlers.py"] + handler,
        "apis/hello.yaml": FILES["apis/hello.yaml"] + path,
    }


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True)
def test_a_stream_that_ends_the_process_ends_its_reply_alone(serve: Serve) -> None:
    running = serve("--workers", "1", files=with_stream("import sys", "sys.exit(3)", "yield b''"))
    before = running.get("/hello")
    with pytest.raises((OSError, http.client.HTTPException)):
        running.get("/stream")
    assert running.get("/hello") == before


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True)
def test_a_reply_that_breaks_off_is_told_once_and_holds_up_nobody(serve: Serve) -> None:
    broken = with_stream("yield b'half'", "raise RuntimeError('broken')")
    running = serve("--workers", "1", "--threads", "2", files=broken)
    with connections(running.port, 10, b"GET /stream HTTP/1.1\r\nHost: t\r\n\r\n") as opened:
        began = time.monotonic()
        assert running.get("/hello")[0] == 200
        assert time.monotonic() - began < 5
        for one in opened:
            while one.recv(1000):
                pass
    log = running.log.read_text()
    assert log.count("Error handling request") == 10, log
    assert "its reply has the error_id" not in log


def test_the_port_comes_from_the_environment(server: str, folder: Callable[..., Path], start: Serve) -> None:
    root = folder({**FILES, "pym-config.yaml": CONFIG + f"server: {server}\n"})
    for environment in ({"PORT": "{port}"}, {"PYM_SERVER_PORT": "{port}", "PORT": "1"}):
        running = start("-m", "pymacaron", "serve", cwd=root, **environment)
        running.wait("/hello", "hello")
        assert ("granian" in running.log.read_text()) == (server == "granian")
        assert running.stop() == 0


def test_it_listens_on_ipv6_and_on_a_name(serve: Serve) -> None:
    assert serve("--host", "localhost").get("/hello")[0] == 200
    running = serve("--host", "::1", ready=False)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with (
            contextlib.suppress(OSError),
            contextlib.closing(socket.create_connection(("::1", running.port), 5)) as one,
        ):
            one.sendall(b"GET /hello HTTP/1.1\r\nHost: t\r\n\r\n")
            assert b"200" in one.recv(100)
            return
        time.sleep(0.1)
    raise AssertionError(running.log.read_text())


def test_a_taken_port_is_told_in_one_sentence(server: str, serve: Serve, start: Serve) -> None:
    running = serve()
    other = start("-m", "pymacaron", "serve", "--server", server, "--port", str(running.port), cwd=running.root)
    assert other.process.wait(60) == 1
    assert "choose another --port" in other.log.read_text()
    assert "Traceback" not in other.log.read_text()


def test_a_start_up_function_that_fails_ends_it_without_the_secret(serve: Serve) -> None:
    files = {"handlers.py": FILES["handlers.py"] + LEAK.format("up"), "pym-config.yaml": SECRET}
    running = serve("--workers", "2", ready=False, files=files, SHOP_PASSWORD="correct-horse")
    assert running.process.wait(60) == 1
    assert running.log.read_text().endswith("Error: no worker could start: the log above tells why\n")
    assert "RuntimeError: no ***" in running.log.read_text()
    assert "correct-horse" not in running.log.read_text()


def test_a_shutdown_function_that_fails_is_logged_without_the_secret(serve: Serve) -> None:
    files = {"handlers.py": FILES["handlers.py"] + LEAK.format("down"), "pym-config.yaml": SECRET}
    running = serve("--workers", "1", files=files, SHOP_PASSWORD="correct-horse")
    assert running.stop() == 0
    assert "RuntimeError: no ***" in running.log.read_text()
    assert "correct-horse" not in running.log.read_text()


def test_a_term_that_comes_while_workers_start_is_not_lost(serve: Serve) -> None:
    code = "import time\ndef up():\n    time.sleep(2)\n"
    running = serve("--workers", "1", ready=False, files={"handlers.py": FILES["handlers.py"] + code})
    time.sleep(0.2)
    running.wait_for_log("worker")
    assert running.stop() == 0


def test_a_worker_that_ends_is_replaced(serve: Serve) -> None:
    running = serve("--workers", "1")
    time.sleep(1)
    (worker,) = pids(running.root / "up")
    os.kill(int(worker), signal.SIGKILL)
    wait_for(running.root / "up", 2)
    running.wait("/hello", "hello")
    assert running.stop() == 0


def test_workers_do_not_outlive_their_parent(serve: Serve) -> None:
    running = serve("--workers", "1")
    running.process.kill()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", running.port), 5).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.1)
    raise AssertionError("a worker still listens")


def test_the_access_log_is_off_unless_it_is_wanted_and_leaves_out_the_query(serve: Serve) -> None:
    quiet = serve("--workers", "1")
    quiet.get("/nap?seconds=0")
    quiet.stop()
    assert "/nap" not in quiet.log.read_text()
    config = CONFIG + "access_log: true\nlog_level: WARNING\n"
    running = serve("--workers", "1", files={"pym-config.yaml": config})
    running.get("/nap?seconds=0.2")
    running.wait_for_log("/nap")  # a line is written after its answer, by the thread that gave it
    running.get("/no%0Awhere%C3%A9")
    running.stop()
    lines = [line for line in running.log.read_text().splitlines() if "pymacaron.report.accesslog" in line]
    texts = [line.partition("accesslog: ")[2].split() for line in lines if "/hello" not in line]
    assert [text[:4] for text in texts] == [
        ["127.0.0.1", "GET", "/nap", "200"],
        ["127.0.0.1", "GET", "/no\\nwhereé", "404"],
    ]
    assert 200 <= float(texts[0][4]) < 60000


def test_no_variable_of_the_environment_passes_as_a_header(serve: Serve) -> None:
    running = serve("--workers", "1", HTTP_X_ROLE="admin", REMOTE_USER="root", CONTENT_TYPE="text/plain")
    seen = json.loads(running.get("/seen?a=b")[1])
    assert seen["user"] is None
    assert "X-Role" not in seen["headers"]
    assert "Content-Type" not in seen["headers"]


SLOW = {
    "gunicorn": [b"", HALF_HEADER, HALF_BODY],
    "granian": [b"", HALF_HEADER],  # it has no time-out for bodies: docs/how-to/serve.md tells what bounds them
}


@pytest.mark.parametrize(("count", "seconds"), [(4, 15), (16, 50)])
def test_slow_clients_keep_others_waiting_for_a_bounded_time(
    serve: Serve, server: str, count: int, seconds: int
) -> None:
    """Each kind of client has a server of its own, all at the same time, since the test does nothing but wait."""

    def waited(case: tuple[Any, bytes]) -> float:
        port = case[0].port
        with (
            connections(port, count, case[1]),
            contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as client,
        ):
            began = time.monotonic()
            client.request("GET", "/hello")
            assert client.getresponse().status == 200
            return time.monotonic() - began

    cases = [(serve("--workers", "1"), sent) for sent in SLOW[server]]
    with ThreadPoolExecutor(len(cases)) as threads:
        times = dict(zip(SLOW[server], threads.map(waited, cases), strict=True))
    assert all(took < seconds for took in times.values()), times


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True)
def test_a_slow_client_is_told_where_a_reply_can_be(serve: Serve) -> None:
    running = serve("--workers", "1")
    chunked = HALF_BODY.replace(b"Content-Length: 40", b"Transfer-Encoding: chunked").replace(b'{"', b'28\r\n{"')
    with (
        connections(running.port, 1, HALF_HEADER) as (silent,),
        connections(running.port, 1, HALF_BODY) as (slow,),
        connections(running.port, 1, chunked) as (slower,),
    ):
        assert silent.recv(1000) == b""
        assert slow.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert slower.recv(1000).startswith(b"HTTP/1.1 408 ")
    assert "closed" in running.log.read_text()
    assert "Traceback" not in running.log.read_text()


def test_half_a_body_of_a_client_that_goes_away_is_refused_and_no_crash(serve: Serve) -> None:
    running = serve("--workers", "1")
    with connections(running.port, 1, HALF_BODY.replace(b'{"half":', b"{}")) as (gone,):
        gone.shutdown(socket.SHUT_WR)
        assert gone.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in running.log.read_text()


def test_a_request_that_http_forbids_is_refused_without_a_word_of_it(serve: Serve, server: str) -> None:
    running = serve("--workers", "1")
    head, host, end = b"GET /canary HTTP/1.1\r\n", b"Host: t\r\n", b"Connection: close\r\n\r\n"
    of_the_server = [
        b"GET /" + "canary-é".encode() + b" HTTP/9.9\r\n" + host + end,
        head + host + b"Content-Length: 1\r\nContent-Length: canary\r\n" + end,
    ]
    for request in (head + end, head + host + host + end, b"get" + head[3:] + host + end, *of_the_server):
        with connections(running.port, 1, request) as (client,), client.makefile("rb") as reply:
            status, headers, body = reply.readline(), http.client.parse_headers(reply), reply.read()
        assert status.startswith(b"HTTP/1.1 400 ")
        if server == "gunicorn" or request not in of_the_server:
            told = json.loads(body)
            assert (headers["Content-Type"], told["error"], told["status"]) == ("application/json", "BAD_REQUEST", 400)
            assert b"canary" not in body
        else:
            assert body == b""
        if server == "gunicorn" and request in of_the_server:
            assert told["error_id"] in running.log.read_text()


STREAM = {
    "handlers.py": FILES["handlers.py"].replace("def hello", "def told")
    + """\
def hello():
    yield ascii(request.headers.get("X-A", "hello"))
    if "X-A" in request.headers:
        raise RuntimeError
"""
}


@pytest.mark.parametrize(
    ("server", "sent", "read"),
    [
        ("gunicorn", b"X-A: good\r\nX_A: bad", b"6\r\n'good'\r\n"),
        ("granian", b"X-A: good\r\nX_A: bad", b"5\r\n'bad'\r\n0\r\n\r\n"),
        ("gunicorn", b"X-A: \xe9", b"6\r\n'\\xe9'\r\n"),
        ("granian", b"X-A: \xe9", b"2\r\n''\r\n0\r\n\r\n"),
    ],
    indirect=["server"],
)
def test_the_servers_differ_as_it_is_documented(sent: bytes, read: bytes, serve: Serve) -> None:
    running = serve("--workers", "1", files=STREAM)
    request = b"GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n" + sent + b"\r\n\r\n"
    with connections(running.port, 1, request) as (client,), client.makefile("rb") as reply:
        assert reply.read().endswith(b"\r\n\r\n" + read)


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True)  # granian ends the body there: docs/how-to/serve.md
@pytest.mark.parametrize("chunk", [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}xx0\r\n\r\n", b"2;=\r\n{}\r\n0\r\n\r\n"])
def test_a_malformed_chunk_is_refused_and_no_crash(chunk: bytes, serve: Serve) -> None:
    running = serve("--workers", "1")
    head = b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connections(running.port, 1, head + chunk) as (client,):
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert running.get("/hello")[0] == 200
    assert "Traceback" not in running.log.read_text()


def test_a_body_that_comes_steadily_may_take_longer_than_any_pause(serve: Serve) -> None:
    running = serve("--workers", "1")
    body = json.dumps({"text": "x" * 60000}).encode()
    head = b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with connections(running.port, 1, head % len(body)) as (client,):
        for start in range(0, len(body), 10001):
            client.sendall(body[start : start + 10001])
            time.sleep(0.9)
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_server_that_is_not_installed_is_told_with_what_to_type(
    server: str, monkeypatch: pytest.MonkeyPatch, folder: Callable[..., Path]
) -> None:
    for module in ("gunicorn.app.base", "granian.constants"):
        monkeypatch.setitem(sys.modules, module, None)
    with contextlib.closing(Service(folder({"pym-config.yaml": "name: demo\n"}))) as service:
        chosen = serving(service.config, server, None, 1, 1, 4)
        with pytest.raises(ConfigError, match=rf"needs {server}: pip install '{server}>="):
            SERVERS[server](lambda environ, start_response: [], service, chosen)


def test_a_client_that_does_not_read_its_reply_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pymacaron.servers.patience.SENDING", 0.2)
    ours, theirs = socket.socketpair()
    with PatientSocket(fileno=ours.detach()) as sending, theirs, pytest.raises(ConnectionResetError):
        sending.sendall(b"x" * 10_000_000)


def test_the_metrics_of_all_workers_are_added_up_and_leave_nothing_behind(serve: Serve, tmp_path: Path) -> None:
    config = {"pym-config.yaml": CONFIG + "metrics: true\n"}
    running = serve("--workers", "2", files=config, TMPDIR=str(tmp_path))
    [folder] = tmp_path.glob("pym-metrics-*")
    sent = 0
    while len(list(folder.glob("histogram_*.db"))) < 2:  # one of each worker that answered
        naps = [threading.Thread(target=running.get, args=("/nap?seconds=0.1",)) for _ in range(8)]
        for nap in naps:
            nap.start()
        for nap in naps:
            nap.join()
        sent += len(naps)
        assert sent < 4000
    counted = f'http_request_duration_seconds_count{{method="GET",route="/nap",status="200"}} {float(sent)}'
    for _ in range(4):
        running.wait("/metrics", counted)
    running.stop()
    assert not folder.exists()


def test_no_log_line_of_a_server_holds_a_canary(serve: Serve) -> None:
    """Neither the server's own lines nor ours, in JSON as in plain text."""
    handlers = "\ndef broken(name):\n    yield 'a'\n    raise ValueError(name)\n"
    paths = "  /broken:\n    get:\n      x-bind-server: handlers.broken\n"
    paths += "      parameters: [{name: name, in: query, required: true, schema: {type: string}}]\n"
    paths += "      responses: {'200': {description: ok, content: {text/plain: {}}}}\n"
    files = {
        "pym-config.yaml": CONFIG + "access_log: true\nlog_format: json\nlog_level: DEBUG\n",
        "apis/hello.yaml": FILES["apis/hello.yaml"] + paths,
        "handlers.py": FILES["handlers.py"] + handlers,
    }
    running = serve("--workers", "1", files=files)
    with contextlib.suppress(http.client.HTTPException, OSError):
        running.get("/broken?name=canary")
    running.get("/nap?seconds=canary")
    with socket.create_connection(("127.0.0.1", running.port), 5) as bad:
        bad.sendall(b"GET /canary HTTP/canary\r\nCanary canary\r\n\r\n")
        bad.recv(1000)
    running.wait_for_log('"path": "/nap"')
    running.stop()
    log = running.log.read_text()
    assert "STREAM_BROKEN" in log
    assert "canary" not in log.lower()
    assert all(isinstance(json.loads(line)["level"], str) for line in log.splitlines())
