"""A service in a git repository, with a target and a builder that serve without an engine, and `pym` as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CANARY = "canary-4711-never-shown"

FILES = {
    "pym-config.yaml": """
name: shop
deploy_target: fake
image_builder: fake
live_timeout: 4
lock_seconds: 60
keep_releases: 2
release_command: [python, migrate.py]
env_secrets: [SHOP_KEY]
shop_api_key: SHOP_KEY
plugins:
  local: [fakes]
""",
    "fakes.py": """
import os
from pathlib import Path

from pymacaron import hookimpl
from pymacaron_testing.fakes import fake_builder, fake_target

HOME = Path(os.environ["FAKE_HOME"])


@hookimpl
def pym_deploy_targets():
    return [fake_target(HOME, ready=float(os.environ.get("FAKE_READY", "10")))]


@hookimpl
def pym_image_builders():
    return [fake_builder(HOME)]


@hookimpl
def pym_before_deploy(release):
    tell(f"before {release.id}")
    if (HOME / "frozen").exists():
        raise RuntimeError("frozen")


@hookimpl
def pym_after_deploy(release, outcome):
    tell(f"after {release.id} {outcome.status} {outcome.live} {outcome.step}".rstrip())


def tell(line):
    with (HOME / "told.txt").open("a") as file:
        file.write(line + "\\n")
""",
    "apis/shop.yaml": """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /hello:
    get:
      x-bind-server: shop.hello
      responses:
        "200":
          description: A greeting.
          content:
            application/json:
              schema: {type: object, required: [greeting], properties: {greeting: {type: string}}}
""",
    # What the image of a real service would serve, as small as it starts fast.
    "server.py": """
import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODE = open("mode.txt").read().strip()
RELEASE = os.environ["PYM_RELEASE"]
ASKED = []
if MODE == "crash":
    sys.exit("the shop has burnt down, its key was " + os.environ["SHOP_KEY"])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        ASKED.append(self.path)
        # A release that is wrong when it is live was the right one when it was staged, and asked for three times.
        right = ASKED.count("/version") <= {"wrong-release": 0, "wrong-live": 3}.get(MODE, 1000)
        answers = {
            "/ping": {}, "/ready": {},
            "/version": {"release": RELEASE if right else "another"},
            "/hello": {"greeting": 1 if MODE == "violation" else MODE},
        }
        known = self.path in answers and not (MODE == "unready" and self.path == "/ready")
        body = json.dumps(answers.get(self.path, {})).encode()
        self.send_response(200 if known else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


print("serving", RELEASE, flush=True)
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
""",
    "migrate.py": """
import os
from pathlib import Path

assert os.environ["PYM_RELEASE"]
""",
    "mode.txt": "fine\n",
    "test/test_unit.py": "def test_that_it_adds_up():\n    assert 1 + 1 == 2\n",
    "testaccept/test_hello.py": """
import json, os, urllib.request
from pathlib import Path


def test_that_it_greets():
    home = Path(os.environ["FAKE_HOME"])
    with (home / "accepted.txt").open("a") as file:
        file.write("once\\n")
    if (home / "reject").exists():
        count = len((home / "accepted.txt").read_text().splitlines())
        assert count != int((home / "reject").read_text()), "rejected"
    url = f"http://{os.environ['PYM_SERVER_HOST']}:{os.environ['PYM_SERVER_PORT']}/hello"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url) as answer:
        assert json.load(answer)["greeting"] not in ("rude",)
""",
}


@dataclass
class Shop:
    """The repository, the folder of the fakes, and what commands run with."""

    root: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def commit(self, files: dict[str, str] | None = None, message: str = "Change") -> str:
        """Write files, commit all, and return the id of the commit."""
        for name, text in (files or {}).items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.lstrip("\n"))
        self.git("add", "-A")
        self.git("commit", "-qm", message, "--allow-empty")
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments: str) -> str:
        """Run git."""
        return subprocess.run(
            ["git", "-C", str(self.root), *arguments], capture_output=True, text=True, check=True
        ).stdout

    def start(self, *arguments: str, root: Path | None = None, **environment: str) -> subprocess.Popen[str]:
        """Start `pym`."""
        return subprocess.Popen(
            [sys.executable, "-m", "pymacaron", *arguments],
            cwd=root or self.root,
            env={**os.environ, **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pym(self, *arguments: str, root: Path | None = None, code: int | None = 0, **environment: str) -> str:
        """Run `pym` to its end, see how it ended, and return what it printed."""
        process = self.start(*arguments, root=root, **environment)
        printed, _ = process.communicate(timeout=120)
        assert code is None or process.returncode == code, printed
        return printed

    def deploy(self, version: str, *arguments: str, code: int | None = 0) -> str:
        """Deploy what is committed as a version."""
        return self.pym("deploy", "--version", version, *arguments, code=code)

    def fast(self, version: str, *arguments: str, code: int | None = 0) -> str:
        """Deploy without tests of the service."""
        return self.deploy(version, "--no-test", "--no-unittest", *arguments, code=code)

    def short_lock(self, seconds: int = 4) -> None:
        """Commit that the lock of a deploy that died counts for a few seconds."""
        text = (self.root / "pym-config.yaml").read_text()
        self.commit({"pym-config.yaml": text.replace("lock_seconds: 60", f"lock_seconds: {seconds}")})

    def mark(self, name: str, text: str) -> None:
        """Write a file that the fakes, or the tests of the service, look for."""
        (self.home / name).write_text(text)

    def serving(self) -> int:
        """Return how many processes serve a release or an image."""
        count = 0
        for path in Path("/proc").glob("[0-9]*/cwd"):
            with suppress(OSError):
                count += path.readlink().is_relative_to(self.home / "images")
        return count

    def calls(self, moment: str) -> list[str]:
        """Return what was called of the fakes, by the beginning of it."""
        path = self.home / "calls.txt"
        return [line for line in path.read_text().splitlines() if line.startswith(moment)] if path.exists() else []

    def told(self) -> list[str]:
        """Return what the plugin of the service was told."""
        return (self.home / "told.txt").read_text().splitlines()

    def releases(self) -> dict[str, str]:
        """Return the state of each release, newest first."""
        return {one["id"]: one["state"] for one in json.loads(self.pym("releases", "--json"))}

    def live(self) -> str:
        """Return the release that the live URL answers, "" where nothing does."""
        try:
            url = json.loads((self.home / "forwarder.json").read_text())["url"]
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/version") as answer:
                return str(json.load(answer)["release"])
        except OSError:
            return ""

    def journal(self, release: str) -> list[dict[str, Any]]:
        """Return the lines of a journal."""
        text = (self.root / ".pym" / "deploys" / f"{release}.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def end_processes(self) -> None:
        """End what the fakes started."""
        for name in ("releases", "forwarder"):
            path = self.home / f"{name}.json"
            data = json.loads(path.read_text()) if path.exists() else {}
            for pid in [one["pid"] for one in data.values()] if name == "releases" else [data.get("pid")]:
                if pid:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Give the service, committed and never deployed."""
    root, home = tmp_path / "shop", tmp_path / "fakes"
    root.mkdir()
    home.mkdir()
    made = Shop(root, home, {"FAKE_HOME": str(home), "SHOP_KEY": CANARY})
    made.git("init", "-q", "-b", "main")
    made.git("config", "user.name", "Shop")
    made.git("config", "user.email", "shop@example.com")
    made.commit(FILES)
    try:
        yield made
    finally:
        made.end_processes()
