"""Servers as they are started: a process, a port, real HTTP."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ports import free_port


@dataclass
class Server:
    """A running server and its log."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the text of a reply."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def wait(self, path: str, text: str, seconds: float = 60) -> None:
        """Wait until a path answers a text."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if text in self.get(path)[1]:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        raise AssertionError(f"{path} never answered {text!r}; the log says:\n{self.log.read_text()}")

    def wait_for_log(self, text: str, times: int = 1, seconds: float = 60) -> None:
        """Wait until the log holds a text so many times."""
        end = time.monotonic() + seconds
        while self.log.read_text().count(text) < times:
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def stop(self) -> int:
        """Terminate the server and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server by its command line, `{port}` in it replaced by a free port; it ends with the test."""
    running: list[Server] = []

    def run(*command: str, cwd: Path, **environment: str) -> Server:
        port = free_port()
        log = tmp_path / f"{port}.log"
        arguments = [text.replace("{port}", str(port)) for text in command]
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("PYM_") and name != "PORT"}
        environment = {name: text.replace("{port}", str(port)) for name, text in environment.items()}
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=cwd,
                env={**inherited, **environment, "PYTHONUNBUFFERED": "1"},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        running.append(Server(process, port, log))
        return running[-1]

    yield run
    for server in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait(60)
