"""Properties: required, optional, nullable, defaults, names, and what is written to JSON."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from pymacaron.models import PymacaronBaseModel
from pymacaron.models.names import METHODS, attribute_names

PET = """
Pet:
  type: object
  required: [name]
  properties:
    name: {type: string, minLength: 1}
    age: {type: integer, minimum: 0}
    born: {type: string, format: date}
    limit: {type: integer, default: 10}
"""


def refused(function: Any, *arguments: Any, **options: Any) -> list[tuple[tuple[Any, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        function(*arguments, **options)
    assert caught.value.title
    return [(error["loc"], error["type"]) for error in caught.value.errors()]


def test_a_model_reads_and_writes_json_under_the_documents_names(pool: Any) -> None:
    pet = pool(PET).Pet.from_json({"name": "Rex", "born": "2020-02-01"})
    assert (pet.name, pet.born, pet.age, pet.limit) == ("Rex", date(2020, 2, 1), None, 10)
    assert pet.to_json() == {"name": "Rex", "born": "2020-02-01", "limit": 10}
    assert isinstance(pet, PymacaronBaseModel)


def test_a_model_tells_its_name_its_api_and_its_properties_on_the_class_and_on_an_instance(pool: Any) -> None:
    model = pool(PET).Pet
    for owner in (model, model(name="Rex")):
        assert (owner.get_model_name(), owner.get_model_api()) == ("Pet", "shop")
        assert owner.get_property_names() == ["name", "age", "born", "limit"]
        assert owner.get_model_properties()["age"] == {"type": "integer", "minimum": 0}
    model.get_model_properties()["age"]["minimum"] = 5
    assert model.get_model_properties()["age"]["minimum"] == 0


def test_all_problems_are_told_with_their_place_and_never_with_the_value(pool: Any) -> None:
    model = pool(PET).Pet
    assert refused(model.from_json, {"name": "", "age": -1}) == [
        (("name",), "string_too_short"),
        (("age",), "greater_than_equal"),
    ]
    with pytest.raises(ValidationError) as caught:
        model.from_json({"name": 12345})
    assert "12345" not in str(caught.value)


def test_an_optional_property_refuses_null_in_json_and_takes_none_in_python_as_absent(pool: Any) -> None:
    model = pool(PET).Pet
    assert refused(model.from_json, {"name": "Rex", "age": None}) == [(("age",), "int_type")]
    pet = model(name="Rex", age=None, limit=None)
    pet.born = None
    assert pet.to_json() == {"name": "Rex"}


def test_assignments_are_validated(pool: Any) -> None:
    pet = pool(PET).Pet(name="Rex")
    pet.age = 3
    assert refused(setattr, pet, "age", "3") == [(("age",), "int_type")]
    assert refused(setattr, pet, "name", None) == [(("name",), "string_type")]
    assert pet.to_json() == {"name": "Rex", "age": 3, "limit": 10}


def test_items_are_the_properties_under_the_documents_names(pool: Any) -> None:
    pet = pool("Pet: {type: object, required: [class], properties: {class: {type: string}, age: {type: integer}}}").Pet(
        class_="dog", age=2
    )
    assert (pet["class"], pet["age"], "class" in pet, "class_" in pet) == ("dog", 2, True, False)
    pet["class"] = "cat"
    del pet["age"]
    assert pet.to_json() == {"class": "cat"}
    with pytest.raises(TypeError, match="Pet requires the property 'class'"):
        del pet["class"]
    with pytest.raises(KeyError, match="color"):
        pet["color"] = "red"
    with pytest.raises(KeyError, match="color"):
        pet["color"]


def test_x_nullable_properties_are_written_as_null_even_when_unset(pool: Any) -> None:
    model = pool("Pet: {type: object, properties: {tag: {type: string, x-nullable: true}}}", version="2.0").Pet
    assert model().to_json() == {"tag": None}
    assert model.from_json({"tag": None}).to_json() == {"tag": None}
    assert model(tag="x").to_json() == {"tag": "x"}


@pytest.mark.parametrize(
    ("version", "tag"), [("3.0", "{type: string, nullable: true}"), ("3.1", "{type: [string, 'null']}")]
)
def test_nullable_properties_are_written_as_null_once_they_are_set(pool: Any, version: str, tag: str) -> None:
    model = pool(f"Pet: {{type: object, properties: {{name: {{type: string}}, tag: {tag}}}}}", version).Pet
    absent = model.from_json({"name": "Rex"})
    assert (absent.tag, absent["tag"], absent.to_json()) == (None, None, {"name": "Rex"})
    assert repr(absent) == "Pet(name='Rex')"
    assert dict(absent) == {"name": "Rex"}
    assert copy.deepcopy(absent).to_json() == absent.clone().to_json() == {"name": "Rex"}
    assert model.from_json({"tag": None}).to_json() == {"tag": None}
    assert model(tag=None).to_json() == {"tag": None}
    absent.tag = "x"
    absent.tag = None
    assert absent.to_json() == {"name": "Rex", "tag": None}
    del absent["tag"]
    assert absent.to_json() == {"name": "Rex"}


def test_a_union_writes_a_model_with_unset_nullable_properties_without_a_warning(pool: Any) -> None:
    models = pool("""
        Cat: {type: object, properties: {tag: {type: [string, 'null']}}}
        Dog: {type: object, required: [bark], properties: {bark: {type: string}}}
        Home:
          type: object
          properties: {pet: {oneOf: [{$ref: '#/components/schemas/Dog'}, {$ref: '#/components/schemas/Cat'}]}}
    """)
    assert models.Home(pet=models.Cat()).to_json() == {"pet": {}}


def test_nullable_does_not_count_outside_openapi_3_0(pool: Any) -> None:
    schema = "Pet: {type: object, properties: {tag: {type: string, nullable: true}}}"
    assert refused(pool(schema, "3.1").Pet.from_json, {"tag": None})
    assert refused(pool(schema, "2.0", name="two").Pet.from_json, {"tag": None})


def test_x_mandatory_requires_a_property(pool: Any) -> None:
    model = pool("Pet: {type: object, properties: {name: {type: string, x-mandatory: true}}}", "2.0").Pet
    assert refused(model) == [(("name",), "missing")]


def test_a_property_that_is_only_required_may_be_anything_but_absent(pool: Any) -> None:
    model = pool("Pet: {type: object, required: [id], properties: {name: {type: string}}}").Pet
    assert refused(model.from_json, {}) == [(("id",), "missing")]
    assert model.from_json({"id": [1]}).to_json() == {"id": [1]}


def test_defaults_are_typed_and_one_that_its_schema_refuses_is_none(pool: Any) -> None:
    models = pool("""
        Pet:
          type: object
          properties:
            born: {type: string, format: date, default: '2020-01-01'}
            tags: {type: array, items: {type: string}, default: [a]}
            home: {$ref: '#/components/schemas/Home'}
            count: {type: integer, default: '30'}
            place: {allOf: [{$ref: '#/components/schemas/Home'}], default: {street: X}}
        Home: {type: object, properties: {street: {type: string}}}
    """)
    pet = models.Pet()
    assert (pet.born, pet.tags, pet.count, pet.place) == (date(2020, 1, 1), ["a"], None, models.Home(street="X"))
    pet.tags.append("b")
    assert models.Pet().tags == ["a"]


def test_dates_and_uuids_come_as_text_in_json_and_in_either_way_in_python(pool: Any) -> None:
    model = pool("""
        Event:
          type: object
          properties:
            at: {type: string, format: date-time}
            day: {type: string, format: date}
            id: {type: string, format: uuid}
    """).Event
    moment = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    number = UUID(int=7)
    for event in (
        model(at=moment, day=date(2024, 1, 2), id=number),
        model(at="2024-01-02T03:04:05Z", day="2024-01-02", id=str(number)),
        model.from_json({"at": "2024-01-02T03:04:05Z", "day": "2024-01-02", "id": str(number)}),
    ):
        assert (event.at, event.day, event.id) == (moment, date(2024, 1, 2), number)
        assert event.to_json() == {"at": "2024-01-02T03:04:05Z", "day": "2024-01-02", "id": str(number)}
    assert len(refused(model.from_json, {"at": 1, "day": 2, "id": 3})) == 3


def test_byte_is_base64_in_json_and_bytes_in_python(pool: Any) -> None:
    model = pool("File: {type: object, properties: {data: {type: string, format: byte, maxLength: 8}}}").File
    assert model.from_json({"data": "+/8="}).data == model(data=b"\xfb\xff").data == model(data="+/8=").data
    assert model(data=b"\xfb\xff").to_json() == {"data": "+/8="}
    assert refused(model.from_json, {"data": "*"}) == [(("data",), "base64")]
    assert refused(model.from_json, {"data": "AAAAAAAAAAAA"}) == [(("data",), "string_too_long")]


WORDS = (
    "class copy to_json model_config model_x 1x _id __class__ a-b root self fi +1 -1 $ref None validate a.b пол {{7*7}}"
)
HOSTILE = [*WORDS.split(), "a b", "", "x" * 10_000, "line\nbreak", "\ufb01"]


def test_hostile_property_names_are_data(pool: Any) -> None:
    schemas = {"Pet": {"type": "object", "required": HOSTILE, "properties": {n: {"type": "integer"} for n in HOSTILE}}}
    model = pool(schemas).Pet
    data = {name: index for index, name in enumerate(HOSTILE)}
    pet = model.from_json(data)
    assert pet.to_json() == data
    assert {name: pet[name] for name in HOSTILE} == data
    attributes = attribute_names(HOSTILE)
    assert {name: getattr(pet, attribute) for name, attribute in attributes.items()} == data
    assert model(**{attributes[name]: index for name, index in data.items()}) == pet
    assert model(**data) == pet


def test_json_knows_only_the_documents_names(pool: Any) -> None:
    model = pool("Pet: {type: object, required: [class], properties: {class: {type: string}}}").Pet
    assert refused(model.from_json, {"class_": "dog"}) == [(("class",), "missing")]


@pytest.mark.parametrize(
    ("names", "attributes"),
    [
        (["petName", "pet-name", "filter[a]"], ["petName", "pet_name", "filter_a_"]),
        (["1x", "_id", "@type", ""], ["field_1x", "field_id", "field_type", "field"]),
        (["model_name", "class", "copy", "to_json"], ["field_model_name", "class_", "copy_", "to_json_"]),
        (["pet-name", "pet.name", "pet_name"], ["pet_name_2", "pet_name_3", "pet_name"]),
        (["\ufb01", "fi"], ["fi_2", "fi"]),
    ],
)
def test_attributes_follow_the_documented_table(names: list[str], attributes: list[str]) -> None:
    assert list(attribute_names(names).values()) == attributes


def test_every_public_attribute_of_models_is_a_name_that_properties_avoid() -> None:
    public = {name for name in dir(PymacaronBaseModel) if not name.startswith(("_", "model_"))}
    assert public <= METHODS


def test_a_clone_shares_nothing(pool: Any) -> None:
    model = pool("Pet: {type: object, properties: {tags: {type: array, items: {type: string}}}}").Pet
    pet = model(tags=["a"])
    other = pet.clone()
    other.tags.append("b")
    assert (pet.tags, other.tags) == (["a"], ["a", "b"])
