"""`pym convert`: a document of 2.0 or 3.0 that means the same as OpenAPI 3.1."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pymacaron.models.judge import Judge
from pymacaron.spec import Document, Operation, Schema, load_document
from pymacaron.spec.writing import yaml_text
from pymacaron.spec.yamltext import parse_yaml
from pymacaron.tools.convert import convert

from .conftest import documents

Run = Callable[..., subprocess.CompletedProcess[str]]

SHOP = """\
swagger: "2.0"
info: {title: Shop, version: "1", x-team: items}
host: shop.example
basePath: /v1/
schemes: [https, http]
consumes: [application/json]
produces: [application/json, text/csv]
security: [{key: []}]
x-bind-module: shop.items
parameters:
  Limit: {name: limit, in: query, type: integer, minimum: 0, exclusiveMinimum: true, default: 5}
  New: {name: new, in: body, required: true, schema: {$ref: '#/definitions/Item'}}
responses:
  Error: {description: Wrong., schema: {type: object}}
paths:
  /items/{id}:
    parameters:
      - {name: id, in: path, required: true, type: string, format: uuid}
    get:
      operationId: list
      parameters:
        - {$ref: '#/parameters/Limit'}
        - {name: tags, in: query, type: array, items: {type: string}, collectionFormat: multi}
        - {name: plain, in: query, type: array, items: {type: string}}
        - {name: pipes, in: query, type: array, items: {type: string}, collectionFormat: pipes}
        - {name: X-Some, in: header, type: array, items: {type: integer}}
      responses:
        "200":
          description: Items.
          headers: {X-Rate: {type: integer, description: How many.}}
          schema: {type: array, items: {$ref: '#/definitions/Item'}}
          examples: {application/json: []}
        default: {$ref: '#/responses/Error'}
    put:
      consumes: [application/xml]
      parameters: [{$ref: '#/parameters/New'}]
      responses: {"204": {description: Done.}}
    post:
      consumes: [multipart/form-data]
      produces: [image/png]
      parameters:
        - {name: picture, in: formData, type: file, required: true}
        - {name: sizes, in: formData, type: array, items: {type: integer}, collectionFormat: ssv}
      responses:
        "200": {description: It., schema: {type: file}}
        default: {$ref: '#/responses/Error'}
  /all:
    parameters: [{name: body, in: body, schema: {type: object}}]
    patch: {responses: {"204": {description: Done.}}}
definitions:
  Item:
    type: object
    discriminator: kind
    required: [kind]
    properties:
      kind: {type: string, enum: [a, b], x-nullable: true}
      price: {type: number, maximum: 10, exclusiveMaximum: true, example: 3}
      other: {$ref: '#/definitions/Item', x-nullable: true, description: Left out.}
      some: {allOf: [{type: string}], readOnly: true, x-nullable: true}
