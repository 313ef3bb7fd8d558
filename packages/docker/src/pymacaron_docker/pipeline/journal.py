"""The journal of a deploy: a file of JSON lines below .pym/deploys, each on the disk before the deploy goes on."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymacaron.deploy.emulators import emulation_folder
from pymacaron.exceptions import DeployError, LockedError
from pymacaron.log import masked

__all__ = ["Entry", "Journal", "recent"]

FOLDER = Path(".pym", "deploys")


@dataclass
class Entry:
    """What a journal tells of a deploy."""

    release: str
    environment: str = ""
    version: str = ""
    commit: str = ""
    token: str = ""
    previous: str | None = None
    rolling_back: bool = False
    status: str = ""
    done: set[str] = field(default_factory=set)

    @property
    def finished(self) -> bool:
        """Whether the deploy came to an end from which nothing can go on."""
        return self.status in ("live", "rolled back")

    def add(self, line: dict[str, Any]) -> None:
        """Learn from a line."""
        match line:
            case {"event": "start"}:
                self.environment, self.version, self.commit = line["environment"], line["version"], line["commit"]
                self.status = ""
            case {"event": "lock"}:
                self.token = line["token"]
            case {"event": "promoting"}:
                self.previous = line["previous"]
            case {"event": "rolling back"}:
                self.rolling_back = True
            case {"event": "step", "outcome": "done"}:
                self.done.add(line["step"])
            case {"event": "end"}:
                self.status = line["status"]


class Journal:
    """A journal that is being written; the file is locked, so that one release is never deployed twice at once.

    Raises LockedError where another process of this machine writes it, and DeployError where the disk takes nothing.
    """

    def __init__(self, root: Path, release: str) -> None:
        folder = _folder(root)
        self.path = folder / f"{release}.jsonl"
        with _written(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            ignored = folder.parent / ".gitignore"
            if not ignored.exists():
                ignored.write_text("*\n")
            self._file = self.path.open("a", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise LockedError(
                f"{release} is being deployed from this folder by another process: wait for it"
            ) from error

    def write(self, event: str, **facts: Any) -> None:
        """Write a line, and return when it is on the disk."""
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        clean = {name: masked(value) if isinstance(value, str) else value for name, value in line.items()}
        with _written(self.path):
            self._file.write(json.dumps(clean, ensure_ascii=False) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def rename(self, release: str) -> None:
        """Give the journal the name of the release that it turned out to be about."""
        self.path = self.path.rename(self.path.with_name(f"{release}.jsonl"))

    def close(self) -> None:
        """Give the file up."""
        self._file.close()


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Tell in a sentence why a journal cannot be written: no deploy goes on without one."""
    try:
        yield
    except OSError as error:
        raise DeployError(
            f"the journal {path} cannot be written ({error.strerror}): mend that, then type 'pym deploy'"
        ) from error


def recent(root: Path, environment: str) -> Entry | None:
    """Return what the newest journal of an environment tells, or None where there is none."""
    return next((entry for entry in _entries(root) if entry.environment == environment), None)


def _entries(root: Path) -> Iterator[Entry]:
    paths = sorted(_folder(root).glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in paths:
        entry = Entry(path.stem)
        for line in path.read_text(encoding="utf-8").splitlines():
            if (data := _parsed(line)) is not None:
                entry.add(data)
        yield entry


def _folder(root: Path) -> Path:
    """Return where journals are: those of a rehearsal end with it, and `--resume` never takes them for others."""
    return (emulation_folder() or root) / FOLDER


def _parsed(line: str) -> dict[str, Any] | None:
    """Return a line's object; the last line of a process that was killed may be half."""
    try:
        data = json.loads(line)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None
