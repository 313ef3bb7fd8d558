"""The guard of tests/origin.py names what was not installed from this repository."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import origin


def install(site: Path, name: str, url: str | None) -> None:
    """Leave the traces of an installed distribution in `site`."""
    info = site / f"{name}-2.0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.0.1\n")
    if url is not None:
        (info / "direct_url.json").write_text(json.dumps({"url": url, "dir_info": {}}))


def test_a_distribution_from_an_index_is_named_with_what_to_do(tmp_path: Path) -> None:
    install(tmp_path / "site", "PyMacaron_AWS", None)
    assert list(origin.strangers(tmp_path, [str(tmp_path / "site")])) == [
        f"pymacaron-aws 2.0.1 was not installed from this repository ({tmp_path}): "
        "uninstall it and install packages/aws"
    ]


@pytest.mark.parametrize("url", ["file:///elsewhere/packages/core", "https://example.com/pymacaron.tar.gz"])
def test_a_distribution_from_another_folder_or_a_download_is_named(tmp_path: Path, url: str) -> None:
    install(tmp_path / "site", "pymacaron", url)
    (problem,) = origin.strangers(tmp_path, [str(tmp_path / "site")])
    assert problem.endswith("install packages/core")


def test_a_folder_beside_the_repository_with_a_longer_name_is_no_part_of_it(tmp_path: Path) -> None:
    install(tmp_path / "site", "pymacaron", (tmp_path / "clone-2" / "packages" / "core").as_uri())
    assert list(origin.strangers(tmp_path / "clone", [str(tmp_path / "site")])) != []


def test_folders_of_this_repository_and_other_names_pass(tmp_path: Path) -> None:
    root = tmp_path / "a clone"
    install(tmp_path / "site", "pymacaron", (root / "packages" / "core").as_uri())
    install(tmp_path / "site", "macaron", None)
    assert list(origin.strangers(root, [str(tmp_path / "site")])) == []


def test_the_script_ends_with_1_and_the_sentence(tmp_path: Path) -> None:
    install(tmp_path, "pymacaron-stranger", None)
    command = [sys.executable, origin.__file__]
    done = subprocess.run(command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (done.returncode, "pymacaron-stranger 2.0.1 was not installed" in done.stderr) == (1, True)
