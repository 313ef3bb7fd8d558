"""Whatever a codec writes, it reads again as the same value: every style of every place, random values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pymacaron.wire import (
    ABSENT,
    ParameterCodec,
    Pieces,
    Unsendable,
    join_cookies,
    join_query,
    split_cookies,
    split_query,
)

Codec = Callable[..., ParameterCodec]

STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
CELLS = [
    *((place, style, explode) for place, styles in STYLES.items() for style in styles for explode in ("true", "false")),
    ("query", "deepObject", "true"),
]
LOSSLESS = {("path", "simple"), ("path", "label"), ("path", "matrix"), ("query", "form"), ("cookie", "form")}
"""Places and styles in which every text can stand: their encoders refuse nothing but a list of one empty text."""

PLAIN = st.text(st.sampled_from("abcXYZ019-_~!"), max_size=5)
TEXT = PLAIN | st.text(st.sampled_from("ab,;=.&|%+ /[]\"'\\#?\u00e9\u20ac\U0001f600")) | st.text()
PRIMITIVES = {
    "string": TEXT,
    "integer": st.integers(-(10**99), 10**99),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20),
    "boolean": st.booleans(),
    "[integer, 'null']": st.none() | st.integers(),
}
SLOW = [HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def _sent(place: str, pieces: Pieces) -> Pieces:
    """Bring pieces over the wire."""
    if place == "query":
        return split_query(join_query(pieces))
    return split_cookies(join_cookies(pieces)) if place == "cookie" else pieces


def _round(subject: ParameterCodec, place: str, style: str, value: Any) -> Any:
    try:
        pieces = subject.encode(value)
    except Unsendable:
        assert (place, style) not in LOSSLESS or value == [""]
        assume(False)
    return subject.decode(_sent(place, pieces))


@pytest.mark.parametrize(("place", "style", "explode"), CELLS)
@pytest.mark.parametrize("types", PRIMITIVES)
@settings(max_examples=20, suppress_health_check=SLOW, deadline=None)
@given(data=st.data())
def test_primitives(codec: Codec, data: st.DataObject, place: str, style: str, explode: str, types: str) -> None:
    """Also in styles that are meant for lists."""
    subject = codec(f"in: {place}, required: true, style: {style}, explode: {explode}, schema: {{type: {types}}}")
    value = data.draw(PRIMITIVES[types])
    assert _round(subject, place, style, value) == value


@pytest.mark.parametrize(("place", "style", "explode"), CELLS)
@pytest.mark.parametrize("types", PRIMITIVES)
@settings(max_examples=20, suppress_health_check=SLOW, deadline=None)
@given(data=st.data())
def test_arrays(codec: Codec, data: st.DataObject, place: str, style: str, explode: str, types: str) -> None:
    """An empty list that is exploded leaves nothing behind; a single null is an empty text."""
    schema = f"schema: {{type: array, items: {{type: {types}}}}}"
    subject = codec(f"in: {place}, required: true, style: {style}, explode: {explode}, {schema}")
    value = data.draw(st.lists(PRIMITIVES[types], max_size=4))
    assume(value != [None])
    assert _round(subject, place, style, value) == value or value == []


@pytest.mark.parametrize(("place", "style", "explode"), CELLS)
@pytest.mark.parametrize("types", PRIMITIVES)
@settings(max_examples=20, suppress_health_check=SLOW, deadline=None)
@given(data=st.data())
def test_objects(codec: Codec, data: st.DataObject, place: str, style: str, explode: str, types: str) -> None:
    """Names are any texts too, but for cookies, whose names are tokens."""
    schema = f"schema: {{type: object, additionalProperties: {{type: {types}}}}}"
    subject = codec(f"in: {place}, required: true, style: {style}, explode: {explode}, {schema}")
    names = PLAIN if place == "cookie" else TEXT
    value = data.draw(st.dictionaries(names.filter(bool), PRIMITIVES[types], max_size=4))
    found = _round(subject, place, style, value)
    assert found == value or (value == {} and found is ABSENT)


@pytest.mark.parametrize("place", ["path", "query", "header", "cookie", "querystring"])
@settings(max_examples=30, suppress_health_check=SLOW, deadline=None)
@given(data=st.data())
def test_content(codec: Codec, data: st.DataObject, place: str) -> None:
    """JSON carries everything everywhere."""
    leaves = st.none() | st.booleans() | st.integers() | TEXT
    value = data.draw(st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=8))
    subject = codec(f"in: {place}, required: true, content: {{application/json: {{}}}}")
    assert subject.decode(_sent(place, subject.encode(value))) == value


@settings(max_examples=100, deadline=None)
@given(value=st.dictionaries(TEXT.filter(bool), TEXT), tags=st.lists(TEXT, min_size=1))
def test_a_whole_query_string(codec: Codec, value: dict[str, Any], tags: list[str]) -> None:
    """Names are the properties of one object; those that the schema says to be arrays may stand several times."""
    schema = "{type: object, properties: {tags: {type: array, items: {type: string}}}}"
    subject = codec(f"in: querystring, content: {{application/x-www-form-urlencoded: {{schema: {schema}}}}}")
    value["tags"] = tags
    assert subject.decode(subject.encode(value)) == value


@settings(max_examples=200, deadline=None)
@given(text=st.text(), place=st.sampled_from(["path", "query", "header", "cookie"]), index=st.integers(0, 2))
def test_no_text_breaks_a_codec(codec: Codec, text: str, place: str, index: int) -> None:
    """What cannot be read is refused in one way only."""
    schema = ["type: array, items: {type: integer}", "type: object", "type: [number, boolean]"][index]
    for style in STYLES[place]:
        for explode in ("true", "false"):
            subject = codec(f"in: {place}, required: true, style: {style}, explode: {explode}, schema: {{{schema}}}")
            try:
                subject.decode([("color", text)])
            except ValueError as error:
                assert type(error).__name__ == "Unreadable"  # noqa: PT017
