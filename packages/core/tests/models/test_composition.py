"""allOf, oneOf, anyOf, discriminators and circles."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

REF = "#/components/schemas"


def test_all_of_merges_properties_and_required(pool: Any) -> None:
    models = pool(f"""
        Pet:
          type: object
          required: [name]
          properties: {{name: {{type: string}}, size: {{type: integer, minimum: 1}}}}
        Dog:
          allOf:
            - $ref: '{REF}/Pet'
            - type: object
              required: [size]
              properties: {{bark: {{type: boolean}}, size: {{type: integer, maximum: 9}}}}
    """)
    assert models.Dog.get_property_names() == ["name", "size", "bark"]
    assert models.Dog.from_json({"name": "Rex", "size": 3, "bark": True}).to_json() == {
        "name": "Rex", "size": 3, "bark": True,
    }  # fmt: skip
    for size in (0, 10, None):
        with pytest.raises(ValidationError):
            models.Dog.from_json({"name": "Rex", "size": size})
    with pytest.raises(ValidationError):
        models.Dog.from_json({"name": "Rex"})


def test_all_of_around_one_reference_is_the_model_itself(pool: Any) -> None:
    models = pool(
        f"""
        Home: {{type: object, properties: {{street: {{type: string}}}}}}
        Pet:
          type: object
          properties:
            home: {{allOf: [{{$ref: '{REF}/Home'}}], description: where it lives, nullable: true}}
            next: {{allOf: [{{$ref: '{REF}/Home'}}]}}
        """,
        "3.0",
    )
    pet = models.Pet(home=models.Home(street="X"), next={"street": "Y"})
    assert type(pet.home) is type(pet.next) is models.Home
    assert models.Pet.from_json({"home": None}).to_json() == {"home": None}


def test_an_object_beside_one_of_becomes_a_model_for_each_branch(pool: Any) -> None:
    models = pool("""
        Shape:
          type: object
          required: [color]
          properties: {color: {type: string}}
          oneOf:
            - {required: [radius], properties: {radius: {type: number}}}
            - {required: [width], properties: {width: {type: number}}}
        Rule:
          type: object
          properties: {a: {type: integer}, b: {type: integer}}
          anyOf: [{required: [a]}, {required: [b]}]
    """)
    assert models.Shape.from_json({"color": "red", "width": 2}).to_json() == {"color": "red", "width": 2.0}
    with pytest.raises(ValidationError):
        models.Shape.from_json({"width": 2})
    assert models.Rule.from_json({"a": 1}).a == 1


DISCRIMINATED = """
    Cat: {{type: object, required: [pet-type], properties: {{pet-type: {{type: string}}, lives: {{type: integer}}}}}}
    Dog: {{type: object, required: [pet-type], properties: {{pet-type: {{type: string}}, lives: {{type: string}}}}}}
    Pet:
      oneOf: [{{$ref: '#/components/schemas/Cat'}}, {{$ref: '#/components/schemas/Dog'}}]
      discriminator: {{propertyName: pet-type{mapping}}}
    Home: {{type: object, properties: {{pets: {{type: array, items: {{$ref: '#/components/schemas/Pet'}}}}}}}}
