"""ModelPool, apipool, get_model, x-parent: how classes are found, built once, and inherited from."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pydantic
import pytest

import pymacaron.service
from pymacaron.exceptions import BindingError, SpecError
from pymacaron.models import ModelPool, PymacaronBaseModel, apipool, get_model, same_or_refuse

REF = "#/components/schemas"
PET = "Pet: {type: object, properties: {name: {type: string}}}"


@pytest.fixture
def often_switched() -> Iterator[None]:
    """Let threads interrupt each other as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def pools(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelPool]:
    found: dict[str, ModelPool] = {}
    monkeypatch.setattr(pymacaron.service, "current_service", lambda: SimpleNamespace(pools=found))
    return found


def test_a_model_is_reached_by_attribute_by_model_and_by_name_and_is_always_the_same_class(pool: Any) -> None:
    models = pool(PET)
    assert models.Pet is models.model.Pet is models.get_model("Pet")
    assert models.annotation(models.document.schemas["Pet"]) is models.Pet
    assert (models.name, models.model_names(), "Pet" in dir(models), repr(models)) == (
        "shop", ["Pet"], True, "<ModelPool shop>",
    )  # fmt: skip


def test_a_component_whose_name_is_no_identifier_is_reached_with_underscores(pool: Any) -> None:
    models = pool("pull-request.v1: {type: object, properties: {a: {type: string}}}")
    assert models.pull_request_v1 is models.get_model("pull-request.v1")
    assert (models.pull_request_v1.__name__, models.pull_request_v1.get_model_name()) == (
        "PullRequestV1", "pull-request.v1",
    )  # fmt: skip


def test_a_model_named_like_a_method_of_the_pool_is_reached_by_name(pool: Any) -> None:
    models = pool("adapter: {type: object, properties: {a: {type: string}}}")
    assert models.get_model("adapter")(a="x").to_json() == {"a": "x"}


def test_an_unknown_model_is_told_with_the_nearest_name(pool: Any) -> None:
    with pytest.raises(AttributeError) as caught:
        pool(PET).Pett  # noqa: B018
    assert caught.value.args[0] == "the API 'shop' has no model 'Pett' (did you mean 'Pet'?)"


def test_only_what_is_reached_is_built(pool: Any) -> None:
    models = pool(f"""
        A: {{type: object, properties: {{b: {{$ref: '{REF}/B'}}}}}}
        B: {{type: object, properties: {{x: {{type: string}}}}}}
        C: {{type: object, properties: {{x: {{type: string}}}}}}
    """)
    assert len(models._maker._builder._classes) == 0
    models.B  # noqa: B018
    assert len(models._maker._builder._classes) == 1
    models.A  # noqa: B018
    assert len(models._maker._builder._classes) == 2


def test_an_adapter_is_made_once_for_a_place(pool: Any) -> None:
    models = pool(PET)
    schema = models.document.schemas["Pet"]
    assert models.adapter(schema) is models.adapter(schema)
    assert models.adapter(schema).validate_json('{"name": "Rex"}') == models.Pet(name="Rex")
    with pytest.raises(pydantic.ValidationError) as caught:
        models.adapter(schema.child("properties", "name")).validate_python(12345)
    assert "12345" not in str(caught.value)


def test_threads_that_ask_at_once_get_one_class(pool: Any, often_switched: None) -> None:
    models = pool("\n".join(
        f"M{i}: {{type: object, properties: {{next: {{$ref: '{REF}/M{(i + 1) % 40}'}}, name: {{type: string}}}}}}"
        for i in range(40)
    ))  # fmt: skip
    start, found, failed = threading.Barrier(8), [], []

    def ask(offset: int) -> None:
        start.wait()
        try:
            for i in range(40):
                model = models.get_model(f"M{(i + offset) % 40}")
                model.from_json({"next": {"name": "x"}}).to_json()
                found.append(model)
                models.adapter(models.document.schemas[f"M{i}"]).validate_json("{}")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=ask, args=(offset * 5,)) for offset in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (failed, len(found), len(set(found))) == ([], 320, 40)


def test_inline_objects_get_class_names_from_where_they_stand(pool: Any) -> None:
    models = pool("""
        Pet:
          type: object
          properties:
            home: {type: object, properties: {street: {type: string}}}
            tags: {type: array, items: {type: object, properties: {a: {type: string}}}}
        PetHome: {type: object, properties: {b: {type: string}}}
    """)
    pet = models.Pet.from_json({"home": {"street": "X"}, "tags": [{"a": "x"}]})
    assert [type(pet.home).__name__, type(pet.tags[0]).__name__] == ["PetHome", "PetTagsItem"]
    assert (type(pet.home).get_model_name(), models.PetHome.__name__) == ("PetHome", "PetHome_2")


class Plain:
    def greet(self) -> str:
        return f"I am {self.name}"  # type: ignore[attr-defined]


class Pydantic(pydantic.BaseModel):
    age: int = 3


class Ours(PymacaronBaseModel):
    def shout(self) -> str:
        return self["name"].upper()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("parent", "ask", "answer"),
    [
        (Plain, lambda pet: pet.greet(), "I am Rex"),
        (Pydantic, lambda pet: pet.age, 3),
        (Ours, lambda pet: pet.shout(), "REX"),
        (PymacaronBaseModel, lambda pet: pet.name, "Rex"),
    ],
)
def test_x_parent_makes_a_model_inherit(pool: Any, parent: type, ask: Any, answer: Any) -> None:
    schema = "Pet: {type: object, x-parent: shop.Animal, properties: {name: {type: string}}}"
    model = pool(schema, import_class={"shop.Animal": parent}.__getitem__).Pet
    pet = model.from_json({"name": "Rex"})
    assert (ask(pet), issubclass(model, parent), issubclass(model, PymacaronBaseModel)) == (answer, True, True)
    assert pet.to_json()["name"] == "Rex"


