"""Every pair of keywords is judged as jsonschema-rs judges it, in both directions: beside a type, null, or neither."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from pymacaron.models import ModelPool
from pymacaron.models.codec import Codec
from pymacaron.models.problems import InvalidValue

INTEGER = {"type": "integer"}
KEYWORDS: dict[str, list[tuple[str, Any]]] = {
    "object": [
        ("required", ["a"]),
        ("required", ["a", "cc"]),
        ("minProperties", 1),
        ("maxProperties", 1),
        ("additionalProperties", False),
        ("additionalProperties", INTEGER),
        ("additionalProperties", True),
        ("properties", {"a": INTEGER}),
        ("properties", {}),
        ("patternProperties", {"^a": INTEGER}),
        ("propertyNames", {"maxLength": 1}),
        ("dependentRequired", {"a": ["b"]}),
        ("dependentSchemas", {"a": {"required": ["b"]}}),
        ("unevaluatedProperties", False),
        ("unevaluatedProperties", INTEGER),
        ("enum", [{"a": 1}, {}, None, "a"]),
        ("const", {"a": 1}),
        ("not", {"required": ["b"]}),
        ("allOf", [{"required": ["b"]}]),
        ("allOf", [{"properties": {"b": {"type": "string"}}}]),
        ("allOf", [{"type": "object", "properties": {"b": {"type": "string"}}}, {"required": ["b", "cc"]}]),
        ("anyOf", [{"required": ["a"]}, {"required": ["b"]}]),
        ("oneOf", [{"required": ["a"]}, {"required": ["b"]}]),
        ("if", {"required": ["a"]}),
        ("then", {"required": ["b"]}),
    ],
    "array": [
        ("items", INTEGER),
        ("items", False),
        ("items", {"type": "object", "required": ["a"]}),
        ("minItems", 1),
        ("maxItems", 1),
        ("uniqueItems", True),
        ("prefixItems", [INTEGER]),
        ("contains", INTEGER),
        ("minContains", 2),
        ("maxContains", 1),
        ("unevaluatedItems", False),
        ("enum", [[1], [], None, "a"]),
        ("const", [1]),
        ("allOf", [{"minItems": 2}]),
        ("anyOf", [{"minItems": 2}, {"maxItems": 0}]),
    ],
    "string": [
        ("minLength", 1),
        ("maxLength", 1),
        ("pattern", "^a"),
        ("pattern", "^(?!b)"),
        ("format", "date"),
        ("format", "uuid"),
        ("format", "ipv4"),
        ("format", "byte"),
        ("enum", ["a", "2020-01-01"]),
        ("const", "a"),
        ("allOf", [{"minLength": 2}]),
        ("anyOf", [{"maxLength": 0}, {"pattern": "a"}]),
        ("not", {"maxLength": 0}),
    ],
    "integer": [
        ("minimum", 1),
        ("minimum", 1.5),
        ("maximum", 1),
        ("maximum", 2.5),
        ("exclusiveMinimum", 0),
        ("exclusiveMaximum", 2),
        ("multipleOf", 2),
        ("multipleOf", 1.5),
        ("enum", [1, 2]),
        ("enum", [True, "auto"]),
        ("const", 1),
        ("const", False),
        ("allOf", [{"minimum": 2}]),
    ],
    "number": [
        ("minimum", 1),
        ("minimum", 1.5),
        ("maximum", 1),
        ("exclusiveMinimum", 0),
        ("exclusiveMaximum", 2),
        ("multipleOf", 2),
        ("multipleOf", 0.5),
        ("enum", [1, 2.5]),
        ("const", 1),
    ],
}
VALUES: dict[str, list[Any]] = {
    "object": [
        {},
        {"a": 1},
        {"a": "x"},
        {"b": "x"},
        {"b": 1},
        {"a": 1, "b": "y"},
        {"cc": 1},
        {"a": 1, "cc": None},
        {"a": 1, "b": "y", "cc": 3},
        None,
        [],
        "a",
    ],
    "array": [[], [1], [1, 1], ["a"], [1, 2], [1, "a"], [None], [{"a": 1}], [{}], None, {}, "a", [1.0]],
    "string": ["", "a", "ab", "b", "YQ==", "2020-01-01", "00000000-0000-0000-0000-000000000001", "1.2.3.4", None, 1],
    "integer": [0, 1, 2, 3, 1.0, 1.5, -1, True, False, None, "auto", 2**70],
    "number": [0, 1, 2, 1.0, 1.5, 2.5, True, None, "1"],
}


def schemas(kind: str) -> Iterator[dict[str, Any]]:
    """Yield each keyword and each pair beside the type, the type or null, and nothing."""
    words = KEYWORDS[kind]
    for chosen in [*((word,) for word in words), *itertools.combinations(words, 2)]:
        if len({name for name, _ in chosen}) == len(chosen):
            yield {"type": kind, **dict(chosen)}
            yield {"type": [kind, "null"], **dict(chosen)}
            if not any(name == "format" for name, _ in chosen):
                yield dict(chosen)


@pytest.mark.parametrize("kind", KEYWORDS)
def test_each_pair_of_keywords_is_judged_as_jsonschema_rs_judges_it(pool: Any, kind: str) -> None:
    cases = {f"S{number}": schema for number, schema in enumerate(schemas(kind))}
    models: ModelPool = pool(cases)
    told = [
        (cases[name], value, expected)
        for name, schema in models.document.schemas.items()
        for value, expected, request, response in verdicts(models, schema, cases[name], VALUES[kind])
        if (request, response) != (expected, expected)
    ]
    assert not told, "\n".join(map(repr, told[:20]))


def verdicts(models: ModelPool, schema: Any, written: Any, values: list[Any]) -> Iterator[tuple[Any, bool, bool, bool]]:
    request, response = models.codec(schema, "request"), models.codec(schema, "response")
    formats = {"byte": lambda text: text in ("", "YQ==")}
    judge = jsonschema_rs.Draft202012Validator(written, validate_formats=True, formats=formats)
    for value in values:
        yield value, judge.is_valid(value), reads(request, value), writes(response, value)


def reads(codec: Codec, value: Any) -> bool:
    try:
        codec.read_json(json.dumps(value).encode())
    except InvalidValue:
        return False
    return True


def writes(codec: Codec, value: Any) -> bool:
    try:
        codec.write_json(value)
    except InvalidValue:
        return False
    return True
