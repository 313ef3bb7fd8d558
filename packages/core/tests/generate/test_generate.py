"""`pym generate`: what it writes, what it leaves alone, and that nothing of a document is ever run."""

from __future__ import annotations

import importlib
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

Pym = Callable[..., subprocess.CompletedProcess[str]]
Folder = Callable[..., Path]

REPOSITORY = Path(__file__).parents[4]
CONFORMANCE = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance")
GITHUB = CONFORMANCE / "openapi" / "large" / "github.json"
DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
x-bind-module: pets.api
paths:
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    put:
      operationId: rename
      summary: Give a pet a name
      parameters:
        - {name: X-Reason, in: header, schema: {type: string}}
        - {name: loud, in: query, schema: {type: boolean, default: false}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
      responses:
        "200": {description: It., content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
components:
  schemas:
    Pet: {type: object, required: [name], properties: {name: {type: string}, born: {type: string, format: date}}}
"""
MORE = """
    get:
      operationId: look
      responses:
        "200": {description: It., content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
components:
"""
FILES = {"apis/pets.yaml": DOCUMENT}
STUB = '''"""The handlers of the API 'pets'."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apis.pets_models import Pet


def rename(body: Pet, id: int, loud: bool, X_Reason: str | None) -> Pet:
    """Give a pet a name"""
    raise NotImplementedError
'''

FIRST = [
    "X = 1\n",
    "#!/usr/bin/env python3\n# Ours.\nX = 1",
    "# Only this.",
    '"""Pets."""\n\nfrom __future__ import annotations\n\nX = 1\n',
    '"""Pets."""\n\nX = 1\n',
    "# ruff: noqa\nimport os; X = (\n    os.name\n)\n",
    "import os\n\nprint(os.name)\n",
    "from __future__ import annotations\n\nimport flask\n\nprint(flask)\n",
    "from __future__ import annotations\n\nfrom uuid import uuid4\n\nimport flask\n\nprint(flask, uuid4)\n",
    "import os\nfrom uuid import uuid4\n\nimport flask\n\nX = 1\nprint(flask, uuid4, os)\n",
    "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from apis.pets0_client import client as b\n\nX: 'b'\n",
]


def contents(root: Path) -> dict[str, bytes]:
    files = [path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_it_writes_what_is_missing_and_the_same_bytes_again(pym: Pym, folder: Folder) -> None:
    root = folder(FILES)
    done = pym("generate", cwd=root, PYTHONHASHSEED="1")
    assert done.stdout.splitlines() == [
        "written: apis/pets_models.py",
        "written: apis/pets_handlers.py",
        "written: apis/pets_client.py",
        "written: pets/api.py",
        "written: pets/__init__.py",
    ]
    assert (root / "pets" / "api.py").read_text() == STUB
    written = contents(root)
    assert pym("generate", cwd=root).stdout == "up to date\n"
    assert contents(root) == written
    other = folder(FILES, name="other")
    assert pym("generate", cwd=other, PYTHONHASHSEED="2").returncode == 0
    assert contents(other) == written


def test_check_writes_nothing_and_fails_while_a_file_is_stale(pym: Pym, folder: Folder) -> None:
    root = folder(FILES)
    before = contents(root)
    stale = pym("generate", "--check", cwd=root)
    assert stale.returncode == 1
    assert "stale: apis/pets_models.py" in stale.stdout
    assert stale.stderr == "Error: run 'pym generate', and commit what it changes\n"
    assert contents(root) == before
    pym("generate", cwd=root)
    current = pym("generate", "--check", cwd=root)
    assert (current.returncode, current.stdout) == (0, "up to date\n")
    (root / "apis" / "pets.yaml").write_text(DOCUMENT.replace("born", "birth"))
    assert pym("generate", "--check", cwd=root).stdout == "stale: apis/pets_models.py\n"


def test_generated_files_that_nothing_asks_for_any_more_are_stale_and_removed(pym: Pym, folder: Folder) -> None:
    root = folder({**FILES, "apis/dogs.yaml": DOCUMENT, "apis/cats.yaml": DOCUMENT})
    pym("generate", cwd=root)
    (root / "apis" / "dogs.yaml").write_text(DOCUMENT.replace("x-bind-module: pets.api", ""))
    (root / "apis" / "cats.yaml").unlink()
    changed = root / "apis" / "cats_client.py"
    changed.write_text(changed.read_text().replace("PUT", "GET") + "\nMINE = 1\n")
    assert pym("generate", "pets", "--check", cwd=root).stdout == "up to date\n"
    assert pym("generate", "dogs", "--check", cwd=root).stdout == "stale: apis/dogs_handlers.py\n"
    stale = ["apis/cats_handlers.py", "apis/cats_models.py", "apis/dogs_handlers.py"]
    check = pym("generate", "--check", cwd=root)
    assert (check.returncode, check.stdout.splitlines()) == (1, [f"stale: {path}" for path in stale])
    before = contents(root)
    assert pym("generate", cwd=root).stdout.splitlines() == [f"removed: {path}" for path in stale]
    assert before.keys() - contents(root).keys() == set(stale)
    assert pym("generate", cwd=root).stdout == "up to date\n"


def test_the_documents_of_other_services_get_models_and_clients_alone(pym: Pym, folder: Folder) -> None:
    root = folder({**FILES, "others/dogs.yaml": DOCUMENT, "pets/__init__.py": "raise SystemExit('imported')"})
    done = pym("generate", "--clients", "others", cwd=root)
    assert done.stdout.splitlines() == ["written: others/dogs_models.py", "written: others/dogs_client.py"], done.stderr
    assert not (root / "pets" / "api.py").exists()
    (root / "others" / "dogs_client.py").unlink()
    check = pym("generate", "--clients", str(root / "others"), "--check", cwd=root)
    assert (check.returncode, check.stdout) == (1, "stale: others/dogs_client.py\n")


def test_a_running_service_gets_its_own_classes_from_the_generated_module(
    pym: Pym, folder: Folder, service: Callable[..., Flask]
) -> None:
    root = folder(FILES)
    pym("generate", cwd=root)
    made = "return pets_models.Pet(name=f'{body.name} {id} {loud} {X_Reason}')"
    handler = (root / "pets" / "api.py").read_text().replace("raise NotImplementedError", made)
    handler = handler.replace("from typing", "from apis import pets_models\nfrom typing")
    files = {path: text.decode() for path, text in contents(root).items()} | {"pets/api.py": handler}
    shutil.rmtree(root)
    app = service(files)
    assert app.test_client().put("/pets/7", json={"name": "Rex"}).json == {"name": "Rex 7 False None"}
    own = app.extensions["pymacaron"]
    own.load_clients(local=True, path=None, apis=None)
    with own:
        models, calls = (importlib.import_module(f"apis.pets_{name}") for name in ("models", "client"))
        assert models.Pet is own.pools["pets"].Pet
        answer = calls.client.rename(models.Pet(name="Max"), id=8, loud=True)
    assert isinstance(answer, models.Pet)
    assert answer.name == "Max 8 True None"


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_stubs_are_added_once_below_what_a_person_wrote(pym: Pym, folder: Folder, newline: str) -> None:
    root = folder(FILES)
    pym("generate", cwd=root)
    api = root / "pets" / "api.py"
    written = STUB.replace("raise NotImplementedError", "return body  # as it is").replace("\n", newline)
    api.write_bytes(written.rstrip().encode())
    (root / "apis" / "pets.yaml").write_text(DOCUMENT.replace("components:\n", MORE.lstrip("\n"), 1))
    assert pym("generate", cwd=root).stdout.splitlines()[-1] == "written: pets/api.py"
    added = '\n\n\ndef look(id: int) -> Pet:\n    """GET /pets/{id}"""\n    raise NotImplementedError\n'
    assert api.read_bytes().decode() == written.rstrip() + added.replace("\n", newline)
    assert pym("generate", cwd=root).stdout == "up to date\n"


def test_stubs_in_modules_that_people_began_change_no_line_of_them_and_suit_linters(pym: Pym, folder: Folder) -> None:
    modules = {f"pets/api{index}.py": first for index, first in enumerate(FIRST)}
    documents = [DOCUMENT.replace("pets.api", f"pets.api{index}") for index in range(len(FIRST))]
    root = folder({**{f"apis/pets{index}.yaml": text for index, text in enumerate(documents)}, **modules})
    assert pym("generate", cwd=root).returncode == 0
    once = {path: (root / path).read_text() for path in modules}
    for index, text in enumerate(documents):
        (root / f"apis/pets{index}.yaml").write_text(text.replace("components:\n", MORE.lstrip("\n"), 1))
    assert pym("generate", cwd=root).returncode == 0
    twice = {path: (root / path).read_text() for path in modules}
    for before, after in ((modules, once), (once, twice)):
        for path, text in after.items():
            lines = iter(text.splitlines())
            assert all(line in lines for line in before[path].splitlines()), text
    assert [text.count("import Pet") + text.count("if TYPE_CHECKING:") for text in twice.values()] == [2] * len(FIRST)
    imports = "; ".join(f"import pets.api{index}" for index in range(len(FIRST)))
    subprocess.run([sys.executable, "-c", imports], cwd=root, capture_output=True, check=True)
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "E4,F,I,UP,TC"]
    linted = subprocess.run([*ruff, "--target-version", "py311", "pets"], cwd=root, capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout


def test_a_model_that_is_asked_for_before_a_service_is_loaded_says_so(pym: Pym, folder: Folder) -> None:
    root = folder(FILES)
    pym("generate", cwd=root)
    for name in ("models import Pet", "client import client"):
        run = f"import pets.api; from apis.pets_{name}"
        for cwd in (root, root / "apis"):
            environment = {**os.environ, "PYTHONPATH": str(root)}
            command = [sys.executable, "-c", run]
            done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)
            said = f"no service has loaded the API 'pets', whose '{name.split()[-1]}' is asked for: call create_app()"
            assert said in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: "mine = 1\n", "was not written by 'pym generate', which would replace it: move it away"),
        (lambda text: text.replace("Pet", "Dog"), "was changed by hand since 'pym generate' wrote it"),
        (lambda text: text + "def broken(\n", "was changed by hand since 'pym generate' wrote it"),
    ],
    ids=["another's", "changed", "broken"],
)
def test_a_file_that_a_person_wrote_or_changed_stops_everything(
    pym: Pym, folder: Folder, change: Callable[[str], str], said: str
) -> None:
    root = folder(FILES)
    pym("generate", cwd=root)
    models = root / "apis" / "pets_models.py"
    models.write_text(change(models.read_text()))
    (root / "apis" / "pets.yaml").write_text(DOCUMENT.replace("born", "birth"))
    (root / "apis" / "pets_client.py").unlink()
    before = contents(root)
    done = pym("generate", cwd=root)
    assert done.returncode == 1
    assert f"apis/pets_models.py {said}" in done.stderr
    assert contents(root) == before


def test_a_formatter_may_lay_a_generated_file_out_anew(pym: Pym, folder: Folder) -> None:
    root = folder(FILES)
    pym("generate", cwd=root)
    models = root / "apis" / "pets_models.py"
    models.write_bytes(models.read_text().replace("extra='ignore'", 'extra="ignore"').replace("\n", "\r\n").encode())
    assert pym("generate", "--check", cwd=root).returncode == 0


@pytest.mark.parametrize(
    ("files", "arguments", "said"),
    [
        (
            {"apis/other.yaml": "openapi: 3.1.0\ninfo: 3\npaths: {}\n"},
            [],
            "apis/other.yaml:2: 'info' must be a mapping",
        ),
        ({"apis/pets.yml": DOCUMENT}, [], "are both called 'pets'"),
        ({"apis/p-s.yaml": DOCUMENT, "apis/p.s.yaml": DOCUMENT}, [], "would have files of one name: rename one"),
        ({}, ["dogs"], "there is no API 'dogs' (there are: pets)"),
        ({"pym-config.yaml": "name: a\napis: my-apis\n", "my-apis/pets.yaml": DOCUMENT}, [], "cannot import 'my-apis'"),
        ({}, ["--clients", "apis"], "'apis' holds the documents of this service: leave --clients out"),
        ({}, ["--clients", "../others"], "others is outside of the service, which cannot import from it"),
        ({}, ["--clients", "others"], "there is no folder others"),
        ({"pets/api.py": "def rename(:\n"}, [], "pets/api.py:1: this is no Python, so no stub is added: correct it"),
        ({"pets/api.py": "# coding: latin-1\n"}, [], "pets/api.py is written in iso-8859-1: save it as UTF-8"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    pym: Pym, folder: Folder, files: dict[str, str], arguments: list[str], said: str
) -> None:
    root = folder({**FILES, **files})
    before = contents(root)
    done = pym("generate", *arguments, cwd=root)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert contents(root) == before


def test_githubs_document_takes_less_than_five_seconds(pym: Pym, folder: Folder) -> None:
    if not GITHUB.exists():
        pytest.skip("no conformance data: set PYM_CONFORMANCE_DIR to its folder")
    document: dict[str, Any] = json.loads(GITHUB.read_text())
    for item in document["paths"].values():
        for method in item.keys() - {"parameters"}:
            item[method]["x-bind-server"] = f"hub.api.{item[method]['operationId'].replace('/', '_').replace('-', '_')}"
    root = folder({"apis/github.json": json.dumps(document)})
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = pym("generate", cwd=root)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert (root / "hub" / "api.py").read_text().count("\ndef ") == 767
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5


def test_two_operations_of_one_client_function_are_refused_with_their_places(pym: Pym, tmp_path: Path) -> None:
    answered = "responses: {default: {description: It.}}"
    (tmp_path / "apis").mkdir()
    (tmp_path / "pym-config.yaml").write_text("name: shop\n")
    (tmp_path / "apis/shop.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n"
        f"  /a:\n    get: {{operationId: look, {answered}}}\n  /b:\n    get: {{operationId: Look, {answered}}}\n"
    )
    done = pym("generate", cwd=tmp_path)
    assert done.returncode != 0
    assert "apis/shop.yaml:7: GET /b is called 'look' by clients, as is GET /a at apis/shop.yaml:5" in done.stderr
    assert not list((tmp_path / "apis").glob("*_client.py*"))