securityDefinitions:
  key: {type: apiKey, name: X-Key, in: header}
  basic: {type: basic}
  code: {type: oauth2, flow: accessCode, authorizationUrl: https://a.example, tokenUrl: https://t.x, scopes: {s: S}}
"""
VALUES: list[Any] = [
    *(None, True, 0, 1, -1, 10, 9.5, "", "a", "b", "2020-01-01", "2020-01-01T00:00:00Z", [], [1], ["a"], {}),
    *({"kind": "a"}, {"kind": None}, {"kind": "c"}, {"kind": "a", "price": 10}, {"kind": "a", "other": None}),
    *(
        {"kind": "a", "some": None},
        {"kind": "a", "some": 1},
        {"id": 1, "name": "a"},
        {"id": "a"},
        {"code": 1, "message": ""},
    ),
]


@pytest.fixture
def converted(tmp_path: Path) -> Callable[[Path], Document]:
    """Convert a document, and read what comes of it."""

    def make(path: Path) -> Document:
        file = tmp_path / "converted.yaml"
        file.write_text(yaml_text(convert(path)))
        return load_document(file)

    return make


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A document with everything that has another shape in 3.1."""
    (tmp_path / "shop.yaml").write_text(SHOP)
    return tmp_path / "shop.yaml"


def test_everything_of_swagger_2_finds_its_place(shop: Path) -> None:
    data = convert(shop)
    assert (data["openapi"], data["info"]["x-team"], data["x-bind-module"]) == ("3.1.1", "items", "shop.items")
    assert data["servers"] == [{"url": "https://shop.example/v1"}, {"url": "http://shop.example/v1"}]
    item = data["paths"]["/items/{id}"]
    assert [each["name"] for each in item["parameters"]] == ["id"]
    styles = {each["name"]: (each["style"], each["explode"]) for each in item["get"]["parameters"] if "style" in each}
    assert styles == {
        "tags": ("form", True),
        "plain": ("form", False),
        "pipes": ("pipeDelimited", False),
        "X-Some": ("simple", False),
    }
    body = data["paths"]["/all"]["patch"]["requestBody"]
    assert body == {"content": {"application/json": {"schema": {"type": "object"}}}, "required": False}
    ok = item["get"]["responses"]["200"]
    assert (list(ok["content"]), ok["content"]["application/json"]["example"]) == (["application/json", "text/csv"], [])
    assert ok["headers"]["X-Rate"] == {"description": "How many.", "schema": {"type": "integer"}}
    assert item["get"]["responses"]["default"] == {"$ref": "#/components/responses/Error"}
    assert list(item["put"]["requestBody"]["content"]) == ["application/xml"]
    assert item["put"]["requestBody"]["required"] is True
    form = item["post"]["requestBody"]["content"]["multipart/form-data"]
    assert form["schema"]["required"] == ["picture"]
    assert form["schema"]["properties"]["picture"] == {"type": "string", "format": "binary"}
    assert form["encoding"] == {"sizes": {"style": "spaceDelimited", "explode": False}}
    assert list(item["post"]["responses"]["default"]["content"]) == ["image/png"]
    assert data["components"]["parameters"]["Limit"]["schema"] == {
        "type": "integer",
        "exclusiveMinimum": 0,
        "default": 5,
    }
    assert list(data["components"]["parameters"]) == ["Limit"]


def test_schemas_say_by_json_schema_what_swagger_had_words_of_its_own_for(shop: Path) -> None:
    schema = convert(shop)["components"]["schemas"]["Item"]
    assert schema["discriminator"] == {"propertyName": "kind"}
    assert schema["properties"] == {
        "kind": {"type": ["string", "null"], "enum": ["a", "b", None]},
        "price": {"type": "number", "exclusiveMaximum": 10, "examples": [3]},
        "other": {"anyOf": [{"$ref": "#/components/schemas/Item"}, {"type": "null"}]},
        "some": {"readOnly": True, "anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]},
    }


def test_security_schemes_are_told_in_the_words_of_openapi_3(shop: Path) -> None:
    schemes = convert(shop)["components"]["securitySchemes"]
    assert schemes["basic"] == {"type": "http", "scheme": "basic"}
    flow = {"authorizationUrl": "https://a.example", "tokenUrl": "https://t.x", "scopes": {"s": "S"}}
    assert schemes["code"] == {"type": "oauth2", "flows": {"authorizationCode": flow}}


@pytest.mark.parametrize("path", documents("v2.0", "v3.0", "large"), ids=lambda path: path.name)
def test_a_document_of_others_means_the_same_in_3_1(path: Path, converted: Callable[[Path], Document]) -> None:
    same(load_document(path), converted(path))


def test_a_document_of_every_shape_means_the_same_in_3_1(shop: Path, converted: Callable[[Path], Document]) -> None:
    same(load_document(shop), converted(shop))


def same(old: Document, new: Document) -> None:
    """Assert that two documents have the same operations, and that their schemas give the same verdicts."""
    assert [_told(each) for each in old.operations] == [_told(each) for each in new.operations]
    assert new.dialect == "openapi-3.1"
    assert old.base_paths == new.base_paths
    pairs = [*zip(_schemas(old), _schemas(new), strict=True)]
    for one, other in pairs[:: max(1, len(pairs) // 20)]:
        judges = Judge(one, "request"), Judge(other, "request")
        verdicts = [(judges[0].accepts(each), judges[1].accepts(each)) for each in VALUES]
        assert [a for a, _ in verdicts] == [b for _, b in verdicts], (one.place, other.place)


def _told(operation: Operation) -> Any:
    parameters = [
        (
            each.name,
            each.location,
            each.required,
            each.style,
            each.explode and each.schema.keywords.get("type") == "array",
        )
        for each in operation.parameters
        if each.location != "formData"
    ]
    content = [*(operation.body.content if operation.body else ())] or [*operation.form_media_types]
    responses = {
        status: ([name for name, media in each.content.items() if media.schema], list(each.headers))
        for status, each in operation.responses.items()
    }
    return (
        operation.method,
        operation.path,
        operation.operation_id,
        operation.base_paths,
        operation.security,
        operation.binding,
        operation.extensions,
        sorted(parameters),
        content,
        responses,
    )


def _schemas(document: Document) -> Iterator[Schema]:
    yield from document.schemas.values()
    for operation in document.operations:
        yield from (each.schema for each in operation.parameters if each.location not in ("formData", "body"))
        if operation.body and not _is_form(operation):
            yield from (media.schema for media in operation.body.content.values() if media.schema)
        for response in operation.responses.values():
            found = [media.schema for media in response.content.values() if media.schema]
            yield from (
                each for each in found if each.keywords.get("type") != "file" and "binary" not in each.keywords.values()
            )


def _is_form(operation: Operation) -> bool:
    return any("form" in name for name in operation.body.content) if operation.body else False


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n", "api.yaml: this is OpenAPI 3.1.0 already"),
        ("swagger: '2.0'\ninfo: {title: T\n", "api.yaml:3: broken YAML"),
        (
            "swagger: '2.0'\ninfo: {title: T, version: '1'}\npaths:\n"
            "  /a: {get: {responses: {'200': {description: a, schema: {type: object}}}}}\n"
            "  /b: {get: {responses: {'200': {description: b, schema: {$ref: '#/paths/~1a'}}}}}\n",
            "'$ref: #/paths/~1a' leads into what becomes another shape",
        ),
    ],
)
def test_what_cannot_be_converted_is_told_in_a_sentence(tmp_path: Path, pym: Run, text: str, told: str) -> None:
    (tmp_path / "api.yaml").write_text(text)
    done = pym("convert", "api.yaml", "-o", "new.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "new.yaml").exists()


def test_the_command_warns_of_what_3_1_has_no_words_for(tmp_path: Path, pym: Run) -> None:
    (tmp_path / "api.yaml").write_text(SHOP.replace("pipes}", "tsv}"))
    done = pym("convert", "api.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == "Warning: 'pipes' is separated by tabs, for which OpenAPI 3.1 has no style: blanks instead\n"
    assert parse_yaml(done.stdout)["openapi"] == "3.1.1"


def test_the_command_warns_of_separators_of_headers_and_of_items(tmp_path: Path, pym: Run) -> None:
    (tmp_path / "api.yaml").write_text(
        "swagger: '2.0'\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get:\n      parameters:\n"
        "        - {name: q, in: query, type: array, "
        "items: {type: array, collectionFormat: pipes, items: {type: string}}}\n"
        "      responses:\n        '200':\n          description: a\n          headers:\n"
        "            X-A: {type: array, items: {type: string}, collectionFormat: pipes}\n"
        "            X-B: {type: array, items: {type: string}, collectionFormat: csv}\n"
    )
    done = pym("convert", "api.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "Warning: items of 'q' say 'pipes', for which OpenAPI 3.1 has no style there: it is left out",
        "Warning: 'X-A' is in 'header' and says 'pipes', for which OpenAPI 3.1 has no style there: commas instead",
    ]
    assert "collectionFormat" not in done.stdout
