"""The files that commands write at their end, refused at the start where there is no folder for them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

__all__ = ["NEW_FILE"]


class NewFile(click.Path):
    """A file in a folder that there is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return its path; fails where its folder is missing."""
        found = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not found.parent.is_dir():
            self.fail(f"there is no folder {found.parent}: make it first", param, ctx)
        return found


NEW_FILE = NewFile(dir_okay=False, path_type=Path)
