"""The plugin host: what is found, what is refused and how it is told."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron import Service, __version__
from pymacaron.exceptions import PluginError, PyMacaronException
from pymacaron.plugins.manager import PluginManager

Run = Callable[..., subprocess.CompletedProcess[str]]

PLUGIN = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "bakery-plugin"
version = "1.2"
dependencies = ["pymacaron>=3"]
[project.entry-points.pymacaron]
bakery = "bakery.plugin"
[tool.hatch.build.targets.wheel]
packages = ["bakery"]
""",
    "bakery/__init__.py": "",
    "bakery/settings.py": """\
from pymacaron.config.settings import Settings, setting

class BakerySettings(Settings):
    bakery_oven: int = setting(200, description="Degrees.", example=200, ge=50)
""",
    "bakery/plugin.py": """\
import click
from pymacaron import get_config, hookimpl
from pymacaron.plugins.records import ConfigSection

@hookimpl
def pym_config_sections():
    return [ConfigSection("bakery", "bakery.settings:BakerySettings")]

@click.command()
@click.pass_obj
def bake(context):
    "Bake."
    click.echo(f"baking at {context.service().config.bakery_oven}")

@hookimpl
def pym_commands():
    return [bake]

@hookimpl
def pym_app_created(app, service):
    @app.get("/oven")
    def oven():
        return {"oven": get_config().bakery_oven}
""",
}


