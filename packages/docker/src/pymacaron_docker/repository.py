"""The one module that asks git, and says in a sentence why it refuses."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pymacaron.exceptions import DeployError

__all__ = ["GitRefusal", "checked_git", "clone_commit", "has_commit", "is_shallow"]

GIT_SECONDS = 300
SUBMODULE = "160000"
"""The mode by which git lists a submodule among files."""


class GitRefusal(DeployError):
    """Git works, but not with what was asked of it."""


def checked_git(folder: Path, *arguments: str) -> str:
    """Return what git prints for a folder; raises GitRefusal with what it complains of, DeployError where it cannot."""
    try:
        command = ["git", "-C", str(folder), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_SECONDS, check=False)
    except OSError as error:
        raise DeployError("git cannot be started: install git") from error
    except subprocess.TimeoutExpired as error:
        raise DeployError(f"git {arguments[0]} took longer than {GIT_SECONDS} s in {folder}") from error
    if done.returncode:
        told = done.stderr.strip().splitlines() or ["it says nothing"]
        if "dubious ownership" in told[0]:
            raise DeployError(
                f"{folder.resolve()} belongs to another user, so git does not read it: type '{told[-1].strip()}'"
            )
        raise GitRefusal(f"git {arguments[0]} failed in {folder}: {told[-1].removeprefix('fatal: ')}")
    return done.stdout.strip()


def has_commit(folder: Path, commit: str) -> bool:
    """Tell whether a repository has a commit."""
    try:
        checked_git(folder, "cat-file", "-e", f"{commit}^{{commit}}")
    except GitRefusal:
        return False
    return True


def is_shallow(folder: Path) -> bool:
    """Tell whether a repository holds the last few commits alone."""
    return checked_git(folder, "rev-parse", "--is-shallow-repository") == "true"


def clone_commit(source: Path, clone: Path, commit: str) -> None:
    """Clone a commit that is here, with its submodules, into a folder that is empty or not there."""
    checked_git(source, "clone", "--quiet", "--shared", "--no-checkout", str(source), str(clone))
    checked_git(clone, "checkout", "--quiet", "--detach", commit)
    _bring_submodules(source, clone)


def _bring_submodules(source: Path, clone: Path) -> None:
    """Check the submodules of a clone out as its commit has them, from those of the repository that it was cloned from.

    Nothing is fetched; raises DeployError for a submodule, or its commit, that is not there.
    """
    found = [line.split(maxsplit=3) for line in checked_git(clone, "ls-files", "--stage", "-z").split("\0") if line]
    for _, commit, _, path in (each for each in found if each[0] == SUBMODULE):
        checked_git(clone, "config", "submodule.active", ".")
        try:
            checked_git(source / path, "rev-parse", "--resolve-git-dir", ".git")
            checked_git(source / path, "cat-file", "-e", f"{commit}^{{commit}}")
        except GitRefusal as error:
            raise DeployError(
                f"the submodule {path} is not here at {commit[:12]}: check the commit out, and type "
                "'git submodule update --init --recursive'"
            ) from error
        clone_commit(source / path, clone / path, commit)
