"""Starting again on a change: a parent that keeps the socket, and a child that serves on it and watches files."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from pymacaron.outside import run_again
from pymacaron.servers.address import taken
from pymacaron.text import shown

__all__ = ["AGAIN", "Watcher", "files_below", "inherited_socket", "is_child", "is_restarted", "keep_serving"]

log = logging.getLogger(__name__)

AGAIN = 3
"""The exit code of a child that wants to be started again."""

SOCKET = "PYM_RELOAD_SOCKET"
RESTARTED = "PYM_RELOAD_RESTARTED"
SUFFIXES = (".py", ".yaml", ".yml", ".json")


def keep_serving(host: str, port: int) -> NoReturn:
    """Run the command line of this process as a child, again after every change; ends with the child's exit code.

    The socket stays open meanwhile: a caller waits for the next child rather than being refused. Raises StartError
    where the port is taken.
    """
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise taken(host, port, error) from None
    descriptor = listening.fileno()
    code = run_again(descriptor, {SOCKET: str(descriptor)})
    while code == AGAIN:
        code = run_again(descriptor, {SOCKET: str(descriptor), RESTARTED: "yes"})
    sys.exit(code)


def is_child() -> bool:
    """Return whether this process serves on the socket of a parent."""
    return SOCKET in os.environ


def is_restarted() -> bool:
    """Return whether a child served before this one."""
    return RESTARTED in os.environ


def inherited_socket() -> int | None:
    """Return the descriptor of the parent's socket."""
    return int(os.environ[SOCKET]) if is_child() else None


class Watcher:
    """Looks twice a second whether a file changed, came or went, and calls a function once when one did."""

    def __init__(self, files: Callable[[], Iterator[Path]], on_change: Callable[[], object]) -> None:
        self.changed: Path | None = None
        self._files = files
        self._on_change = on_change
        self._seen = self._stamps()
        threading.Thread(target=self._watch, name="pym-watcher", daemon=True).start()

    def _watch(self) -> None:
        pause = threading.Event()
        while self.changed is None:
            pause.wait(0.5)
            stamps = self._stamps()
            differing = stamps.items() ^ self._seen.items()
            self.changed = min(path for path, _ in differing) if differing else None
        log.warning("%s changed: starting again", shown(self.changed))
        self._on_change()

    def _stamps(self) -> dict[Path, int]:
        stamps = {}
        for path in self._files():
            try:
                stamps[path] = path.stat().st_mtime_ns
            except OSError:
                continue
        return stamps


def files_below(root: Path) -> Iterator[Path]:
    """Yield the code, documents and settings of a folder, but not what is hidden or belongs to an environment."""
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not _foreign(Path(folder, name))]
        yield from (Path(folder, name) for name in files if name.endswith(SUFFIXES))


def _foreign(folder: Path) -> bool:
    return folder.name.startswith((".", "__")) or folder.name == "node_modules" or (folder / "pyvenv.cfg").exists()
