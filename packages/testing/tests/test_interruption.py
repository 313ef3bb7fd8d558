"""`pym test` that is told to end: the tests put away what they made, and no process is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FILES = {
    "pym-config.yaml": "name: pets\n",
    "apis/pets.yaml": "{openapi: 3.1.0, info: {title: Pets, version: '1'}, paths: {}}",
    "testaccept/test_pets.py": """
import time

import pytest


@pytest.fixture
def made():
    with open("told", "w") as told:
        yield told
        print("put away", file=told, flush=True)


def test_that_lasts(made, pym_server):
    pym_server()
    print("made", file=made, flush=True)
    while True:
        time.sleep(0.1)
""",
}


@pytest.mark.parametrize(
    ("number", "everybody", "code"),
    [(signal.SIGINT, True, 1), (signal.SIGTERM, False, 143), (signal.SIGHUP, False, 129)],
    ids=["Ctrl-C", "SIGTERM", "a closed terminal"],
)
def test_who_is_told_to_end_leaves_nothing_behind(
    laid: Callable[..., Path], number: signal.Signals, everybody: bool, code: int
) -> None:
    root = laid(FILES)
    os.mkfifo(root / "told")
    command = [sys.executable, "-m", "pymacaron", "test"]
    with subprocess.Popen(
        command, cwd=root, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        with (root / "told").open() as told:
            assert told.readline() == "made\n"
            (os.killpg if everybody else os.kill)(process.pid, number)
            assert told.read() == "put away\n"
        assert process.wait(60) == code
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
