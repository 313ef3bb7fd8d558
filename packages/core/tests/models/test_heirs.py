"""Heirs of a base: a discriminator beside no oneOf chooses the schema whose allOf includes the base."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymacaron import create_app

KINDS = {"2.0": "#/definitions/", "3.0": "#/components/schemas/", "3.1": "#/components/schemas/"}
HANDLERS = """
from pymacaron import get_model

seen = []


def take(body):
    seen.append(body)
    return body


def give(kind):
    if kind == "Cat instance":
        return get_model("Cat")(petType="Cat", name="Tom", lives=8)
    if kind == "in a zoo":
        return {"pets": [get_model("Cat")(petType="Cat", name="Tom", lives=8), {"petType": "Dog", "name": "Rex"}]}
    return {"petType": kind, "name": "Tom", "lives": 8, "secret": "x", "more": 1}
"""


def schemas(version: str, **options: Any) -> dict[str, Any]:
    pet = {"$ref": KINDS[version] + "Pet"}
    told: Any = "petType" if version == "2.0" else {"propertyName": "petType"}
    lives: dict[str, Any] = {"type": "integer", "minimum": 1, "not": {"enum": [7]}}
    secret = {"type": "string", **({} if version == "2.0" else {"writeOnly": True})}
    return {
        "Pet": {
            "type": "object",
            "discriminator": told,
            "required": ["petType", "name"],
            "properties": {
                "petType": {"type": "string"},
                "name": {"type": "string"},
                "friend": pet,
            },
        },
        "Cat": {"allOf": [pet, {"type": "object", "properties": {"lives": lives, "secret": secret}}]},
        "Siamese": {"allOf": [{"$ref": KINDS[version] + "Cat"}], "properties": {"eyes": {"type": "string"}}},
        "Dog": {"allOf": [pet], "properties": {"bark": {"type": "boolean", "default": True}}},
        "Zoo": {"type": "object", "properties": {"pets": {"type": "array", "items": pet}}},
        **options,
    }


def document(version: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return a document that takes and gives pets and zoos."""
    paths: dict[str, Any] = {}
    for name in ("Pet", "Zoo", "Cat"):
        if name not in found:
            continue
        schema = {"$ref": KINDS[version] + name}
        body = {"required": True, "content": {"application/json": {"schema": schema}}}
        answer: dict[str, Any] = {"description": "it", "content": {"application/json": {"schema": schema}}}
        taken: dict[str, Any] = {"requestBody": body}
        kind: dict[str, Any] = {"name": "kind", "in": "path", "required": True, "schema": {"type": "string"}}
        if version == "2.0":
            taken = {"parameters": [{"name": "body", "in": "body", "required": True, "schema": schema}]}
            answer = {"description": "it", "schema": schema}
            kind = {"name": "kind", "in": "path", "required": True, "type": "string"}
        responses = {"200": answer}
        paths[f"/{name}"] = {"post": {"x-bind-server": "pets.take", "responses": responses, **taken}}
        paths[f"/{name}/{{kind}}"] = {
            "get": {"x-bind-server": "pets.give", "responses": responses, "parameters": [kind]}
        }
    info = {"info": {"title": "Pets", "version": "1"}, "paths": paths}
    if version == "2.0":
        return {"swagger": "2.0", **info, "definitions": found}
    return {"openapi": f"{version}.0", **info, "components": {"schemas": found}}


class Service:
    """A service of pets: what it answers, and what its handler was given."""

    def __init__(self, app: Any) -> None:
        from importlib import import_module

        self.client = app.test_client()
        self.seen = import_module("pets").seen

    def post(self, path: str, data: Any) -> tuple[int, Any]:
        reply = self.client.post(path, data=json.dumps(data), content_type="application/json")
        return reply.status_code, reply.json

    def problems(self, path: str, data: Any) -> list[tuple[str, str]]:
        status, told = self.post(path, data)
        assert status == 400
        return [(problem["pointer"], problem["keyword"]) for problem in told["problems"]]

    def got(self, path: str, data: Any) -> Any:
        status, told = self.post(path, data)
        assert status == 200, told
        return self.seen[-1]


@pytest.fixture
def serve(folder: Callable[..., Path], request: pytest.FixtureRequest) -> Callable[..., Service]:
    """Serve a document of pets."""

    def make(version: str, **options: Any) -> Service:
        written = json.dumps(document(version, schemas(version, **options)))
        app = create_app(folder({"apis/pets.json": written, "pets.py": HANDLERS}))
        request.addfinalizer(app.extensions["pymacaron"].close)
        return Service(app)

    return make


