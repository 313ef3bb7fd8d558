"""Draining: a mark, in the temporary folder, by which the processes of a release ask for no more requests."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

__all__ = ["drain", "draining", "end_drain"]


def drain(service: str) -> None:
    """Have /ready answer 503 in every process of this service, environment and release on this machine."""
    _mark(service).touch(0o600)


def end_drain(service: str) -> None:
    """Have /ready answer 200 again."""
    with suppress(FileNotFoundError):
        _mark(service).unlink()


def draining(service: str) -> bool:
    """Tell whether the mark is there; that of another user, who may write to the same folder, does not count."""
    try:
        return os.lstat(_mark(service)).st_uid == os.getuid()
    except OSError:
        return False


def _mark(service: str) -> Path:
    names = (service, os.environ.get("PYM_ENV", ""), os.environ.get("PYM_RELEASE", ""))
    return Path(tempfile.gettempdir(), f"pymacaron-drain-{sha256('/'.join(names).encode()).hexdigest()[:16]}")
