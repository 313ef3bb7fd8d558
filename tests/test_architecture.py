"""The sources of all packages keep the rules of the house, and each rule can be broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import architecture

Rule = Callable[[Path], Iterator[str]]

RULES: tuple[Rule, ...] = (
    architecture.wrong_arrows,
    architecture.impure_rooms,
    architecture.served_tools,
    architecture.cycles,
    architecture.unclear_docstrings,
    architecture.too_long,
    architecture.undeclared,
)


@pytest.fixture(scope="module", autouse=True)
def forget() -> Iterator[None]:
    """Keep the half a million nodes of all sources no longer than they are read, as garbage collection sees each."""
    yield
    architecture.sources.cache_clear()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_this_repository_keeps_the_rule(rule: Rule) -> None:
    assert architecture.sources(architecture.ROOT), "no sources found"
    assert list(rule(architecture.ROOT)) == []


def write(root: Path, **files: str) -> Path:
    """Make packages core and auth out of `core_http_plan="import flask"`: an underscore for each slash."""
    for name, text in files.items():
        package, *parts = name.split("_")
        top = "pymacaron" if package == "core" else f"pymacaron_{package}"
        path = root.joinpath("packages", package, "src", top, *parts[:-1], f"{parts[-1] or '__init__'}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        declared = root / "packages" / package / "pyproject.toml"
        declared.write_text('[project]\ndependencies = ["Flask >= 3"]\noptional-dependencies.x = ["PyYAML"]\n')
    return root


LAZY = "def f():\n    import {}\n"
GUARDED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {}\n"

BROKEN: tuple[tuple[Rule, dict[str, str], str], ...] = (
    (architecture.wrong_arrows, {"auth_a": "import pymacaron_aws.b", "aws_b": ""}, "pymacaron_auth imports"),
    (architecture.wrong_arrows, {"core_app": LAZY.format("pymacaron_aws"), "aws_": ""}, "pymacaron imports"),
    (architecture.wrong_arrows, {"core_auth": "import pymacaron_auth", "auth_": ""}, "core/src/pymacaron/auth.py:1"),
    (architecture.wrong_arrows, {"core_a": "import_module('pymacaron_auth')", "auth_": ""}, "pymacaron imports"),
    (architecture.impure_rooms, {"core_spec_a": LAZY.format("flask.json")}, "does not import flask.json"),
    (architecture.impure_rooms, {"core_spec_a": "from pydantic import BaseModel"}, "does not import pydantic"),
    (architecture.impure_rooms, {"core_spec_a": "from .. import app", "core_app": ""}, "import pymacaron.app"),
    (architecture.impure_rooms, {"core_models_a": "from ..http.plan import x"}, "import pymacaron.http.plan"),
    (architecture.served_tools, {"core_http_a": LAZY.format("pymacaron.tools.init")}, "no running service needs"),
    (
        architecture.served_tools,
        {"core_cli_a": "from pymacaron import tools", "core_tools_": ""},
        "imports pymacaron.to",
    ),
    (architecture.cycles, {"core_a": "from . import b", "core_b": "from .a import x"}, "pymacaron.a <- pymacaron.b"),
    (architecture.unclear_docstrings, {"core_a": "import this"}, "pymacaron/a.py: the docstring"),
    (architecture.unclear_docstrings, {"core_a": '"""One. Two."""'}, "pymacaron/a.py: the docstring"),
    (architecture.unclear_docstrings, {"core_a": '"""Without an end"""'}, "pymacaron/a.py: the docstring"),
    (architecture.too_long, {"core_a": "\n" * 351}, "351 lines"),
    (architecture.too_long, {"core_a": "class A:\n  async def f():\n" + "    pass\n" * 50}, "a.py:2: f has 51 lines"),
    (architecture.undeclared, {"core_a": "import flask, yaml, flask_cors"}, "flask-cors is imported but not"),
    (architecture.undeclared, {"core_a": LAZY.format("flask")}, "pyyaml is declared but not imported"),
)


@pytest.mark.parametrize(("rule", "files", "problem"), BROKEN)
def test_a_broken_rule_is_told_in_one_sentence(tmp_path: Path, rule: Rule, files: dict[str, str], problem: str) -> None:
    (told,) = rule(write(tmp_path, **files))
    assert problem in told


KEPT: tuple[tuple[Rule, dict[str, str]], ...] = (
    (architecture.wrong_arrows, {"auth_a": "from pymacaron import x\nimport pymacaron_auth.b", "core_": ""}),
    (architecture.wrong_arrows, {"core_auth": LAZY.format("pymacaron_auth"), "auth_": ""}),
    (architecture.impure_rooms, {"core_spec_a": "import referencing\nfrom pymacaron.exceptions import SpecError"}),
    (architecture.served_tools, {"core_cli_a": LAZY.format("pymacaron.tools"), "core_tools_a": "from . import b"}),
    (architecture.cycles, {"core_a": "from . import b", "core_b": GUARDED.format("pymacaron.a")}),
    (architecture.cycles, {"core_a": "from . import b", "core_b": LAZY.format("pymacaron.a")}),
    (architecture.cycles, {"core_http_": "from .plan import x", "core_http_plan": "from pymacaron.http import body"}
     | {"core_http_body": ""}),
    (architecture.unclear_docstrings, {"core_a": '"""Read `a.yaml`, or\nfail.\n\nMore. And more."""'}),
    (architecture.undeclared, {"core_a": "import json, flask.json, _typeshed\nfrom yaml import x"}),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "files"), KEPT)
def test_what_the_rule_allows_passes(tmp_path: Path, rule: Rule, files: dict[str, str]) -> None:
    assert list(rule(write(tmp_path, **files))) == []
