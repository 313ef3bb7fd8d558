"""Releases on the emulator of Cloud Run in containers: a whole life, under load, with a `kill -9`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import dockerkit
from base_image import base_image
from cloudkit import get
from gcpkit import SECRET, SECRETS, deploy, prepare, release, target_of
from pymacaron.exceptions import DeployError
from pymacaron_testing.emulators.cloudrun import CloudRun, DockerContainers

SERVER = """
import json, os, signal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if os.environ.get("BROKEN"):
    raise SystemExit("the shelf is gone")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"release": os.environ["PYM_RELEASE"], "key": os.environ["SHOP_KEY"][-4:]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    request_queue_size = 128


Server(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
"""
DEPLOY = """
import sys
from pathlib import Path
from gcpkit import SECRETS, deploy, release, target_of

deploy(target_of(Path(sys.argv[1]), **SECRETS), release("3", reference=sys.argv[2]))
"""


def docker(*arguments: str, text: str | None = None) -> str:
    command = [dockerkit.needs("docker", "docker.io"), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=True).stdout.strip()


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Return an image that serves, and one that ends."""
    dockerkit.needs("docker", "docker.io")
    dockerkit.needs("debootstrap", "debootstrap")
    shared = dockerkit.shared(tmp_path_factory)
    name = f"pymacaron-test-gcp-{uuid.uuid4().hex[:8]}"
    command = json.dumps(["python3", "-c", f"exec({json.dumps(SERVER)})"])
    with dockerkit.engine(shared) as engine:
        with dockerkit.alone(shared, "base"):
            base = base_image(engine)
        for tag, more in (("good", ""), ("broken", "ENV BROKEN=1\n")):
            text = f"FROM {base}\n{more}CMD {command}\n"
            docker("build", "--quiet", "--tag", f"{name}:{tag}", "-", text=text)
        yield f"{name}:good", f"{name}:broken"
        docker("image", "rm", "--force", f"{name}:good", f"{name}:broken")


@pytest.fixture
def emulator(images: tuple[str, str]) -> Iterator[CloudRun]:
    label = f"cloud-run-{uuid.uuid4().hex[:8]}"
    with CloudRun(containers=DockerContainers(label)) as running, prepare(running).apply():
        yield running
    assert docker("ps", "--all", "--quiet", "--filter", f"label=pymacaron.emulator={label}") == ""


def test_a_whole_life_in_containers_loses_no_request_and_goes_on_after_a_kill(
    emulator: CloudRun, tmp_path: Path, images: tuple[str, str]
) -> None:
    good, broken = images
    target = target_of(tmp_path, {"worker": ("sleep", "99")}, gcp_deploy_timeout=30, **SECRETS)
    url = deploy(target, release("1", reference=good))
    assert get(url) == {"release": "1", "key": SECRET[-4:]}
    counted, done = {"1": 0, "2": 0, "3": 0}, threading.Event()
    failures: list[str] = []
    callers = [threading.Thread(target=_load, args=(url, counted, failures, done)) for _ in range(2)]
    for caller in callers:
        caller.start()
    deploy(target, release("2", reference=good))
    with pytest.raises(DeployError, match=r"(?s)did not start.*the shelf is gone"):
        target.stage(release("3", reference=broken))
    target.discard("3")
    target.rollback("1")
    _kill_a_deploy(emulator, tmp_path, good)
    deploy(target, release("3", reference=good))
    done.set()
    for caller in callers:
        caller.join()
    assert failures == []
    assert all(counted.values()), counted
    with pytest.raises(DeployError, match="it is 3"):
        target.run(
            release("3", reference=good),
            ("python3", "-c", "import os; raise SystemExit('it is ' + os.environ['PYM_RELEASE'])"),
        )
    assert len(target.prune(1)) == 2
    assert {one.id: one.state for one in target.observe().releases} == {"3": "live"}


def _kill_a_deploy(emulator: CloudRun, folder: Path, image: str) -> None:
    """Begin to deploy release 3 in a process of its own, and kill that when the revision is being started."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    process = subprocess.Popen([sys.executable, "-c", DEPLOY, str(folder), image], env=environment)
    emulator.calls.clear()
    end = time.monotonic() + 60
    while "run.services.update" not in emulator.calls and time.monotonic() < end:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL


def _load(url: str, counted: dict[str, int], failures: list[str], done: threading.Event) -> None:
    while not done.is_set():
        try:
            counted[get(url)["release"]] += 1
        except (OSError, ValueError) as error:
            failures.append(repr(error))
