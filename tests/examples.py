"""Which hooks, settings, commands, error codes and `x-` attributes the pages show in an example, and on which page.

An example is a block that tests/pages.py runs with its output compared: a `python` block that asserts, or a command of
a `console` block that shows what is printed. A file that a page writes, by a block or a shell, belongs to the
comparing blocks behind it on the page. What runs elsewhere (`<!-- tested by PATH -->`), or without a comparison, is
none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from architecture import ROOT
from pages import FILE, TESTED, Block, blocks, commands

__all__ = ["PAGES", "Shown", "page_showing", "shown"]

GENERATED = ("hooks", "settings", "commands", "error-codes", "extensions", "headers")
PAGES = [
    page
    for page in (ROOT / "README.md", *sorted(ROOT.glob("packages/*/README.md")), *sorted(ROOT.glob("docs/**/*.md")))
    if page.parent != ROOT / "docs" / "reference" or page.stem not in GENERATED
]


@dataclass(frozen=True)
class Shown:
    """The examples of one page: texts that are run and compared, command lines among them, and files they stand on."""

    compared: str
    commands: str
    files: tuple[tuple[str, str], ...]

    def holds(self, kind: str, name: str) -> bool:
        """Tell whether one of the examples shows a hook, setting, command, error code or attribute."""
        judges = {
            "hook": self._hook,
            "setting": self._setting,
            "command": self._command,
            "error code": self._code,
            "attribute": self._attribute,
        }
        return judges[kind](name)

    def _hook(self, name: str) -> bool:
        """Tell whether a function that implements the hook is run."""
        return self._written(rf"def {name}\(")

    def _setting(self, key: str) -> bool:
        """Tell whether a pym-config.yaml that a comparison stands on sets the key, or a comparison names it."""
        *above, last = key.split(".")
        if any("pym-config" in path and _has(yaml.safe_load(text), (*above, last)) for path, text in self.files):
            return True
        return bool(re.search(rf"config(\(\))?\.{re.escape(key)}\b|\b{re.escape(key)}: .*pym-config", self.compared))

    def _command(self, path: str) -> bool:
        """Tell whether the command is run: `pym deploy unlock`, with any options between the words."""
        words = r"(?:\s+-\S+(?:[ =][^\s-]\S*)?)*?\s+".join(map(re.escape, path.split()))
        return bool(re.search(rf"\b{words}(?![\w-])", self.commands))

    def _code(self, name: str) -> bool:
        """Tell whether the error is among what is compared, here or in a test that the page runs."""
        return self._said(rf"\b{name}\b")

    def _attribute(self, name: str) -> bool:
        """Tell whether a document has the attribute."""
        return self._written(rf"(?<![\w-]){name}(?![\w-])")

    def _written(self, pattern: str) -> bool:
        return any(re.search(pattern, text) for text in (self.compared, *(text for _, text in self.files)))

    def _said(self, pattern: str) -> bool:
        tests = [text for path, text in self.files if Path(path).name.startswith("test_")]
        return any(re.search(pattern, text) for text in (self.compared, *tests))


@cache
def page_showing(kind: str, name: str) -> Path | None:
    """Return the first page with an example of something."""
    return next((page for page in PAGES if shown(page).holds(kind, name)), None)


@cache
def shown(page: Path) -> Shown:
    """Return the examples of a page."""
    found = list(blocks(page.read_text(encoding="utf-8")))
    compared, typed, files = [], [], []
    for index, block in enumerate(found):
        if TESTED.fullmatch(block.above):
            continue
        if file := FILE.fullmatch(block.above):
            if any(map(_compares, found[index + 1 :])):
                files.append((file["path"], block.text))
        elif block.language == "python" and _compares(block):
            compared.append(block.text)
            typed += re.findall(r"\[(\"pym\".*)\]", block.text)
        elif block.language in ("bash", "sh") and any(map(_compares, found[index + 1 :])):
            files.append(("a shell", block.text))
        elif block.language == "console":
            for command, expected in commands(block.text):
                if _says(expected):
                    compared.append(f"{command}\n{expected}")
                    typed.append(command)
    return Shown("\n".join(compared), "\n".join(typed), tuple(files))


def _compares(block: Block) -> bool:
    if TESTED.fullmatch(block.above) or FILE.fullmatch(block.above):
        return False
    if block.language == "console":
        return any(_says(expected) for _, expected in commands(block.text))
    return block.language == "python" and bool(re.search(r"^\s*assert ", block.text, re.MULTILINE))


def _says(expected: str) -> bool:
    """Tell whether an output is compared: `...` alone is anything."""
    return bool(expected.strip(" .\n"))


def _has(data: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return False
        data = data[key]
    return True
