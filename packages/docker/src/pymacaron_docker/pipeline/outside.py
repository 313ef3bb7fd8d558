"""All that the pipeline itself does outside: pytest, other commands of `pym`, and requests to a release."""

from __future__ import annotations

import getpass
import importlib.util
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from pymacaron.exceptions import DeployError

__all__ = [
    "answer_of",
    "has_module",
    "holder",
    "release_at",
    "run_again_in",
    "run_told",
    "utc_now",
]

NONE: Mapping[str, str] = MappingProxyType({})
REQUEST_SECONDS = 5
STOP_SECONDS = 5
LAST_LINES = 30


def holder() -> str:
    """Return who deploys, for people: user, host and process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()} (process {os.getpid()})"


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def run_again_in(arguments: Sequence[str], environment: dict[str, str]) -> NoReturn:
    """Become `pym` with other arguments: the process stays the same, with nothing imported."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "pymacaron", *arguments]
    os.execve(command[0], command, {**os.environ, **environment})  # noqa: S606 - there is no shell in it


def has_module(name: str) -> bool:
    """Tell whether a module can be imported, without doing so."""
    return importlib.util.find_spec(name) is not None


def run_told(command: Sequence[str], folder: Path, tell: Callable[[str], None]) -> tuple[int, list[str]]:
    """Run a command in a folder, tell each line that it prints, and return its exit code and its last lines."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                tell(line.rstrip())
                lines = [*lines[1 - LAST_LINES :], line.rstrip()]
            return process.wait(), lines
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def release_at(url: str, headers: Mapping[str, str] = NONE) -> str:
    """Return the release that answers at a URL; raises DeployError where nothing does, or no PyMacaron service."""
    return str(answer_of(f"{url.rstrip('/')}/version", headers).get("release", ""))


def answer_of(url: str, headers: Mapping[str, str] = NONE) -> dict[str, Any]:
    """Return the JSON object that a URL answers to a request with some headers; raises DeployError."""
    request = urllib.request.Request(url, headers={"Connection": "close"})  # noqa: S310 - a target gave it
    for name, text in headers.items():
        request.add_unredirected_header(name, text)
    try:
        with _direct().open(request, timeout=REQUEST_SECONDS) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        raise DeployError(f"{url} answers {error.code}") from error
    except (OSError, ValueError) as error:
        raise DeployError(f"{url} does not answer as it should: {error}") from error
    if not isinstance(found, dict):
        raise DeployError(f"{url} answers no JSON object")
    return found


def _direct() -> urllib.request.OpenerDirector:
    """Return what opens URLs without the proxy of the environment: a release on this host is not behind it."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
