"""The one module of core that starts other processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["git", "run_again"]


def git(root: Path, *arguments: str) -> str | None:
    """Return what git prints for a folder, or None where there is no git, no repository, or no commit."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


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
