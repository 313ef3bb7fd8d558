"""What happens to tasks while workers and brokers fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from brokerkit import Rabbit, Redis, Shop, told, wait_until
from ports import free_port
from pymacaron_async import broker

MakeShop = Callable[..., Shop]
MakeClient = Callable[[Shop], FlaskClient]


SERVERS = pytest.mark.parametrize("broker", ["redis", "amqp"], indirect=True)


@SERVERS
def test_a_task_that_kills_whole_workers_is_bounded_too(shop: MakeShop, client: MakeClient) -> None:
    made = shop(async_time_limit=1)
    http = client(made)
    http.post("/call/venom", json=[])
    for attempt in (1, 2):
        with made.worker("--concurrency", "1") as worker:
            wait_until(lambda attempt=attempt: len(made.lines("venom")) == attempt)  # type: ignore[misc]
            worker.process.wait(60)
    with made.worker("--concurrency", "1"):
        wait_until(lambda: "WorkerLost in shop.venom" in made.pym("tasks", "failed"))
    assert len(made.lines("venom")) == 2


@SERVERS
def test_a_long_delay_runs_once_whoever_dies_meanwhile(shop: MakeShop, client: MakeClient) -> None:
    made = shop(async_time_limit=1)
    (made.root / "shop.py").write_text((made.root / "shop.py").read_text().replace("delay=1", "delay=14"))
    http = client(made)
    http.post("/call/later", json=["x"])
    wait_until(lambda: "scheduled: 1" in made.pym("tasks"))
    with made.worker() as worker:
        worker.kill()
    with made.worker():
        wait_until(lambda: made.lines("later"))
        time.sleep(1)  # a second run would follow the first at once
    assert len(made.lines("later")) == 1


@pytest.mark.parametrize("broker", ["amqp"], indirect=True)
def test_a_queue_that_is_full_refuses_a_task_and_the_caller_is_told(
    shop: MakeShop, client: MakeClient, rabbit: Rabbit
) -> None:
    made = shop()
    http = client(made)
    limits = json.dumps({"max-length": 1, "overflow": "reject-publish"})
    rabbit.control("set_policy", "full", f"^{http.application.name}", limits, "--apply-to", "queues")
    replies = [http.post("/call/write", json=["x"]) for _ in range(20)]
    rabbit.control("clear_policy", "full")
    refused = [reply for reply in replies if reply.status_code != 200]
    assert {(reply.status_code, told(reply)["error"]) for reply in refused} == {(503, "BROKER_UNREACHABLE")}
    assert "refuses the message (MessageNacked)" in told(refused[0])["error_description"]


@SERVERS
def test_what_a_killed_worker_was_running_is_run_again(shop: MakeShop, client: MakeClient) -> None:
    made = shop(async_time_limit=1)
    http = client(made)
    http.post("/call/crash", json=["x"])
    with made.worker() as worker:
        worker.process.wait(60)
    with made.worker():
        wait_until(lambda: made.lines("end"))
    assert (len(made.lines("begin")), len(made.lines("end"))) == (2, 1)


def test_what_is_delivered_again_runs_also_while_results_have_no_place(
    tmp_path: Path, own_redis: Redis, rabbit: Rabbit, client: MakeClient
) -> None:
    settings = {"name": "placeless", "async_broker": rabbit.url, "async_results": own_redis.url}
    made = Shop(tmp_path / "shop", settings)
    client(made).post("/call/crash", json=["x"])
    with made.worker() as worker:
        worker.process.wait(60)
    own_redis.stop()
    with made.worker():
        wait_until(lambda: made.lines("end"))


def refused_in_time(http: FlaskClient) -> str:
    """Return what is said of a broker: each time, and the machine may have been busy at all times but one."""
    seconds: list[float] = []
    while len(seconds) < 2 or (min(seconds) >= 2 and len(seconds) < 6):
        began = time.monotonic()
        failed = http.post("/call/write", json=["lost"])
        seconds.append(time.monotonic() - began)
        assert (failed.status_code, told(failed)["error"]) == (503, "BROKER_UNREACHABLE")
    assert min(seconds) < 2
    return str(told(failed)["error_description"])


def test_a_broker_that_is_away_or_hangs_fails_the_request_in_two_seconds(
    tmp_path: Path, own_redis: Redis, client: MakeClient
) -> None:
    made = Shop(tmp_path / "shop", {"name": "shop", "async_broker": own_redis.url})
    http = client(made)
    assert http.post("/call/write", json=["first"]).status_code == 200
    own_redis.send(signal.SIGSTOP)
    refused_in_time(http)
    own_redis.send(signal.SIGCONT)
    wait_until(lambda: http.post("/call/write", json=["back"]).status_code == 200)
    own_redis.stop()
    said = refused_in_time(http)
    assert said.startswith(f"the broker redis://127.0.0.1:{own_redis.port} does not answer")
    own_redis.start()
    assert http.post("/call/write", json=["again"]).status_code == 200


def test_a_rabbit_that_hangs_fails_the_request_in_two_seconds(
    tmp_path: Path, rabbit: Rabbit, client: MakeClient
) -> None:
    made = Shop(tmp_path / "shop", {"name": "hung", "async_broker": rabbit.url})
    http = client(made)
    assert http.post("/call/write", json=["first"]).status_code == 200
    rabbit.send(signal.SIGSTOP)
    try:
        refused_in_time(http)
    finally:
        rabbit.send(signal.SIGCONT)
    wait_until(lambda: http.post("/call/write", json=["back"]).status_code == 200)


def test_a_rabbit_that_is_away_fails_the_request_at_once(tmp_path: Path, client: MakeClient) -> None:
    made = Shop(tmp_path / "shop", {"name": "away", "async_broker": f"amqp://guest:s3cret@127.0.0.1:{free_port()}//"})
    failed = client(made).post("/call/write", json=["x"])
    assert (failed.status_code, told(failed)["error"]) == (503, "BROKER_UNREACHABLE")
    assert "s3cret" not in failed.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_work_goes_on_soon_after_a_redis_is_back(
    tmp_path: Path, own_redis: Redis, client: MakeClient, number: int
) -> None:
    made = Shop(tmp_path / "shop", {"name": "shop", "async_broker": own_redis.url, "async_time_limit": 2})
    http = client(made)
    with made.worker():
        http.post("/call/write", json=["before"])
        wait_until(lambda: made.lines("write before"))
        for index in range(20):
            http.post("/call/sleep", json=[0.1, index])
        own_redis.stop(number)
        time.sleep(1)
        own_redis.start()
        http.post("/call/write", json=["after"])
        wait_until(lambda: len(set(made.lines("end"))) > 4, 30)
        wait_until(lambda: made.lines("write after"))
        wait_until(lambda: len(set(made.lines("end"))) == 20)


def told_by(root: Path, **environment: str) -> str:
    """Return what pym worker says in an environment."""
    made: dict[str, Any] = {**os.environ, **environment}
    made.pop("PYM_TASKS_DIR", None)
    command = [sys.executable, "-m", "pymacaron", "worker"]
    done = subprocess.run(command, cwd=root, env=made, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    return done.stderr


def test_a_missing_broker_stops_the_start_where_it_is_no_laptop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Shop(tmp_path / "shop", {"name": "shop", "with_async": True})
    assert "async_broker is missing, and PYM_ENV is set" in told_by(made.root, PYM_ENV="live")
    said = told_by(made.root, KUBERNETES_SERVICE_HOST="10.0.0.1")
    assert "async_broker is missing, and the service runs in a container" in said


@pytest.mark.parametrize(
    ("begun_with", "stops"),
    [
        ("docker-init\0--\0/opt/venv/bin/{script}\0serve", True),
        ("sh\0-c\0{script} --port 80", True),
        ("sleep\0infinity", False),
    ],
)
def test_a_container_that_people_work_in_is_like_a_laptop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun_with: str, stops: bool
) -> None:
    (tmp_path / "dockerenv").touch()
    (tmp_path / "cmdline").write_text(begun_with.format(script="server.py"))
    monkeypatch.setattr(broker, "CONTAINER_FILES", (tmp_path / "dockerenv",))
    monkeypatch.setattr(sys, "orig_argv", ["python", "-u", "server.py", "--port", "80"])
    assert broker.in_container(tmp_path / "cmdline") is stops
