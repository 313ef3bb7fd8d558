"""Bad input, told: each case is held against a file of golden/ with the command, the whole message and the exit code.

`pytest --golden` writes the files anew; read the difference before it is kept.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"

Run = Callable[..., subprocess.CompletedProcess[str]]


def document(paths: str, more: str = "") -> str:
    """Return an OpenAPI document of the given paths."""
    return f"openapi: 3.1.0\ninfo: {{title: Shop, version: '1'}}\npaths:\n{paths}{more}"


ITEMS = """\
  /items/{item_id}:
    get:
      x-bind-server: handlers.get_item
      parameters:
        - {name: item_id, in: path, required: true, schema: {type: integer}}
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema: {$ref: '%s'}
"""
ITEM = "components: {schemas: {Item: {type: object}}}\n"
GOOD = {
    "apis/shop.yaml": document(ITEMS % "#/components/schemas/Item", ITEM),
    "handlers.py": "def get_item(item_id):\n    return {}\n",
}
COMMAND = (
    "import click\nfrom pymacaron import hookimpl\n@hookimpl\ndef pym_commands():\n    return [click.Command('bake')]\n"
)
LAUGHS = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))

CASES: dict[str, tuple[str, dict[str, str]]] = {
    "config_missing": ("serve", {**GOOD, "pym-config.yaml": ""}),
    "config_env_missing": ("serve --env live", {**GOOD, "pym-config.test.yaml": "name: test\n"}),
    "config_broken_yaml": ("serve", {**GOOD, "pym-config.yaml": "name: shop\nplugins: [\n"}),
    "config_not_a_mapping": ("serve", {**GOOD, "pym-config.yaml": "- shop\n"}),
    "config_wrong_types": (
        "serve",
        {
            **GOOD,
            "pym-config.yaml": "name: my shop\nport: http\nignore_base_path: sometimes\nplugins: {requires: []}\n",
        },
    ),
    "config_duplicate_key": ("serve", {**GOOD, "pym-config.yaml": "name: shop\nport: 1\nname: other\n"}),
    "secret_unset": (
        "serve",
        {**GOOD, "pym-config.yaml": "name: shop\nenv_secrets: [SHOP_PASSWORD]\ndatabase:\n  password: SHOP_PASSWORD\n"},
    ),
    "document_missing": ("serve", {"handlers.py": ""}),
    "document_broken_yaml": ("serve", {**GOOD, "apis/shop.yaml": "openapi: 3.1.0\ninfo: {title: Shop\npaths: {}\n"}),
    "document_broken_json": ("serve", {"apis/shop.json": '{"openapi": "3.1.0",\n "info": }'}),
    "document_duplicate_keys": (
        "serve",
        {**GOOD, "apis/shop.yaml": document(ITEMS % "#/components/schemas/Item", ITEM + ITEM)},
    ),
    "document_bomb_of_aliases": ("serve", {**GOOD, "apis/shop.yaml": "openapi: 3.1.0\nl0: &l0 [lol]\n" + LAUGHS}),
    "document_bomb_of_depth": ("serve", {**GOOD, "apis/shop.yaml": "openapi: 3.1.0\ndeep: " + "[" * 5000}),
    "document_recursive_alias": ("serve", {**GOOD, "apis/shop.yaml": "openapi: 3.1.0\nself: &self [*self]\n"}),
    "reference_dangling": (
        "serve",
        {**GOOD, "apis/shop.yaml": document(ITEMS % "#/components/schemas/Itm", ITEM)},
    ),
    "reference_escaping": ("serve", {**GOOD, "apis/shop.yaml": document(ITEMS % "../../outside.yaml#/Item")}),
    "reference_to_the_network": ("serve", {**GOOD, "apis/shop.yaml": document(ITEMS % "https://example.com/x.yaml")}),
    "document_with_many_problems": (
        "serve",
        {
            **GOOD,
            "apis/shop.yaml": document(
                "  items:\n    get: {parameters: [{in: query}], responses: {}}\n"
                "  /b:\n    get:\n      x-bind-server: handlers.get_item\n      security: [{nobody: []}]\n"
                "      responses: {'20': {description: ok}}\n"
            ),
        },
    ),
    "handler_unknown": ("serve", {**GOOD, "handlers.py": "def get_items():\n    return {}\n"}),
    "handler_signature": ("serve", {**GOOD, "handlers.py": "def get_item(id):\n    return {}\n"}),
    "plugin_import": (
        "serve",
        {**GOOD, "pym-config.yaml": "name: shop\nplugins: {local: [plug]}\n", "plug.py": "import nonsense\n"},
    ),
    "plugin_hook_misspelt": (
        "serve",
        {
            **GOOD,
            "pym-config.yaml": "name: shop\nplugins: {local: [plug]}\n",
            "plug.py": "from pymacaron import hookimpl\n@hookimpl\ndef pym_comands():\n    return []\n",
        },
    ),
    "plugin_missing": ("serve", {**GOOD, "pym-config.yaml": "name: shop\nplugins: {require: [teleport]}\n"}),
    "plugins_with_one_command": (
        "bake",
        {
            **GOOD,
            "pym-config.yaml": "name: shop\nplugins: {local: [one, two]}\n",
            "one.py": COMMAND,
            "two.py": COMMAND,
        },
    ),
    "command_unknown": ("rutes", GOOD),
    "not_a_document": ("routes handlers.py", GOOD),
    "bundle_dangling": (
        "bundle apis/shop.yaml -o one.yaml",
        {**GOOD, "apis/shop.yaml": document(ITEMS % "parts.yaml#/Itm"), "apis/parts.yaml": "Item: {type: object}\n"},
    ),
    "bundle_missing": ("bundle apis/none.yaml", GOOD),
    "bundle_nowhere": ("bundle apis/shop.yaml -o handlers.py/one.yaml", GOOD),
    "convert_newest": ("convert apis/shop.yaml", GOOD),
    "convert_broken": (
        "convert apis/shop.yaml",
        {**GOOD, "apis/shop.yaml": "swagger: '2.0'\npaths: {/a: {get: {}}}\n"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_told_in_whole(
    case: str, folder: Callable[..., Path], pym: Run, pytestconfig: pytest.Config
) -> None:
    command, files = CASES[case]
    root = folder(files)
    if files.get("pym-config.yaml") == "":
        (root / "pym-config.yaml").unlink()
    done = pym(*command.split(), cwd=root)
    assert "Traceback" not in done.stderr
    assert done.returncode in (1, 2)
    hold(case, f"$ pym {command}\n{done.stdout}{done.stderr}[exit code {done.returncode}]\n", pytestconfig)


def test_a_port_in_use_is_told_in_whole(folder: Callable[..., Path], pym: Run, pytestconfig: pytest.Config) -> None:
    root = folder(GOOD)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        for command in ("serve", "run"):
            done = pym(command, "--port", port, cwd=root)
            told = f"$ pym {command} --port PORT\n{done.stdout}{done.stderr}[exit code {done.returncode}]\n"
            hold(f"port_in_use_{command}", told.replace(port, "PORT"), pytestconfig)


def test_the_traceback_comes_with_debug_only(folder: Callable[..., Path], pym: Run) -> None:
    root = folder({**GOOD, "pym-config.yaml": "- shop\n"})
    assert "Traceback" not in pym("serve", cwd=root).stderr
    assert "Traceback" in pym("serve", "--debug", cwd=root).stderr


def hold(case: str, told: str, pytestconfig: pytest.Config) -> None:
    """Compare what was told with the golden file."""
    golden = GOLDEN / f"{case}.txt"
    if pytestconfig.getoption("--golden"):
        golden.write_text(told)
    assert told == golden.read_text()