@pytest.mark.parametrize("version", KINDS)
def test_a_body_is_the_heir_that_its_discriminator_names(version: str, serve: Callable[..., Service]) -> None:
    service = serve(version)
    cat = service.got("/Pet", {"petType": "Cat", "name": "Tom", "lives": 9, "more": 1})
    assert (type(cat).__name__, cat.lives) == ("Cat", 9)
    zoo = service.got("/Zoo", {"pets": [{"petType": kind, "name": "x"} for kind in ("Dog", "Pet", "Siamese")]})
    assert [type(pet).__name__ for pet in zoo.pets] == ["Dog", "Pet", "Siamese"]
    assert (zoo.pets[0].bark, type(service.got("/Cat", {"petType": "Cat", "name": "Tom"}))) == (True, type(cat))
    friend = service.got("/Pet", {"petType": "Pet", "name": "x", "friend": {"petType": "Cat", "name": "y", "lives": 1}})
    assert (type(friend).__name__, type(friend.friend), friend.friend.lives) == ("Pet", type(cat), 1)


@pytest.mark.parametrize("version", KINDS)
def test_an_heir_is_judged_by_all_that_it_says(version: str, serve: Callable[..., Service]) -> None:
    service = serve(version)
    assert service.problems("/Pet", {"petType": "Cat", "lives": "x"}) == [("/name", "required"), ("/lives", "type")]
    for path in ("/Pet", "/Cat"):
        assert service.problems(path, {"petType": "Cat", "name": "Tom", "lives": 7}) == [("/lives", "not")]
    friend = {"petType": "Siamese", "name": "y", "lives": 0, "eyes": 5}
    assert service.problems("/Pet", {"petType": "Dog", "name": "x", "friend": friend}) == [
        ("/friend/eyes", "type"), ("/friend/lives", "minimum"),
    ]  # fmt: skip


@pytest.mark.parametrize("version", KINDS)
def test_an_unknown_heir_is_refused_with_the_known_ones(version: str, serve: Callable[..., Service]) -> None:
    service = serve(version)
    for value, pointer in (
        ({"petType": "Cow", "name": "x"}, "/petType"),
        ({"name": "x"}, ""),
        ({"petType": 5}, "/petType"),
    ):
        status, told = service.post("/Pet", value)
        (problem,) = told["problems"]
        assert (status, problem["pointer"], problem["keyword"]) == (400, pointer, "discriminator")
        assert problem["message"].endswith("in the property 'petType': one of 'Pet', 'Cat', 'Siamese', 'Dog'")
    assert service.problems("/Pet", "x") == [("", "type")]


@pytest.mark.parametrize("version", KINDS)
def test_a_response_is_written_and_judged_as_the_heir(version: str, serve: Callable[..., Service]) -> None:
    client = serve(version).client
    tom = {"petType": "Cat", "name": "Tom", "lives": 8}
    assert client.get("/Pet/Cat instance").json == tom
    assert client.get("/Pet/Cat").json == tom | ({"secret": "x"} if version == "2.0" else {})
    assert client.get("/Zoo/in a zoo").json == {"pets": [tom, {"petType": "Dog", "name": "Rex", "bark": True}]}
    assert client.get("/Pet/Pet").json == {"petType": "Pet", "name": "Tom"}
    assert client.get("/Pet/Cow").json["error"] == "BAD_RESPONSE"


@pytest.mark.parametrize("target", ["Cat", KINDS["3.0"] + "Cat"])
def test_a_mapping_names_heirs_beside_their_own_names(target: str, serve: Callable[..., Service]) -> None:
    told = {"propertyName": "petType", "mapping": {"tom": target, "any": "Pet"}}
    service = serve("3.0", Pet={**schemas("3.0")["Pet"], "discriminator": told})
    names = {kind: type(service.got("/Pet", {"petType": kind, "name": "x"})).__name__ for kind in ("tom", "any", "Cat")}
    assert names == {"tom": "Cat", "any": "Pet", "Cat": "Cat"}


def test_listed_values_are_the_only_ones_and_a_constant_names_its_heir(serve: Callable[..., Service]) -> None:
    pet = schemas("3.1")["Pet"]
    listed = {"type": "string", "enum": ["cat", "dog", "cow"]}
    cat = {
        "allOf": [
            {"$ref": KINDS["3.1"] + "Pet"},
            {"properties": {"petType": {"const": "cat"}, "lives": {"type": "integer"}}},
        ]
    }
    service = serve("3.1", Pet={**pet, "properties": {**pet["properties"], "petType": listed}}, Cat=cat)
    assert service.got("/Pet", {"petType": "cat", "name": "x", "lives": 3}).lives == 3
    assert type(service.got("/Pet", {"petType": "cow", "name": "x"})).__name__ == "Pet"
    assert service.problems("/Pet", {"petType": "Cat", "name": "x"}) == [("/petType", "discriminator")]


