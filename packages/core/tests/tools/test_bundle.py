"""`pym bundle`: one file that means what many did."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymacaron.exceptions import SpecError
from pymacaron.models.judge import Judge
from pymacaron.spec import Document, load_document
from pymacaron.spec.writing import json_text, yaml_text
from pymacaron.tools.bundle import bundle

from .conftest import documents

Run = Callable[..., subprocess.CompletedProcess[str]]
Same = Callable[[Document, Document], None]

API = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /items:
    $ref: parts/paths.yaml#/items
  /tags:
    get:
      parameters: [{$ref: parts/more.yaml#/Limit}]
      responses:
        default: {$ref: parts/more.yaml#/Error}
        "200":
          description: Tags.
          content: {application/json: {schema: {$ref: parts/Tag.yaml}}}
components:
  schemas:
    Error: {type: string, maxLength: 3}
"""
PARTS = {
    "api.yaml": API,
    "parts/paths.yaml": """\
items:
  get:
    responses:
      "200":
        description: Items.
        headers: {X-Total: {$ref: more.yaml#/Total}}
        content: {application/json: {schema: {type: array, items: {$ref: more.yaml#/Item}}}}
""",
    "parts/more.yaml": """\
Limit: {name: limit, in: query, schema: {$ref: '#/Small'}}
Small: {type: integer, maximum: 9}
Total: {schema: {type: integer}}
Error:
  description: Wrong.
  content: {application/json: {schema: {$ref: ../deep/Error.yaml#/Error}}}
Item:
  type: object
  required: [name]
  properties:
    name: {type: string}
    tag: {$ref: Tag.yaml}
    old: {$ref: ../api.yaml#/components/schemas/Error}
    parts: {type: array, items: {$ref: '#/Item'}}
    $ref: {type: integer}
""",
    "parts/Tag.yaml": "type: string\nminLength: 1\n",
    "deep/Error.yaml": "Error: {type: object, properties: {said: {type: string}}}\n",
}


@pytest.fixture
def laid(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Lay files out in a folder."""

    def lay(files: dict[str, str]) -> Path:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return tmp_path

    return lay


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Any], Document]:
    """Read data as a document of the same name."""

    def load(data: Any, name: str = "api", form: Any = "yaml") -> Document:
        (tmp_path / "bundled").mkdir(exist_ok=True)
        file = tmp_path / "bundled" / f"{name}.{form}"
        file.write_text({"yaml": yaml_text, "json": json_text}[form](data))
        return load_document(file)

    return load


def test_what_other_files_hold_becomes_components_under_its_own_name(
    laid: Callable[..., Path], read: Callable[..., Document], same: Same
) -> None:
    root = laid(PARTS)
    data = bundle(root / "api.yaml")
    assert list(data["components"]["schemas"]) == ["Error", "Item", "Tag", "Small", "Error_2"]
    assert list(data["components"]["parameters"]) == ["Limit"]
    assert list(data["components"]["responses"]) == ["Error"]
    assert list(data["components"]["headers"]) == ["Total"]
    item = data["components"]["schemas"]["Item"]["properties"]
    assert item["old"] == {"$ref": "#/components/schemas/Error"}
    assert item["$ref"] == {"type": "integer"}
    assert item["parts"]["items"] == {"$ref": "#/components/schemas/Item"}
    same(load_document(root / "api.yaml"), read(data))


def test_the_same_files_give_the_same_bytes(laid: Callable[..., Path]) -> None:
    root = laid(PARTS)
    assert yaml_text(bundle(root / "api.yaml")) == yaml_text(bundle(root / "api.yaml"))


def test_a_discriminator_still_knows_the_branches_that_had_to_be_renamed(
    laid: Callable[..., Path], read: Callable[..., Document]
) -> None:
    kind = "{type: object, required: [kind], properties: {kind: {type: string}, n: {type: %s}}}\n"
    root = laid(
        {
            "api.yaml": 'openapi: 3.1.0\ninfo: {title: T, version: "1"}\npaths: {}\ncomponents:\n  schemas:\n'
            "    Cat: {type: string}\n    Pet:\n      oneOf: [{$ref: 'a.yaml#/Cat'}, {$ref: 'a.yaml#/Dog'}]\n"
            "      discriminator: {propertyName: kind, mapping: {hound: 'a.yaml#/Dog'}}\n",
            "a.yaml": f"Cat: {kind % 'string'}Dog: {kind % 'integer'}",
        }
    )
    judges = [
        Judge(document.schemas["Pet"], "either")
        for document in (
            load_document(root / "api.yaml"),
            read(bundle(root / "api.yaml")),
        )
    ]
    values = [{"kind": kind, "n": n} for kind in ("Cat", "Dog", "hound", "other") for n in ("text", 1)]
    assert [judges[0].accepts(each) for each in values] == [judges[1].accepts(each) for each in values]


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize("path", documents("v2.0", "v3.0", "v3.1", "v3.2", "large"), ids=lambda path: path.name)
def test_a_document_of_others_means_the_same_when_bundled(
    path: Path, form: str, read: Callable[..., Document], same: Same
) -> None:
    if path.stem == "github" and form == "yaml":
        pytest.skip("its YAML takes longer than all the others: JSON stands for it")
    same(load_document(path), read(bundle(path), path.stem, form))


def test_a_document_of_hundreds_of_files_becomes_one(
    laid: Callable[..., Path], read: Callable[..., Document], same: Same
) -> None:
    count = 400
    chain = {
        f"parts/{n}/Part{n}.yaml": f"type: object\nproperties:\n  number: {{const: {n}}}\n"
        f"  next: {{$ref: ../{(n + 1) % count}/Part{(n + 1) % count}.yaml}}\n"
        for n in range(count)
    }
    root = laid(
        {
            **chain,
            "api.yaml": API.replace("parts/Tag.yaml", "parts/0/Part0.yaml"),
            **{k: v for k, v in PARTS.items() if k != "api.yaml"},
        }
    )
    data = bundle(root / "api.yaml")
    assert {f"Part{n}" for n in range(count)} <= data["components"]["schemas"].keys()
    same(load_document(root / "api.yaml"), read(data))


def test_the_command_writes_a_file_whole_and_names_what_is_broken(laid: Callable[..., Path], pym: Run) -> None:
    root = laid(PARTS)
    done = pym("bundle", "api.yaml", "-o", "one.json", cwd=root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    written = (root / "one.json").read_text()
    (root / "parts/more.yaml").write_text("Limit: {name: limit, in: query\n")
    done = pym("bundle", "api.yaml", "-o", "one.json", cwd=root)
    assert done.returncode == 1
    assert (
        "parts/paths.yaml:7: '$ref: more.yaml#/Item' names a file that cannot be read: parts/more.yaml:2" in done.stderr
    )
    assert (root / "one.json").read_text() == written
    assert sorted(path.name for path in root.iterdir()) == ["api.yaml", "deep", "one.json", "parts"]


def test_a_file_that_cannot_be_written_is_told(laid: Callable[..., Path], pym: Run) -> None:
    root = laid(PARTS)
    done = pym("bundle", "api.yaml", "-o", "api.yaml/one.yaml", cwd=root)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "nothing more can be written (File exists: api.yaml); correct that" in done.stderr


def test_a_dynamic_reference_of_another_file_is_refused(laid: Callable[..., Path]) -> None:
    root = laid({**PARTS, "parts/Tag.yaml": "$dynamicAnchor: tag\nitems: {$dynamicRef: '#tag'}\n"})
    with pytest.raises(SpecError, match=r"Tag.yaml:2: a '\$dynamicRef' cannot be bundled"):
        bundle(root / "api.yaml")