def test_x_persist_and_x_parent_make_a_model_inherit_from_both(pool: Any) -> None:
    class Kept:
        def greet(self) -> str:
            return "I am kept"

    schema = "Pet: {type: object, x-parent: shop.Plain, x-persist: shop.Kept, properties: {name: {type: string}}}"
    model = pool(schema, import_class={"shop.Plain": Plain, "shop.Kept": Kept}.__getitem__).Pet
    assert model.__mro__[1:4] == (Kept, Plain, PymacaronBaseModel)
    assert model(name="Rex").greet() == "I am kept"
    same = pool("Pet: {type: object, x-parent: shop.Plain, x-persist: shop.Plain}", import_class=lambda _: Plain).Pet
    assert same.__mro__[1:3] == (Plain, PymacaronBaseModel)


def test_x_parent_without_declared_properties_is_still_a_model(pool: Any) -> None:
    model = pool("Pet: {type: object, x-parent: shop.Animal}", import_class=lambda _: Plain).Pet
    assert issubclass(model, Plain)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "cannot be imported (KeyError: 'shop.Animal'); correct the name"),
        (print, "is no class but builtin_function_or_method; name a class"),
        (bool, "cannot be inherited from (type 'bool' is not an acceptable base type); name a plain class or a model"),
    ],
)
def test_a_parent_that_does_not_fit_is_told_with_its_place(
    pool: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Any, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    known = {} if found is None else {"shop.Animal": found}
    models = pool("Pet:\n  type: object\n  x-parent: shop.Animal\n  properties: {}", import_class=known.__getitem__)
    with pytest.raises(BindingError) as caught:
        models.Pet  # noqa: B018
    assert str(caught.value) == f"shop.yaml:8: x-parent 'shop.Animal' {reason}"


def test_apipool_reaches_the_apis_of_the_current_service(pool: Any, pools: dict[str, ModelPool]) -> None:
    pools["my-api"] = pool(PET, name="my-api")
    assert apipool.my_api is pools["my-api"]
    assert apipool.get_model("Pet") is apipool.my_api.Pet is get_model("Pet")
    assert "my_api" in dir(apipool)
    with pytest.raises(AttributeError) as caught:
        apipool.my_apy  # noqa: B018
    assert caught.value.args[0] == "the current service has no API 'my_apy' (did you mean 'my_api'?)"
    with pytest.raises(AttributeError) as caught:
        get_model("Pett")
    assert caught.value.args[0] == "the current service has no model 'Pett' (did you mean 'Pet'?)"


def test_one_name_for_the_same_model_in_two_apis_is_fine(pool: Any, pools: dict[str, ModelPool]) -> None:
    pools["shop"] = pool(PET)
    pools["zoo"] = pool("Pet: {type: object, description: An animal, properties: {name: {type: string}}}", name="zoo")
    assert get_model("Pet") is pools["shop"].Pet
    same_or_refuse(pools.values())


def test_a_property_that_is_named_like_a_describing_keyword_counts(pool: Any) -> None:
    one = pool("Pet: {type: object, properties: {title: {type: string}}}")
    other = pool("Pet: {type: object, properties: {title: {type: integer}}}", name="zoo")
    with pytest.raises(SpecError, match="the model 'Pet' of the API 'zoo' differs"):
        same_or_refuse([one, other])


def test_one_name_for_different_models_is_refused_and_both_are_named(
    pool: Any, pools: dict[str, ModelPool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pools["shop"] = pool(f"Pet: {{type: object, properties: {{home: {{$ref: '{REF}/Home'}}}}}}\nHome: {{type: string}}")
    pools["zoo"] = pool(
        f"Pet: {{type: object, properties: {{home: {{$ref: '{REF}/Home'}}}}}}\nHome: {{type: integer}}", name="zoo"
    )
    with pytest.raises(SpecError) as caught:
        get_model("Pet")
    assert str(caught.value) == (
        "the APIs 'shop', 'zoo' declare different models 'Pet'; use apipool.shop.Pet or apipool.zoo.Pet"
    )
    with pytest.raises(SpecError) as caught:
        same_or_refuse(pools.values())
    assert caught.value.problems[1] == (
        "zoo.yaml:7: the model 'Home' of the API 'zoo' differs from that of the API 'shop' at shop.yaml:7; "
        "rename one, or load without global_names\n"
        "--- shop.yaml:7\n+++ zoo.yaml:7\n"
        '@@ -2,3 +2,3 @@\n   "": {\n-    "type": "string"\n+    "type": "integer"\n   }'
    )
    assert len(caught.value.problems) == 2


def test_a_keyword_that_is_no_property_is_refused_unless_more_is_declared(pool: Any) -> None:
    models = pool("""
        Pet: {type: object, properties: {name: {type: string}}}
        Open: {type: object, properties: {name: {type: string}}, additionalProperties: true}
    """)
    with pytest.raises(TypeError, match=r"^Pet\(\) has no property 'nmae' \(did you mean 'name'\?\)$"):
        models.Pet(nmae="Rex")
    assert models.Pet.from_json({"name": "Rex", "nmae": "Rex"}).to_json() == {"name": "Rex"}
    assert models.Open(nmae="Rex").to_json() == {"nmae": "Rex"}
