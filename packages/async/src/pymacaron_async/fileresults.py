"""The results of the embedded broker: Celery's files, each written whole, so that nobody reads half of one."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from celery.backends.filesystem import FilesystemBackend

__all__ = ["Results"]


class Results(FilesystemBackend):  # type: ignore[misc]
    """Results in a folder."""

    def set(self, key: str, value: str | bytes) -> None:
        """Write a result."""
        path = Path(os.fsdecode(self._filename(key)))
        draft = path.with_name(f".{uuid4().hex}")
        draft.write_bytes(value.encode() if isinstance(value, str) else value)
        draft.rename(path)