"""


@pytest.mark.parametrize(
    ("mapping", "tags"),
    [
        ("", ["Cat", "Dog"]),
        (", mapping: {c: '#/components/schemas/Cat', d: Dog, x: '#/nowhere'}", ["c", "d"]),
    ],
)
def test_a_discriminator_chooses_the_model(pool: Any, mapping: str, tags: list[str]) -> None:
    models = pool(DISCRIMINATED.format(mapping=mapping))
    home = models.Home.from_json({"pets": [{"pet-type": tag} for tag in tags]})
    assert [type(pet) for pet in home.pets] == [models.Cat, models.Dog]
    assert models.Home(pets=[models.Dog(pet_type=tags[1], lives="x")]).to_json() == {
        "pets": [{"pet-type": tags[1], "lives": "x"}]
    }
    with pytest.raises(ValidationError) as caught:
        models.Home.from_json({"pets": [{"pet-type": tags[0], "lives": "x"}]})
    assert [error["type"] for error in caught.value.errors()] == ["int_type"]
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        models.Home.from_json({"pets": [{"pet-type": "Cow"}]})


def test_a_discriminator_that_a_branch_does_not_have_leaves_a_plain_union(pool: Any) -> None:
    models = pool(f"""
        Cat: {{type: object, required: [lives], properties: {{lives: {{type: integer}}}}}}
        Dog: {{type: object, required: [bark], properties: {{bark: {{type: string}}}}}}
        Pet: {{oneOf: [{{$ref: '{REF}/Cat'}}, {{$ref: '{REF}/Dog'}}], discriminator: {{propertyName: kind}}}}
    """)
    assert type(models.Pet.from_json({"bark": "x"}).root) is models.Dog


def test_a_base_that_lists_its_own_heirs_is_no_endless_circle(pool: Any) -> None:
    models = pool(f"""
        Pet:
          type: object
          required: [kind]
          properties: {{kind: {{type: string}}}}
          oneOf: [{{$ref: '{REF}/Cat'}}, {{$ref: '{REF}/Dog'}}]
          discriminator: {{propertyName: kind}}
        Cat: {{allOf: [{{$ref: '{REF}/Pet'}}, {{type: object, properties: {{lives: {{type: integer}}}}}}]}}
        Dog: {{allOf: [{{$ref: '{REF}/Pet'}}, {{type: object, properties: {{bark: {{type: string}}}}}}]}}
    """)
    assert type(models.Pet.from_json({"kind": "Dog", "bark": "x"}).root) is models.Dog
    assert models.Cat(kind="Cat", lives=9).to_json() == {"kind": "Cat", "lives": 9}


CIRCLES = {
    "itself": ("Tree: {type: object, properties: {next: {$ref: '#/components/schemas/Tree'}}}", {"next": {"next": {}}}),
    "array": (
        "Tree: {type: object, properties: {leaves: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}",
        {"leaves": [{"leaves": []}]},
    ),
    "dictionary": (
        "Tree: {type: object, properties: {by: {additionalProperties: {$ref: '#/components/schemas/Tree'}}}}",
        {"by": {"a": {"by": {}}}},
    ),
    "two models": (
        """
        Tree: {type: object, properties: {bird: {$ref: '#/components/schemas/Bird'}}}
        Bird: {type: object, properties: {tree: {$ref: '#/components/schemas/Tree'}, at: {type: string, format: date}}}
        """,
        {"bird": {"tree": {"bird": {"at": "2020-01-01"}}}},
    ),
    "allOf": (
        """
        Tree:
          allOf:
            - {$ref: '#/components/schemas/Base'}
            - {type: object, properties: {next: {$ref: '#/components/schemas/Tree'}}}
        Base: {type: object, properties: {name: {type: string}, tree: {$ref: '#/components/schemas/Tree'}}}
        """,
        {"next": {"name": "x", "tree": {}}},
    ),
    "union": (
        """
        Tree: {type: object, properties: {next: {anyOf: [{type: string}, {$ref: '#/components/schemas/Tree'}]}}}
        """,
        {"next": {"next": "end"}},
    ),
    "array of arrays": ("Tree: {type: array, items: {$ref: '#/components/schemas/Tree'}}", [[], [[]]]),
    "json": (
        """
        Tree:
          anyOf:
            - {type: [string, number, boolean, 'null']}
            - {type: array, items: {$ref: '#/components/schemas/Tree'}}
            - {type: object, additionalProperties: {$ref: '#/components/schemas/Tree'}}
        """,
        {"a": [1.5, {"b": None}]},
    ),
    "array and model": (
        """
        Tree: {type: array, items: {$ref: '#/components/schemas/Leaf'}}
        Leaf: {type: object, properties: {tree: {$ref: '#/components/schemas/Tree'}}}
        """,
        [{"tree": [{}]}],
    ),
}


@pytest.mark.parametrize(("schemas", "value"), CIRCLES.values(), ids=CIRCLES.keys())
def test_circles_are_built_and_read_back(pool: Any, schemas: str, value: Any) -> None:
    models = pool(schemas)
    assert models.Tree.from_json(value).to_json() == value
    assert models.adapter(models.document.schemas["Tree"]).dump_python(
        models.adapter(models.document.schemas["Tree"]).validate_python(value), mode="json"
    ) == value  # fmt: skip
    for name in models.model_names():
        models.get_model(name).model_json_schema()


@pytest.mark.parametrize("name", ["A", "B"])
def test_schemas_that_only_refer_to_each_other_accept_anything(pool: Any, name: str) -> None:
    models = pool(f"A: {{allOf: [{{$ref: '{REF}/B'}}]}}\nB: {{allOf: [{{$ref: '{REF}/A'}}]}}")
    assert models.get_model(name).from_json([1]).to_json() == [1]


def test_unions_that_contain_each_other_are_one_union(pool: Any) -> None:
    models = pool(f"""
        A: {{oneOf: [{{$ref: '{REF}/B'}}, {{type: string}}]}}
        B: {{oneOf: [{{$ref: '{REF}/A'}}, {{type: integer}}, {{type: array, items: {{$ref: '{REF}/A'}}}}]}}
    """)
    for model in (models.A, models.B):
        assert [model.from_json(value).to_json() for value in ("x", 4, [[4], "x"])] == ["x", 4, [[4], "x"]]
        with pytest.raises(ValidationError):
            model.from_json([1.5])


def test_a_circle_of_hundreds_of_models_is_no_matter_of_depth(pool: Any) -> None:
    lines = [
        f"M{i}: {{type: object, properties: {{next: {{$ref: '{REF}/M{(i + 1) % 300}'}}, "
        f"far: {{$ref: '{REF}/M{(i * 7) % 300}'}}, tag: {{type: [string, 'null']}}}}}}"
        for i in range(300)
    ]
    models = pool("\n".join(lines))
    value = {"next": {"next": {"far": {"tag": None}}}}
    assert models.M5.from_json(value).to_json() == value
    assert type(models.M9.from_json(value).next) is models.M10


def test_a_union_with_a_null_branch_is_nullable(pool: Any) -> None:
    models = pool(f"""
        Cat: {{type: object, properties: {{lives: {{type: integer}}}}}}
        Home: {{type: object, properties: {{cat: {{oneOf: [{{$ref: '{REF}/Cat'}}, {{type: 'null'}}]}}}}}}
    """)
    assert models.Home.from_json({"cat": None}).to_json() == {"cat": None}
    assert models.Home().to_json() == {}
