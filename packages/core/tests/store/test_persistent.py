"""Persistent models: what x-persist and x-parent give, what the classes may say, and what is wrong with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from pymacaron.exceptions import PyMacaronException
from pymacaron.service import Service
from pymacaron.store import (
    DynamoDBItemNotFound,
    ItemNotFoundError,
    PersistentModel,
    PersistentSwaggerObject,
    StoreError,
)

DOCUMENT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /profiles/{profile_id}:
    get:
      x-bind-server: shop.get_profile
      parameters: [{name: profile_id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: The profile.
          content: {application/json: {schema: {$ref: "#/components/schemas/Profile"}}}
    put:
      x-bind-server: shop.put_profile
      parameters: [{name: profile_id, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Profile"}}}}
      responses:
        "200":
          description: The profile.
          content: {application/json: {schema: {$ref: "#/components/schemas/Profile"}}}
components:
  schemas:
    Profile:
      type: object
      WORD: shop.PersistentProfile
      properties:
        profile_id: {type: string}
        query: {type: string}
        table_name: {type: string}
        views: {type: integer}
        when: {type: string, format: date-time}
        tags: {type: array, items: {type: string}}
    Plain: {type: object, properties: {name: {type: string}}}
"""
SHOP = """
from pymacaron.store import PersistentModel


class PersistentProfile(PersistentModel):
    ATTRIBUTES


def get_profile(profile_id):
    return PersistentProfile.load_from_db(profile_id)


def put_profile(body, profile_id):
    body.profile_id = profile_id
    body.save_to_db()
    return body
"""
GOOD = ["api_name = 'shop'", "model_name = 'Profile'", "table_name = 'profiles'", "primary_key = 'profile_id'"]
Load = Callable[..., Any]


def files(attributes: list[str], word: str = "x-persist") -> dict[str, str]:
    return {
        "apis/shop.yaml": DOCUMENT.replace("WORD", word),
        "shop.py": SHOP.replace("ATTRIBUTES", "\n    ".join(attributes)),
    }


@pytest.fixture
def load(folder: Callable[..., Path]) -> Iterator[Load]:
    """Load the models of a service whose persistent class has attributes; the service is the only one."""
    made: list[Service] = []

    def make(*attributes: str, word: str = "x-persist") -> Any:
        service = Service(folder(files([*attributes] or GOOD, word)))
        made.append(service)
        (pool,) = service.load_apis("apis")
        return pool

    yield make
    for service in made:
        service.close()


@pytest.mark.parametrize("word", ["x-persist", "x-parent"])
def test_a_handler_loads_and_saves_the_models_of_its_api(service: Callable[..., Flask], word: str) -> None:
    client = service(files(GOOD, word)).test_client()
    missing = client.get("/profiles/ada")
    assert (missing.status_code, missing.get_json()["error"]) == (404, "ITEM_NOT_FOUND")
    assert missing.get_json()["error_description"] == "there is no Profile of this profile_id"
    saved = client.put("/profiles/ada", json={"views": 3, "query": "macarons", "table_name": "desk"})
    assert saved.get_json() == client.get("/profiles/ada").get_json()
    assert saved.get_json() == {"profile_id": "ada", "views": 3, "query": "macarons", "table_name": "desk"}


def test_properties_may_have_the_names_of_methods_and_attributes(load: Load) -> None:
    Profile = load().Profile  # noqa: N806 - a class
    Profile(profile_id="ada", query="macarons", table_name="desk").save_to_db()
    (found,) = Profile.query("ada")
    assert (found.query, found.table_name, Profile.get_table().name) == ("macarons", "desk", "profiles")


def test_a_model_without_a_persistent_class_has_none_of_it(load: Load) -> None:
    plain = load().Plain
    assert not issubclass(plain, PersistentModel)
    assert not hasattr(plain, "save_to_db")


def test_the_old_names_are_the_new_classes() -> None:
    assert PersistentSwaggerObject is PersistentModel
    assert DynamoDBItemNotFound is ItemNotFoundError
    assert issubclass(DynamoDBItemNotFound, PyMacaronException)


def test_a_class_may_do_more_as_it_saves(load: Load) -> None:
    override = "def save_to_db(item, views=1):\n        item.views = views\n        PersistentModel.save_to_db(item)"
    Profile = load(*GOOD, override).Profile  # noqa: N806 - a class
    Profile(profile_id="ada").save_to_db(views=7)
    assert Profile.load_from_db("ada").views == 7


