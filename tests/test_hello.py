"""The first command of README.md serves examples/helloworld."""

from __future__ import annotations

import configparser
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from architecture import ROOT
from pages import blocks
from ports import free_port


def test_the_command_ends_in_the_server_of_the_example() -> None:
    commands = [block.text for block in blocks((ROOT / "README.md").read_text())]
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    assert commands[0].endswith("tox -e hello\n")
    assert tox["testenv:hello"]["change_dir"] == "examples/helloworld"
    assert tox["testenv:hello"]["commands"] == "python server.py {posargs:--port 8080}"


def test_the_example_answers_and_prints_where(tmp_path: Path) -> None:
    port = free_port()
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-u", "server.py", "--port", str(port)]
        server = subprocess.Popen(command, cwd=ROOT / "examples" / "helloworld", stdout=log, stderr=log)
        try:
            assert answer(f"http://127.0.0.1:{port}/ping", server).strip() == b"{}"
        finally:
            server.terminate()
            server.wait(timeout=30)
    printed = (tmp_path / "log").read_text()
    assert f"http://127.0.0.1:{port}" in printed
    assert "curl " in printed


def answer(url: str, server: subprocess.Popen[bytes]) -> bytes:
    """Ask until the server answers; whatever else happens is an error."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(url, timeout=5) as response:
                body: bytes = response.read()
                return body
        except URLError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
