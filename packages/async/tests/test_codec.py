"""The codec of arguments: whatever goes in comes out as the same type, and all else is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokerkit import DOCUMENT, Shop
from pymacaron import apipool, create_app
from pymacaron_async.codec import UnsuitableArgument, decoded, encoded

ZONES = (
    st.none()
    | st.just(UTC)
    | st.just(ZoneInfo("Europe/Paris"))
    | st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.uuids()
    | st.decimals(allow_nan=False)
    | st.datetimes(timezones=ZONES)
    | st.dates()
    | st.times(timezones=st.none() | st.just(UTC))
    | st.timedeltas()
)
KEYS = st.text() | st.just("$") | st.integers() | st.booleans() | st.none() | st.dates()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, with the same types all the way down."""
    if type(one) is not type(other) or bool(one != other):
        return False
    if isinstance(one, list):
        return all(map(same, one, other))
    if isinstance(one, dict):
        return all(map(same, one, other)) and all(map(same, one.values(), other.values()))
    if isinstance(one, datetime):
        return (one.fold, one.utcoffset(), one.tzinfo) == (other.fold, other.utcoffset(), other.tzinfo)
    if isinstance(one, float):
        return math.copysign(1, one) == math.copysign(1, other)
    return True


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(VALUES)
def test_every_value_comes_back_as_it_was(value: Any) -> None:
    assert same(decoded(encoded(value)), value)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-0"), Decimal("1E+400"), math.inf, math.nan])
def test_numbers_at_the_edge_come_back(value: Any) -> None:
    found = decoded(encoded(value))
    assert (type(found), str(found)) == (type(value), str(value))


class Number(IntEnum):
    ONE = 1


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ((1, 2), "builtins.tuple"),
        ({1}, "builtins.set"),
        (object(), "builtins.object"),
        (Number.ONE, "Number"),
        (Text("x"), "Text"),
        (Path("x"), "PosixPath"),
        (print, "builtin_function_or_method"),
        ("\ud800", "no UTF-8 text"),
        pytest.param(10**5000, "too long", id="long"),
    ],
)
def test_what_is_not_known_is_refused_by_its_name_and_place(value: Any, named: str) -> None:
    with pytest.raises(UnsuitableArgument) as refused:
        encoded({"deep": [value]}, "send() argument 'note'")
    assert named in str(refused.value)
    assert str(refused.value).startswith("send() argument 'note'")


def test_a_value_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(UnsuitableArgument, match="nested more than 100 levels"):
        encoded(endless)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Any]:
    """The app of a service with models."""
    app = create_app(Shop(tmp_path / "shop", {"name": "shop"}).root)
    with app.app_context():
        yield app
    app.extensions["pymacaron"].close()


def test_models_come_back_as_their_classes_also_in_lists_and_in_each_other(app: Any) -> None:
    model: Any = apipool.shop.Item
    item = model(name="a", bought=datetime(2026, 1, 2, tzinfo=UTC), parts=[model(name="b", price=1.5)])
    found = decoded(encoded({"items": [item]}))["items"][0]
    assert (type(found), found) == (model, item)
    assert type(found.parts[0]) is model
    assert found.bought == item.bought


@pytest.fixture
def parted(tmp_path: Path) -> Iterator[Any]:
    """An item whose parts are of schemas without a name, two of which would have the same."""
    shop = Shop(tmp_path / "shop", {"name": "shop"})
    document: Any = deepcopy(DOCUMENT)
    for name in ("maker", "sold-by", "sold_by"):
        inline = {"type": "object", "properties": {"town": {"type": "string"}}}
        document["components"]["schemas"]["Item"]["properties"][name] = inline
    (shop.root / "apis" / "shop.yaml").write_text(json.dumps(document))
    app = create_app(shop.root)
    with app.app_context():
        town = {"town": "Ghent"}
        yield apipool.shop.Item.from_json({"name": "a", "maker": town, "sold-by": town, "sold_by": town})
    app.extensions["pymacaron"].close()


def test_a_model_of_a_schema_without_a_name_comes_back_as_its_class(parted: Any) -> None:
    found = decoded(encoded(parted.maker))
    assert (type(found), found.town) == (type(parted.maker), "Ghent")


def test_of_two_models_of_one_name_none_comes_back_as_the_other(parted: Any) -> None:
    refused = 0
    for name in type(parted).model_fields:
        value = getattr(parted, name)
        if type(value).__name__.startswith("ItemSold"):
            try:
                assert type(decoded(encoded(value))) is type(value)
            except UnsuitableArgument as error:
                refused += "name its schema among the components" in str(error)
    assert refused == 1


def test_a_class_made_of_a_model_is_refused(app: Any) -> None:
    other: Callable[..., Any] = type("Mine", (apipool.shop.Item,), {})
    with pytest.raises(UnsuitableArgument, match="Mine"):
        encoded(other(name="x"))


def test_a_kind_of_a_later_version_is_refused() -> None:
    with pytest.raises(ValueError, match="does not know"):
        decoded('{"$":["later",1]}')


def test_same_types_are_told_apart_from_equal_values() -> None:
    assert not same(1, True)
    assert same([UUID(int=1), date(2026, 1, 1), time(1)], [UUID(int=1), date(2026, 1, 1), time(1)])
    assert uuid4() != uuid4()
