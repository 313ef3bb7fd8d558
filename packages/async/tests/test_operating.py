"""What those who run a service rely on: reports, rates, memory, commands, and the service of the tutorial."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

from brokerkit import Redis, Shop, answered, served, wait_until

MakeShop = Callable[..., Shop]
MakeClient = Callable[[Shop], FlaskClient]

HELLOWORLD = Path(__file__).parents[3] / "examples" / "helloworld"
REPORTER = """
import json
from pathlib import Path

from pymacaron import hookimpl


@hookimpl
def pym_error_report(report):
    with Path(__file__).with_name("reports").open("a") as reports:
        reports.write(json.dumps(dict(report.data)) + "\\n")
"""
MORE = """

@asynctask(rate="2/s")
def calm():
    note("calm", time.time())


@asynctask
def process():
    note("process", os.getpid())
"""

REDIS = pytest.mark.parametrize("broker", ["redis"], indirect=True)


@pytest.fixture
def more(shop: MakeShop) -> MakeShop:
    """Make a service with two more tasks."""

    def make(**settings: Any) -> Shop:
        made = shop(**settings)
        with (made.root / "shop.py").open("a") as code:
            code.write(MORE)
        return made

    return make


@REDIS
def test_what_a_task_raises_reaches_reporters_without_its_arguments(shop: MakeShop, client: MakeClient) -> None:
    made = shop(plugins={"local": ["reporter"]})
    (made.root / "reporter.py").write_text(REPORTER)
    reports = made.root / "reports"
    client(made).post("/call/fail", json=["my secret word"])
    with made.worker():
        wait_until(lambda: reports.exists() and reports.read_text().endswith("\n"))
    (report,) = map(json.loads, reports.read_text().splitlines())
    assert report["title"].endswith("TASK_FAILED (RuntimeError) in task shop.fail")
    assert (report["is_fatal"], report["arguments"]) == (True, "***")
    assert report["request"]["path"] == "/call/fail"
    assert "my secret word" not in reports.read_text()


@REDIS
def test_a_rate_bounds_what_a_worker_starts(more: MakeShop, client: MakeClient) -> None:
    made = more()
    http = client(made)
    for _ in range(6):
        http.post("/call/calm", json=[])
    with made.worker():
        wait_until(lambda: len(made.lines("calm")) == 6)
    moments = [float(line.split()[1]) for line in made.lines("calm")]
    assert moments[-1] - moments[0] > 5 * 0.5 - 1.5, "the first may have been held up on its way"


@REDIS
def test_a_process_that_takes_too_much_memory_is_replaced_after_its_task(more: MakeShop, client: MakeClient) -> None:
    made = more()
    http = client(made)
    for _ in range(3):
        http.post("/call/process", json=[])
    with made.worker("--concurrency", "1", "--max-memory", "16"):
        wait_until(lambda: len(made.lines("process")) == 3)
    assert len(set(made.lines("process"))) == 3


def test_pymasync_is_pym_worker(tmp_path: Path) -> None:
    made = Shop(tmp_path / "shop", {})
    command = f"{sysconfig.get_path('scripts')}/pymasync"
    environment = {**os.environ, "PYM_TASKS_DIR": str(tmp_path / "tasks")}
    process = subprocess.Popen(
        [command, "--concurrency", "1"], cwd=made.root, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert any(" ready." in line for line in process.stderr)
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0


@REDIS
def test_watching_tells_again_and_again(shop: MakeShop) -> None:
    made = shop()
    command = [f"{sysconfig.get_path('scripts')}/pym", "tasks", "--watch", "--json"]
    process = subprocess.Popen(command, cwd=made.root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = [json.loads(process.stdout.readline()) for _ in range(2)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert told[0] == told[1]
    assert told[0]["failed"] == 0


@pytest.mark.parametrize("kind", ["files", "redis"])
def test_helloworld_greets_and_fails_in_the_background(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    root = tmp_path / "helloworld"
    shutil.copytree(HELLOWORLD, root, ignore=shutil.ignore_patterns(".pym*", "__pycache__"))
    monkeypatch.delenv("PYM_TASKS_DIR", raising=False)
    if kind == "redis":
        redis: Redis = request.getfixturevalue("redis")
        config = yaml.safe_load((root / "pym-config.yaml").read_text())
        (root / "pym-config.yaml").write_text(yaml.safe_dump({**config, "async_broker": redis.url}))
    with served(root, "server.py") as (base, process):
        assert json.loads(answered(f"{base}/v1/async?name=Ada")) == {"message": "Ada will be greeted"}
        assert json.loads(answered(f"{base}/v1/asyncdie")) == {"message": "a worker will fail"}
        log = root / "server.log"
        wait_until(lambda: "Hello Ada, from the background!" in log.read_text())
        wait_until(lambda: "helloworld.api.fail" in log.read_text() and "RuntimeError" in log.read_text())
        process.terminate()
        process.wait(60)