def test_a_class_that_names_no_api_finds_its_model_by_its_name_alone(load: Load) -> None:
    pool = load(*GOOD[1:])
    pool.Profile(profile_id="ada").save_to_db()
    assert type(sys.modules["shop"].PersistentProfile.load_from_db("ada")) is pool.Profile


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        (
            ["primary_key = 'profile_id'"],
            "PersistentProfile.table_name is no name of a table (3 to 255 letters, digits, '_', '.' and '-'): "
            "correct it (Profile)",
        ),
        (
            ["table_name = 'profiles; --'", "primary_key = 'profile_id'"],
            "PersistentProfile.table_name is no name of a table (3 to 255 letters, digits, '_', '.' and '-'): "
            "correct it (Profile)",
        ),
        (
            ["table_name = 'profiles'"],
            "PersistentProfile.primary_key names no key (a property, or a tuple of two): correct it (Profile)",
        ),
        (
            ["table_name = 'profiles'", "primary_key = 'profileid'"],
            "PersistentProfile.primary_key names 'profileid', which is no property (did you mean 'profile_id'?): "
            "correct it (Profile)",
        ),
        (
            ["table_name = 'profiles'", "primary_key = ('profile_id', 'tags')"],
            "PersistentProfile.primary_key or an index names 'tags', which is neither text nor a number: "
            "correct it (Profile)",
        ),
        (
            [*GOOD, "version_attribute = 'when'"],
            "PersistentProfile.version_attribute names 'when', which is no integer: correct it (Profile)",
        ),
        (
            [*GOOD, "indexes = {'by-views': 'view'}"],
            "PersistentProfile.indexes[by-views] names 'view', which is no property (did you mean 'views'?): "
            "correct it (Profile)",
        ),
    ],
)
def test_a_wrong_attribute_is_told_by_its_name(load: Load, attributes: list[str], sentence: str) -> None:
    with pytest.raises(StoreError) as caught:
        load(*attributes).Profile.has_item("ada")
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("act", "kind", "sentence"),
    [
        (lambda p: p.load_from_db("a", "b"), TypeError, "the key of Profile is profile_id: 2 values were given"),
        (lambda p: p.query("a", since=1), TypeError, "Profile is found by profile_id alone: give no second value"),
        (lambda p: p.query("a", index="by-vieuws"), StoreError, "Profile has no index 'by-vieuws'"),
        (
            lambda p: p(profile_id="a").save_to_db(if_unchanged=True),
            StoreError,
            "Profile has no version_attribute, by which if_unchanged could tell: name a property",
        ),
        (
            lambda p: p.get_table().has_item(id="a"),
            TypeError,
            "the key of the table profiles is profile_id, not id",
        ),
        (
            lambda p: p.__mro__[1].__mro__[1].load_from_db("a"),
            StoreError,
            "PersistentModel names no model: set api_name and model_name, or call the methods of the model itself",
        ),
    ],
)
def test_a_wrong_call_is_told(load: Load, act: Any, kind: type[Exception], sentence: str) -> None:
    with pytest.raises(kind) as caught:
        act(load().Profile)
    assert str(caught.value) == sentence


def test_an_item_that_no_longer_fits_is_told_without_its_values(load: Load) -> None:
    Profile = load().Profile  # noqa: N806 - a class
    Profile(profile_id="ada").save_to_db()
    from pymacaron.store.current import current_store
    from pymacaron.store.tables import kept

    current_store().put(kept(Profile).table, {"profile_id": "ada", "views": "secret"})
    with pytest.raises(StoreError) as caught:
        Profile.load_from_db("ada")
    assert str(caught.value) == (
        "an item of Profile does not fit its schema at 'views' (Input should be a valid integer): was the schema "
        "changed after the item was saved?"
    )


def test_what_pymacaron_1_wrote_beside_the_properties_is_left_out(load: Load) -> None:
    Profile = load().Profile  # noqa: N806 - a class
    from pymacaron.store.current import current_store
    from pymacaron.store.tables import kept

    old = {"profile_id": "ada", "views": 3, "__persistence_class__": "shop.PersistentProfile"}
    current_store().put(kept(Profile).table, old)
    assert Profile.load_from_db("ada").to_json() == {"profile_id": "ada", "views": 3}


def test_a_service_that_keeps_nothing_loads_no_store(folder: Callable[..., Path]) -> None:
    root = folder({"apis/shop.yaml": DOCUMENT.replace("      WORD: shop.PersistentProfile\n", ""), "shop.py": "x = 1"})
    program = (
        "import sys; from pymacaron import Service; s = Service('.'); (p,) = s.load_apis('apis'); p.Profile; "
        "print([m for m in sys.modules if m == 'sqlite3' or m.startswith('pymacaron.store.')])"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], cwd=root, check=True, capture_output=True, text=True
    ).stdout
    assert output == "['pymacaron.store.plugin', 'pymacaron.store.settings']\n"
