"""The one module of pymacaron-testing that starts other processes: a service, and pytest."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx2

from pymacaron.exceptions import StartError

__all__ = ["free_port", "pytest_in", "served", "wait_until_ready"]

LAST_LINES = 30
POLL_SECONDS = 0.05
STOP_SECONDS = 10


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(root: Path, env: str | None, seconds: float) -> Iterator[str]:
    """Serve the service of a folder in a process of its own, and give its URL once it is ready.

    A folder with a server.py is served by that. Raises StartError, with the end of its log, where it is not ready in
    time.
    """
    port = free_port()
    if (root / "server.py").exists() and env is None:
        command = [sys.executable, "server.py", "--port", str(port)]
    else:
        command = [sys.executable, "-m", "pymacaron", "run", "--no-reload", "--port", str(port)]
        command += ["--env", env] if env else []
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as log, _process(command, root, log) as process:
        try:
            wait_until_ready(url, seconds, process)
        except StartError as error:
            log.seek(0)
            raise StartError(f"{error}\n{''.join(log.readlines()[-LAST_LINES:])}".rstrip()) from None
        yield url


@contextmanager
def _process(command: Sequence[str], root: Path, log: IO[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, cwd=root, stdin=subprocess.DEVNULL, stdout=log, stderr=log, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(
    url: str, seconds: float, process: subprocess.Popen[str] | None = None, *, verify_ssl: bool = True
) -> None:
    """Return as soon as /ready answers 200; raises StartError after so many seconds, or when the process has ended."""
    end = time.monotonic() + seconds
    told = "nobody answers"
    with httpx2.Client(timeout=5, verify=verify_ssl and url.startswith("https:"), trust_env=False) as client:
        while time.monotonic() < end:
            if process is not None and process.poll() is not None:
                raise StartError(f"the service ended with {process.returncode} before it was ready")
            try:
                status = client.get(f"{url}/ready").status_code
            except httpx2.TransportError:
                pass
            else:
                if status == 200:
                    return
                told = f"/ready says {status}"
            time.sleep(POLL_SECONDS)
    raise StartError(
        f"{url} was not ready within {seconds:g} s ({told}): see its log, or give it more by --start-timeout"
    )


def pytest_in(root: Path, folder: str, environment: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Run the tests of a folder with pytest, on this terminal, and return its exit code."""
    command = [sys.executable, "-m", "pytest", folder, *arguments]
    return subprocess.run(command, cwd=root, env={**os.environ, **environment}, check=False).returncode
