"""Values made from schemas are accepted by them, and are the same for the same seed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pymacaron.spec import Document, Schema, read_document
from pymacaron_testing.values import NoValueError, Values

REPOSITORY = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance") / "openapi"
DOCUMENTS = sorted(path for folder in ("v2.0", "v3.0", "v3.1", "large") for path in (FOLDER / folder).glob("*.*"))

SCHEMAS = {
    "object": {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}}, "minProperties": 4},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
    "all": {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "integer", "minimum": 7}}}]},
    "one": {"oneOf": [{"type": "integer", "maximum": 3}, {"type": "integer", "minimum": 10}]},
    "any": {"anyOf": [{"type": "string", "minLength": 30}, {"type": "null"}]},
    "const": {"const": {"a": [1, None]}},
    "enum": {"enum": ["x", 2]},
    "pattern": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{2,4}$"},
    "unanchored pattern": {"type": "string", "pattern": "[0-9]", "minLength": 12},
    "length": {"type": "string", "minLength": 50, "maxLength": 51},
    "short": {"type": "string", "maxLength": 0},
    "uuid": {"type": "string", "format": "uuid"},
    "bounds": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "multiple": {"type": "integer", "multipleOf": 7, "minimum": 1},
    "negative": {"type": "integer", "maximum": -5},
    "unique": {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 2},
    "tuple": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False, "minItems": 2},
    "contains": {"type": "array", "items": {"type": "integer"}, "contains": {"const": 5}},
    "recursive": {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/it"}}},
    "recursive list": {"type": "array", "items": {"$ref": "#/components/schemas/it"}, "minItems": 1, "maxItems": 1},
    "condition": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": ["a", "b"]}},
        "if": {"properties": {"kind": {"const": "a"}}},
        "then": {"required": ["size"], "properties": {"size": {"type": "integer"}}},
    },
    "names": {"type": "object", "propertyNames": {"pattern": "^x-[a-z]{3,9}$"}, "minProperties": 2},
    "number without a type": {"minimum": 3},
    "nothing": {},
}


def schema(written: object, tmp_path: Path) -> Schema:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "it", "version": "1"},
        "components": {"schemas": {"it": written}},
    }
    (tmp_path / "it.json").write_text(json.dumps(document))
    read, problems = read_document(tmp_path / "it.json")
    assert read is not None, problems
    return read.schemas["it"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_value_is_made_that_the_schema_accepts(name: str, tmp_path: Path) -> None:
    written = schema(SCHEMAS[name], tmp_path)
    values = Values("response")
    if name == "recursive list":
        with pytest.raises(NoValueError, match=r"it\.json:\d+: no value could be made .* give it an example"):
            values.value(written, "seed")
        return
    for seed in map(str, range(5)):
        made = values.value(written, seed)
        assert values.accepts(written, made)
        assert values.value(written, seed) == made


def test_examples_come_first_where_they_fit(tmp_path: Path) -> None:
    pet = {
        "type": "object",
        "required": ["name", "age"],
        "properties": {"name": {"type": "string", "examples": ["Rex"]}, "age": {"type": "integer", "example": "old"}},
    }
    values = Values("response")
    made = values.value(schema(pet, tmp_path), "1")
    assert made["name"] == "Rex"
    assert isinstance(made["age"], int)
    whole = schema({**pet, "examples": [{"name": 1}, {"name": "Ada", "age": 3}]}, tmp_path)
    assert values.value(whole, "1") == {"name": "Ada", "age": 3}
    assert values.value(whole, "1", examples=False) != {"name": "Ada", "age": 3}


def test_what_belongs_to_the_other_direction_is_left_out(tmp_path: Path) -> None:
    pet = {
        "type": "object",
        "required": ["id", "password"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "password": {"type": "string", "writeOnly": True}},
    }
    assert Values("response").value(schema(pet, tmp_path), "1").keys() == {"id"}
    assert Values("request").value(schema(pet, tmp_path), "1").keys() == {"password"}


@pytest.mark.skipif(not DOCUMENTS, reason="no conformance data: set PYM_CONFORMANCE_DIR to its folder")
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_reply_of_documents_by_others_can_be_made(path: Path) -> None:
    document, _ = read_document(path)
    if document is None or path.name == "swagger.yaml":  # it refers to a file outside its folder
        return
    values = Values("response")
    replies = list(declared(document))
    unmade = [told for reply in replies if (told := failure(values, reply))]
    assert not unmade


def declared(document: Document) -> list[Schema]:
    found = {
        media.schema
        for operation in document.operations
        for response in operation.responses.values()
        for media in response.content.values()
        if media.schema is not None
    }
    return sorted(found, key=lambda schema: str(schema.place))


def failure(values: Values, written: Schema) -> str | None:
    try:
        values.value(written, "1")
    except NoValueError as error:
        return str(error)
    return None
