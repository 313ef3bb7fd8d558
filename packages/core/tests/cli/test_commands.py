"""What commands print, and what they do not load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pymacaron.cli import pym as command_line

Run = Callable[..., subprocess.CompletedProcess[str]]

CONFORMANCE = Path(os.environ.get("PYM_CONFORMANCE_DIR", Path(__file__).parents[5] / "shared/conformance")) / "openapi"

FILES = {
    "apis/it.yaml": """\
openapi: 3.1.0
info: {title: T, version: "1"}
servers: [{url: /v1}]
paths:
  /it:
    get: {operationId: handlers.it, responses: {"200": {description: ok}}}
""",
    "handlers.py": "def it():\n    return {}\n",
}


def test_help_loads_neither_flask_nor_pydantic() -> None:
    code = """\
import sys
from pymacaron.cli import pym
pym(["--help"], standalone_mode=False)
print({"flask", "werkzeug", "pydantic", "yaml", "gunicorn"} & set(sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"


def test_a_line_without_a_command_gets_the_list_of_commands(folder: Callable[..., Path], pym: Run) -> None:
    told = pym(cwd=folder(FILES))
    assert (told.returncode, told.stdout) == (2, "")
    assert "Serve this folder while you write." in told.stderr


def test_routes_of_a_service_are_a_list_of_objects(folder: Callable[..., Path], pym: Run) -> None:
    listed = json.loads(pym("routes", "--json", cwd=folder(FILES)).stdout)
    assert listed[0] == {
        "method": "GET",
        "path": "/v1/it",
        "operation_id": "handlers.it",
        "handler": "handlers.it",
        "api": "it",
    }
    assert [row["path"] for row in listed[1:]] == ["/ping", "/ready", "/version"]


@pytest.mark.parametrize("position", ["before", "behind"])
def test_shared_options_stand_before_or_behind_the_command(
    position: str, folder: Callable[..., Path], pym: Run
) -> None:
    options = ["--root", str(folder({**FILES, "pym-config.live.yaml": "name: lively\n"})), "--env", "live"]
    command = ["config", "show", "--json"]
    done = pym(*options, *command) if position == "before" else pym(*command, *options)
    assert json.loads(done.stdout)["name"] == "lively"


def test_completion_prints_the_script_of_a_shell(pym: Run) -> None:
    assert "_PYM_COMPLETE=bash_complete" in pym("completion", "bash").stdout


def test_colours_are_left_out_where_nobody_wants_them(folder: Callable[..., Path], pym: Run) -> None:
    assert "\x1b" not in pym("doctor", cwd=folder({}), NO_COLOR="1").stdout


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("docs", "config docs"), ("rutes", "routes"), ("xyz", None)],
)
def test_an_unknown_command_is_looked_for_in_groups_and_among_like_names(
    folder: Callable[..., Path], pym: Run, typed: str, meant: str | None
) -> None:
    advice = f" (did you mean '{meant}'?)" if meant else ""
    refused = pym(typed, cwd=folder(FILES))
    assert refused.returncode == 2
    assert f"Error: No such command '{typed}'{advice}\n" in refused.stderr


def test_doctor_says_what_is_wrong_and_leaves_out_what_cannot_be_tried(folder: Callable[..., Path], pym: Run) -> None:
    healthy = pym("doctor", cwd=folder(FILES))
    assert (healthy.returncode, healthy.stderr) == (0, "")
    lines = ["configuration and secrets", "distributions", "plugins", "commands", "documents and handlers"]
    assert healthy.stdout == "".join(f"ok: {line}\n" for line in lines)
    sick = pym("doctor", cwd=folder({"pym-config.yaml": "name: demo\nplugins: {require: [auth2]}\n"}, "sick"))
    assert sick.returncode == 1
    assert "FAILED: plugins\n    plugin 'auth2' (of no distribution) is required" in sick.stdout
    assert sick.stdout.endswith("left out: the rest, until this is mended\n")


FORMER = (
    ("pymacaron-core", "0.5.3"),
    ("pymacaron_unit", "1.0.10"),
    ("pymacaron-async", "2.0.36"),
    ("pymacaron-gcp", "3.1"),
)


def test_doctor_names_distributions_of_pymacaron_2_beside_ours(folder: Callable[..., Path], pym: Run) -> None:
    metadata = {
        f"site/{name.replace('-', '_')}-{version}.dist-info/METADATA": f"Name: {name}\nVersion: {version}\n"
        for name, version in FORMER
    }
    root = folder({**FILES, **metadata})
    told = pym("doctor", cwd=root, PYTHONPATH=str(root / "site"))
    assert told.returncode == 1
    assert told.stdout.splitlines()[1:5] == [
        "FAILED: distributions",
        "    pymacaron-async 2.0.36 of PyMacaron 2 is installed, whose modules pymacaron-async has now: "
        "pip uninstall pymacaron-async, then pip install --force-reinstall --no-deps 'pymacaron-async>=3'",
        "    pymacaron-core 0.5.3 of PyMacaron 1 and 2 is installed, whose modules pymacaron has now: "
        "pip uninstall pymacaron-core, then pip install --force-reinstall --no-deps 'pymacaron>=3'",
        "    pymacaron-unit 1.0.10 of PyMacaron 1 and 2 is installed, whose modules pymacaron-testing has now: "
        "pip uninstall pymacaron-unit, then pip install --force-reinstall --no-deps 'pymacaron-testing>=3'",
    ]


@pytest.mark.skipif(not CONFORMANCE.is_dir(), reason="no conformance data: set PYM_CONFORMANCE_DIR")
def test_routes_lists_every_document_of_the_conformance_folder() -> None:
    counted: dict[str, int | str] = {}
    for path in sorted(path for path in CONFORMANCE.rglob("*") if path.suffix in (".yaml", ".json")):
        done = CliRunner().invoke(command_line, ["routes", "--json", str(path)])
        told = done.stderr.rpartition(": ")[2]
        counted[f"{path.parent.name}/{path.name}"] = len(json.loads(done.stdout)) if done.exit_code == 0 else told
    fragments = {"v2.0/Error.yaml", "v2.0/NewPet.yaml", "v2.0/Pet.yaml", "v2.0/parameters.yaml"}
    told = "neither 'openapi' nor 'swagger' stands at its top; add one\n"
    assert {name for name, found in counted.items() if found == told} == fragments
    assert counted["large/github.json"] == 767
    assert counted["large/telegram.json"] == 82
    assert sum(found for found in counted.values() if isinstance(found, int)) == 903


@pytest.mark.parametrize("options", [["--env", "prod"], ["--env=prod"]])
@pytest.mark.parametrize("place", ["before", "after"])
def test_the_environment_chooses_the_plugins_wherever_it_is_named(
    folder: Callable[..., Path], pym: Run, options: list[str], place: str
) -> None:
    plugin = """\
import click
from pymacaron import hookimpl

@hookimpl
def pym_commands():
    return [click.Command("greet", callback=lambda: click.echo("hello"))]
"""
    root = folder(FILES)
    (root / "pym-config.yaml").unlink()
    (root / "pym-config.prod.yaml").write_text("name: demo\nplugins: {local: [plug]}\n")
    (root / "plug.py").write_text(plugin)
    where = ["--root", str(root)]
    arguments = [*options, "greet", *where] if place == "before" else ["greet", *where, *options]
    assert pym(*arguments, cwd=root.parent).stdout == "hello\n"
