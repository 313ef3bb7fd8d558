"""The reference says what the code says, and everything in it has an example that runs with its output compared."""

from __future__ import annotations

import ast
import re
from itertools import groupby

import pytest

import reference
from architecture import ROOT
from examples import Shown, page_showing
from pymacaron.spec.extensions import EXTENSIONS

INTERNAL = {"x-itself", "x-chosen", "x-pym-lint", "x-delivery-count", "x-queue-type"}
"""Marks within our own data, and words of brokers."""


@pytest.mark.parametrize("name", reference.pages())
def test_the_page_of_the_reference_says_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert written == reference.pages()[name], "type: python tests/reference.py"


@pytest.mark.parametrize("kind", [kind for kind, _ in groupby(reference.names(), key=lambda pair: pair[0])])
def test_every_one_of_the_kind_has_an_example_that_runs_with_its_output_compared(kind: str) -> None:
    without = {name for each, name in reference.names() if each == kind and page_showing(each, name) is None}
    assert without == set(), "show these on a page of docs/, in a block whose output is compared"


def test_the_list_of_headers_is_that_of_the_sources() -> None:
    assert reference.header_names() == set(reference.HEADERS)


def test_the_list_of_attributes_is_that_of_the_sources() -> None:
    read = {
        node.value
        for path in ROOT.glob("packages/*/src/**/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"x-[a-zA-Z-]+", node.value)
    }
    headers = {name.lower() for name in reference.HEADERS} | {"x-cloud-trace-context", "x-envoy-upstream-service-time"}
    assert read - headers - INTERNAL == {each.name for each in EXTENSIONS}


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        ("hook", "pym_apis", Shown("", "", (("shop.py", "def pym_apis(config):"),))),
        ("setting", "port", Shown("", "", (("pym-config.yaml", "port: 80"),))),
        ("setting", "plugins.local", Shown("", "", (("pym-config.live.yaml", "plugins: {local: [shop]}"),))),
        ("setting", "jwt_leeway", Shown("get_config().jwt_leeway = 3", "", ())),
        ("command", "pym deploy unlock", Shown("", "pym --root shop deploy unlock --yes", ())),
        ("command", "pym run", Shown("", "cd shop && pym run --port 80", ())),
        ("error code", "NOT_FOUND", Shown('assert reply["error"] == "NOT_FOUND"', "", ())),
        ("error code", "NOT_FOUND", Shown("", "", (("test/test_shop.py", '"NOT_FOUND"'),))),
        ("attribute", "x-parent", Shown("", "", (("apis/shop.yaml", "x-parent: shop.Item"),))),
    ],
)
def test_an_example_is_found(kind: str, name: str, shown: Shown) -> None:
    assert shown.holds(kind, name)


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        ("hook", "pym_apis", Shown("pym_apis", "", ())),
        ("setting", "port", Shown("the port: 80", "", (("apis/shop.yaml", "port: 80"),))),
        ("setting", "port", Shown("", "", (("pym-config.yaml", "report: 80\nclients: {shop: {port: 80}}"),))),
        ("command", "pym deploy", Shown("", "pym deploy-not", ())),
        ("command", "pym deploy unlock", Shown("pym deploy unlock", "pym deploy", ())),
        ("error code", "NOT_FOUND", Shown("ITEM_NOT_FOUND", "", (("shop.py", 'code = "NOT_FOUND"'),))),
        ("attribute", "x-parent", Shown("x-parents", "", ())),
    ],
)
def test_what_is_no_example_is_not_taken_for_one(kind: str, name: str, shown: Shown) -> None:
    assert not shown.holds(kind, name)
