"""The clean clone of a commit, and the order that is handed to the process which deploys it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from pymacaron.exceptions import DeployError
from pymacaron_docker.pipeline.outside import run_again_in
from pymacaron_docker.pipeline.run import Order
from pymacaron_docker.repository import GitRefusal, checked_git, clone_commit

__all__ = [
    "HANDED",
    "Handed",
    "bring_wheels",
    "commit_of",
    "hand_over",
    "handed",
    "is_dirty",
    "restore",
    "unknown_files",
]

HANDED = "PYM_DEPLOY_ORDER"
"""The environment variable that carries the order to the process which deploys; no secret stands in it."""


PREFIX = "pym-deploy-"


@dataclass(frozen=True)
class Handed:
    """What the process that deploys gets: the order, the folder of the command, and that of the clone.

    `plan` is whether it only tells what it would do.
    """

    order: Order
    home: str
    clone: str
    plan: bool = False
    seconds: float = 0.0


def commit_of(root: Path, commit: str | None, branch: str | None) -> str:
    """Return the full id of a commit, of a branch's last one, or of the last one here; raises DeployError."""
    names = [commit or "HEAD"] if branch is None else [f"refs/heads/{branch}", f"refs/remotes/origin/{branch}"]
    for name in names:
        try:
            return checked_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except GitRefusal as error:
            failed = error
    if commit or branch:
        raise DeployError(f"there is no {'commit' if commit else 'branch'} {commit or branch} here: fetch it first")
    raise DeployError(
        f"{root.resolve()} has no commit to deploy: type 'git init', 'git add' and 'git commit'"
    ) from failed


def is_dirty(root: Path) -> bool:
    """Tell whether something that git knows was changed since the last commit."""
    return bool(checked_git(root, "status", "--porcelain", "--untracked-files=no", "--", "."))


def unknown_files(root: Path) -> list[str]:
    """Return the files that git was told neither to track nor to ignore, but for wheels and Python's own."""
    left_out = (":(exclude)*.whl", ":(exclude)*.pyc")
    listed = checked_git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", ".", *left_out)
    return sorted(filter(None, listed.split("\0")))


def hand_over(root: Path, order: Order, shared: list[str], options: list[str], plan: bool) -> NoReturn:
    """Clone the commit and become the process that deploys it, whose plugins and settings are those of the commit.

    `shared` are options of `pym`, `options` those of `pym deploy`.
    """
    began = time.monotonic()
    remove_left_over()
    clone = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    try:
        top = Path(checked_git(root, "rev-parse", "--show-toplevel"))
        clone_commit(top, clone / "source", order.commit)
        folder = clone / "source" / root.resolve().relative_to(top.resolve())
        if not folder.is_dir():
            raise DeployError(f"{order.commit[:12]} has no folder {folder.relative_to(clone / 'source')}")
        text = json.dumps(asdict(Handed(order, str(root.resolve()), str(clone), plan, time.monotonic() - began)))
        run_again_in(["--root", str(folder), *shared, "deploy", *options], {HANDED: text})
    finally:
        shutil.rmtree(clone, ignore_errors=True)


def restore(root: Path) -> None:
    """Put a clone of ours back to what its commit holds, whatever tests and imports have left there."""
    top = Path(checked_git(root, "rev-parse", "--show-toplevel"))
    if top.parent.name.startswith(PREFIX):
        for command in ("reset --quiet --hard", "clean --quiet -ffdx"):
            checked_git(top, *command.split())
            checked_git(top, "submodule", "--quiet", "foreach", "--recursive", f"git {command}")


def bring_wheels(root: Path, folder: str | None, home: Path) -> None:
    """Lead to the folder of wheels beside the command where the commit has none: git need not know what was built."""
    there = root / (folder or "")
    if not there.exists() and (home / (folder or "")).is_dir():
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to((home / (folder or "")).resolve())


def remove_left_over() -> None:
    """Remove the clones of deploys that were killed: the name of each tells the process that it was of."""
    for clone in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        number = clone.name.removeprefix(PREFIX).partition("-")[0]
        if number.isdecimal() and not Path("/proc", number).exists() and Path("/proc").exists():
            shutil.rmtree(clone, ignore_errors=True)


def handed() -> Handed | None:
    """Return what this process was handed, and keep it from those that it starts."""
    text = os.environ.pop(HANDED, None)
    if text is None:
        return None
    data = json.loads(text)
    return Handed(**{**data, "order": Order(**data["order"])})