def test_an_heir_may_write_its_value_as_an_extension(serve: Callable[..., Service]) -> None:
    service = serve("2.0", Cat={**schemas("2.0")["Cat"], "x-ms-discriminator-value": "#Zoo.Cat"})
    assert service.got("/Pet", {"petType": "#Zoo.Cat", "name": "x", "lives": 3}).lives == 3


def test_a_wrapper_of_a_base_is_the_base_and_all_its_heirs(serve: Callable[..., Service]) -> None:
    maybe = {"nullable": True, "allOf": [{"$ref": KINDS["3.0"] + "Pet"}]}
    zoo = {
        "type": "object",
        "properties": {
            "one": {"$ref": KINDS["3.0"] + "Maybe"},
            "two": maybe,
            "all": {"oneOf": [maybe, {"type": "string"}]},
        },
    }
    service = serve("3.0", Maybe=maybe, Zoo=zoo)
    cat = {"petType": "Cat", "name": "x", "lives": 2}
    found = service.got("/Zoo", {"one": cat, "two": cat, "all": cat})
    assert [type(each).__name__ for each in (found.one, found.two, found.all)] == ["Cat"] * 3
    assert service.got("/Zoo", {"one": None, "two": None}).one is None
    assert service.problems("/Zoo", {"one": {**cat, "lives": 7}, "two": {**cat, "lives": 7}}) == [
        ("/one/lives", "not"), ("/two/lives", "not"),
    ]  # fmt: skip


def test_a_nullable_base_has_heirs_and_is_null(serve: Callable[..., Service]) -> None:
    service = serve("3.0", Pet={**schemas("3.0")["Pet"], "nullable": True})
    found = service.got("/Zoo", {"pets": [None, {"petType": "Cat", "name": "x", "lives": 2}]})
    assert (found.pets[0], found.pets[1].lives) == (None, 2)


def test_a_base_in_another_file_has_the_heirs_beside_it(folder: Callable[..., Path]) -> None:
    main = document("2.0", {"Pet": {"$ref": "../shared/pets.json#/definitions/Pet"}})
    shared = {"definitions": {name: each for name, each in schemas("2.0").items() if name != "Zoo"}}
    files = {"apis/pets.json": json.dumps(main), "shared/pets.json": json.dumps(shared), "pets.py": HANDLERS}
    app = create_app(folder(files))
    service = Service(app)
    assert service.got("/Pet", {"petType": "Cat", "name": "x", "lives": 2}).lives == 2
    assert service.problems("/Pet", {"petType": "Siamese", "name": "x", "lives": 7}) == [("/lives", "not")]
    app.extensions["pymacaron"].close()


def test_an_heir_with_heirs_of_its_own_chooses_among_these(serve: Callable[..., Service]) -> None:
    ref = KINDS["3.1"]
    cat = {
        "allOf": [{"$ref": ref + "Pet"}],
        "properties": {"coat": {"type": "string"}, "lives": {"type": "integer"}},
        "discriminator": {"propertyName": "coat"},
        "required": ["coat"],
    }
    service = serve("3.1", Cat=cat)
    siamese = {"petType": "Cat", "coat": "Siamese", "name": "x", "lives": 2, "eyes": "blue"}
    assert service.got("/Pet", siamese).eyes == service.got("/Cat", siamese).eyes == "blue"
    assert service.problems("/Pet", {**siamese, "eyes": 5}) == [("/eyes", "type")]
    assert service.problems("/Pet", {**siamese, "coat": "Dog"}) == [("/coat", "discriminator")]


def test_variants_that_are_listed_are_told_apart_as_ever(serve: Callable[..., Service]) -> None:
    listed = [{"$ref": KINDS["3.1"] + name} for name in ("Cat", "Dog")]
    found = {"oneOf": listed, "discriminator": {"propertyName": "petType"}}
    service = serve("3.1", Zoo={"type": "object", "properties": {"pets": {"type": "array", "items": found}}})
    zoo = service.got("/Zoo", {"pets": [{"petType": "Cat", "name": "x", "lives": 2}, {"petType": "Dog", "name": "y"}]})
    assert [type(pet).__name__ for pet in zoo.pets] == ["Cat", "Dog"]
    assert service.problems("/Zoo", {"pets": [{"petType": "Pet", "name": "x"}]}) == [
        ("/pets/0/petType", "discriminator")
    ]


def test_a_discriminator_without_heirs_takes_any_value(serve: Callable[..., Service]) -> None:
    pet = schemas("3.1")["Pet"]
    plain = {"type": "object", "properties": {"pets": {"type": "array"}}}
    service = serve("3.1", Cat=plain, Dog=plain, Siamese=plain, Pet=pet)
    assert service.got("/Pet", {"petType": "Cow", "name": "x"}).name == "x"
