"""`$id`, anchors and URLs: they lead to schemas of files that are here, and never to the network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymacaron.exceptions import SpecError
from pymacaron.spec import References, load_document

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def placed(folder: Path, files: dict[str, Any], version: str = "3.1.0", **folders: str) -> tuple[str, str]:
    """Return the file and pointer that the schema of schemas/it.json refers to, through whatever references."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    document = {
        "openapi": version,
        "info": {"title": "Shop", "version": "1"},
        "paths": {},
        "components": {"schemas": {"It": {"$ref": "schemas/it.json"}}},
    }
    (folder / "shop.json").write_text(json.dumps(document))
    mapped = {"https://example.com/" + prefix: folder / name for prefix, name in folders.items()}
    references = References(folder, mapped)
    schema = load_document(folder / "shop.json", references=references).schemas["It"]
    while schema.reference is not None:
        schema = schema.reference
    file = schema.place.file
    shown = file.relative_to(folder) if file.is_relative_to(folder) else file
    return str(shown), "/".join(schema.place.pointer)


NAMED: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "anchor": ({"$ref": "#that", "$defs": {"x": {"$anchor": "that"}}}, ("schemas/it.json", "$defs/x")),
    "dynamic anchor": ({"$ref": "#that", "$defs": {"x": {"$dynamicAnchor": "that"}}}, ("schemas/it.json", "$defs/x")),
    "relative to the root": (
        {"$id": "https://a.example/b/c", "$ref": "d", "$defs": {"x": {"$id": "https://a.example/b/d"}}},
        ("schemas/it.json", "$defs/x"),
    ),
    "relative to the nearest": (
        {
            "$id": "https://a.example/",
            "allOf": [{"$id": "b/", "$ref": "c#/$defs/y"}],
            "$ref": "b/c",
            "$defs": {"x": {"$id": "b/c", "$defs": {"y": {}}}},
        },
        ("schemas/it.json", "$defs/x"),
    ),
    "urn": (
        {"$ref": "urn:x:y#/$defs/z", "$defs": {"x": {"$id": "urn:x:y", "$defs": {"z": {}}}}},
        ("schemas/it.json", "$defs/x/$defs/z"),
    ),
    "anchor of another": (
        {"$ref": "https://a.example/o#that", "$defs": {"x": {"$id": "https://a.example/o", "$anchor": "that"}}},
        ("schemas/it.json", "$defs/x"),
    ),
    "an identifier that stands in data is none": (
        {"$id": "https://a.example/", "enum": [{"$id": "b"}], "$ref": "b", "$defs": {"x": {"$id": "b"}}},
        ("schemas/it.json", "$defs/x"),
    ),
}


@pytest.mark.parametrize(("schema", "found"), NAMED.values(), ids=NAMED.keys())
def test_a_schema_is_found_by_its_name(tmp_path: Path, schema: dict[str, Any], found: tuple[str, str]) -> None:
    assert placed(tmp_path, {"schemas/it.json": schema}) == found


def test_draft_4_names_schemas_by_id_and_not_beside_a_reference(tmp_path: Path) -> None:
    schema = {
        "allOf": [{"$ref": "#that"}],
        "definitions": {"x": {"id": "#that"}},
        "$ref": "#/allOf/0",
        "id": "https://a.b/",
    }
    assert placed(tmp_path, {"schemas/it.json": schema}, "3.0.3") == ("schemas/it.json", "definitions/x")


def test_a_schema_of_another_file_is_found_by_its_id(tmp_path: Path) -> None:
    files: dict[str, Any] = {
        "schemas/it.json": {"allOf": [{"$ref": "other.json"}], "$ref": "https://a.example/money"},
        "schemas/other.json": {"$defs": {"m": {"$id": "https://a.example/money"}}},
    }
    with pytest.raises(SpecError, match="is a URL, and nothing is fetched"):
        placed(tmp_path, {**files, "schemas/it.json": {"$ref": "https://a.example/money"}})
    files["schemas/it.json"] = {"$ref": "other.json#/$defs/way", "$defs": {}}
    files["schemas/other.json"]["$defs"]["way"] = {"$ref": "https://a.example/money"}
    assert placed(tmp_path, files) == ("schemas/other.json", "$defs/m")


def test_urls_are_read_from_the_folders_that_are_mapped(tmp_path: Path) -> None:
    files = {
        "schemas/it.json": {"$ref": "https://example.com/s/a%20b.json#/$defs/x"},
        "copies/a b.json": {"$defs": {"x": {"$ref": "deep/c.json"}}},
        "copies/deep/c.json": {"$ref": "/s/d.json"},
        "copies/d.json": {"type": "string"},
    }
    assert placed(tmp_path, files, **{"s/": "copies"}) == ("copies/d.json", "")


@pytest.mark.parametrize("ref", ["https://example.com/s/../secret.json", "https://example.com/s/%2e%2e/secret.json"])
def test_a_url_never_leads_out_of_its_folder(tmp_path: Path, ref: str) -> None:
    files = {"schemas/it.json": {"$ref": ref}, "secret.json": {}, "copies/x.json": {}}
    with pytest.raises(SpecError, match="is a URL, and nothing is fetched"):
        placed(tmp_path, files, **{"s/": "copies"})


def test_meta_schemas_are_known(tmp_path: Path) -> None:
    assert placed(tmp_path, {"schemas/it.json": {"$ref": DRAFT}})[1] == ""


def test_a_relative_reference_below_an_id_that_names_nothing_is_one_to_a_file(tmp_path: Path) -> None:
    files = {"schemas/it.json": {"$id": "https://a.example/it", "$ref": "other.json"}, "schemas/other.json": {}}
    assert placed(tmp_path, files) == ("schemas/other.json", "")


@pytest.mark.parametrize("ref", ["#nowhere", "https://nowhere.example/", "urn:x:y"])
def test_a_name_that_nothing_has_is_told(tmp_path: Path, ref: str) -> None:
    with pytest.raises(SpecError, match=r"it\.json:1: "):
        placed(tmp_path, {"schemas/it.json": {"$ref": ref}})


def test_settings_and_names_reach_a_service(client: Callable[..., Any]) -> None:
    http = client(
        {
            "pym-config.yaml": "name: demo\nstrict_properties: true\nschema_folders: {'https://example.com/s/': files}",
            "files/money.json": json.dumps({"$defs": {"Amount": {"type": "integer", "not": {"const": 0}}}}),
            "it.py": "def it(body):\n    return body if body.amount != 5 else {'amount': 0}\n",
            "apis/shop.yaml": """\
openapi: 3.1.0
info: {title: Shop, version: '1'}
paths:
  /it:
    post:
      x-bind-server: it.it
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/It'}}}}
      responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/It'}}}}}
components:
  schemas:
    It: {type: object, properties: {amount: {$ref: 'https://example.com/s/money.json#/$defs/Amount'}}}
""",
        }
    )
    assert http.post("/it", json={"amount": 3}).json == {"amount": 3}
    assert [problem["keyword"] for problem in http.post("/it", json={"amount": 0}).json["problems"]] == ["not"]
    assert http.post("/it", json={"b": 1}).json["problems"][0]["pointer"] == "/b"
    reply = http.post("/it", json={"amount": 5})
    assert (reply.status_code, reply.json["error"]) == (500, "BAD_RESPONSE")
