"""The plugin `testing` is found by its entry point and is active in a service."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from importlib.metadata import entry_points, version
from pathlib import Path

import pymacaron_testing.plugin


def test_the_entry_point_leads_to_the_plugin_module() -> None:
    (entry,) = entry_points(group="pymacaron", name="testing")
    assert entry.dist is not None
    assert (entry.dist.name, entry.load()) == ("pymacaron-testing", pymacaron_testing.plugin)


def test_pym_plugins_lists_the_plugin_as_active(tmp_path: Path) -> None:
    (tmp_path / "pym-config.yaml").write_text("name: demo\n")
    command = [f"{sysconfig.get_path('scripts')}/pym", "plugins", "--json"]
    output = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, check=True, timeout=60).stdout
    (plugin,) = [each for each in json.loads(output) if each["name"] == "testing"]
    assert (plugin["distribution"], plugin["version"], plugin["status"], plugin["hooks"]) == (
        "pymacaron-testing",
        version("pymacaron-testing"),
        "active",
        ["pym_acceptance_runners", "pym_commands", "pym_emulators"],
    )
