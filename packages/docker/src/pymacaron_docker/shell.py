"""A shell, or one command, in a container of its own: this terminal joined to that of the container."""

from __future__ import annotations

import os
import select
import shutil
import socket
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import click

from pymacaron_docker.engine import Container, Engine

__all__ = ["open_shell"]


def open_shell(engine: Engine, image: str, command: tuple[str, ...], labels: dict[str, str]) -> int:
    """Run a command, `sh` where it is empty, until it ends; returns its exit code."""
    joined = sys.stdin.isatty() and sys.stdout.isatty()
    container = engine.create(
        Container(image=image, command=command or ("sh",), labels=labels, healthy=False, terminal=joined)
    )
    try:
        if joined:
            _join(engine, container)
        else:
            engine.start(container)
            for line in engine.logs(container, follow=True):
                click.echo(line)
        return engine.wait(container)
    finally:
        engine.remove(container)


def _join(engine: Engine, container: str) -> None:
    """Hand on what is typed, and show what comes back, until the container closes its end."""
    with engine.attached(container) as far, _raw():
        engine.start(container)
        size = shutil.get_terminal_size()
        engine.resize(container, size.lines, size.columns)
        while _handed_on(far):
            pass


def _handed_on(far: socket.socket) -> bool:
    ready, _, _ = select.select([far, sys.stdin], [], [])
    if sys.stdin in ready:
        far.sendall(os.read(sys.stdin.fileno(), 4096))
    if far in ready:
        text = far.recv(4096)
        os.write(sys.stdout.fileno(), text)
        return bool(text)
    return True


@contextmanager
def _raw() -> Iterator[None]:
    """Hand every key on as it is typed."""
    before = termios.tcgetattr(sys.stdin)
    tty.setraw(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
