"""What a release is made of: fourteen archives that hold the sources of one version, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from architecture import ROOT
from archives import PACKAGES, Archive, build, problems, tracked, version_of

VERSION = version_of(ROOT)
PLUGINS = [each for each in PACKAGES if each != "core"]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Archive]:
    return build(ROOT, tmp_path_factory.mktemp("dist"))


def test_every_archive_can_be_released(archives: list[Archive]) -> None:
    assert len(archives) == 14
    assert [problem for each in archives for problem in problems(each, ROOT, VERSION)] == []


def copy_of_the_repository(folder: Path) -> Path:
    for path in [*tracked(ROOT), Path("LICENSE")]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", "-f", "packages"], cwd=folder, check=True)
    return folder


def test_the_version_is_raised_in_one_file_and_what_does_not_admit_it_is_told(tmp_path: Path) -> None:
    root = copy_of_the_repository(tmp_path / "clone")
    path = root / "packages/core/src/pymacaron/version.py"
    path.write_text(path.read_text().replace(VERSION, "99.1.0"))
    archives = build(root, tmp_path / "dist")
    assert {str(each.metadata.version) for each in archives} == {"99.1.0"}
    told = [problem for each in archives for problem in problems(each, root, "99.1.0")]
    assert len(told) == 2 * len(PLUGINS)
    assert all("it requires pymacaron~=3.0, which 99.1.0 is not" in each for each in told)


def test_a_package_without_a_py_typed_is_told(archives: list[Archive], tmp_path: Path) -> None:
    root = copy_of_the_repository(tmp_path)
    (root / "packages/auth/src/pymacaron_auth/py.typed").unlink()
    (good,) = [each for each in archives if each.package == "auth" and each.is_wheel]
    files = {name: data for name, data in good.files.items() if not name.endswith("py.typed")}
    (problem,) = problems(replace(good, files=files), root, VERSION)
    assert "it lacks pymacaron_auth/py.typed" in problem


def line(pattern: str, text: str) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        (name,) = [each for each in files if each.endswith(("METADATA", "PKG-INFO"))]
        files[name] = re.sub(pattern.encode(), text.encode(), files[name], count=1, flags=re.MULTILINE)

    return change


def added(name: str, text: str) -> Callable[[dict[str, bytes]], None]:
    return lambda files: files.update({name: text.encode()})


def removed(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        for each in [each for each in files if each.endswith(name)]:
            del files[each]

    return change


BROKEN: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "a file of tests": (added("tests/test_auth.py", ""), "it holds tests/test_auth.py"),
    "a file that git does not know": (added("pymacaron_auth/notes.py", ""), "which git does not track"),
    "a path of this machine": (added("pymacaron_auth/plugin.py", f"x = '{ROOT}/x'"), "a folder of this machine"),
    "a module that is missing": (removed("pymacaron_auth/claims.py"), "it lacks pymacaron_auth/claims.py"),
    "no licence": (removed("LICENSE"), "it lacks the licence"),
    "another version": (line("^Version: .*", "Version: 3.9"), "its version is 3.9, where"),
    "a dependency without a bound": (
        line("^Requires-Dist: click.*", "Requires-Dist: click"),
        "it requires click: name",
    ),
    "the old project": (line("^Requires-Dist: pymacaron.*", "Requires-Dist: pymacaron<3"), "it requires pymacaron<3"),
    "no text": (line(r"\n\n(.*\n)*", "\n\n"), "no description"),
    "a field that no index takes": (line("^Name: .*", "Name: pymacaron auth"), "'name'"),
}


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_with_an_archive_is_told(archives: list[Archive], name: str, kind: str) -> None:
    change, told = BROKEN[name]
    (good,) = [each for each in archives if each.package == "auth" and each.is_wheel == (kind == "wheel")]
    prefix = "" if good.is_wheel else "src/"
    files = {name.removeprefix(prefix): data for name, data in good.files.items()}
    change(files)
    broken = {prefix * name.startswith("pymacaron_auth/") + name: data for name, data in files.items()}
    (problem,) = problems(replace(good, files=broken), ROOT, VERSION)
    assert told in problem
