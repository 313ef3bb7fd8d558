"""The folder of an old service, sorted by what its files are: configuration, documents, Python, commands."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pymacaron.exceptions import ConfigError, SpecError
from pymacaron.spec.reader import Source, read_source
from pymacaron.text import shown
from pymacaron.tools.migrate.records import OldFile

__all__ = ["MADE_BY_2", "OldDocument", "OldService", "read_service"]

LARGEST = 1_000_000
"""Bytes of a file above which nobody wrote it by hand."""

MADE_BY_2 = "# This is an auto-generated file - DO NOT EDIT!!!"
"""How a file begins that PyMacaron 2 wrote."""

HIDDEN = (".github", ".gitlab", ".circleci")
GENERATED = ("__pycache__", "build", "dist", "node_modules", "site-packages")
REQUIREMENTS = ("Pipfile", "pyproject.toml", "setup.cfg", "setup.py", "tox.ini")
COMMANDS = ("Jenkinsfile", "Makefile", "Procfile", "makefile", "tox.ini")
SCRIPTS = (".bash", ".mk", ".sh")


@dataclass(frozen=True)
class OldDocument:
    """A file of YAML that was read."""

    file: OldFile
    source: Source

    @property
    def data(self) -> dict[str, Any]:
        """The mapping at its top, an empty one where it is no mapping."""
        return self.source.data if isinstance(self.source.data, dict) else {}


@dataclass(frozen=True)
class OldService:
    """The text files of a service."""

    root: Path
    files: tuple[OldFile, ...]

    @cached_property
    def configs(self) -> list[OldDocument]:
        """Each pym-config file."""
        return [*self._read(file for file in self.files if _is_config(file.path) and file.path.parent == self.root)]

    @cached_property
    def documents(self) -> list[OldDocument]:
        """Each document of an API."""
        files = (file for file in self.files if file.path.suffix in (".yaml", ".yml") and not _is_config(file.path))
        return [document for document in self._read(files) if {"swagger", "openapi"} & document.data.keys()]

    @cached_property
    def sources(self) -> list[OldFile]:
        """Each file of Python that somebody wrote."""
        made = (file for file in self.files if file.path.suffix == ".py")
        return [file for file in made if not file.text.startswith(MADE_BY_2)]

    @cached_property
    def trees(self) -> list[tuple[OldFile, ast.Module]]:
        """Each file of Python that Python 3 reads, with its syntax tree."""
        return [(file, tree) for file in self.sources if (tree := _parsed(file)) is not None]

    @cached_property
    def requirements(self) -> list[OldFile]:
        """Each file that names distributions to install."""
        return [
            file
            for file in self.files
            if file.path.name in REQUIREMENTS
            or (file.path.suffix in (".in", ".txt") and "requirements" in str(file.path.relative_to(self.root)))
        ]

    @cached_property
    def commands(self) -> list[OldFile]:
        """Each file with commands of a shell: scripts, Makefiles, what a CI runs."""
        return [file for file in self.files if self._has_commands(file)]

    def _has_commands(self, file: OldFile) -> bool:
        path = file.path
        hidden = path.relative_to(self.root).parts[0] in HIDDEN
        pipeline = path.suffix in (".yaml", ".yml") and (
            hidden or ("pipelines" in path.name or path.name.startswith("."))
        )
        named = path.name in COMMANDS or path.name.startswith("Dockerfile") or path.suffix in SCRIPTS
        return named or pipeline or (file.text.startswith("#!") and "sh" in file.lines[0])

    @staticmethod
    def _read(files: Iterator[OldFile]) -> Iterator[OldDocument]:
        for file in files:
            try:
                yield OldDocument(file, read_source(file.path))
            except SpecError:
                continue


def read_service(root: Path) -> OldService:
    """Read the text files of a folder; raises ConfigError where it is not that of a service."""
    root = root.resolve()
    service = OldService(root, tuple(_files(root)))
    if not any(_is_config(file.path) for file in service.files):
        raise ConfigError(f"{shown(root / 'pym-config.yaml')} is missing: name the folder of a service with --root")
    return service


def _files(root: Path) -> Iterator[OldFile]:
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if _is_own(Path(folder, name)))
        for path in (Path(folder, name) for name in sorted(files)):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
                try:
                    yield OldFile(path, path.read_bytes().decode("utf-8"))
                except (OSError, UnicodeDecodeError):
                    continue


def _is_own(folder: Path) -> bool:
    name = folder.name
    strange = name in GENERATED or name.endswith(".egg-info") or (folder / "pyvenv.cfg").exists()
    return not strange and (not name.startswith(".") or name in HIDDEN)


def _is_config(path: Path) -> bool:
    return path.name.startswith("pym-config") and path.suffix == ".yaml"


def _parsed(file: OldFile) -> ast.Module | None:
    try:
        return ast.parse(file.text.encode())
    except (SyntaxError, ValueError, RecursionError):
        return None
