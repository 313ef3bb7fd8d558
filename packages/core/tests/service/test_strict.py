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


DEFAULTS = """\
{version}
info: {{title: Pets, version: '1'}}
paths:
  /pets:
    get:
      x-bind-server: pets.get
      parameters: [{{name: limit, in: query, {parameter}}}]
      responses: {{200: {{description: Pets.}}}}
{components}
    Pet: {{type: object, properties: {{kind: {{$ref: '{reference}Kind'}}, tag: {good}}}}}
    Kind:
      {schema}
"""
PLACES = {
    "2.0": ("swagger: '2.0'", "definitions:", "#/definitions/"),
    "3.0": ("openapi: 3.0.3", "components:\n  schemas:", "#/components/schemas/"),
    "3.1": ("openapi: 3.1.0", "components:\n  schemas:", "#/components/schemas/"),
}


def with_default(version: str, schema: str, good: str = "{type: string, default: x}") -> dict[str, str]:
    written, components, reference = PLACES[version]
    limit = "type: integer, minimum: 1.0, default: 0"
    document = DEFAULTS.format(
        version=written,
        components=components,
        reference=reference,
        schema=schema,
        good=good,
        parameter=limit if version == "2.0" else f"schema: {{{limit}}}",
    )
    return {"apis/pets.yaml": document, "pets.py": "def get(limit=None):\n    return None\n"}


WRONG = {
    "{type: string, default: 5}": "input should be a valid string",
    "{type: string, enum: [a, b], default: c}": "input should be 'a' or 'b'",
    "{type: string, default: null}": "input should be a valid string",
    "{type: string, maxLength: 1, default: abc}": "input should have at most 1 characters",
    "{type: string, pattern: '^a', default: b}": "input should match the pattern '^a'",
    "{type: string, format: date, default: soon}": "input should be text in the format 'date'",
    "{type: integer, format: int32, default: 2147483648}": "input should be less than or equal to 2147483647",
    "{type: integer, default: true}": "input should be a valid integer",
    "{type: number, maximum: 1, exclusiveMaximum: EX, default: 1}": "input should be less than 1",
    "{type: array, items: {type: string}, default: [1]}": "input should be a valid string",
    "{type: array, minItems: 1, items: {}, default: []}": "input should have at least 1 items",
    "{type: object, required: [a], default: {}}": "field required",
    "{allOf: [{type: string}], default: 1}": "input should be a valid string",
}


@pytest.mark.parametrize("version", PLACES)
@pytest.mark.parametrize(("schema", "told"), WRONG.items())
def test_a_default_that_breaks_its_schema_is_a_warning_that_strict_refuses(
    schema: str, told: str, version: str, folder: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    schema = schema.replace(
        "maximum: 1, exclusiveMaximum: EX",
        "exclusiveMaximum: 1" if version == "3.1" else "maximum: 1, exclusiveMaximum: true",
    )
    root = folder(with_default(version, schema))
    create_app(root).extensions["pymacaron"].close()
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    line = 12 if version == "2.0" else 13
    assert [message.partition("apis/")[2] for message in warned] == [
        "pets.yaml:7: the default does not fit its schema: input should be greater than or equal to 1.0;"
        " correct or remove it",
        f"pets.yaml:{line}: the default does not fit its schema: {told}; correct or remove it",
    ]
    with pytest.raises(SpecError) as refused:
        create_app(root, strict=True)
    assert list(refused.value.problems) == warned


RIGHT = [
    "{type: string, nullable: true, default: null}",
    "{type: string, format: date, default: '2020-01-02'}",
    "{type: string, format: binary, default: any}",
    "{type: integer, default: 1.0}",
    "{type: number, default: 1}",
    "{type: array, items: {type: integer}, default: [1]}",
    "{type: object, properties: {a: {type: integer}}, default: {a: 1}}",
    "{default: {a: [1]}}",
]


@pytest.mark.parametrize("schema", RIGHT)
def test_a_default_that_fits_its_schema_is_no_warning(schema: str, folder: Callable[..., Path]) -> None:
    files = with_default("3.0", schema)
    files["apis/pets.yaml"] = files["apis/pets.yaml"].replace("default: 0", "default: 1")
    create_app(folder(files), strict=True).extensions["pymacaron"].close()


@pytest.mark.parametrize("command", [("serve",), ("run", "--no-reload")])
def test_the_commands_that_serve_are_strict_when_told_to(
    command: tuple[str, ...], folder: Callable[..., Path], pym: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = pym(*command, "--strict", cwd=folder(FILES))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"Error: apis/pets.yaml:5: {TOLD}"]


def test_the_routes_of_a_document_are_listed_with_its_wrong_defaults(
    folder: Callable[..., Path], pym: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    root = folder(with_default("3.1", "{type: string}"))
    done = pym("routes", "apis/pets.yaml", cwd=root)
    told = (
        "apis/pets.yaml:7: the default does not fit its schema: input should be greater than or equal to 1.0; correct"
    )
    assert (done.returncode, done.stderr) == (0, f"Warning: {told} or remove it\n")
    assert pym("routes", "--strict", "apis/pets.yaml", cwd=root).returncode == 1
