"""The folder through which the processes of one server add up their metrics, there before anything makes a metric."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["FOLDER", "shared_metrics"]

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that prometheus-client reads as it is imported; a folder that it names already is left alone."""


@contextmanager
def shared_metrics(root: Path, env: str | None) -> Iterator[None]:
    """Let all processes forked meanwhile write into one folder, removed in the end, where `metrics` is on."""
    from pymacaron.config import read_config_file

    if FOLDER in os.environ or not read_config_file(root, env).data.get("metrics"):
        yield
        return
    made_by, folder = os.getpid(), tempfile.mkdtemp(prefix="pym-metrics-")
    os.environ[FOLDER] = folder
    try:
        yield
    finally:
        if os.getpid() == made_by:
            del os.environ[FOLDER]
            shutil.rmtree(folder, ignore_errors=True)
