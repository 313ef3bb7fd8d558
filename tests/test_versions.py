"""The seven distributions share one version, and depend on each other at that version only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

import pymacaron.version
from architecture import ROOT, distribution_name, project, requirements

PACKAGES = ("auth", "async", "aws", "core", "docker", "gcp", "testing")


def loose_requirements(root: Path) -> Iterator[str]:
    """Yield each dependency between ours that an index could satisfy with PyMacaron 2."""
    for package in PACKAGES:
        for each in requirements(root, package):
            if distribution_name(each).startswith("pymacaron") and not re.search(r"~=\s*(?:[3-9]|\d\d+)\.\d+$", each):
                yield f"packages/{package}/pyproject.toml: {each} has to say ~= 3.0 or later"


def test_the_repository_holds_the_seven_packages() -> None:
    assert {path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_installed_distribution_has_the_one_version(package: str) -> None:
    name = "pymacaron" if package == "core" else f"pymacaron-{package}"
    assert (project(ROOT, package)["name"], version(name)) == (name, pymacaron.version.__version__)


def test_the_one_version_is_not_of_the_old_project() -> None:
    assert int(pymacaron.version.__version__.partition(".")[0]) >= 3


def test_no_dependency_between_ours_admits_the_old_project() -> None:
    assert list(loose_requirements(ROOT)) == []


@pytest.mark.parametrize("requirement", ["pymacaron", "pymacaron>=2", "PyMacaron_Auth ~= 2.9"])
def test_a_dependency_that_admits_the_old_project_is_named(tmp_path: Path, requirement: str) -> None:
    for package in PACKAGES:
        path = tmp_path / "packages" / package / "pyproject.toml"
        path.parent.mkdir(parents=True)
        path.write_text(f'[project]\ndependencies = ["{requirement if package == "aws" else "flask"}"]\n')
    assert list(loose_requirements(tmp_path)) == [
        f"packages/aws/pyproject.toml: {requirement} has to say ~= 3.0 or later"
    ]
