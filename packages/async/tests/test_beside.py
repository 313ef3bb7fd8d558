"""Workers beside servers: `with_async: true` starts one, and it ends when the server does; and who asks the broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from brokerkit import Redis, Shop, answered, served, wait_until
from ports import free_port

SERVER = """
from flask import Flask

from pymacaron import API, letsgo

app = Flask(__name__)


def start(port=8080, debug=False):
    api = API(app, port=port, debug=debug)
    api.load_apis("apis")
    api.start()


letsgo(__name__, callback=start)
"""
MakeClient = Callable[[Shop], FlaskClient]
COMMANDS = {
    "server.py": ("server.py",),
    "pym run": ("-m", "pymacaron", "run"),
    "gunicorn": ("-m", "pymacaron", "serve", "--workers", "1"),
}


def workers_of(root: Path) -> list[int]:
    """Return the processes of workers of a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").resolve() == root and "worker" in (process / "cmdline").read_text().split("\0"):
                found.append(int(process.name))
    return found


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_worker_runs_beside_the_server_and_ends_with_it(
    tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Shop(tmp_path / "shop", {"name": "beside", "with_async": True, "async_workers": 1, "graceful_timeout": 5})
    if command == ("server.py",):
        (made.root / "server.py").write_text(SERVER)
    monkeypatch.setenv("PYM_TASKS_DIR", str(tmp_path / "tasks"))
    with served(made.root, *command) as (base, process):
        assert answered(f"{base}/call/write", ["x"]) == b"{}"
        wait_until(lambda: made.lines("write x"))
        assert workers_of(made.root)
        process.terminate()
        process.wait(60)
        wait_until(lambda: not workers_of(made.root))


def test_a_worker_ends_when_its_server_is_killed_and_starts_again_when_it_is_killed_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Shop(tmp_path / "shop", {"name": "beside", "with_async": True, "async_workers": 1})
    monkeypatch.setenv("PYM_TASKS_DIR", str(tmp_path / "tasks"))
    with served(made.root, *COMMANDS["pym run"], "--no-reload") as (base, process):
        wait_until(lambda: "ready." in (made.root / "server.log").read_text())
        for pid in workers_of(made.root):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        answered(f"{base}/call/write", ["again"])
        wait_until(lambda: made.lines("write again"))
        process.kill()
        wait_until(lambda: not workers_of(made.root))


def test_ready_and_doctor_tell_of_a_broker_that_is_away(tmp_path: Path, own_redis: Redis, client: MakeClient) -> None:
    made = Shop(tmp_path / "shop", {"name": "ready", "async_broker": own_redis.url})
    http = client(made)
    wait_until(lambda: http.get("/ready").status_code == 200)
    wait_until(lambda: "ok: broker of tasks" in made.pym("doctor"))
    own_redis.stop()
    refused = http.get("/ready")
    assert (refused.status_code, refused.get_json()["error"]) == (503, "NOT_READY")
    assert f"the broker redis://127.0.0.1:{own_redis.port} does not answer" in made.pym("doctor")


@pytest.mark.parametrize("command", [(), ("failed",), ("retry", "--all"), ("purge", "--all")])
def test_who_looks_at_the_tasks_of_a_broker_that_is_away_is_told_to_start_it(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    made = Shop(tmp_path / "shop", {"name": "away", "async_broker": f"redis://127.0.0.1:{free_port()}"})
    last = made.pym("tasks", *command).splitlines()[-1]
    assert last.startswith("Error: the broker redis://127.0.0.1:")
    assert last.endswith(": start it, or correct async_broker")


def test_importing_the_package_and_pym_help_load_no_celery() -> None:
    code = "import sys, pymacaron_async, pymacaron_async.task, pymacaron_async.plugin; print('celery' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
    code = "import sys; sys.argv = ['pym', 'worker', '--help']\nfrom pymacaron.cli import pym\n"
    code += "try: pym()\nexcept SystemExit: print('celery' in sys.modules, 'flask' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.endswith("False False\n")


def test_git_sees_nothing_of_the_tasks_that_wait_in_the_folder_of_a_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path / "shop", {"name": "shop"})
    monkeypatch.setenv("PYM_TASKS_DIR", str(shop.root / "tasks"))
    subprocess.run(["git", "init", "-q"], cwd=shop.root, check=True)
    assert shop.pym("tasks")
    assert (shop.root / "tasks" / "shop" / "messages").is_dir()
    seen = subprocess.run(["git", "status", "--porcelain"], cwd=shop.root, capture_output=True, text=True, check=True)
    assert "pym-config" in seen.stdout
    assert "tasks/" not in seen.stdout
