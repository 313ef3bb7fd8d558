"""Items as attributes of DynamoDB: exact, readable by others, and counted as DynamoDB does."""

from __future__ import annotations

from typing import Any

import pytest

from pymacaron.store import StoreError
from pymacaron_aws.dynamodb.attributes import size_of, to_attributes, to_item

ITEM = {
    "id": "ada",
    "none": None,
    "true": True,
    "whole": 3,
    "price": 20.0,
    "part": 0.1,
    "vast": 10**120,
    "packed": b"\x00\xff",
    "empty": "",
    "inner": {"a/b~c": [1.0, 2, {"deep": -5.0}]},
}


def test_values_have_the_types_of_dynamodb() -> None:
    attributes = to_attributes({"id": "a", "n": 5, "f": 0.5, "b": b"\x01", "t": False, "z": None, "l": [""], "m": {}})
    assert attributes == {
        "id": {"S": "a"},
        "n": {"N": "5"},
        "f": {"N": "0.5"},
        "b": {"B": b"\x01"},
        "t": {"BOOL": False},
        "z": {"NULL": True},
        "l": {"L": [{"S": ""}]},
        "m": {"M": {}},
    }


def test_a_float_that_is_whole_is_noted_and_comes_back_as_one() -> None:
    attributes = to_attributes(ITEM)
    assert attributes["_floats"] == {"L": [{"S": "/price"}, {"S": "/inner/a~1b~0c/0"}, {"S": "/inner/a~1b~0c/2/deep"}]}
    back = to_item(attributes)
    assert back == ITEM
    assert [type(back["price"]), *map(type, back["inner"]["a/b~c"])] == [float, float, int, dict]


def test_floats_that_are_known_by_the_schema_need_no_note() -> None:
    assert "_floats" not in to_attributes({"price": 20.0}, frozenset({"price"}))


def test_notes_that_no_longer_fit_are_left_aside() -> None:
    attributes = {**to_attributes(ITEM), "price": {"S": "free"}, "inner": {"M": {}}}
    assert to_item(attributes) == {**ITEM, "price": "free", "inner": {}}


def test_sets_that_others_wrote_are_lists() -> None:
    sets: dict[str, dict[str, Any]] = {"s": {"SS": ["b", "a"]}, "n": {"NS": ["2", "1.5"]}, "b": {"BS": [b"b", b"a"]}}
    assert to_item(sets) == {"s": ["a", "b"], "n": [1.5, 2], "b": [b"a", b"b"]}


@pytest.mark.parametrize("number", [10**38 + 1, 1e126, 10**126, 1e-131, -1e300, 5e-324])
def test_a_number_beyond_dynamodb_is_refused_with_its_place(number: float) -> None:
    with pytest.raises(StoreError) as caught:
        to_attributes({"inner": {"list": [number]}})
    assert str(caught.value) == (
        "the number at /inner/list/0 does not fit into DynamoDB (38 digits, 1E-130 to 1E126): declare it as text"
    )


@pytest.mark.parametrize("number", [10**38, 10**37 + 1, 1e-130, -9.9e125, 0, 0.0, 2**100])
def test_a_number_within_dynamodb_is_exact(number: float) -> None:
    assert to_item(to_attributes({"n": number})) == {"n": number}


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({}, 0),
        ({"ab": "ä"}, 4),
        ({"b": b"123"}, 4),
        ({"n": None, "t": True}, 4),
        ({"l": ["a", "b"]}, 8),
        ({"m": {"k": "v"}}, 7),
    ],
)
def test_the_size_is_what_dynamodb_counts(item: dict[str, Any], size: int) -> None:
    assert size_of(to_attributes(item)) == size
