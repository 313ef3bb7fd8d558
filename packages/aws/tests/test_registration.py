"""The plugin `aws` is found by its entry point and is active in a service."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import pymacaron_aws.plugin
from pymacaron.deploy.emulators import EMULATION
from pymacaron.service import Service
from pymacaron_docker.pipeline.opening import live_seconds


def test_the_entry_point_leads_to_the_plugin_module() -> None:
    (entry,) = entry_points(group="pymacaron", name="aws")
    assert entry.dist is not None
    assert (entry.dist.name, entry.load()) == ("pymacaron-aws", pymacaron_aws.plugin)


def test_pym_plugins_lists_the_plugin_as_active(tmp_path: Path) -> None:
    (tmp_path / "pym-config.yaml").write_text("name: demo\n")
    command = [f"{sysconfig.get_path('scripts')}/pym", "plugins", "--json"]
    output = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, check=True, timeout=60).stdout
    (plugin,) = [each for each in json.loads(output) if each["name"] == "aws"]
    assert (plugin["distribution"], plugin["version"], plugin["status"], plugin["hooks"]) == (
        "pymacaron-aws",
        version("pymacaron-aws"),
        "active",
        ["pym_commands", "pym_config_sections", "pym_deploy_targets", "pym_model_stores"],
    )


@pytest.mark.parametrize(
    ("set_to", "is_emulated", "seconds"), [(None, False, 300), (None, True, 60), (20, False, 20), (600, True, 600)]
)
def test_the_live_url_has_the_time_that_a_swap_of_names_needs_unless_the_settings_say_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_to: int | None, is_emulated: bool, seconds: int
) -> None:
    if is_emulated:
        (tmp_path / "aws-beanstalk").mkdir()
        monkeypatch.setenv(EMULATION, str(tmp_path / "aws-beanstalk"))
    config = {"name": "demo", "deploy_target": "aws-beanstalk", "live_timeout": set_to}
    (tmp_path / "pym-config.yaml").write_text(json.dumps({key: value for key, value in config.items() if value}))
    with Service(tmp_path) as service:
        assert live_seconds(service) == seconds
