"""The one module of core that starts other processes."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["git"]


def git(root: Path, *arguments: str) -> str | None:
    """Return what git prints for a folder, or None where there is no git, no repository, or no commit."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
