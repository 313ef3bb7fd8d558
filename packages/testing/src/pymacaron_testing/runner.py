"""The one module of pymacaron-testing that starts other processes: a service, an image of one, pytest, schemathesis."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import httpx2

from pymacaron.deploy import Started
from pymacaron.exceptions import StartError

__all__ = [
    "ended_by_signals",
    "free_port",
    "image_served",
    "pytest_in",
    "schemathesis_in",
    "served",
    "wait_until_ready",
]

IMAGE_PORT = 8080
PORTS = range(20000, 32768)

LAST_LINES = 30
LAST_BYTES = 1 << 16
POLL_SECONDS = 0.05
STOP_SECONDS = 10
INTERRUPTED_SECONDS = 2
UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"


class Process(Protocol):
    """What was started: `poll()` returns None while it runs, else the code that it ended with."""

    def poll(self) -> int | None:
        """Tell whether it has ended."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """End by SystemExit where a signal would end this process at once, so that what it started ends before it."""
    taken = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL]

    def end(number: int, frame: object) -> None:
        for each in taken:
            signal.signal(each, signal.SIG_IGN)  # a second one would leave running what is being ended
        sys.exit(128 + number)

    for each in taken:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, and that is given to nobody else for a minute.

    It is none of those that Linux gives to whoever asks for any, and a connection that was closed there stays in
    TIME_WAIT: a server can listen on the port (SO_REUSEADDR) but nobody can take it as one that is free.
    """
    while True:
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port := secrets.choice(PORTS)))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.listen()
            with socket.create_connection(("127.0.0.1", port)):
                listener.accept()[0].close()
            return port


