"""What tests of emulated clouds share: releases that answer inside this process, and callers of them."""

from __future__ import annotations

import faulthandler
import http.client
import json
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pymacaron.config import load_config, read_config_file
from pymacaron.deploy import Lock, Target
from pymacaron.exceptions import LockedError
from pymacaron.plugins.collect import Hooks
from pymacaron.plugins.manager import PluginManager

PLUGINS = Hooks(PluginManager({}))


class Answers:
    """A server that answers with variables, on a port of its own; where it is unready, /ready fails."""

    def __init__(self, variables: Mapping[str, str], *, unready: bool) -> None:
        self._server = _Server(("127.0.0.1", 0), _Answering)
        self._server.variables, self._server.unready = dict(variables), unready
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.port = int(self._server.server_address[1])

    def drain(self) -> None:
        """Be unready from now on."""
        self._server.unready = True

    def stop(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    variables: dict[str, str]
    unready: bool


class _Answering(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        variables = self.server.variables
        answer = {**variables, "release": variables.get("PYM_RELEASE"), "variables": variables}
        answer["headers"] = {name.lower(): text for name, text in self.headers.items()}
        body = json.dumps(answer).encode()
        self.send_response(503 if self.server.unready and self.path == "/ready" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
        pass


def written_config(folder: Path, settings: Mapping[str, Any]) -> Any:
    """Write pym-config.yaml of a service called shop, and return the configuration."""
    (folder / "pym-config.yaml").write_text(json.dumps({"name": "shop", **settings}))
    return load_config(read_config_file(folder, None), PLUGINS.config_sections(), secrets="ignored")


def get(url: str, path: str = "/version") -> dict[str, Any]:
    """Return what a URL answers. Without an answer in a minute, this tells what all threads do."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port or 80, timeout=60)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        content = reply.read()
    except TimeoutError:
        faulthandler.dump_traceback(2)
        raise
    finally:
        connection.close()
    try:
        answer: dict[str, Any] = json.loads(content)
    except ValueError:
        raise ValueError(f"{reply.status} {content.decode(errors='replace')}") from None
    return answer


def nothing(url: str) -> None:
    """Verify nothing."""


def locked_at_once(targets: Sequence[Target]) -> tuple[list[str], list[str]]:
    """Have each target take the lock at the same time; return the tokens of those who got it, and of the refused."""
    won: list[str] = []
    refused: list[str] = []
    start = threading.Barrier(len(targets))

    def take(target: Target, token: str) -> None:
        now = datetime.now(UTC)
        start.wait()
        try:
            target.lock(Lock(f"holder {token}", token, now, now + timedelta(minutes=1)))
            won.append(token)
        except LockedError:
            refused.append(token)

    threads = [threading.Thread(target=take, args=(one, str(number))) for number, one in enumerate(targets)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won, refused


class Load:
    """Threads that call a URL until they are told to stop: half on one connection each, half on a new one each time.

    `releases` are those that answered, `pause` the seconds between two calls of a thread.
    """

    def __init__(self, url: str, threads: int = 4, pause: float = 0.002) -> None:
        self.host = url.removeprefix("http://")
        self._pause = pause
        self.served: dict[int, int] = {}
        self.failed: list[str] = []
        self.releases: set[str] = set()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(number % 2 == 0,)) for number in range(threads)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _call(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection(self.host, timeout=60)
        while not self._stop.is_set():
            try:
                connection.request("GET", "/version")
                answer = connection.getresponse()
                content = answer.read()
                body = json.loads(content) if answer.status == 200 else {}
                self.releases |= {body["release"]} if "release" in body else set()
                self.served[answer.status] = self.served.get(answer.status, 0) + 1
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                connection.close()
            if not keeps:
                connection.close()
            time.sleep(self._pause)
        connection.close()
