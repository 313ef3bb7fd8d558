"""Processes of the fakes: a service for each release, and the forwarder that stands for a load balancer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx2

from pymacaron.exceptions import DeployError, StartError
from pymacaron.log import masked
from pymacaron_testing.runner import free_port, wait_until_ready

__all__ = ["alive", "forward", "run_to_end", "serve", "stop"]

STOP_SECONDS = 5.0
KEPT = ("PATH", "HOME", "PYTHONPATH", "VIRTUAL_ENV", "COVERAGE_PROCESS_CONFIG")


def serve(
    root: Path, variables: Mapping[str, str], secrets: Mapping[str, str], log: Path, ready: float
) -> tuple[int, str]:
    """Serve a folder in a process that outlives this one, and return its id and URL once it is ready.

    Raises DeployError, the last lines of its log below the sentence.
    """
    port = free_port()
    own = (root / "server.py").exists()
    command = [sys.executable, *(["server.py"] if own else ["-m", "pymacaron", "run", "--no-reload"])]
    with log.open("a") as file:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=root,
            env={**_kept(), **variables, **secrets},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            text=True,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, ready, process)
    except StartError as error:
        stop(process.pid)
        process.wait()
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        sentence = str(error).partition(":")[0] if "ended" in str(error) else str(error)
        raise DeployError(masked("\n".join([sentence, *lines]))) from None
    process.returncode = 0  # it stays: nothing waits for it here
    return process.pid, url


def run_to_end(root: Path, command: tuple[str, ...], variables: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Run a command in a folder; raises DeployError where it fails, what it printed below."""
    environment = {**_kept(), **variables, **secrets}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        told = masked(f"{done.stdout}{done.stderr}".rstrip())
        raise DeployError(f"{' '.join(command)} ended with {done.returncode}\n{told}".rstrip())


def forward(file: Path, log: Path) -> tuple[int, str]:
    """Start what hands connections on to the port that a file names, and return its process and URL."""
    port = free_port()
    command = [sys.executable, "-S", str(Path(__file__).with_name("forwarder.py")), str(port), str(file)]
    with log.open("a") as output:
        process = subprocess.Popen(
            command, cwd=log.parent, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    process.returncode = 0  # it stays: nothing waits for it here
    url = f"http://127.0.0.1:{port}"
    with httpx2.Client(trust_env=False) as client:
        for _ in range(3000):
            with suppress(httpx2.TransportError):
                client.get(f"{url}/ping")
                return process.pid, url
            time.sleep(0.02)
    raise DeployError(f"{url} does not forward: see {log}")


def alive(pid: int) -> bool:
    """Tell whether a process runs."""
    with suppress(OSError):
        os.waitpid(pid, os.WNOHANG)
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def stop(pid: int) -> None:
    """End a process of ours, and return when it has ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.01)
    if alive(pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _kept() -> dict[str, str]:
    """Return what a container has of the environment here: nothing of the service."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}
