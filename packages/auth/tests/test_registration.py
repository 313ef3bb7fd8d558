"""The plugin `auth` is found by its entry point and is active in a service."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from importlib.metadata import entry_points, version
from pathlib import Path

import pymacaron_auth.plugin
from pymacaron.config.reference import settings_table
from pymacaron.plugins.records import ConfigSection


def test_the_entry_point_leads_to_the_plugin_module() -> None:
    (entry,) = entry_points(group="pymacaron", name="auth")
    assert entry.dist is not None
    assert (entry.dist.name, entry.load()) == ("pymacaron-auth", pymacaron_auth.plugin)


def test_pym_plugins_lists_the_plugin_as_active(tmp_path: Path) -> None:
    (tmp_path / "pym-config.yaml").write_text("name: demo\n")
    command = [f"{sysconfig.get_path('scripts')}/pym", "plugins", "--json"]
    output = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, check=True, timeout=60).stdout
    (plugin,) = [each for each in json.loads(output) if each["name"] == "auth"]
    assert (plugin["distribution"], plugin["version"], plugin["status"], plugin["hooks"]) == (
        "pymacaron-auth",
        version("pymacaron-auth"),
        "active",
        [
            "pym_apis",
            "pym_app_created",
            "pym_checks",
            "pym_commands",
            "pym_config_sections",
            "pym_security_schemes",
            "pym_token_issuers",
        ],
    )


def test_every_setting_has_a_description_and_an_example() -> None:
    rows = settings_table([ConfigSection("auth", "pymacaron_auth.settings:AuthSettings")])
    assert [row.key for row in rows if not (row.description and row.example)] == []
