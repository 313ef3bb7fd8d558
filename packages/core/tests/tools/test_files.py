"""Files that tools write: links stay links, and what is no regular file is left alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pymacaron.exceptions import StartError
from pymacaron.tools.files import write_all


def test_a_link_stays_a_link_and_what_it_names_is_written(tmp_path: Path) -> None:
    (tmp_path / "kept.yaml").write_text("old")
    (tmp_path / "link.yaml").symlink_to("kept.yaml")
    write_all({tmp_path / "link.yaml": "new", tmp_path / "below" / "other.yaml": "too"})
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "kept.yaml").read_text() == "new"
    assert (tmp_path / "below" / "other.yaml").read_text() == "too"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["below", "kept.yaml", "link.yaml"]


def test_what_is_no_regular_file_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StartError, match="pipe is no regular file: name another one"):
        write_all({tmp_path / "first": "text", tmp_path / "pipe": "text"})
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert not (tmp_path / "first").exists()
