"""Whoever adds a package, a hook or a call to a cloud, and forgets a part of it, is told which."""

from __future__ import annotations

import configparser
import inspect
import re
import tomllib
from functools import cache

import pytest

import archives
from architecture import ROOT, project
from pymacaron.plugins import specs
from pymacaron_aws.calls import CALLS as AWS_CALLS
from pymacaron_gcp.calls import CALLS as GCP_CALLS
from pymacaron_testing.emulators.beanstalk.environments import EnvironmentOperations
from pymacaron_testing.emulators.cloudrun import CloudRun

FOLDERS = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))
HOOKS = [name for name, function in inspect.getmembers(specs, inspect.isfunction) if name.startswith("pym_")]
HEADINGS = ["Install", "Configure", "Use", "Hooks implemented", "Troubleshoot"]
PARTS = ("Fires ", "Returns ", "Example::")


def text(*names: str) -> str:
    return ROOT.joinpath(*names).read_text(encoding="utf-8")


def test_a_release_has_every_package_with_core_first() -> None:
    assert archives.PACKAGES[0] == "core"
    assert sorted(archives.PACKAGES) == FOLDERS


@pytest.mark.parametrize("package", FOLDERS)
def test_a_package_has_the_files_of_the_others(package: str) -> None:
    headings = re.findall(r"^## (.*)", text("packages", package, "README.md"), re.MULTILINE)
    assert [each for each in headings if each in HEADINGS] == HEADINGS
    assert text("packages", package, "LICENSE") == text("LICENSE")
    assert list((ROOT / "packages" / package / "tests").glob("**/test_*.py"))


@pytest.mark.parametrize("package", FOLDERS)
def test_a_package_is_known_to_every_tool(package: str) -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    assert package in tox["tox"]["env_list"].split(", ")
    assert f"oldest-{package}" in tox["tox"]["labels"]
    assert f"-e packages/{package}" in tox["seven"]["deps"]
    assert f"(packages/{package}" in text("README.md")
    tools = tomllib.loads(text("pyproject.toml"))["tool"]
    assert f"packages/{package}/src" in tools["mypy"]["mypy_path"]
    name = project(ROOT, package)["name"]
    assert str(name).replace("-", "_") in tools["coverage"]["run"]["source_pkgs"]


def test_the_list_of_hooks_is_whole() -> None:
    assert specs.__all__ == sorted(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_documented_and_called(hook: str) -> None:
    told = inspect.getdoc(getattr(specs, hook)) or ""
    assert [part for part in PARTS if part not in told] == []
    assert hook in hooks_called()


@cache
def hooks_called() -> set[str]:
    """List the hooks that a source names in a string outside its `__all__`, as all do that call one."""
    files = [path for path in ROOT.glob("packages/*/src/**/*.py") if "testing" not in path.parts]
    texts = [re.sub(r"__all__ = .*?\]", "", path.read_text(encoding="utf-8"), flags=re.DOTALL) for path in files]
    return {hook for hook in HOOKS if any(f'"{hook}"' in each for each in texts)}


@pytest.mark.parametrize("operation", [name for service, name in AWS_CALLS if service == "elasticbeanstalk"])
def test_what_is_called_of_elastic_beanstalk_is_emulated(operation: str) -> None:
    assert callable(getattr(EnvironmentOperations, operation, None))


def test_what_is_called_of_google_cloud_is_emulated() -> None:
    with CloudRun() as emulator:
        emulated = {route.permission for route in emulator._routes}
    # An emulated cluster of GKE is reached by KUBECONFIG; the Container API is called against a server of its tests.
    emulated.add("container.clusters.get")
    assert {each.name for each in GCP_CALLS.values()} - emulated == set()
