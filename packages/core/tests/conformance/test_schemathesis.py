"""Schemathesis, with all its checks, finds nothing in the example shop served over a socket."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ports import free_port

SHOP = Path(__file__).parents[4] / "examples" / "shop"
EXAMPLES = 50

if importlib.util.find_spec("schemathesis") is None:
    pytest.skip("schemathesis is not installed: tox -e conformance installs it", allow_module_level=True)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Serve the shop in a process of its own."""
    port = free_port()
    serve = [sys.executable, "-m", "pymacaron", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(serve, cwd=SHOP, stdout=log, stderr=log) as server:
        try:
            wait_for(port)
            yield port
        finally:
            server.terminate()


def wait_for(port: int) -> None:
    """Return as soon as a port is listened to."""
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the shop did not start")


def test_schemathesis_finds_no_failure_and_no_server_error(port: int, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(SHOP / "apis" / "shop.yaml")]
    bounds = ["--max-examples", str(EXAMPLES), "--seed", "1", "--request-timeout", "5"]
    options = ["--url", f"http://127.0.0.1:{port}/api", "--checks", "all", "--continue-on-failure", "--no-color"]
    done = subprocess.run(
        [*command, *bounds, *options], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "No issues found" in done.stdout
