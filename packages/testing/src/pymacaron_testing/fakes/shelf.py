"""The folder behind the fakes: what was called, what is to go wrong, and the processes that serve."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymacaron.exceptions import DeployError

__all__ = ["Shelf"]


class Shelf:
    """A folder that outlives the process which writes it, as an engine or a cloud does.

    - `calls.txt` has a line for each moment, such as "stage begin 1.0".
    - A file `kill` with such a moment, as "stage begin", kills the process there, once.
    - A file `fail-stage` lets that method fail with its text, until it is removed.
    - A file `touch` with "stage end\\tPATH" makes a file there, so that a test can wait for a moment.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def moment(self, name: str, about: str = "") -> None:
        """Write a moment down; raises DeployError, or kills this process, where a test wants that."""
        with (self.folder / "calls.txt").open("a", encoding="utf-8") as file:
            file.write(f"{name} {about}".rstrip() + "\n")
        kill = self.folder / "kill"
        if kill.exists() and kill.read_text(encoding="utf-8").strip() == name:
            kill.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        method, _, when = name.partition(" ")
        fail = self.folder / f"fail-{method}"
        if when == "begin" and fail.exists():
            raise DeployError(fail.read_text(encoding="utf-8"))

    def calls(self, moment: str = "") -> list[str]:
        """Return the moments so far, those that begin with a text."""
        path = self.folder / "calls.txt"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [line for line in lines if line.startswith(moment)]

    def read(self, name: str) -> dict[str, Any]:
        """Return the JSON object of a file, {} where there is none."""
        path = self.folder / f"{name}.json"
        if not path.exists():
            return {}
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return data

    def write(self, name: str, data: Mapping[str, Any]) -> None:
        """Replace the JSON object of a file, at once."""
        fresh = self.folder / f"{name}.{os.getpid()}.new"
        fresh.write_text(json.dumps(data), encoding="utf-8")
        fresh.replace(self.folder / f"{name}.json")
