"""The examples run: their own tests pass, and the shop does in the modern way what its document says."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ports import free_port
from pymacaron_testing.loaded import LoadedService

MOST_SECONDS = 5
"""Of processor time for `pym test`, all processes and the tests included."""
EXAMPLES = Path(__file__).parents[1] / "examples"


@contextmanager
def served(root: Path, *command: str) -> Iterator[dict[str, str]]:
    """Start a service and yield the environment in which its acceptance tests find it."""
    port = free_port()
    process = subprocess.Popen([sys.executable, *command, "--port", str(port)], cwd=root)
    try:
        for _ in range(1200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield {**os.environ, "PYM_SERVER_HOST": "127.0.0.1", "PYM_SERVER_PORT": str(port)}
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.parametrize("command", [("server.py",), ("-m", "pymacaron", "serve")], ids=["server.py", "pym serve"])
def test_helloworld_passes_its_acceptance_tests(command: tuple[str, ...]) -> None:
    root = EXAMPLES / "helloworld"
    with served(root, *command) as environment:
        tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "testaccept"]
        subprocess.run(tests, cwd=root, env=environment, check=True)


@pytest.mark.parametrize("example", ["helloworld", "shop"])
def test_an_example_passes_its_unit_tests(example: str) -> None:
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test"]
    subprocess.run(tests, cwd=EXAMPLES / example, check=True, env={**os.environ, "PYTHONPATH": "."})


def test_the_shop_passes_its_acceptance_tests_and_carries_the_header_of_its_own_plugin() -> None:
    root = EXAMPLES / "shop"
    with served(root, "-m", "pymacaron", "run", "--no-reload") as environment:
        tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "testaccept"]
        subprocess.run(tests, cwd=root, env=environment, check=True)


def pym_in(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `pym` in the folder of an example."""
    return subprocess.run([sys.executable, "-m", "pymacaron", *arguments], cwd=root, capture_output=True, text=True)


@pytest.mark.parametrize("example", ["helloworld", "shop"])
def test_pym_test_exercises_all_of_an_example_by_pytest_and_by_unittest(example: str, tmp_path: Path) -> None:
    results, started = tmp_path / "junit.xml", resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["test", "--min-coverage", "100", "--junit-xml", str(results), "--", "-p", "no:cacheprovider"]
    done = pym_in(EXAMPLES / example, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Contract: 100 % exercised" in done.stdout
    classes = {case.get("classname", "").rpartition(".")[2] for case in ElementTree.parse(results).iter("testcase")}
    assert any(name.startswith("Test") for name in classes)
    assert any(name.startswith("test_") for name in classes)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.ru_utime + ended.ru_stime - started.ru_utime - started.ru_stime < MOST_SECONDS


def test_pym_fuzz_finds_nothing_in_the_shop() -> None:
    done = pym_in(EXAMPLES / "shop", "fuzz", "--max-time", "8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " requests to 4 operations, seed 0" in done.stdout


def test_the_shop_runs_the_command_the_setting_and_the_check_of_its_own_plugin() -> None:
    def pym(*arguments: str) -> str:
        command = [sys.executable, "-m", "pymacaron", *arguments]
        return subprocess.run(command, cwd=EXAMPLES / "shop", capture_output=True, text=True, check=True).stdout

    assert pym("prices") == "prices are in SEK\n"
    assert "ok: shop currency" in pym("doctor")
    assert "shop.plugins" in pym("plugins")
    assert "shop_currency" in pym("config", "docs")


def test_both_examples_live_in_one_process(pym_service: Callable[..., LoadedService]) -> None:
    hello, shop = (pym_service(EXAMPLES / name) for name in ("helloworld", "shop"))
    assert hello.client.get("/v1/hello").json == {"message": "Hello world!"}
    assert b'"currency":"SEK"' in shop.client.get("/api/items").data
