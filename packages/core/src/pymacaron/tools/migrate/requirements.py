"""What an old service installs: distributions that ended, moved or went on, and those that it needs now."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pymacaron.tools.migrate.folder import OldService
from pymacaron.tools.migrate.records import Edit, Finding, OldFile

__all__ = ["missing_requirements", "old_requirements"]

NEXT = {
    "nose": "pytest",
    "pynose": "pytest",
    "pymacaron": "pymacaron>=3",
    "pymacaron-async": "pymacaron-async>=3",
    "pymacaron-aws": "pymacaron-aws>=3",
    "pymacaron-core": "pymacaron>=3",
    "pymacaron-docker": "pymacaron-docker>=3",
    "pymacaron-dynamodb": "pymacaron-aws>=3",
    "pymacaron-gcp": "pymacaron-gcp>=3",
    "pymacaron-unit": "pymacaron-testing>=3",
}
"""Old distributions, and what to install now."""

_BOUND = r"\s*(?:===|==|>=|~=|<=|!=|<|>)\s*[\w.*+!-]+"
_REQUIREMENT = re.compile(
    rf"(?<![\w./@=-])(?P<name>nose|pynose|pymacaron(?:[-_](?:async|aws|core|docker|dynamodb|gcp|unit))?)"
    rf"(?P<extras>\[[\w, -]+\])?(?P<bound>{_BOUND}(?:\s*,{_BOUND})*)?(?![\w./@=-]|\[)",
)
_PIPFILE = re.compile(r"""^(?P<name>["']?[\w-]+["']?)\s*=\s*(?P<quote>["'])(?P<bound>[^"']*)(?P=quote)""")
_PIP = re.compile(r"\b(pip3?|pipenv) install\b")
_LISTED = re.compile(r"\b(install_requires|tests_require|dependencies)\s*=")
_NEW = re.compile(r"[~>]=\s*[3-9]")


def old_requirements(service: OldService) -> Iterator[Finding]:
    """Find lines that ask for distributions of PyMacaron 1 and 2, or for nose."""
    for file in service.requirements:
        for number, line in enumerate(file.lines, 1):
            if file.path.name == "Pipfile":
                yield from _of_pipfile(file, number, line)
            else:
                yield from _of_line(file, number, line.split("#")[0], _beginning(file, line))
    for file in service.commands:
        for number, line in enumerate(file.lines, 1):
            if found := _PIP.search(line):
                yield from _of_line(file, number, line, found.end())


def _beginning(file: OldFile, line: str) -> int:
    """Return where the requirements of a line begin; its end where it holds names of another kind."""
    if file.path.suffix in (".in", ".txt"):
        return 0
    if found := _LISTED.search(line):
        return found.end()
    bare = line.strip().strip(",").strip("\"'")
    return 0 if (match := _REQUIREMENT.match(bare)) and match.end() == len(bare) else len(line)


def _of_line(file: OldFile, number: int, line: str, start: int = 0) -> Iterator[Finding]:
    for found in _REQUIREMENT.finditer(line, start):
        if _NEW.search(found["bound"] or ""):
            continue
        new = NEXT[found["name"].replace("_", "-")]
        text = new.replace(">=", f"{found['extras'] or ''}>=")
        if start and "'" not in line and '"' not in line and ">" in text:
            text = f"'{text}'"
        offset = file.starts[number - 1]
        edit = Edit(file.path, offset + found.start(), offset + found.end(), text)
        if not start and line.strip() == found[0] and _stands(file, new, number):
            edit = file.replaced(number, None)
        yield _finding(file, number, found[0].strip(), new, edit)


def _stands(file: OldFile, new: str, number: int) -> bool:
    """Tell whether an earlier line asks for the same already, or will."""
    name = new.partition(">")[0]
    earlier = (found for line in file.lines[: number - 1] for found in _REQUIREMENT.finditer(line.split("#")[0]))
    asked = any(NEXT[found["name"].replace("_", "-")] == new for found in earlier)
    return asked or any(re.match(rf"{name}\s*([~>]=\s*[3-9]|$)", line) for line in file.lines)


def _of_pipfile(file: OldFile, number: int, line: str) -> Iterator[Finding]:
    found = _PIPFILE.match(line)
    name = found["name"].strip("\"'").replace("_", "-") if found else ""
    if found and name in NEXT and not _NEW.search(found["bound"]):
        new, _, bound = NEXT[name].partition(">=")
        text = f'{new} = "{">=" + bound if bound else "*"}"'
        offset = file.starts[number - 1]
        yield _finding(file, number, name, NEXT[name], Edit(file.path, offset, offset + found.end(), text))


def _finding(file: OldFile, line: int, old: str, new: str, edit: Edit) -> Finding:
    told = f"'{old}' is of PyMacaron 2" if "pymacaron" in old else f"tests are run by pytest now, not by '{old}'"
    return Finding(file.path, line, "requirement", "error", told, f"ask for '{new}'", (edit,))


def missing_requirements(service: OldService) -> Iterator[Finding]:
    """Find distributions that the service uses and requirements.txt does not name, as they came with another one."""
    file = next((file for file in service.files if file.path == service.root / "requirements.txt"), None)
    if file is None or "pymacaron" not in file.text:
        return
    for name, reason in _needed(service):
        if not re.search(rf"^{name}\b", file.text, re.MULTILINE | re.IGNORECASE):
            edit = file.appended(f"{name}>=3")
            told = f"{reason} needs {name}, which is a distribution of its own"
            yield Finding(file.path, 1, "requirement-missing", "error", told, f"add '{name}>=3'", (edit,))


def _needed(service: OldService) -> Iterator[tuple[str, str]]:
    modules = {node.module for _, tree in service.trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    documents = " ".join(document.file.text for document in service.documents)
    if "pymacaron.auth" in modules or "pymacaron.auth." in documents:
        yield "pymacaron-auth", "'pymacaron.auth'"
    if any(config.data.get("with_async") for config in service.configs):
        yield "pymacaron-async", "'with_async'"
