"""Documents written by others: each is read, and its operations are listed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pymacaron.exceptions import SpecError
from pymacaron.spec import load_document, read_document

REPOSITORY = Path(__file__).parents[4]
FOLDER = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance") / "openapi"
FILES = sorted(path for path in FOLDER.rglob("*") if path.suffix in (".json", ".yaml"))
FRAGMENTS = {"Error.yaml", "NewPet.yaml", "Pet.yaml", "parameters.yaml"}
ESCAPING = "v2.0/swagger.yaml"

if not FILES:
    pytest.skip("no conformance data: set PYM_CONFORMANCE_DIR to its folder", allow_module_level=True)


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in FRAGMENTS], ids=name_of)
def test_a_document_of_others_is_read(path: Path) -> None:
    document, problems = read_document(path)
    errors = [problem for problem in problems if not problem.warning]
    assert document is not None
    assert bool(document.operations) == ("webhook" not in path.name)
    assert {problem.sentence for problem in errors} == (
        {f"'$ref: ../common/Error.yaml' leads out of the folder {path.parent}; copy what it names into that folder"}
        if name_of(path) == ESCAPING
        else set()
    )


@pytest.mark.parametrize("path", [path for path in FILES if path.name in FRAGMENTS], ids=name_of)
def test_a_fragment_is_no_document(path: Path) -> None:
    with pytest.raises(SpecError, match="neither 'openapi' nor 'swagger' stands at its top"):
        load_document(path)


def test_a_document_of_767_operations_is_read_in_time() -> None:
    start = time.process_time()
    document = load_document(FOLDER / "large" / "github.json")
    assert len(document.operations) == 767
    assert len(document.schemas) == 299
    assert document.problems == ()
    assert time.process_time() - start < 2
