"""Whatever hypothesis thinks of is judged as jsonschema-rs judges it, in both directions, and read back equal."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pymacaron.models import ModelPool
from pymacaron.models.codec import Codec
from pymacaron.models.problems import InvalidValue

TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
NAMES = st.sampled_from(["a", "b", "c", "class", "x-y"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9, width=32) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def scalars(draw: Any) -> tuple[dict[str, Any], st.SearchStrategy[Any]]:
    """Return a schema of a plain value, and its values."""
    kind = draw(st.sampled_from(["integer", "number", "string", "boolean", "null", "enum", "pattern", "nullable"]))
    low, high = sorted([draw(st.integers(-5, 5)), draw(st.integers(-5, 5))])
    if kind == "integer":
        return {"type": "integer", "minimum": low, "maximum": high}, st.integers(low, high)
    if kind == "number":
        return {"type": "number", "minimum": low, "maximum": high}, st.floats(low, high) | st.integers(low, high)
    if kind == "string":
        return {"type": "string", "minLength": 1, "maxLength": 6}, TEXT.filter(bool)
    if kind == "enum":
        values = draw(st.lists(JSON, min_size=1, max_size=3))
        return {"enum": values}, st.sampled_from(values)
    if kind == "pattern":
        return {"type": "string", "pattern": r"^\d+$"}, st.from_regex(r"\A[0-9]+\Z")
    if kind == "nullable":
        return {"type": ["string", "null"]}, TEXT | st.none()
    return {"type": kind}, st.booleans() if kind == "boolean" else st.none()


@st.composite
def schemas(draw: Any, depth: int = 2) -> tuple[dict[str, Any], st.SearchStrategy[Any]]:
    """Return a schema, and its values."""
    kind = draw(st.sampled_from(["plain", "plain", "array", "map", "object", "anyOf", "allOf", "unique"]))
    if kind == "plain" or not depth:
        found: tuple[dict[str, Any], st.SearchStrategy[Any]] = draw(scalars())
        return found
    inner, values = draw(schemas(depth - 1))
    other, others = draw(schemas(depth - 1))
    if kind == "array":
        return {"type": "array", "items": inner, "maxItems": 3}, st.lists(values, max_size=3)
    if kind == "map":
        return {"type": "object", "additionalProperties": inner}, st.dictionaries(NAMES, values, max_size=3)
    if kind == "object":
        members = {"a": values, "class": others}
        schema = {"type": "object", "required": ["a"], "properties": {"a": inner, "class": other}}
        return schema, st.fixed_dictionaries({"a": members["a"]}, optional={"class": members["class"]})
    if kind == "unique":
        return {"type": "array", "items": inner, "uniqueItems": True}, st.lists(values, max_size=1)
    if kind == "anyOf":
        return {"anyOf": [inner, other]}, values | others
    one = {"type": "object", "properties": {"a": inner}, "required": ["a"]}
    two = {"type": "object", "properties": {"b": other}}
    return {"allOf": [one, two]}, st.fixed_dictionaries({"a": values}, optional={"b": others})


MUTATIONS: list[tuple[str, Any]] = [
    ("type", "object"),
    ("minimum", 2),
    ("exclusiveMaximum", 3),
    ("multipleOf", 2),
    ("minLength", 3),
    ("pattern", "^[a-m]"),
    ("minItems", 2),
    ("maxItems", 1),
    ("uniqueItems", True),
    ("contains", {"type": "string"}),
    ("required", ["b"]),
    ("additionalProperties", False),
    ("minProperties", 2),
    ("propertyNames", {"maxLength": 1}),
    ("dependentRequired", {"a": ["class"]}),
    ("patternProperties", {"^c": {"type": "integer"}}),
    ("unevaluatedProperties", False),
    ("const", 1),
    ("enum", [1, "a", None]),
    ("not", {"type": "string"}),
    ("if", {"type": "string"}),
    ("oneOf", [{"type": "integer"}, {"type": "number"}, {"type": "object"}]),
    ("anyOf", [{"required": ["a"]}, {"type": "array"}]),
    ("prefixItems", [{"type": "string"}]),
    ("items", {"type": "integer"}),
]


def codecs(pool: Any, schema: Any) -> tuple[Codec, Codec]:
    models: ModelPool = pool({"Thing": schema})
    thing = models.document.schemas["Thing"]
    return models.codec(thing, "request"), models.codec(thing, "response")


def accepts(codec: Codec, data: Any, written: bool = False) -> bool:
    try:
        if written:
            codec.write_json(data)
        else:
            codec.read_json(json.dumps(data).encode())
    except InvalidValue as error:
        if not 1 <= len(error.problems) <= 20:
            raise
        return False
    return True


def validator(schema: Any) -> Any:
    return jsonschema_rs.Draft202012Validator(schema)


@SLOW
@given(case=st.data())
def test_every_value_of_a_schema_is_accepted_and_read_back_equal(pool: Any, case: st.DataObject) -> None:
    schema, values = case.draw(schemas())
    request, response = codecs(pool, schema)
    for _ in range(3):
        data = case.draw(values)
        read = request.read_json(json.dumps(data).encode())
        written = response.write_json(read)
        assert validator(schema).is_valid(json.loads(written))
        assert request.read_json(written) == read
        assert accepts(response, data, written=True)


@SLOW
@given(case=st.data())
def test_every_mutation_of_one_keyword_is_judged_as_jsonschema_rs_does(pool: Any, case: st.DataObject) -> None:
    schema, values = case.draw(schemas())
    word, value = case.draw(st.sampled_from(MUTATIONS))
    changed = {**schema, word: value}
    request, response = codecs(pool, changed)
    judge = validator(changed)
    for _ in range(4):
        data = case.draw(values | JSON)
        expected = judge.is_valid(data)
        assert accepts(request, data) == expected, (changed, data)
        assert accepts(response, data, written=True) == expected, (changed, data)
