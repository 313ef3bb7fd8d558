"""What tests of background tasks share: brokers of their own, a service with tasks, and workers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
import yaml
from werkzeug.test import TestResponse

from ports import free_port

RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""RabbitMQ itself: what Debian puts into PATH changes the user and the folders."""


class Redis:
    """A Redis of our own, which can be stopped, frozen and killed; `fsync` writes every command to disk."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[str] | None = None
        self._keeping = ["--appendonly", "yes", "--appendfsync", "always"] if fsync else ["--appendonly", "no"]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        server = shutil.which("redis-server")
        if server is None:
            pytest.skip("needs redis-server: apt-get install redis-server")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([server, *options, *self._keeping], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert any("Ready to accept connections" in line for line in self.process.stdout)

    def send(self, number: int) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it, and wait until it has ended."""
        if self.process is not None:
            self.send(signal.SIGCONT)
            self.send(number)
            self.process.communicate(timeout=60)
            self.process = None


class Rabbit:
    """A RabbitMQ of our own, with its own Erlang port mapper, on loopback addresses alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self._mapper, self._peers = free_port(), free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the server and its tools."""
        (self.folder / "plugins").write_text("[].\n")
        return {
            **os.environ,
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"pym{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._peers),
            "ERL_EPMD_PORT": str(self._mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def start(self) -> None:
        """Start it, and wait until it answers."""
        if not RABBIT.exists():
            pytest.skip("needs rabbitmq-server: apt-get install rabbitmq-server")
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [RABBIT], env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
        wait_until(lambda: "Starting broker... completed" in (self.folder / "output").read_text())

    def send(self, number: int) -> None:
        """Send a signal to the server and what it started."""
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it, and wait until it has ended."""
        if self.process is None:
            return
        self.send(signal.SIGCONT)
        self.send(number)
        self.process.wait(60)
        self.process = None
        # What started the server may be gone before it, which takes connections until it is.
        wait_until(lambda: not self._listens(), 60)
        (self.folder / "output").write_text("")

    def _listens(self) -> bool:
        with socket.socket() as one:
            one.settimeout(1)
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def control(self, *arguments: str) -> None:
        """Give a command to the running server."""
        cookie = (self.folder / ".erlang.cookie").read_text()
        command = [str(RABBIT.with_name("rabbitmqctl")), "-n", self.environment["RABBITMQ_NODENAME"]]
        subprocess.run(
            [*command, "--erlang-cookie", cookie, *arguments], env=self.environment, check=True, capture_output=True
        )

    def stop_mapper(self) -> None:
        """End the port mapper that the server left."""
        subprocess.run(["epmd", "-kill"], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def told(reply: TestResponse) -> Any:
    """Return the JSON of a reply."""
    return reply.get_json()


def wait_until(condition: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something is so; AssertionError where it is not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)


@contextmanager
def served(root: Path, *command: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a server; give its URL and its process."""
    base = f"http://127.0.0.1:{(port := free_port())}"
    with (root / "server.log").open("wb") as log:
        arguments = [sys.executable, *command, "--port", str(port)]
        process = subprocess.Popen(arguments, cwd=root, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until(lambda: answered(f"{base}/ping"))
        yield base, process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)


def answered(url: str, body: object = None) -> bytes:
    """Return the answer of a server, nothing where it does not answer."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, {"Content-Type": "application/json"}), timeout=60) as reply:
            found: bytes = reply.read()
            return found
    except (URLError, ConnectionError):
        return b""


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "components": {
        "schemas": {
            "Item": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "price": {"type": "number"},
                    "bought": {"type": "string", "format": "date-time"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                },
            }
        }
    },
    "paths": {
        "/call/{name}": {
            "post": {
                "x-bind-server": "shop.call",
                "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {"type": "array"}}}},
                "responses": {
                    "200": {"description": "ok", "content": {"application/json": {"schema": {}}}},
                    "202": {"description": "queued", "content": {"application/json": {"schema": {}}}},
                },
            }
        }
    },
}

SHOP = """
import os
import signal
import time
from pathlib import Path

from flask import request

from pymacaron import get_config
from pymacaron.exceptions import PyMacaronException
from pymacaron.http.security import current_identity
from pymacaron_async import asynctask, current_task

LOG = Path(__file__).with_name("log")


def note(*words):
    with LOG.open("a") as log:
        log.write(" ".join(map(str, words)) + "\\n")


@asynctask
def write(*words):
    note("write", *words)


@asynctask
def double(number):
    return number * 2


@asynctask(delay=1)
def later(*words):
    note("later", *words, time.time())


@asynctask(delay=1, queue="mail")
def later_mail(*words):
    note("mail", *words)


@asynctask
def know():
    task = current_task()
    note("know", request.url, request.method, get_config().name, task.key == task.id, task.attempt)


@asynctask(retry=True, max_retries=2, backoff=0.1)
def stumble(secret):
    note("stumble", current_task().key)
    raise ValueError(secret)


@asynctask(retry=True, max_retries=2, backoff=0.1)
def recover():
    task = current_task()
    note("recover", task.attempt)
    if task.attempt < 3:
        raise ValueError("not yet")
    return task.attempt


@asynctask
def fail(secret):
    raise RuntimeError(secret)


@asynctask(max_retries=2)
def poison():
    note("poison")
    os.kill(os.getpid(), signal.SIGKILL)


@asynctask(max_retries=1)
def venom():
    note("venom", os.getppid())
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(30)


@asynctask(time_limit=1)
def stay():
    note("stay")
    time.sleep(60)


@asynctask
def sleep(seconds, *words):
    note("begin", *words)
    time.sleep(seconds)
    note("end", *words)
    return seconds


@asynctask
def crash(*words):
    note("begin", *words)
    if LOG.read_text().count("begin") == 1:
        os.killpg(0, signal.SIGKILL)
    note("end", *words)


@asynctask
def hold(*words):
    note("begin", *words)
    while not LOG.with_name("released").exists():
        time.sleep(0.02)
    note("end", *words)


@asynctask(unique=True)
def once(number):
    note("once", number)
    time.sleep(0.5)


@asynctask(on_commit=True)
def committed(*words):
    note("committed", *words)


@asynctask(queue="mail")
def mail(*words):
    note("mail", *words, current_task().queue)


def handle(*arguments):
    return double.queue(*arguments)


def fails(*words):
    committed(*words)
    raise PyMacaronException("no")


def call(body, name):
    found = globals()[name]
    return found(*body) or {}
"""


class Shop:
    """The folder of a service with tasks."""

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        self.root = root
        (root / "apis").mkdir(parents=True)
        (root / "apis" / "shop.yaml").write_text(yaml.safe_dump(DOCUMENT, sort_keys=False))
        (root / "pym-config.yaml").write_text(yaml.safe_dump({"name": "shop", **settings}, sort_keys=False))
        (root / "shop.py").write_text(SHOP)

    def lines(self, word: str = "") -> list[str]:
        """Return what tasks wrote, beginning with a word."""
        path = self.root / "log"
        found = path.read_text().splitlines() if path.exists() else []
        return [line for line in found if line.startswith(word)]

    @contextmanager
    def worker(self, *options: str) -> Iterator[Worker]:
        """Run a worker; it is killed where it is still there in the end."""
        worker = Worker(self.root, *options)
        try:
            wait_until(worker.is_ready)
            yield worker
        finally:
            worker.kill()

    def pym(self, *arguments: str) -> str:
        """Run a command of pym; return what it prints."""
        command = [sys.executable, "-m", "pymacaron", *arguments]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr


class Worker:
    """A process of `pym worker`, in a session of its own."""

    def __init__(self, root: Path, *options: str) -> None:
        self.log = root / f"worker-{time.monotonic_ns()}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pymacaron", "worker", *(options or ("--concurrency", "2"))],
                cwd=root,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """Everything that it wrote."""
        return self.log.read_text()

    def is_ready(self) -> bool:
        """Tell whether it takes tasks; AssertionError where it ended."""
        ready = " ready." in self.said
        assert ready or self.process.poll() is None, self.said
        return ready

    def terminate(self, seconds: float = 60) -> int:
        """Send a TERM and wait; return the exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def kill(self) -> None:
        """Kill it with all its processes."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)
