"""What tests of pymacaron-aws share: machines inside this process, targets of a service of files, releases."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pymacaron.config import load_config, read_config_file
from pymacaron.deploy import Environment, Image, Release
from pymacaron.plugins.collect import Hooks
from pymacaron.plugins.manager import PluginManager
from pymacaron_aws.beanstalk import BeanstalkTarget
from pymacaron_testing.emulators.aws import AwsEmulators
from pymacaron_testing.emulators.beanstalk import Bundle, LaunchError, Running

PLUGINS = Hooks(PluginManager({}))


@dataclass
class Machines:
    """Machines that answer with their variables; images called broken do not start, and sick ones are never ready."""

    bundles: list[Bundle] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=lambda: ["web-1  | started", "web-1  | ready", "worker-1  | waits"])
    failures: int = 0

    def start(self, bundle: Bundle) -> Running:
        self.bundles.append(bundle)
        image = bundle.services["web"]["image"]
        self.failures -= 1
        if "broken" in image or self.failures >= 0:
            raise LaunchError("the process ended with 1\nImportError: no module named shop")
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
        vars(server).update(variables=dict(bundle.variables), sick="sick" in image)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        self.running.append(bundle.environment)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            self.running.remove(bundle.environment)

        return Running(server.server_address[1], lambda: "\n".join(self.lines), stop)


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        sick = vars(self.server)["sick"] and self.path == "/ready"
        body = json.dumps(vars(self.server)["variables"]).encode()
        self.send_response(503 if sick else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
        pass


def prepare(emulators: AwsEmulators) -> None:
    beanstalk = emulators.client("elasticbeanstalk")
    beanstalk.create_application(ApplicationName="shop")
    beanstalk.create_storage_location()


Open = Callable[..., Any]


def target_of(
    folder: Path, name: str = "live", roles: Mapping[str, tuple[str, ...]] | None = None, **settings: Any
) -> Any:
    told: list[str] = []
    environment = Environment("shop", name, folder, config_of(folder, **settings), roles or {}, tell=told.append)
    target = BeanstalkTarget(environment)
    vars(target)["told"] = told
    return target


def config_of(folder: Path, **settings: Any) -> Any:
    given = {"name": "shop", "aws_user": "shop-deployer", "aws_timeout_minutes": 1, **settings}
    (folder / "pym-config.yaml").write_text(json.dumps(given))
    return load_config(read_config_file(folder, None), PLUGINS.config_sections(), secrets="ignored")


def release(name: str, image: str = "shop", environment: str = "shop-live") -> Release:
    return Release(name, name, "0123abc", Image(f"repo/{image}:{name}", "sha256:0", "0123abc"), environment)


def get(url: str, path: str = "/version") -> dict[str, Any]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", path)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return answer


def states(target: Any) -> dict[str, str]:
    """Return the state of each release."""
    return {one.id: one.state for one in target.observe().releases}


def nothing(url: str) -> None:
    """Verify nothing."""


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
            except OSError as error:
                self.failed.append(repr(error))
                connection.close()
            if not keeps:
                connection.close()
            time.sleep(self._pause)
        connection.close()
