"""The snippets of the documentation of PyMacaron 1 and 2, found by file and number and told apart by a hash.

Their text is not ours, so it is read from where it lies: `PYM_OLD_DOCS_DIR`, else the folder `shared/old-docs` beside
the repository. Lines of it are lost; a test fills in what it needs of them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from architecture import ROOT

FOLDER = Path(os.environ.get("PYM_OLD_DOCS_DIR") or ROOT.parent / "shared" / "old-docs")
PAGE = ROOT / "docs" / "how-to" / "migrate-from-pymacaron-2.md"

Outcome = Literal["runs", "replaced", "no code"]

CODE = re.compile(
    r"(import|from \w+ import|from [\w.]+ import|def|class|with|return|raise|print) ?\S.*"
    r"|if \S+:|\$ .*|#.*|RUN .*|[├└│|].*|(pipenv|cd|docker|apt-get|python|pym(?!acaron )\w+) \S[^.]*|pip install .*"
    r"|(run_acceptance_tests|deploy_pipeline).*|cd \S+|[\w.'\[\]]+ ?= ?\S.*|[\w.]+\(.*|\"\w+\": .*|[a-z_]+: [^ ]+"
    r"|Authorization: .*|sudo .*"
)


@dataclass(frozen=True)
class Snippet:
    """One snippet: the lines `first` to `last` of a file, and what became of it."""

    file: str
    number: int
    first: int
    last: int
    digest: str
    outcome: Outcome

    def __str__(self) -> str:
        return f"{self.file}-{self.number}-{self.outcome.replace(' ', '-')}"

    @property
    def text(self) -> str:
        """The lines; AssertionError where they are not those that the test was written for."""
        text = "\n".join(lines(self.file)[self.first - 1 : self.last]) + "\n"
        assert digest(text) == self.digest, f"{self}: the lines are others, with the hash {digest(text)}"
        return text

    def filled(self, lost: Mapping[str, str]) -> str:
        """The lines, with what was lost behind those that begin so."""
        found = self.text.split("\n")
        for beginning, text in lost.items():
            index = next(index for index, line in enumerate(found) if line.strip().startswith(beginning))
            found.insert(index + 1, text)
        return "\n".join(found)


TABLE: list[Snippet] = []


def snippet(
    file: str, number: int, first: int, last: int, digest: str, outcome: Outcome
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a snippet into the table, with the test of it, which gets it as `old`."""
    entry = Snippet(file, number, first, last, digest, outcome)
    TABLE.append(entry)
    return pytest.mark.parametrize("old", [entry], ids=str)


def files() -> list[str]:
    """Name the pages that are there."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def lines(file: str) -> list[str]:
    """Return the lines of a page."""
    return (FOLDER / f"{file}.txt").read_text(encoding="utf-8").split("\n")


def digest(text: str) -> str:
    """Return the hash by which a snippet is known."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def like_code(line: str) -> bool:
    """Tell whether a line is no prose."""
    return CODE.fullmatch(line.strip()) is not None
