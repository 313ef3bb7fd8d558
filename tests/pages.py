"""Run the code blocks of a Markdown page, in order, as one reader types them into a shell in a fresh clone.

    bash, sh            runs, and has to end with 0
    console             each line `$ command` runs; what it prints is compared, `...` standing for anything
    python              runs as a program of its own, with warnings as errors
    yaml, json, toml    is parsed
    text                is for the reader only

A line that holds nothing but a file's name, `like.this` in backticks, turns the next block into that file, where the
shell is. `cd` counts for what follows on the page; variables do not. A block
under `<!-- tested by PATH -->` is left to that file of the repository, which has to mention the page.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

TIMEOUT = 300
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"\**`(?P<path>[\w./][\w./-]*(\.\w+|file))`\**:?")
TESTED = re.compile(r"<!-- tested by (?P<path>\S+) -->")
PARSERS: dict[str, Callable[[str], object]] = {"yaml": yaml.safe_load, "json": json.loads, "toml": tomllib.loads}


@dataclass(frozen=True)
class Block:
    """A code block, with the line above it that may name its file or its test."""

    language: str
    text: str
    line: int
    above: str


def blocks(page: str) -> Iterator[Block]:
    """Find the code blocks of a page; a fence that is not understood is an AssertionError, lest its code never runs."""
    fences = [match.start() for match in re.finditer(r"^ *```", page, re.MULTILINE)]
    assert len(fences) == 2 * len(FENCE.findall(page)), "a fence is three backticks and one word, or three alone"
    for match in FENCE.finditer(page):
        above = page[: match.start()].rstrip().rpartition("\n")[2].strip()
        yield Block(match["language"], textwrap.dedent(match["text"]), page.count("\n", 0, match.start()) + 1, above)


def commands(transcript: str) -> Iterator[tuple[str, str]]:
    """Find the commands of a `console` block, each with what it is said to print."""
    for step in re.split(r"^\$ ", transcript, flags=re.MULTILINE)[1:]:
        command, _, expected = step.partition("\n")
        yield command, expected


def run_page(page: Path, folder: Path, root: Path) -> None:
    """Run every block of a page in `folder`; AssertionError names the line of the one that fails."""
    with _processes(folder) as shell:
        for block in blocks(page.read_text(encoding="utf-8")):
            try:
                if tested := TESTED.fullmatch(block.above):
                    assert page.name in (root / tested["path"]).read_text(), f"{tested['path']} knows no {page.name}"
                else:
                    _try(block, shell)
            except Exception as error:
                raise AssertionError(f"{page}:{block.line}: {error}") from None


def _try(block: Block, shell: Shell) -> None:
    parse = PARSERS.get(block.language, str)
    parse(block.text)
    if file := FILE.fullmatch(block.above):
        path = shell.place / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    elif block.language in ("bash", "sh"):
        shell.run(block.language, "-euc", _and_tell_where(block.text))
    elif block.language == "python":
        shell.run(sys.executable, "-W", "error", "-c", block.text)
    elif block.language == "console":
        _compare(block.text, shell)
    else:
        assert block.language in (*PARSERS, "text"), f"a block is no {block.language or 'block without a language'}"


def _and_tell_where(command: str) -> str:
    """Return a command that leaves the folder where it ended in the file that PLACE names."""
    return f'trap "pwd > $PLACE" EXIT\n{command}'


def _compare(transcript: str, shell: Shell) -> None:
    for command, expected in commands(transcript):
        printed = shell.run("bash", "-euc", _and_tell_where(command), shown=bool(expected.strip())).strip()
        pattern = re.escape(expected.strip()).replace(re.escape("..."), ".*?")
        assert re.fullmatch(pattern, printed, re.DOTALL), f"$ {command}\nexpected:\n{expected}\nprinted:\n{printed}"


@dataclass
class Shell:
    """Runs commands one after the other; `place` is the folder that the next one starts in."""

    place: Path
    started: list[int]

    def run(self, *command: str, shown: bool = False) -> str:
        """Run a command and return what it prints; AssertionError where it fails, unless its message is `shown`."""
        # A file, not a pipe: a server that stays in the background would hold a pipe open.
        with tempfile.TemporaryFile("w+") as output, tempfile.NamedTemporaryFile("r") as place:
            process = subprocess.Popen(
                command,
                cwd=self.place,
                env={**_environment("--target" in command[-1]), "PLACE": place.name},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.started.append(process.pid)
            status = process.wait(TIMEOUT)
            output.seek(0)
            printed = output.read()
            self.place = Path(place.read().strip() or self.place)
        # A reader who is shown the message of a failure expects the failure.
        assert status == 0 or shown, f"ended with {status}:\n{printed}"
        return printed


@contextmanager
def _processes(folder: Path) -> Iterator[Shell]:
    """Give a shell; what it leaves running, such as a server, ends with the page."""
    shell = Shell(folder, [])
    try:
        yield shell
    finally:
        for group in shell.started:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        for process in Path("/proc").glob("[0-9]*"):  # what outlives its command by design, as a release does
            with suppress(OSError):
                if (process / "cwd").readlink().is_relative_to(folder):
                    os.kill(int(process.name), signal.SIGKILL)


def _environment(elsewhere: bool) -> dict[str, str]:
    """Put our own commands first; pip resolves and builds what a page installs, but leaves the environment alone.

    What a page installs into a folder of its own, by --target, is installed.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PIP_DRY_RUN": str(int(not elsewhere)), "PIP_NO_BUILD_ISOLATION": "0"}
