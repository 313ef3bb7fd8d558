"""The one module of core that starts other processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

__all__ = ["Beside", "git", "run_again"]


def git(root: Path, *arguments: str) -> str | None:
    """Return what git prints for a folder, or None where there is no git, no repository, or no commit."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


class Beside:
    """A Python beside this one; its standard input is a pipe that ends when this process does, however it ends."""

    def __init__(self, arguments: Sequence[str], root: Path, environment: Mapping[str, str]) -> None:
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=root,
            env={**os.environ, "PYM_BESIDE": "1", **environment},
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def ended(self) -> tuple[float, int]:
        """Wait for the end; return how many seconds it ran, and its exit code."""
        code = self._process.wait()
        return time.monotonic() - self._began, code

    def terminate(self) -> None:
        """Send a TERM."""
        self._process.terminate()

    def kill(self) -> None:
        """End it and what it started, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def ends_within(self, seconds: float) -> bool:
        """Wait for the end; return whether it came in time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def run_again(descriptor: int, environment: Mapping[str, str]) -> int:
    """Run the command line of this process as a child that inherits a file, and return its exit code.

    TERM is passed on; Ctrl-C reaches the child by the terminal, or after 5 s as TERM.
    """
    command = [sys.executable, *sys.orig_argv[1:]]
    child = subprocess.Popen(command, env={**os.environ, **environment}, pass_fds=[descriptor])
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            _wait_or_terminate(child)


def _wait_or_terminate(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.terminate()
