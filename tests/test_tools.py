"""The tools that handle documents agree: what one of them makes is the same to another."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from architecture import ROOT
from pymacaron.spec import load_document
from pymacaron.spec.writing import json_text
from pymacaron.tools.bundle import bundle
from pymacaron.tools.convert import convert
from pymacaron_testing.diff import compare
from pymacaron_testing.lint.rules import RULES
from pymacaron_testing.lint.runner import findings

FOLDER = Path(os.environ.get("PYM_CONFORMANCE_DIR") or ROOT.parent / "shared" / "conformance") / "openapi"
LEFT_OUT = {"Error.yaml", "NewPet.yaml", "Pet.yaml", "parameters.yaml", "swagger.yaml"}
DOCUMENTS = [ROOT / "examples/shop/apis/shop.yaml", ROOT / "examples/helloworld/apis/helloworld.yaml"]
DOCUMENTS += sorted(
    each for each in FOLDER.rglob("*.*") if each.suffix in (".yaml", ".json") and each.name not in LEFT_OUT
)
META_SCHEMA = [rule for rule in RULES if rule.name == "meta-schema"]


def is_newest(path: Path) -> bool:
    """Tell whether a document is OpenAPI 3.1 or newer."""
    return load_document(path).dialect == "openapi-3.1"


@pytest.mark.parametrize("make", [bundle, convert], ids=["bundle", "convert"])
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_made_of_a_document_breaks_no_caller(
    path: Path, make: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    if make is bundle and path.stem == "github":
        pytest.skip("packages/core/tests/tools holds that, and faster")
    if make is convert and is_newest(path):
        pytest.skip("there is nothing to convert")
    made = tmp_path / "made.json"
    made.write_text(json_text(make(path)))
    old, new = load_document(path), load_document(made)
    changes = [*compare(old, new), *compare(new, old)]
    assert [str(each) for each in changes if not each.kind.startswith("content-")] == []
    assert sentences(made) == sentences(path)


def sentences(path: Path) -> list[str]:
    """Return what the meta-schema refuses of a document."""
    return [each.sentence for each in findings(path, path.parent, META_SCHEMA)]
