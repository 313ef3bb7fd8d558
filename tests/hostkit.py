"""A service in a git repository that `pym deploy` brings to a real Docker engine, behind a real proxy."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

import dockerkit
from base_image import base_image
from ports import free_port
from pymacaron_docker.pipeline.steps import STEPS
from pymacaron_docker.target.calls import HostEngine

CANARY = "canary-77b0d1c4-do-not-tell"


def each_step(sample: str) -> list[Any]:
    """Return parameters for each step of a deploy: one is run always, the others for endurance."""
    others = [step.name for step in STEPS if step.name != sample]
    return [sample, *(pytest.param(step, marks=pytest.mark.endurance) for step in others)]


DOCUMENT = """
openapi: 3.1.0
info: {title: Stand, version: "1"}
paths:
  /hello:
    get:
      x-bind-server: stand.hello
      responses:
        "200":
          description: A greeting.
          content: {application/json: {schema: {type: object, required: [greeting]}}}
"""

CODE = """
def hello():
    return {"greeting": "hello"}
"""

ACCEPTANCE = """
import json, os, urllib.request


def test_that_it_greets():
    with open(os.environ["ACCEPTED"], "a+") as file:
        file.write("once\\n")
        file.seek(0)
        assert len(file.readlines()) != int(os.environ.get("REJECT", "0")), "rejected"
    url = f"http://{os.environ['PYM_SERVER_HOST']}:{os.environ['PYM_SERVER_PORT']}/hello"
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
        assert json.load(answer) == {"greeting": "hello"}
"""

FILES = {
    "apis/stand.yaml": DOCUMENT,
    "stand.py": CODE,
    "testaccept/test_hello.py": ACCEPTANCE,
    "test/test_unit.py": "def test_that_leaves_a_file():\n    open('left-behind', 'w').close()\n",
}


@dataclass
class Stand:
    """The repository, the engine, and what commands run with."""

    root: Path
    engine: HostEngine
    settings: dict[str, Any]
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name of its environment."""
        return f"{self.settings['name']}-live"

    @property
    def url(self) -> str:
        """The URL of its proxy."""
        return f"http://127.0.0.1:{self.settings['docker_proxy_port']}"

    def commit(self, files: Mapping[str, str] | None = None, **settings: Any) -> str:
        """Write files and the settings, with these changed, and commit them."""
        text = yaml.safe_dump({**self.settings, **settings})
        for name, content in {"pym-config.yaml": text, **FILES, **(files or {})}.items():
            dockerkit.write(self.root, {name: content})
        dockerkit.git(self.root, "add", "-A")
        dockerkit.git(self.root, "commit", "-q", "--allow-empty", "-m", "A change")
        return dockerkit.git(self.root, "rev-parse", "HEAD")

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `pym`."""
        accepted = self.root.parent / "accepted"
        accepted.unlink(missing_ok=True)
        return subprocess.Popen(
            [dockerkit.PYM, *arguments],
            cwd=self.root,
            env={**os.environ, **self.variables, "ACCEPTED": str(accepted), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pym(self, *arguments: str, code: int | None = 0, **variables: str) -> str:
        """Run `pym` to its end, see how it ended, and return what it printed."""
        process = self.start(*arguments, **variables)
        printed, _ = process.communicate(timeout=300)
        assert code is None or process.returncode == code, printed
        return printed

    def fast(self, version: str, *arguments: str, code: int | None = 0) -> str:
        """Deploy what is committed as a version, without tests of the service."""
        return self.pym("deploy", "--version", version, "--no-test", "--no-unittest", *arguments, code=code)

    def kill_after(self, step: str, *arguments: str) -> None:
        """Deploy, and have it killed as soon as a step has ended."""
        process = self.start("deploy", "--json", *arguments)
        assert process.stdout
        for line in process.stdout:
            assert line.startswith("{"), line
            event = json.loads(line)
            if event["event"] == "step" and event["step"] == step:
                process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL, f"{step} never ended"
        process.stdout.close()

    def states(self) -> dict[str, str]:
        """Return the state of each release, newest first."""
        return {one["id"]: one["state"] for one in json.loads(self.pym("releases", "--json"))}

    def live(self) -> str:
        """Return the release that the proxy answers with, "" where it answers none."""
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/version", timeout=60) as answer:
            return str(json.load(answer)["release"])
        return ""

    def containers(self) -> list[str]:
        """Return the release and role, or the part, of every container of the environment that runs."""
        found = [one.labels for one in self.engine.with_labels(environment=self.label) if one.running]
        return sorted(
            f"{one['pymacaron.release']} {one['pymacaron.role']}" if "pymacaron.role" in one else one["pymacaron.part"]
            for one in found
        )

    def journal(self, release: str) -> list[dict[str, Any]]:
        """Return the lines of a journal."""
        text = (self.root / ".pym" / "deploys" / f"{release}.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]


def wait_until(happened: Any, what: str, seconds: float = 60) -> None:
    """Wait until something happened."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextmanager
def stand(
    factory: pytest.TempPathFactory, name: str, wheels: tuple[str, ...] = ("core", "auth", "async")
) -> Iterator[Stand]:
    """Give a service that was never deployed, and remove all that is left of it on the engine."""
    shared, folder = dockerkit.shared(factory), factory.mktemp(name)
    with dockerkit.engine(shared), dockerkit.alone(shared, "base"):
        engine = HostEngine()
        dockerkit.needs("debootstrap", "debootstrap")
        base = base_image(engine)
        own = f"{name}{uuid4().hex[:8]}"
        settings = {
            "name": own,
            "docker_base": base,
            "docker_wheels": "wheels",
            "docker_proxy_image": dockerkit.proxy(engine, base, f"{own}/proxy:1"),
            "docker_proxy_address": "127.0.0.1",
            "docker_proxy_port": free_port(),
            "docker_start_timeout": 60,
            "docker_ready_timeout": 60,
            "live_timeout": 10,
            "keep_releases": 2,
            "env_secrets": ["STAND_KEY"],
            "stand_key": "STAND_KEY",
        }
        made = Stand(folder / "service", engine, settings, {"STAND_KEY": CANARY})
        made.root.mkdir()
        dockerkit.git(made.root, "init", "-q")
        shutil.copytree(dockerkit.wheels(shared, wheels), made.root / "wheels")
        (made.root / ".gitignore").write_text("wheels\n")
        made.commit()
    try:
        with dockerkit.engine(shared):
            yield made
    finally:
        with dockerkit.engine(shared):
            dockerkit.clear(engine, made.label)
            for image in engine.api.images(filters={"reference": [own, f"{own}/*"]}):
                for tag in image["RepoTags"] or ():
                    engine.api.remove_image(tag, noprune=True)
            engine.close()
