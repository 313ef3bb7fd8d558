"""`pym config` shows, checks and documents the settings of a service."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pymacaron.cli import pym

Run = Callable[..., Result]

TEXT = "name: shop\nenv_secrets: [PASS]\ndb: {user: é, password: PASS}\nprot: 1\n"
WARNING = (
    "pym-config.yaml:4: 'prot' is not a setting of PyMacaron (did you mean 'port'?): it is kept as a key of your own\n"
)


@pytest.fixture
def run(folder: Path) -> Run:
    """Run `pym config` in a folder with this pym-config.yaml."""

    def run(*arguments: str, text: str = TEXT, **environ: str) -> Result:
        Path("pym-config.yaml").write_text(text, encoding="utf-8")
        return CliRunner().invoke(pym, ["config", *arguments], env={"PASS": None, "PYM_ENV": None, **environ})

    return run


def test_show_prints_yaml_without_needing_secrets(run: Run) -> None:
    done = run("show")
    own, _, known = done.stdout.partition("prot: 1\n")
    assert own == "name: shop\nenv_secrets:\n- PASS\ndb:\n  user: é\n  password: '***'\n"
    assert "live_host: null" in known.splitlines()
    assert done.exit_code == 0


def test_show_prints_json(run: Run) -> None:
    shown = json.loads(run("show", "--json", PASS="hidden").stdout)
    assert (shown["name"], shown["db"], shown["apis"]) == ("shop", {"user": "é", "password": "***"}, "apis")


def test_check_prints_the_warnings_and_that_all_is_well(run: Run) -> None:
    done = run("check", PASS="hidden")
    assert (done.stdout, done.exit_code) == (f"{WARNING}pym-config.yaml: ok\n", 0)


def test_check_names_the_file_that_was_chosen(run: Run) -> None:
    Path("pym-config.live.yaml").write_text("name: shop\n")
    assert run("check", "--env", "live").stdout == "pym-config.live.yaml: ok\n"
    assert run("check", PYM_ENV="shop-live").stdout == "pym-config.live.yaml: ok\n"


def test_check_asks_for_the_secrets_unless_told_not_to(run: Run) -> None:
    done = run("check")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: pym-config.yaml:3: db.password needs the environment variable PASS, which is not set: "
        "export PASS='...'\n"
    )
    assert run("check", "--without-secrets").exit_code == 0


def test_check_ends_with_2_and_a_line_for_each_problem(run: Run) -> None:
    done = run("check", text="name: my shop\nport: x\n")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: pym-config.yaml:1: name should be a plain name such as 'shop' (letters, digits, '-', '_' and '.'), "
        "not 'my shop'\n"
        "Error: pym-config.yaml:2: port should be an integer from 1 to 65535, not 'x'\n"
    )


def test_docs_prints_the_reference_page(run: Run) -> None:
    page = run("docs").stdout
    assert page.startswith("# Settings\n")
    assert "| `port` | an integer from 1 to 65535 |  | Port that the server listens on. | `8080` |  |\n" in page
