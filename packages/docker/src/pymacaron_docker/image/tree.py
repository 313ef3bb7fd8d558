"""What git tracks of a service: the files of an image, and whether they are those of a commit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pymacaron.exceptions import DeployError
from pymacaron.outside import git
from pymacaron_docker.repository import GitRefusal, checked_git

__all__ = ["File", "changes", "commit_of", "files"]

LEFT_OUT = ("test", "testaccept", ".pym", ".tox", ".venv")
"""Folders at the top of a service that no image holds."""

LEFT_OUT_NAMES = ("Dockerfile", ".dockerignore", "pytest.ini", "tox.ini")
"""Files at the top that no image holds, also with an ending, as Dockerfile.extra has."""


@dataclass(frozen=True)
class File:
    """A file of the image: its path below the service's folder, and where its content is."""

    path: PurePosixPath
    source: Path

    @property
    def link(self) -> str | None:
        """Where a symbolic link leads, as it is written; None for a file."""
        return os.readlink(self.source) if self.source.is_symlink() else None  # noqa: PTH115 - as it is written


def commit_of(root: Path) -> str:
    """Return the full id of the commit that a folder is at; raises DeployError where there is none."""
    try:
        return checked_git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    except GitRefusal as error:
        raise DeployError(
            f"{root} is in no git repository with a commit: git init, git add and git commit first"
        ) from error


def changes(root: Path, links: Iterable[str] = (), besides: str | None = None) -> list[str]:
    """Return the paths that differ from the commit, untracked ones too, in the folder and behind its links."""
    found = _status(root, () if besides is None else (besides,))
    for link in links:
        found += [f"{link}/{line}" for line in _status(root / link, ())]
    return found


def _status(folder: Path, besides: tuple[str, ...]) -> list[str]:
    left_out = [f":(exclude){path}" for path in besides if not path.startswith(("/", ".."))]
    text = git(folder, "-c", "core.quotePath=off", "status", "--porcelain", "--", ".", *left_out)
    return [line.strip().partition(" ")[2].strip() for line in (text or "").splitlines()]


def files(root: Path, links: Iterable[str] = (), wheels: str | None = None) -> list[File]:
    """Return what an image holds of a service, by path; raises DeployError for a link that leads out unasked.

    Wheels in the folder `wheels` are left out: they are installed as libraries, and no part of the code.
    """
    links = tuple(links)
    found = {file.path: file for file in _own(root, links) if wheels is None or not _is_wheel(file.path, wheels)}
    for link in links:
        found |= {file.path: file for file in _linked(root, link)}
    return [found[path] for path in sorted(found)]


def _own(root: Path, links: tuple[str, ...]) -> Iterator[File]:
    for file in _tracked(root):
        if file.path.parts[0] in links or _is_left_out(file.path):
            continue
        _refuse_outside(root, file)
        yield file


def _linked(root: Path, link: str) -> Iterator[File]:
    target = (root / link).resolve()
    if not target.is_dir():
        raise DeployError(f"include_links names '{link}', which is no folder in {root}: correct it or make the link")
    for file in _tracked(target):
        _refuse_outside(target, file)
        yield File(PurePosixPath(link) / file.path, file.source)


def _tracked(folder: Path) -> Iterator[File]:
    listed = git(folder, "ls-files", "-z", "--cached", "--recurse-submodules", "--", ".")
    if not listed:
        raise DeployError(f"git tracks nothing in {folder}: git add what belongs into the image, and commit it")
    for path in filter(None, listed.split("\0")):
        if (folder / path).is_dir() and not (folder / path).is_symlink():
            raise DeployError(f"the submodule {path} is not here: type 'git submodule update --init --recursive'")
        if os.path.lexists(folder / path):
            yield File(PurePosixPath(path), folder / path)


def _is_left_out(path: PurePosixPath) -> bool:
    first = path.parts[0]
    return first in LEFT_OUT or first.startswith(".git") or (len(path.parts) == 1 and first.startswith(LEFT_OUT_NAMES))


def _is_wheel(path: PurePosixPath, folder: str) -> bool:
    return path.suffix == ".whl" and path.parent == PurePosixPath(folder)


def _refuse_outside(root: Path, file: File) -> None:
    if file.link is not None and not file.source.resolve().is_relative_to(root.resolve()):
        raise DeployError(
            f"{file.path} is a symbolic link that leads out of the service: list it under include_links, or remove it"
        )
