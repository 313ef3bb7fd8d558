"""The source of models declares the very classes that are made in memory."""

from __future__ import annotations

import ast
import functools
import itertools
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pymacaron.models import ModelPool, typed
from pymacaron.models.source import model_statements
from pymacaron.models.syntax import module_text
from pymacaron.spec import load_document

REPOSITORY = Path(__file__).parents[4]
CONFORMANCE = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance")
FRAGMENTS = {"Error.yaml", "NewPet.yaml", "Pet.yaml", "parameters.yaml", "swagger.yaml"}
DOCUMENTS = sorted(
    path
    for path in (CONFORMANCE / "openapi").rglob("*")
    if path.suffix in (".json", ".yaml") and path.name not in FRAGMENTS
)
WRITTEN = """
openapi: 3.1.0
info: {title: Everything, version: "1"}
paths:
  /things:
    get:
      responses:
        "200":
          description: Things.
          content:
            application/json:
              schema: {type: object, properties: {things: {type: array, items: {$ref: "#/components/schemas/Thing"}}}}
components:
  schemas:
    Thing:
      type: object
      required: [id, class, kind]
      properties:
        id: {type: string, format: uuid}
        class: {type: string, pattern: "^(?=a)b", maxLength: 3}
        kind: {enum: [a, 1, null, {deep: [true]}]}
        born: {type: string, format: date, default: "2020-01-02"}
        wrong: {type: integer, default: none}
        list: {type: array, items: {type: integer, minimum: 2}, maxItems: 3, default: [2]}
        str: {type: [string, "null"], x-nullable: true}
        data: {type: string, format: byte, default: "aGk="}
        ratio: {type: number, multipleOf: 0.5, default: 1}
        Thing: {$ref: "#/components/schemas/Thing"}
        pet: {$ref: "#/components/schemas/Pet"}
        any: {}
        pair: {type: array, prefixItems: [{$ref: "#/components/schemas/Cat"}, {type: string, format: date}]}
        named:
          type: object
          patternProperties: {^x: {$ref: "#/components/schemas/Thing"}}
          additionalProperties: false
        code: {type: string, format: byte, pattern: "^(?=a)b", maxLength: 3}
        other:
          oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
          discriminator: {propertyName: petType, defaultMapping: Dog}
        map: {type: object, additionalProperties: {type: array, items: {type: [string, integer]}}}
        loose: {items: {items: {properties: {a: {type: string}}}}}
        never: {not: {}}
        either: {anyOf: [{type: object, properties: {a: {type: integer}}}, {type: object, properties: {b: {}}}]}
        tree: {$ref: "#/components/schemas/Tree"}
      additionalProperties: {type: integer}
    Same: {$ref: "#/components/schemas/Thing"}
    Tree: {type: array, items: {anyOf: [{$ref: "#/components/schemas/Tree"}, {type: string}]}}
    Names: {type: object, additionalProperties: {type: string}}
    None: {type: string}
    _hidden: {type: object, additionalProperties: false, properties: {a: {type: "null"}}}
    Pet:
      oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
      discriminator: {propertyName: petType, mapping: {kitten: Cat}}
    Cat: {type: object, required: [petType], properties: {petType: {type: string}, lives: {type: integer}}}
    Dog:
      type: object
      required: [petType]
      properties: {petType: {type: string}, cat: {$ref: "#/components/schemas/Cat"}}
"""


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    file = tmp_path / "everything.yaml"
    file.write_text(WRITTEN)
    return file


def declared(pool: ModelPool) -> dict[str, Any]:
    """Execute the source of the models of a pool, in which the names of others mean the pool's own classes."""
    statements = model_statements(pool.document, pool.planner, pool.names)
    assert module_text(statements) == module_text(ast.parse(module_text(statements)).body)
    statements.sort(key=lambda statement: isinstance(statement, ast.ClassDef))
    module = types.ModuleType("declared_models")
    module.__dict__.update(_t=typed, **in_memory(pool))
    sys.modules[module.__name__] = module
    flags = __import__("__future__").annotations.compiler_flag
    try:
        exec(compile(module_text(statements), "declared_models", "exec", flags=flags), module.__dict__)
    finally:
        del sys.modules[module.__name__]
    return {name: module.__dict__[name] for name in in_memory(pool)}


def in_memory(pool: ModelPool) -> dict[str, Any]:
    own = [*pool.names.models.values(), *pool.names.roots.values()]
    return {name: pool.named(name) for name in own}


class Canon:
    """A core schema as plain data, cut at the models inside it: what two classes have to share to be the same."""

    def __init__(self, names: dict[int, str]) -> None:
        self.names = names
        self.definitions: dict[str, Any] = {}
        self.open: list[str] = []

    def of(self, model: Any) -> Any:
        model.model_rebuild(raise_errors=True)
        schema = model.__pydantic_core_schema__
        if schema["type"] == "definitions":
            self.definitions = {each["ref"]: each for each in schema["definitions"]}
            schema = schema["schema"]
        if schema["type"] == "definition-ref":
            schema = self.definitions[schema["schema_ref"]]
        return self._members(schema)

    def _members(self, schema: dict[str, Any]) -> Any:
        config = {**schema.get("config", {}), "title": None}
        kept = {key: value for key, value in schema.items() if key not in ("cls", "ref", "metadata", "config")}
        return {key: self._plain(value) for key, value in {**kept, "config": config}.items()}

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self._schema(value)
        if isinstance(value, list | tuple):
            return [self._plain(each) for each in value]
        if isinstance(value, typed.Default):
            return value.written
        if isinstance(value, functools.partial):
            return value.args[-1].decode() if value.args and isinstance(value.args[-1], bytes) else repr(value)
        return value.__qualname__.partition(".")[0] if callable(value) else (type(value).__name__, repr(value))

    def _schema(self, value: dict[Any, Any]) -> Any:
        kind = value.get("type")
        if not isinstance(kind, str):  # the properties of a model, by their names
            return {key: self._plain(each) for key, each in value.items()}
        if kind == "definition-ref":
            return self._defined(value["schema_ref"])
        if kind == "model":
            return {"model": self.names[id(value["cls"])]}
        if "ref" in value:
            self.definitions[value["ref"]] = {key: each for key, each in value.items() if key != "ref"}
            return self._defined(value["ref"])
        return {key: self._plain(each) for key, each in value.items() if key not in ("metadata", "model_name")}

    def _defined(self, ref: str) -> Any:
        if ref in self.open:
            return {"again": len(self.open) - self.open.index(ref)}
        schema = {key: each for key, each in self.definitions[ref].items() if key != "ref"}
        self.open.append(ref)
        try:
            return self._plain(schema)
        finally:
            self.open.pop()


def differences(path: Path) -> Iterator[str]:
    pool = ModelPool(load_document(path))
    memory, source = in_memory(pool), declared(pool)
    names = {id(model): name for name, model in itertools.chain(memory.items(), source.items())}
    for name in memory:
        one, other = Canon(names).of(memory[name]), Canon(names).of(source[name])
        if one != other:
            yield f"{name}:\n{one}\n{other}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_source_of_a_real_document_declares_the_classes_that_are_in_memory(path: Path) -> None:
    assert list(differences(path)) == []


def test_the_source_of_every_kind_of_schema_declares_the_classes_that_are_in_memory(everything: Path) -> None:
    assert list(differences(everything)) == []