@pytest.fixture
def installed(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Build a distribution and unpack its wheel into a folder for PYTHONPATH, which is what installing it does."""

    def install(files: dict[str, str]) -> Path:
        project = tmp_path / "project"
        for name, text in files.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text)
        subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=project, check=True)
        site = tmp_path / "site"
        for wheel in (project / "dist").glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(site)
        return site

    return install


def test_a_distribution_of_somebody_else_adds_a_command_a_setting_and_a_route(
    installed: Callable[[dict[str, str]], Path], folder: Callable[..., Path], pym: Run
) -> None:
    site = str(installed(PLUGIN))
    root = folder({"pym-config.yaml": "name: demo\nbakery_oven: 230\n", **HELLO})
    assert pym("bake", cwd=root, PYTHONPATH=site).stdout == "baking at 230\n"
    assert "bake " in pym("--help", cwd=root, PYTHONPATH=site).stdout
    listed = json.loads(pym("plugins", "--json", cwd=root, PYTHONPATH=site).stdout)
    assert [plugin for plugin in listed if plugin["name"] == "bakery"] == [
        {
            "name": "bakery",
            "distribution": "bakery-plugin",
            "version": "1.2",
            "origin": "entry point",
            "status": "active",
            "hooks": ["pym_app_created", "pym_commands", "pym_config_sections"],
            "config_sections": ["bakery"],
            "reason": "",
        }
    ]
    code = "from pymacaron import create_app; print(create_app().test_client().get('/oven').json)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={"PYTHONPATH": site}, capture_output=True, text=True
    )
    assert done.stdout == "{'oven': 230}\n", done.stderr
    wrong = folder({"pym-config.yaml": "name: demo\nbakery_oven: 7\n"}, "wrong")
    refused = pym("bake", cwd=wrong, PYTHONPATH=site)
    assert refused.returncode == 2
    assert refused.stderr.startswith("Error: pym-config.yaml:2: bakery_oven should be ")


HELLO = {
    "apis/hello.yaml": """\
openapi: 3.1.0
info: {title: Hello, version: "1"}
paths:
  /hello:
    get:
      x-bind-server: hello.hello
      responses: {"200": {description: ok}}
""",
    "hello.py": "def hello():\n    return {}\n",
}


def broken(plugins: str, files: dict[str, str]) -> dict[str, str]:
    """Return the files of a service with local plugins."""
    return {"pym-config.yaml": f"name: demo\nplugins: {{local: [{plugins}]}}\n", **files, **HELLO}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nonsense", "cannot be loaded, ModuleNotFoundError: No module named 'nonsense' at bad.py:1: "),
        (
            "from pymacaron import hookimpl\n@hookimpl\ndef pym_comands():\n    return []",
            "implements 'pym_comands', which is no hook (did you mean 'pym_commands'?): ",
        ),
        ("def pym_commands():\n    return []", "defines pym_commands() without @hookimpl: "),
        (
            "from pymacaron import hookimpl\n@hookimpl\ndef pym_checks(servce):\n    return []",
            "has pym_checks(servce), but the hook gives service: correct it",
        ),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason_and_keeps_the_service_from_starting(
    code: str, reason: str, folder: Callable[..., Path], pym: Run
) -> None:
    root = folder(broken("bad", {"bad.py": code}))
    listed = json.loads(pym("plugins", "--json", cwd=root).stdout)
    bad = next(plugin for plugin in listed if plugin["name"] == "bad")
    assert bad["status"] == "broken"
    assert bad["reason"].startswith(reason)
    served = pym("serve", cwd=root)
    assert served.returncode == 1
    assert served.stderr.startswith(f"Error: plugin 'bad' (this service) {reason}")
    assert len(served.stderr.splitlines()) == 1


def test_a_required_plugin_that_is_missing_is_told_with_its_pip_line(folder: Callable[..., Path], pym: Run) -> None:
    settings = "name: demo\nplugins: {require: [teleport, gcp], disable: [gcp]}\n"
    refused = pym("serve", cwd=folder({"pym-config.yaml": settings, **HELLO}))
    assert refused.returncode == 1
    assert "Error: plugin 'teleport' (of no distribution) is required by pym-config.yaml but not installed: " in (
        refused.stderr
    )
    assert "Error: plugin 'gcp' (pymacaron-gcp" in refused.stderr


@pytest.mark.parametrize(
    ("plugins", "told"),
    [
        ("{require: [asink, teleport]}", "install what brings it, or correct the name (did you mean 'async'?)"),
        ("{local: [shop.hooks]}", "write shop/hooks.py, or correct plugins.local in pym-config.yaml"),
        ("{local: [hooks]}", "write hooks.py, or correct plugins.local in pym-config.yaml"),
    ],
)
def test_a_plugin_that_is_nowhere_is_told_with_what_to_write(
    plugins: str, told: str, folder: Callable[..., Path], pym: Run
) -> None:
    refused = pym("serve", cwd=folder({"pym-config.yaml": f"name: demo\nplugins: {plugins}\n", **HELLO}))
    assert (refused.returncode, refused.stderr.splitlines()[0].endswith(told)) == (1, True)


def test_a_disabled_plugin_is_not_imported(folder: Callable[..., Path], pym: Run) -> None:
    files = broken("bad", {"bad.py": "raise SystemExit('imported')"})
    files["pym-config.yaml"] = "name: demo\nplugins: {local: [bad], disable: [bad]}\n"
    listed = json.loads(pym("plugins", "--json", cwd=folder(files)).stdout)
    assert next(plugin["status"] for plugin in listed if plugin["name"] == "bad") == "disabled"


COMMAND = (
    "import click\nfrom pymacaron import hookimpl\n@hookimpl\ndef pym_commands():\n    return [click.Command('%s')]\n"
)


def test_two_plugins_with_one_command_are_both_named(folder: Callable[..., Path], pym: Run) -> None:
    root = folder(broken("one, two", {"one.py": COMMAND % "bake", "two.py": COMMAND % "bake"}))
    refused = pym("bake", cwd=root)
    assert refused.returncode == 1
    assert refused.stderr == (
        "Error: the command 'bake' comes from both plugin 'one' (this service) and plugin 'two' (this service): "
        "uninstall one, or name it under plugins.disable in pym-config.yaml\n"
    )
    assert pym("plugins", cwd=root).returncode == 0


def test_a_plugin_cannot_take_the_name_of_a_command_of_core(folder: Callable[..., Path], pym: Run) -> None:
    root = folder(broken("one", {"one.py": COMMAND % "routes"}))
    helped = pym("--help", cwd=root)
    assert (helped.returncode, "Warning: the command 'routes' comes from both" in helped.stderr) == (0, True)
    refused = pym("doctor", cwd=root)
    assert refused.returncode == 1
    told = f"the command 'routes' comes from both plugin 'pymacaron.cli.plugin' (pymacaron {__version__}) and"
    assert told in refused.stdout


HOOK = """\
from pymacaron import hookspec

@hookspec
def shop_restocked(item):
    "Fires when an item is back."
"""

OWN_HOOKS = {
    "hooks.py": HOOK,
    "giver.py": "import hooks\nfrom pymacaron import hookimpl\n@hookimpl\ndef pym_hook_specs():\n    return [hooks]\n",
    "taker.py": "from pymacaron import hookimpl\n@hookimpl\ndef shop_restocked(item):\n    return f'{item} is back'\n",
}


def test_a_plugin_adds_hooks_that_others_implement_and_anybody_calls(folder: Callable[..., Path]) -> None:
    service = Service(folder(broken("taker, giver", OWN_HOOKS)))
    service.plugins.require_healthy()
    assert service.hooks.shop_restocked(item="cake") == ["cake is back"]
    with pytest.raises(AttributeError, match="there is no hook 'shop_restock' \\(did you mean 'shop_restocked'\\?\\)"):
        service.hooks.shop_restock(item="cake")
    service.close()


def test_an_exception_in_a_hook_names_the_plugin_also_when_it_comes_from_a_generator(
    folder: Callable[..., Path],
) -> None:
    code = "from pymacaron import hookimpl\n@hookimpl\ndef pym_apis():\n    yield 1 / 0\n"
    service = Service(folder(broken("late", {"late.py": code})))
    with pytest.raises(
        PluginError, match=r"^plugin 'late' \(this service\) raised ZeroDivisionError: .* in pym_apis\(\)"
    ):
        service.hooks.apis(service.config)
    service.close()


def test_a_hook_that_returns_something_else_is_refused(folder: Callable[..., Path]) -> None:
    code = "from pymacaron import hookimpl\n@hookimpl\ndef pym_apis():\n    return ['shop.yaml']\n"
    service = Service(folder(broken("odd", {"odd.py": code})))
    with pytest.raises(PyMacaronException, match=r"returned a str from pym_apis\(\), not a ApiDocument"):
        service.hooks.apis(service.config)
    service.close()


def test_a_manager_holds_what_it_is_given_and_nothing_that_is_installed() -> None:
    assert PluginManager().plugins() != []
    empty = PluginManager(found=[])
    assert empty.plugins() == []
    assert list(empty.call("pym_commands")) == []
