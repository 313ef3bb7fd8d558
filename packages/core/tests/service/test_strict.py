"""Documents with defects are served with warnings; `strict` refuses them, with file:line of each defect."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron import create_app
from pymacaron.exceptions import SpecError

SLOPPY = """\
openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /pets/{id}:
    get:
      x-bind-server: pets.get
      responses: {200: {description: A pet.}}
"""
TOLD = "no parameter declares '{id}' of '/pets/{id}', so it counts as text; declare it"
FILES = {"apis/pets.yaml": SLOPPY, "pets.py": "def get(id):\n    return None\n"}


def test_a_document_with_a_defect_is_served_with_a_warning(
    folder: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(folder(FILES))
    assert app.test_client().get("/pets/7").status_code == 200
    assert any(f"pets.yaml:5: {TOLD}" in record.getMessage() for record in caplog.records)
    app.extensions["pymacaron"].close()


def test_strict_refuses_a_document_with_a_defect(folder: Callable[..., Path]) -> None:
    with pytest.raises(SpecError) as refused:
        create_app(folder(FILES), strict=True)
    assert [problem.partition("apis/")[2] for problem in refused.value.problems] == [f"pets.yaml:5: {TOLD}"]


def test_strict_takes_an_operation_without_responses_from_openapi_3_1_on(folder: Callable[..., Path]) -> None:
    bare = "openapi: 3.1.0\ninfo: {title: Pets, version: '1'}\npaths: {/: {get: {x-bind-server: pets.get}}}\n"
    files = {"apis/pets.yaml": bare, "pets.py": "def get():\n    return None\n"}
    create_app(folder(files), strict=True).extensions["pymacaron"].close()
    with pytest.raises(SpecError, match=r"pets\.yaml:3: the operation has no 'responses'; declare what it answers"):
        create_app(folder({**files, "apis/pets.yaml": bare.replace("3.1.0", "3.0.3")}))


@pytest.mark.parametrize("command", [("serve",), ("run", "--no-reload")])
def test_the_commands_that_serve_are_strict_when_told_to(
    command: tuple[str, ...], folder: Callable[..., Path], pym: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = pym(*command, "--strict", cwd=folder(FILES))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"Error: apis/pets.yaml:5: {TOLD}"]