@contextmanager
def served(root: Path, env: str | None, seconds: float) -> Iterator[Started]:
    """Serve the service of a folder in a process of its own, and give its URL and its log once it is ready.

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
    with tempfile.TemporaryFile() as log, _process(command, root, log) as process:
        try:
            wait_until_ready(url, seconds, process)
        except StartError as error:
            told = "\n".join(line.removeprefix("Error: ") for line in _end_of(log).splitlines())
            raise StartError(f"{error}\n{told}".rstrip()) from None
        yield Started(url, lambda: _end_of(log))


@contextmanager
def _process(command: Sequence[str], root: Path, log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}  # what handlers print is in the log while it runs
    process = subprocess.Popen(command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_of(log: IO[bytes]) -> str:
    """Return the last lines of a log that is being written: its position, which the writer shares, stays."""
    size = os.fstat(log.fileno()).st_size
    end = os.pread(log.fileno(), LAST_BYTES, max(0, size - LAST_BYTES))
    return "\n".join(end.decode(errors="replace").splitlines()[-LAST_LINES:])


@dataclass(frozen=True)
class Container:
    """A container of the Docker engine that the command `docker` talks to."""

    id: str

    def poll(self) -> int | None:
        """Return None while it runs, else the code that it ended with."""
        running, code = docker("inspect", "-f", "{{.State.Running}} {{.State.ExitCode}}", self.id).split()
        return None if running == "true" else int(code)

    @property
    def url(self) -> str:
        """Where its service listens; raises StartError where it has ended."""
        return f"http://{docker('port', self.id, f'{IMAGE_PORT}/tcp').splitlines()[0]}"

    def logs(self) -> str:
        """Return the end of what it printed."""
        return docker("logs", "--tail", str(LAST_LINES), self.id)


@contextmanager
def image_served(image: str, env: str | None, secrets: Sequence[str], seconds: float) -> Iterator[Started]:
    """Run an image of a service that listens on port 8080, give it once it is ready, and remove the container.

    It gets the variables of this environment that `secrets` names, and `env` as PYM_ENV. Raises StartError, with the
    end of its log, where it is not ready in time.
    """
    known = [argument for name in secrets if name in os.environ for argument in ("-e", name)]
    known += ["-e", f"PYM_ENV={env}"] if env else []
    container = Container(docker("run", "-d", "-p", f"127.0.0.1::{IMAGE_PORT}", *known, image).strip())
    try:
        try:
            ended = container.poll()
            if ended is not None:
                raise StartError(f"the service ended with {ended} before it was ready")
            url = container.url
            wait_until_ready(url, seconds, container)
        except StartError as error:
            raise StartError(f"{error}\n{container.logs()}".rstrip()) from None
        yield Started(url, container.logs)
    finally:
        docker("rm", "-f", "-v", container.id)


def docker(*arguments: str) -> str:
    """Return what the command `docker` prints; raises StartError with the last thing that it complains of."""
    try:
        done = subprocess.run(
            ["docker", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise StartError("--image needs the command docker: install Docker's client") from None
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line and not line.startswith("Run '")]
        raise StartError(f"docker {arguments[0]} ended with {done.returncode}: {(told or ['it tells nothing'])[-1]}")
    return done.stdout + (done.stderr if arguments[0] == "logs" else "")


def wait_until_ready(url: str, seconds: float, process: Process | None = None, *, verify_ssl: bool = True) -> None:
    """Return as soon as /ready answers 200; raises StartError after so many seconds, or when the process has ended."""
    end = time.monotonic() + seconds
    told = "nobody answers"
    with httpx2.Client(timeout=5, verify=verify_ssl and url.startswith("https:"), trust_env=False) as client:
        while time.monotonic() < end:
            if process is not None and process.poll() is not None:
                raise StartError(f"the service ended with {process.poll()} before it was ready")
            try:
                status = client.get(f"{url}/ready").status_code
            except httpx2.TransportError as error:
                if UNTRUSTED in str(error):
                    raise StartError(f"{url}: {error}: mend its certificate, or take any by --no-ssl-check") from None
            else:
                if status == 200:
                    return
                told = f"/ready says {status}"
            time.sleep(POLL_SECONDS)
    raise StartError(
        f"{url} was not ready within {seconds:g} s ({told}): see its log, or give it more by --start-timeout"
    )


def pytest_in(
    root: Path,
    folder: str,
    environment: Mapping[str, str],
    arguments: Sequence[str],
    tell: Callable[[str], None] | None = None,
) -> int:
    """Run the tests of a folder with pytest and return its exit code.

    It prints to this terminal, or each line goes to `tell`.
    """
    command = [sys.executable, "-m", "pytest", folder, *arguments]
    pipe = subprocess.PIPE if tell else None
    with subprocess.Popen(
        command, cwd=root, env={**os.environ, **environment}, stdout=pipe, stderr=pipe and subprocess.STDOUT, text=True
    ) as process:
        try:
            for line in process.stdout or ():
                (tell or print)(line.rstrip())
            return process.wait()
        except BaseException as error:
            _interrupt(process, told=isinstance(error, KeyboardInterrupt))
            raise


def _interrupt(process: subprocess.Popen[str], *, told: bool) -> None:
    """Let a process put things away and end, as Ctrl-C does, which a terminal has `told` to it too."""
    if not told:
        process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()


def schemathesis_in(root: Path, arguments: Sequence[str], environment: Mapping[str, str], end: float) -> str | None:
    """Run schemathesis in a folder until `end`, a time of time.monotonic(), at most.

    Returns None where it found nothing or something, and what it printed last where it could not work.
    """
    command = [sys.executable, "-m", "schemathesis.cli", *arguments]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command,
            cwd=root,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
        )
        try:
            code = _waited(process, end)
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        return None if code in (0, 1, None) else "".join(log.readlines()[-LAST_LINES:])


def _waited(process: subprocess.Popen[str], end: float) -> int | None:
    """Return the code that a process ends with, None where it is told to stop at `end`, and has little time to."""
    with suppress(subprocess.TimeoutExpired):
        return process.wait(max(0.0, end - time.monotonic()))
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(INTERRUPTED_SECONDS)
    return None
