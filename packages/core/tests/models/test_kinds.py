"""What each kind of schema accepts and refuses, through the adapter that bodies and parameters use."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from pymacaron.models.problems import InvalidValue

CASES: list[tuple[str, str, list[Any], list[Any]]] = [
    ("3.1", "{type: string}", ["", "x"], [1, None, True, ["x"]]),
    ("3.1", "{type: integer}", [1, -5, 1.0, 2**70], ["1", True, 1.5, None]),
    ("3.1", "{type: integer, minimum: 1.5, maximum: 3.5}", [2, 3], [1, 4]),
    ("3.1", "{type: integer, multipleOf: 3}", [0, 9], [10]),
    ("3.1", "{type: integer, exclusiveMinimum: 1, exclusiveMaximum: 4}", [2, 3], [1, 4]),
    ("3.0", "{type: integer, minimum: 1, exclusiveMinimum: true}", [2], [1]),
    ("2.0", "{type: number, maximum: 1, exclusiveMaximum: true}", [0.9], [1]),
    ("3.1", "{type: number}", [1, 1.5], ["1", True, None]),
    ("3.1", "{type: boolean}", [True, False], [0, 1, "true"]),
    ("3.1", "{type: 'null'}", [None], [0, False, ""]),
    ("3.1", "{type: [string, integer]}", ["x", 1], [1.5, None, []]),
    ("3.1", "{type: [string, 'null'], maxLength: 1}", ["x", None], ["xx", 1]),
    ("3.0", "{type: string, nullable: true}", ["x", None], [1]),
    ("3.1", "{type: string, minLength: 2, maxLength: 3, pattern: '^a'}", ["ab", "abc"], ["a", "abcd", "bb"]),
    ("3.1", "{type: string, pattern: '^(?=a)ab'}", ["ab"], ["b", 1]),
    ("3.1", "{enum: [a, 1, null, true]}", ["a", 1, None, True], ["b", 2, False]),
    ("3.1", "{enum: [1.5, [1], {a: 1}]}", [1.5, [1], {"a": 1}], [1, [2], {}]),
    ("3.1", "{type: string, enum: [a, 1]}", ["a"], [1, "1"]),
    ("3.0", "{type: string, enum: [a], nullable: true}", ["a", None], ["b"]),
    ("3.1", "{const: a}", ["a"], ["b", None]),
    (
        "3.1",
        "{type: array, items: {type: integer}, minItems: 1, maxItems: 2}",
        [[1], [1, 2]],
        [[], [1, 2, 3], ["1"], {}],
    ),
    ("3.1", "{type: array}", [[], [1, "x"]], [{}, "x"]),
    ("3.1", "{type: object}", [{}, {"a": [1]}], [[], "x"]),
    ("3.1", "{type: object, additionalProperties: {type: integer}}", [{}, {"a": 1}], [{"a": "1"}]),
    ("3.1", "{type: object, additionalProperties: false}", [{}], [{"a": 1}]),
    ("3.1", "{type: object, minProperties: 1}", [{"a": 1}], [{}]),
    ("3.1", "{oneOf: [{type: string}, {type: integer}]}", ["x", 1], [1.5, None]),
    ("3.1", "{anyOf: [{type: string}, {type: 'null'}]}", ["x", None], [1]),
    ("3.1", "{type: string, anyOf: [{minLength: 3}, {enum: [a]}]}", ["abc", "a"], ["ab", 1]),
    ("3.1", "{allOf: [{type: string, minLength: 2}, {maxLength: 3}]}", ["ab"], ["a", "abcd", 1]),
    ("3.1", "{allOf: [{type: integer, minimum: 1}, {type: number, maximum: 5}]}", [1, 5], [0, 6, 1.5]),
    ("3.1", "{}", [1, "x", None, [1], {"a": None}], []),
    ("3.1", "true", [1, None], []),
    ("3.1", "false", [], [1, None, {}]),
    ("3.1", "{type: array, items: false}", [[]], [[1]]),
]


@pytest.mark.parametrize(("version", "schema", "accepted", "refused"), CASES)
def test_json_is_judged_strictly(pool: Any, version: str, schema: str, accepted: list[Any], refused: list[Any]) -> None:
    models = pool(f"Thing: {schema}", version)
    thing = models.document.schemas["Thing"]
    adapter = models.adapter(thing)
    for value in accepted:
        read = adapter.validate_json(json.dumps(value))
        assert json.loads(adapter.dump_json(read)) == value
        assert models.Thing.from_json(value).to_json() == value
    for value in refused:
        with pytest.raises(ValidationError):
            adapter.validate_json(json.dumps(value))
        with pytest.raises(ValidationError):
            models.Thing.from_json(value)


@pytest.mark.parametrize("schema", ["{type: number}", "{type: integer}", "{}", "{type: object}"])
@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(pool: Any, schema: str, text: str) -> None:
    models = pool(f"Thing: {schema}")
    text = f'{{"a": {text}}}' if schema == "{type: object}" else text
    with pytest.raises(ValidationError):
        models.adapter(models.document.schemas["Thing"]).validate_json(text)


def test_named_values_that_are_no_objects_are_root_models_and_plain_types_where_they_are_used(pool: Any) -> None:
    models = pool("""
        Status: {type: string, enum: [new, paid]}
        Names: {type: array, items: {type: string}}
        Free: {type: object}
        Order:
          type: object
          properties:
            status: {$ref: '#/components/schemas/Status'}
            names: {$ref: '#/components/schemas/Names'}
    """)
    order = models.Order.from_json({"status": "new", "names": ["a"]})
    assert (order.status, order.names) == ("new", ["a"])
    status = models.Status("paid")
    assert (status.root, status.to_json(), status.get_model_name(), status.get_model_api()) == (
        "paid", "paid", "Status", "shop",
    )  # fmt: skip
    assert models.Names(["a"]).clone() == models.Names.from_json(["a"])
    assert (models.Free().to_json(), models.Free(a=1).to_json()) == ({}, {"a": 1})
    with pytest.raises(ValidationError):
        models.Status("sold")


def test_undeclared_properties_follow_the_document(pool: Any) -> None:
    models = pool("""
        Silent: {type: object, properties: {a: {type: integer}}}
        Closed: {type: object, properties: {a: {type: integer}}, additionalProperties: false}
        Open: {type: object, properties: {a: {type: integer}}, additionalProperties: true}
        Typed: {type: object, properties: {a: {type: integer}}, additionalProperties: {type: string, format: date}}
    """)
    assert models.Silent.from_json({"a": 1, "b": 2}).to_json() == {"a": 1}
    with pytest.raises(ValidationError, match="extra_forbidden"):
        models.Closed.from_json({"b": 2})
    assert models.Open.from_json({"b": [1], "to_json": 1, "__class__": 2}).to_json() == {
        "b": [1], "to_json": 1, "__class__": 2,
    }  # fmt: skip
    typed = models.Typed.from_json({"b": "2020-01-01"})
    typed["c"] = "2020-01-02"
    assert (typed["b"].year, typed.to_json()) == (2020, {"b": "2020-01-01", "c": "2020-01-02"})
    with pytest.raises(ValidationError):
        typed["c"] = "x"
    with pytest.raises(ValidationError):
        models.Typed.from_json({"b": "x"})


def test_an_object_that_declares_no_property_at_all_is_a_dict_and_one_that_says_so_is_a_model(pool: Any) -> None:
    models = pool("""
        Ok: {type: object, properties: {}}
        Box: {type: object, properties: {free: {type: object}, ok: {$ref: '#/components/schemas/Ok'}}}
    """)
    box = models.Box.from_json({"free": {"a": 1}, "ok": {"b": 2}})
    assert (box.free, box.ok, box.to_json()) == ({"a": 1}, models.Ok(), {"free": {"a": 1}, "ok": {}})


def test_keywords_beside_a_reference_count_from_openapi_3_1_on(pool: Any) -> None:
    schemas = """
        Name: {type: string}
        Pet: {type: object, properties: {name: {$ref: '#/%s/Name', minLength: 3}}}
    """
    new = pool(schemas % "components/schemas", "3.1").Pet
    old = pool(schemas % "components/schemas", "3.0", name="old").Pet
    assert old.from_json({"name": "x"}).name == "x"
    with pytest.raises(ValidationError):
        new.from_json({"name": "x"})


INTEGERS = [
    ("int32", -(2**31), 2**31 - 1),
    ("int64", -(2**63), 2**63 - 1),
    ("uint8", 0, 255),
]


@pytest.mark.parametrize("version", ["2.0", "3.0", "3.1"])
@pytest.mark.parametrize("more", ["", ", not: {enum: [5]}", ", minimum: -9, maximum: 99999999999999999999"])
@pytest.mark.parametrize(("format_", "least", "greatest"), INTEGERS)
def test_formats_of_integers_bound_them(
    pool: Any, version: str, more: str, format_: str, least: int, greatest: int
) -> None:
    models = pool(f"It: {{type: integer, format: {format_}{more}}}", version)
    codec = models.codec(models.document.schemas["It"], "request")
    least = max(least, -9) if "minimum" in more else least
    for value in (least, 7, greatest):
        assert codec.read(value) == codec.read_json(b"%d" % value) == value
    for value in (least - 1, greatest + 1):
        with pytest.raises(InvalidValue):
            codec.read_json(b"%d" % value)
    with pytest.raises(InvalidValue, match=f"less than or equal to {greatest}"):
        codec.write_json(greatest + 1)


def test_formats_of_integers_do_not_bound_numbers(pool: Any) -> None:
    models = pool("It: {type: number, format: int32}")
    assert models.codec(models.document.schemas["It"], "request").read_json(b"99999999999") == 99999999999
