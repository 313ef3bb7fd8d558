"""One document of many files, and data written as text."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pymacaron.exceptions import SpecError
from pymacaron.spec import load_document
from pymacaron.spec.bundle import bundle
from pymacaron.spec.reader import read_source
from pymacaron.spec.references import BrokenReferenceError
from pymacaron.spec.writing import json_text, yaml_text
from pymacaron.spec.yamltext import parse_yaml

REPOSITORY = Path(__file__).parents[4]
CONFORMANCE = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance") / "openapi"
Folder = Callable[..., Path]
HEAD = "openapi: 3.1.0\ninfo: {title: Pets, version: '1'}\n"


def is_whole(path: Path) -> bool:
    """Tell documents from their fragments, and from one that refers to a file that is not there."""
    return "paths:" in path.read_text(encoding="utf-8") and path.name != "swagger.yaml"


MANY = {
    "apis/pets.yaml": HEAD
    + """
paths:
  /pets: {$ref: paths.yaml#/pets, summary: All pets}
components:
  schemas:
    Pet: {$ref: schemas/Pet.yaml}
    Cat: {type: object}
    $ref: {type: string, default: {$ref: nowhere.yaml}}
  parameters:
    Limit: {name: limit, in: query, schema: {type: integer}}
""",
    "apis/paths.yaml": """
pets:
  summary: Pets
  get:
    parameters:
      - $ref: pets.yaml#/components/parameters/Limit
      - $ref: '#/more/a~1b'
    responses:
      "200": {description: Pets., content: {application/json: {schema: {$ref: schemas/Pet.yaml}}}}
more: {a/b: {name: b, in: query, schema: {$ref: schemas/Pet.yaml#/$defs/Name}}}
""",
    "apis/schemas/Pet.yaml": """
$id: https://example.com/schemas/Pet
type: object
properties:
  name: {$ref: '#/$defs/Name'}
  named: {$ref: '#called'}
  kin: {oneOf: [{$ref: Cat.yaml}], discriminator: {propertyName: kind, mapping: {cat: ./Cat.yaml, dog: Cat}}}
  example: {type: object, example: {$ref: nowhere.yaml}}
$defs:
  Name: {$anchor: called, type: string}
""",
    "apis/schemas/Cat.yaml": "$id: https://example.com/schemas/Cat.yaml\n"
    "type: object\nrequired: [kind]\nproperties: {kind: {type: string}, mother: {$ref: Cat.yaml}}\n",
}


def test_a_document_of_many_files_becomes_one_whose_references_stay_inside(folder: Folder) -> None:
    file = folder(MANY) / "apis" / "pets.yaml"
    from pymacaron.spec import References

    references = References(file.parent, {"https://example.com/schemas/": file.parent / "schemas"})
    document = bundle(file, references)
    item = document["paths"]["/pets"]
    assert item["summary"] == "All pets"
    assert item["get"]["parameters"] == [
        {"$ref": "#/components/parameters/Limit"},
        {"$ref": "#/components/parameters/a_b"},
    ]
    schemas = document["components"]["schemas"]
    assert schemas.keys() == {"Pet", "Cat", "$ref", "Name", "Cat_2"}
    assert schemas["Pet"]["properties"]["kin"] == {
        "oneOf": [{"$ref": "#/components/schemas/Cat_2"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat_2", "dog": "Cat"}},
    }
    assert schemas["Pet"]["properties"]["named"] == schemas["Pet"]["properties"]["name"]
    assert schemas["Cat_2"]["properties"]["mother"] == {"$ref": "#/components/schemas/Cat_2"}
    assert "$id" not in schemas["Pet"]
    assert schemas["$ref"]["default"] == {"$ref": "nowhere.yaml"}
    assert read_source(file).data["components"]["schemas"]["Pet"] == {"$ref": "schemas/Pet.yaml"}


@pytest.mark.parametrize(
    "path",
    [each for each in sorted(CONFORMANCE.glob("v*/*.yaml")) if is_whole(each)],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_a_bundle_of_a_document_of_others_means_what_the_document_does(path: Path, tmp_path: Path) -> None:
    before = load_document(path)
    written = tmp_path / path.name
    written.write_text(yaml_text(bundle(path)), encoding="utf-8")
    after = load_document(written)
    assert [(each.method, each.path) for each in after.operations] == [
        (each.method, each.path) for each in before.operations
    ]
    assert set(before.schemas) <= set(after.schemas)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"apis/pets.yaml": HEAD + "paths: {/a: {$ref: b.yaml}}\n"}, "no such file"),
        ({"apis/pets.yaml": HEAD + "paths: {/a: {$ref: ../../b.yaml}}\n"}, "leads out of the folder"),
        ({"apis/pets.yaml": "[]\n"}, "no OpenAPI document"),
        (
            {
                "apis/pets.yaml": HEAD + "paths: {/a: {$ref: b.yaml}}\n",
                "apis/b.yaml": "get: {responses: {}, callbacks: {on: {'{$url}': {$ref: b.yaml}}}}\n",
            },
            "leads back to itself",
        ),
    ],
)
def test_what_cannot_be_one_file_is_told_with_its_place(folder: Folder, files: dict[str, str], said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        bundle(folder(files) / "apis" / "pets.yaml")
    assert "pets.yaml" in str(caught.value) or isinstance(caught.value, BrokenReferenceError)


ODD = [
    "no",
    "1:30",
    "0o14",
    "012",
    "1e3",
    "2020-01-01",
    "~",
    "",
    "=",
    "<<",
    "a: b",
    "# x",
    "a\nb",
    "a\r\nb\n",
    " a",
    "é",
]
TEXTS = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
DATA: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(data=DATA)
def test_written_data_is_read_back_by_every_reader(data: Any) -> None:
    assert json.loads(json_text(data)) == data
    written = yaml_text(data)
    assert yaml.safe_load(written) == data
    assert parse_yaml(written) == data


def test_half_a_surrogate_pair_can_be_written() -> None:
    assert json.loads(yaml_text({"a": "\ud800"})) == {"a": "\ud800"}
