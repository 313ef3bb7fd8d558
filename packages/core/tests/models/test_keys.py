"""A key that stands twice in one object is found, whatever was read from the text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, RootModel

from pymacaron.models.keys import Shapes, repeats_a_key


class Line(BaseModel):
    sku: str
    count: int = 1


class Order(BaseModel):
    lines: list[Line] = []
    note: str | None = None
    first: Line | None = None
    free: dict[str, Any] = {}


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 1


class Listed(RootModel[list[Line]]):
    pass


NAMES = st.sampled_from(["a", "b", "c", '"', "\\", ":", '":', "a b", "\u00e9", ""])
VALUES = st.recursive(st.integers() | NAMES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner))


@given(value=VALUES, indent=st.none() | st.just(1), colon=st.sampled_from([":", ": ", " : ", "\n:"]))
def test_no_key_is_found_twice_where_none_is(value: Any, indent: int | None, colon: str) -> None:
    data = json.dumps(value, indent=indent, separators=(",", colon)).encode()
    assert repeats_a_key(data, json.loads(data), {}) is False


@given(value=VALUES, name=NAMES, more=VALUES, colon=st.sampled_from([":", ": ", " : "]))
def test_a_key_that_is_there_twice_is_found(value: Any, name: str, more: Any, colon: str) -> None:
    key, one, other = (json.dumps(each, separators=(",", colon)) for each in (name, value, more))
    data = f"[{{{key}{colon}{one},{key}{colon}{other}}},{one}]".encode()
    assert repeats_a_key(data, json.loads(data), {}) is True


@pytest.mark.parametrize(("model", "text", "twice"), [
    (Order, '{"lines":[{"sku":"a","count":1},{"sku":"a"}],"note":"x:y","first":{"sku":"b"}}', False),
    (Order, '{"lines":[{"sku":"a","sku":"b"},{"sku":"a"}]}', True),
    (Order, '{"lines":[{"sku":"a","sku":"b"},{"sku":"a","unknown":1}]}', True),
    (Order, '{"lines":[{"sku":"a","unknown":1}]}', False),
    (Order, '{"free":{"a":1,"a":2}}', True),
    (Order, '{"free":{"a":{"b":1}}}', False),
    (Order, '{"note":"a","\\u006eote":"b"}', True),
    (Order, '{"note" :"a","note":"b"}', True),
    (Order, '{"note":"\\":","note":"b"}', True),
    (Open, '{"a":1,"b":{"c":1,"c":1}}', True),
    (Open, '{"a":1,"b":{"c":1}}', False),
    (Listed, '[{"sku":"a"},{"sku":"b","sku":"c"}]', True),
    (Listed, '[{"sku":"a"},{"sku":"b"}]', False),
])  # fmt: skip
def test_models_are_counted_as_what_they_were_read_from(model: type[BaseModel], text: str, twice: bool) -> None:
    shapes: Shapes = {}
    for _ in range(2):
        assert repeats_a_key(text.encode(), model.model_validate_json(text), shapes) is twice
