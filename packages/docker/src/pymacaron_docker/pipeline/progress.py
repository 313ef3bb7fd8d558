"""Progress: the steps of a deploy as they go, live on a terminal, as plain lines elsewhere, as JSON for programs."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

import click

from pymacaron.log import masked
from pymacaron.text import printable

__all__ = ["JsonProgress", "Progress", "progress"]

NAME_WIDTH = 17
OUTCOME_WIDTH = 7
COLOURS = {"done": "green", "skipped": "yellow", "failed": "red"}


class Progress:
    """Plain lines: each step as it starts, what it tells, and its time."""

    def start(self, step: str) -> None:
        """Tell that a step starts."""
        click.echo(f"{step} ...")

    def line(self, text: str) -> None:
        """Tell a line of the step that runs."""
        click.echo(f"    {_clean(text)}")

    def end(self, step: str, outcome: str, seconds: float, note: str) -> None:
        """Tell how a step ended, and after how many seconds."""
        mark = click.style(f"{outcome:<{OUTCOME_WIDTH}}", fg=COLOURS[outcome])
        click.echo(f"{step:<{NAME_WIDTH}}  {mark} {seconds:6.1f} s  {_clean(note)}".rstrip())

    def say(self, text: str) -> None:
        """Tell something between the steps."""
        click.echo(_clean(text))

    def outcome(self, facts: dict[str, Any]) -> None:
        """Tell how the deploy ended."""
        if facts["status"] == "live" and "emulated" in facts:
            told = f"{facts['live']} was live at {facts['url']}, {facts['seconds']:.1f} s"
            click.echo(f"{click.style('rehearsed', fg='green')}: {told}; it ends with the emulated {facts['emulated']}")
        elif facts["status"] == "live":
            click.echo(
                f"{click.style('live', fg='green')}: {facts['live']} at {facts['url']}, {facts['seconds']:.1f} s"
            )
        elif facts["status"] == "pushed":
            click.echo(f"not deployed: {facts['release']} ends here, {facts['seconds']:.1f} s")


class LiveProgress(Progress):
    """On a terminal, the newest line of the step that runs stands behind its name, and goes when it ends."""

    def __init__(self) -> None:
        self._step = ""

    def start(self, step: str) -> None:
        """Show the step."""
        self._step = step
        self._show(f"{step} ...")

    def line(self, text: str) -> None:
        """Show the newest line."""
        self._show(f"{self._step:<{NAME_WIDTH}} {_clean(text)}")

    def end(self, step: str, outcome: str, seconds: float, note: str) -> None:
        """Put the outcome where the newest line stood."""
        self._show("")
        super().end(step, outcome, seconds, note)

    def _show(self, text: str) -> None:
        width = shutil.get_terminal_size().columns
        click.echo(f"\r\x1b[K{text[: width - 1]}", nl=False)


class JsonProgress(Progress):
    """One JSON object a line, each with its `event`; the last one is "outcome"."""

    def start(self, step: str) -> None:
        """Write a step that starts."""
        self._write(event="start", step=step)

    def line(self, text: str) -> None:
        """Write a line of output."""
        self._write(event="line", text=_clean(text))

    def end(self, step: str, outcome: str, seconds: float, note: str) -> None:
        """Write how a step ended."""
        self._write(event="step", step=step, outcome=outcome, seconds=round(seconds, 3), note=_clean(note))

    def say(self, text: str) -> None:
        """Write something between the steps."""
        self._write(event="note", text=_clean(text))

    def outcome(self, facts: dict[str, Any]) -> None:
        """Write how the deploy ended."""
        told = {name: masked(value) if isinstance(value, str) else value for name, value in facts.items()}
        self._write(event="outcome", **told)

    def _write(self, **facts: Any) -> None:
        click.echo(json.dumps(facts, ensure_ascii=False))


def progress(as_json: bool) -> Progress:
    """Return what tells of a deploy on this stdout."""
    if as_json:
        return JsonProgress()
    return LiveProgress() if sys.stdout.isatty() else Progress()


def _clean(text: str) -> str:
    return "\n    ".join(printable(line) for line in masked(text).splitlines())
