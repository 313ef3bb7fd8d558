"""What a service takes, hands over and sends under schemas that only a validator judges, or that models judge alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from pymacaron.exceptions import SpecError

Client = Callable[..., FlaskClient]

CODE = "def take(body):\n    return repr(body)\n\n\ndef echo(body):\n    return body\n"


def files(
    schema: Any, schemas: Any = None, version: str = "3.1.0", code: str = CODE, config: str = ""
) -> dict[str, str]:
    """Return the files of a service that takes a schema at /take, and sends what it is sent by it at /echo."""

    def content(inner: Any) -> Any:
        return {"required": True, "content": {"application/json": {"schema": inner}}}

    def operation(name: str, body: Any, answers: Any) -> Any:
        responses = {"200": {"description": "ok", "content": answers}}
        return {"post": {"x-bind-server": f"handlers.{name}", "requestBody": body, "responses": responses}}

    document = {
        "openapi": version,
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/take": operation("take", content(schema), {"text/plain": {}}),
            "/echo": operation("echo", content({}), {"application/json": {"schema": schema}}),
        },
        "components": {"schemas": schemas or {}},
    }
    return {"apis/it.json": json.dumps(document), "handlers.py": code, "pym-config.yaml": f"name: demo\n{config}"}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def statuses(http: FlaskClient, *values: Any) -> list[tuple[int, int]]:
    """Return how each value is answered as a request, and as a response."""
    return [
        (http.post("/take", json=value).status_code, http.post("/echo", json=value).status_code) for value in values
    ]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("more", [
    {},
    {"additionalProperties": True},
    {"additionalProperties": {"type": "integer"}},
    {"properties": {}},
    {"allOf": [{"required": ["b"]}]},
    {"nullable": True},
])  # fmt: skip
def test_a_name_that_no_property_declares_is_required_all_the_same(more: Any, version: str, client: Client) -> None:
    schema = {"type": "object", "required": ["a"], **more}
    http = client(files({"type": "object", "properties": {"in": schema, "list": {"type": "array", "items": schema}}}))
    full = {"a": 1, "b": 2}
    assert statuses(http, {"in": {}}, {"list": [{}]}, {"in": full, "list": [full]}) == [
        (400, 500),
        (400, 500),
        (200, 200),
    ]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_required_name_is_not_declared_by_that(version: str, client: Client) -> None:
    schema = {"type": "object", "required": ["b"], "properties": {}, "additionalProperties": False}
    http = client(files(schema, version=version))
    assert statuses(http, {"b": 1}, {}) == [(400, 500), (400, 500)]


PARENT = {"type": "object", "properties": {"name": {"type": "string"}, "next": ref("Parent")}}
PARENTS = {"type": "object", "properties": {"kids": {"type": "array", "items": ref("Parent")}}}


def child(**properties: Any) -> dict[str, Any]:
    return {"allOf": [ref("Parent"), {"type": "object", "properties": {**properties, "age": {"type": "integer"}}}]}


@pytest.mark.parametrize(("schemas", "value", "wrong"), [
    ({"Parent": PARENT, "Child": child(next=ref("Child"))},
     {"name": "a", "next": {"age": 1, "next": {"age": 3}}}, {"next": {"next": {"age": "x"}}}),
    ({"Parent": PARENTS, "Child": child(kids={"type": "array", "items": ref("Child")})},
     {"kids": [{"age": 1, "kids": [{"age": 3}]}]}, {"kids": [{"kids": [{"age": "x"}]}]}),
    ({"Child": {"type": "object", "allOf": [{"properties": {"next": ref("Child")}}] * 2}},
     {"next": {"next": {}}}, {"next": {"next": 1}}),
])  # fmt: skip
def test_a_schema_may_narrow_a_property_that_leads_back_to_it(
    schemas: Any, value: Any, wrong: Any, client: Client
) -> None:
    http = client(
        files(ref("Child"), schemas, code=CODE.replace("repr(body)", "__import__('json').dumps(body.to_json())"))
    )
    assert json.loads(http.post("/take", json=value).text) == value
    assert statuses(http, value, wrong) == [(200, 200), (400, 500)]


USER = {"type": "object", "properties": {"name": {"type": "string"}, "password": {"type": "string", "writeOnly": True}}}
SENT = {"name": "a", "password": "SECRET"}


@pytest.mark.parametrize(("schema", "value", "sent"), [
    ({"type": "array", "prefixItems": [USER]}, [SENT], [{"name": "a"}]),
    ({"type": "array", "prefixItems": [{}], "items": USER}, [SENT, SENT], [SENT, {"name": "a"}]),
    ({"type": "array", "contains": USER}, [SENT], [{"name": "a"}]),
    ({"type": "array", "unevaluatedItems": USER}, [SENT], [{"name": "a"}]),
    ({"type": "object", "patternProperties": {"^x": USER}}, {"x1": SENT}, {"x1": {"name": "a"}}),
    ({"type": "object", "patternProperties": {"^pass": {"writeOnly": True}}}, SENT, {"name": "a"}),
    ({"type": "object", "additionalProperties": {"type": "string", "writeOnly": True}}, SENT, {}),
    ({"type": "object", "additionalProperties": USER}, {"k": SENT}, {"k": {"name": "a"}}),
    ({"type": "object", "unevaluatedProperties": USER}, {"k": SENT}, {"k": {"name": "a"}}),
    ({"type": "object", "if": {"required": ["name"]}, "then": USER}, SENT, {"name": "a"}),
    ({"type": "object", "if": {"required": ["zz"]}, "else": USER}, SENT, {"name": "a"}),
    ({"type": "object", "dependentSchemas": {"name": USER}}, SENT, {"name": "a"}),
    ({"anyOf": [{"type": "array"}, {"allOf": [ref("User")]}]}, SENT, {"name": "a"}),
    ({"type": "object", "properties": {"k": {"type": "string", "default": "SECRET", "writeOnly": True}}}, {}, {}),
])  # fmt: skip
@pytest.mark.parametrize("judged", ["strict", "off"])
def test_what_is_write_only_is_never_sent(schema: Any, value: Any, sent: Any, judged: str, client: Client) -> None:
    http = client(files(schema, {"User": USER}, config=f"validate_responses: {judged}\n"))
    assert http.post("/echo", json=value).json == sent


def test_what_is_write_only_below_a_dynamic_reference_is_never_sent(client: Client) -> None:
    kids = {"type": "array", "items": {"$dynamicRef": "#node"}}
    properties: dict[str, Any] = {"password": {"type": "string", "writeOnly": True}, "kids": kids}
    tree = {"$dynamicAnchor": "node", "type": "object", "properties": {"name": {}, **properties}}
    http = client(files(ref("Tree"), {"Tree": tree}))
    assert http.post("/echo", json={"kids": [SENT]}).json == {"kids": [{"name": "a"}]}


NODE = {
    "type": "object",
    "properties": {"v": {"type": "integer"}, "kids": {"type": "array", "items": {"$dynamicRef": "#node"}}},
}
TREE = {"$dynamicAnchor": "node", **NODE}
NAMED = {"$id": "https://trees.example/tree", **TREE}
STRICT = {
    "$id": "https://trees.example/strict",
    "$dynamicAnchor": "node",
    "$ref": "tree",
    "unevaluatedProperties": False,
}
GENERIC = {"$id": "https://trees.example/list", "$defs": {"T": {"$dynamicAnchor": "T", "not": {}}},
           "type": "array", "items": {"$dynamicRef": "#T"}}  # fmt: skip
NUMBERS = {"$defs": {"T": {"$dynamicAnchor": "T", "type": "integer"}}, "$ref": "#/components/schemas/Generic"}


@pytest.mark.parametrize(("name", "schemas", "value", "wrong", "pointer"), [
    ("Tree", {"Tree": TREE}, {"kids": [{"v": 2}]}, {"kids": [{"v": "x"}]}, "/kids/0/v"),
    ("Tree", {"Tree": NAMED}, {"kids": [{"v": 2}]}, {"kids": [{"v": "x"}]}, "/kids/0/v"),
    ("Tree", {"Tree": NAMED, "Strict": STRICT}, {"kids": [{"z": 2}]}, {"kids": [{"v": "x"}]}, "/kids/0/v"),
    ("Strict", {"Tree": NAMED, "Strict": STRICT}, {"kids": [{"v": 2}]},
     {"z": 1}, "/z"),
    ("Numbers", {"Generic": GENERIC, "Numbers": NUMBERS}, [1], ["x"], "/0"),
    ("It", {"It": {"type": "object", "properties": {"at": {"$dynamicRef": "#/components/schemas/N"}}},
            "N": {"$dynamicAnchor": "n", "type": "integer"}}, {"at": 1}, {"at": "x"}, "/at"),
])  # fmt: skip
def test_dynamic_references_work_in_a_document(
    name: str, schemas: Any, value: Any, wrong: Any, pointer: str, client: Client
) -> None:
    http = client(files(ref(name), schemas))
    assert statuses(http, value, wrong) == [(200, 200), (400, 500)]
    assert [each["pointer"] for each in (http.post("/take", json=wrong).json or {})["problems"]] == [pointer]


def test_a_dynamic_reference_that_leads_nowhere_stops_the_start(client: Client) -> None:
    with pytest.raises(SpecError, match=r"apis/it.json:1: '\$dynamicRef: #nowhere' names no schema"):
        client(files({"$dynamicRef": "#nowhere"}))


@pytest.mark.parametrize(("schema", "sent", "pointers"), [
    ({"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False},
     b'{"zz": 1, "a": 1, "yy": 2}', ["/zz", "/yy"]),
    ({"properties": {"a": {}}, "unevaluatedProperties": {"properties": {"b": {"type": "integer"}}}},
     b'{"a": 1, "k": {"b": "x"}, "l": {"b": 1}}', ["/k/b"]),
    ({"type": "array", "prefixItems": [{}], "unevaluatedItems": False}, b"[2, 2, 3]", ["/1", "/2"]),
    ({"type": "array", "contains": {"type": "string"}, "unevaluatedItems": False}, b'[2, "a", 3]', ["/0", "/2"]),
    ({"type": "array", "prefixItems": [{}], "unevaluatedItems": {"type": "integer"}}, b'["a", 1, "a"]', ["/2"]),
    ({"type": "array", "items": {"type": "number"}}, b"[1, 2, 1e999]", ["/2"]),
    ({"type": "array", "items": {"type": "number"}, "uniqueItems": True}, b"[1, 2, 1e999]", ["/2"]),
    ({"type": "object", "properties": {"a": {"type": "integer"}}}, b'{"a": -1e400, "b": 1e400}', ["/a", "/b"]),
    ({}, b'{"a": [1, {"b": 1e400}]}', ["/a/1/b"]),
])  # fmt: skip
def test_a_problem_is_told_at_each_value_that_causes_it(
    schema: Any, sent: bytes, pointers: list[str], client: Client
) -> None:
    reply = client(files(schema)).post("/take", data=sent, content_type="application/json")
    assert (reply.status_code, [each["pointer"] for each in reply.json["problems"]]) == (400, pointers)  # type: ignore[index]


def test_constants_beside_nullable_allow_null_wherever_they_stand(client: Client) -> None:
    number = {"anyOf": [{"type": "array", "nullable": True}, {"type": "integer"}]}
    listed = {"type": "integer", "enum": [1], "nullable": True}
    http = client(files({"type": "array", "items": {"allOf": [number, listed]}}, version="3.0.3"))
    assert statuses(http, [None], [1], [2]) == [(200, 200), (200, 200), (400, 500)]


GIVEN = """\
from collections import deque
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from pymacaron import apipool, get_model


def take(body):
    return repr(body)


def echo(body):
    return eval(body)
"""
THING = {
    "type": "object",
    "properties": {
        "number": {"type": "number"},
        "text": {"type": "string"},
        "any": {},
        "list": {"type": "array", "items": {"type": "integer"}},
        "byte": {"type": "string", "format": "byte"},
        "bytes": {"type": "array", "items": {"type": "string", "format": "byte"}},
        "binary": {"type": "string", "format": "binary"},
        "map": {"type": "object"},
    },
}


@pytest.mark.parametrize("more", [{}, {"minProperties": 1}], ids=["by pydantic", "by a validator"])
@pytest.mark.parametrize(("given", "sent"), [
    ("{'byte': b'abcd'}", {"byte": "YWJjZA=="}),
    (r"{'byte': b'\x00\xff', 'bytes': [b'\xff']}", {"byte": "AP8=", "bytes": ["/w=="]}),
    ("{'byte': 'YQ=='}", {"byte": "YQ=="}),
    ("{'binary': b'abc', 'text': b'abc'}", {"binary": "abc", "text": "abc"}),
    (r"{'binary': b'\xff'}", None),
    ("{'number': Decimal('1.5')}", {"number": 1.5}),
    ("{'text': Decimal('1.50'), 'any': Decimal('2')}", {"text": "1.50", "any": "2"}),
    ("{'list': range(2)}", {"list": [0, 1]}),
    ("{'list': {1: 2}.keys(), 'any': deque([1])}", {"list": [1], "any": [1]}),
    ("{'list': [10**400]}", {"list": [10**400]}),
    ("{'number': 10**400}", None),
    ("{'map': MappingProxyType({'a': 1})}", {"map": {"a": 1}}),
    ("{'map': {1: date(2020, 1, 2)}}", {"map": {"1": "2020-01-02"}}),
    ("{'text': UUID(int=0)}", {"text": "00000000-0000-0000-0000-000000000000"}),
    ("{'text': object()}", None),
    ("{'text': None}", None),
])  # fmt: skip
def test_what_a_handler_returns_is_sent_alike_whoever_judges_it(
    given: str, sent: Any, more: Any, client: Client
) -> None:
    reply = client(files({**THING, **more}, code=GIVEN)).post("/echo", json=given)
    assert (reply.json if reply.status_code == 200 else None) == sent


@pytest.mark.parametrize("judged", ["strict", "deep", "off"])
@pytest.mark.parametrize(("schema", "given", "sent"), [
    (ref("List"), "get_model('List')(['a'])", ["a"]),
    (ref("Map"), "get_model('Map')(a='b')", {"a": "b"}),
    (ref("Choice"), "get_model('Choice')(1)", 1),
    (ref("Enum"), "get_model('Enum')('a')", "a"),
    ({"type": "array", "items": ref("List")}, "[get_model('List')(['a'])]", [["a"]]),
    ({"type": "object", "properties": {"in": ref("List")}}, "{'in': get_model('List')(['a'])}", {"in": ["a"]}),
    ({"type": "object", "properties": {"byte": {"type": "string", "format": "byte"}}},
     "get_model('Bytes')(byte=b'a', more=1)", {"byte": "YQ=="}),
])  # fmt: skip
def test_a_model_that_is_not_the_one_of_a_response_is_sent_as_its_json(
    schema: Any, given: str, sent: Any, judged: str, client: Client
) -> None:
    schemas = {
        "List": {"type": "array", "items": {"type": "string"}},
        "Map": {"type": "object", "additionalProperties": {"type": "string"}},
        "Choice": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        "Enum": {"type": "string", "enum": ["a"]},
        "Bytes": {"type": "object", "properties": {"byte": {"type": "string", "format": "byte"}, "more": {}}},
    }
    if judged == "off" and "more" in given:
        given = given.replace(", more=1", "")
    http = client(files(schema, schemas, code=GIVEN, config=f"validate_responses: {judged}\n"))
    assert http.post("/echo", json=given).json == sent


def test_a_model_whose_json_does_not_fit_a_response_is_refused(client: Client) -> None:
    schemas = {"One": {"type": "object", "properties": {"a": {"type": "integer"}}},
               "Other": {"type": "object", "properties": {"a": {"type": "string"}}}}  # fmt: skip
    http = client(files(ref("One"), schemas, code=GIVEN))
    assert http.post("/echo", json="get_model('Other')(a='1')").status_code == 500


def test_a_body_may_be_sent_back_under_a_schema_that_says_the_same(client: Client) -> None:
    made = json.loads(files({"type": "object", "properties": {"n": {"type": "integer"}}})["apis/it.json"])
    echo = made["paths"]["/echo"]["post"]
    echo["requestBody"] = made["paths"]["/take"]["post"]["requestBody"]
    http = client({"apis/it.json": json.dumps(made), "handlers.py": CODE})
    assert http.post("/echo", json={"n": 1, "m": 2}).json == {"n": 1}


@pytest.mark.parametrize(("schema", "values"), [
    ({"anyOf": [{"type": "number"}, {"const": False}]}, [0, False, 1.5]),
    ({"oneOf": [{"type": "integer"}, {"enum": [True, "auto"]}]}, [1.0, True, "auto"]),
    ({"anyOf": [{"const": 1}, {"const": True}]}, [1, True]),
    ({"anyOf": [{"enum": [[0]]}, {"enum": [[False], {"a": True}]}, {"const": {"a": 1}}]},
     [[0], [False], {"a": True}, {"a": 1}]),
    ({"enum": [1, 2.5, None]}, [1, 1.0, 2.5, None]),
    ({"enum": [None, 1, "a"], "required": ["b"], "items": {}}, [None, 1, "a"]),
    ({"oneOf": [{"type": "number"}, {"properties": {"a": {}}, "required": ["x"]}]}, [True, "b", ["a"]]),
])  # fmt: skip
def test_a_union_hands_over_what_was_sent(schema: Any, values: list[Any], client: Client) -> None:
    http = client(files(schema, code=CODE.replace("repr(body)", "__import__('json').dumps(body)")))
    for value in values:
        found = json.loads(http.post("/take", data=json.dumps(value), content_type="application/json").text)
        assert repr(found).replace(".0", "") == repr(value).replace(".0", "")
        assert json.loads(http.post("/echo", data=json.dumps(value), content_type="application/json").text) == value


DAY = {"type": "string", "format": "date"}
PET = {"type": "object", "properties": {"born": DAY, "code": {"type": "string", "format": "byte"}}}
REX = {"born": "2020-01-02", "code": "/w=="}


@pytest.mark.parametrize(("schema", "value", "told"), [
    ({"type": "array", "prefixItems": [ref("Pet"), DAY]}, [REX, "2020-01-02", "x"], ["Pet", "date", "str"]),
    ({"type": "array", "prefixItems": [ref("Pet"), DAY, DAY]}, [REX], ["Pet"]),
    ({"type": "array", "prefixItems": [{}, ref("Pet")], "items": DAY}, [1, REX, "2020-01-02"], ["int", "Pet", "date"]),
    ({"type": "array", "prefixItems": [DAY], "items": False}, ["2020-01-02"], ["date"]),
    ({"$schema": "http://json-schema.org/draft-07/schema#", "type": "array", "items": [DAY, {}],
      "additionalItems": False}, ["2020-01-02", 1], ["date", "int"]),
    ({"type": "array", "prefixItems": [{}], "unevaluatedItems": ref("Pet")}, ["x", REX], ["str", "Pet"]),
    ({"allOf": [{"type": "array", "items": ref("Pet")}, {"prefixItems": [{"required": ["born"]}]}]}, [REX, REX],
     ["TakePostBodyPrefixItems0", "Pet"]),
    ({"type": "object", "patternProperties": {"^x": ref("Pet"), "^y": DAY},
      "additionalProperties": {"type": "integer"}},
     {"x": REX, "y": "2020-01-02", "z": 1.0}, ["Pet", "date", "int"]),
    ({"type": "object", "patternProperties": {"^x": ref("Pet")}}, {"a": REX, "x": REX}, ["dict", "Pet"]),
    ({"type": "object", "unevaluatedProperties": ref("Pet")}, {"a": REX}, ["Pet"]),
    ({"anyOf": [{"properties": {"a": {"type": "integer"}}}], "type": "object", "unevaluatedProperties": ref("Pet")},
     {"a": 1}, ["int"]),
    ({"anyOf": [{"properties": {"a": {}}}, {"properties": {"b": {"type": "integer"}}}], "type": "object",
      "unevaluatedProperties": ref("Pet")}, {"b": 1}, ["int"]),
    ({"type": "object", "properties": {"k": {}}, "patternProperties": {"^x": ref("Pet")},
      "additionalProperties": False},
     {"k": 1, "x1": REX}, ["int", "Pet"]),
    ({"type": "object", "properties": {"k": {}}, "unevaluatedProperties": ref("Pet")},
     {"k": 1, "x1": REX}, ["int", "Pet"]),
])  # fmt: skip
def test_what_a_schema_says_by_place_or_by_pattern_is_typed_too(
    schema: Any, value: Any, told: list[str], client: Client
) -> None:
    code = (
        "def take(body):\n    values = body if isinstance(body, list) else dict(body).values()\n"
        "    return ' '.join(type(value).__name__ for value in values)\n\n\ndef echo(body):\n    return body\n"
    )
    http = client(files(schema, {"Pet": PET}, code=code))
    assert http.post("/take", json=value).text == " ".join(told)
    assert http.post("/echo", json=value).json == value


def test_an_object_with_properties_is_a_model_whatever_else_it_holds(client: Client) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "patternProperties": {"^x-": {"type": "string"}},
    }
    http = client(files({**schema, "additionalProperties": False}, code=CODE.replace("repr(body)", "str(body.a)")))
    assert [http.post("/take", json=value).text for value in ({"a": 1}, {"a": 1, "x-1": "q"})] == ["1", "1"]


CAT = {"type": "object", "required": ["t"], "properties": {"t": {"type": "string"}, "n": {"type": "integer"}}}
OTHER = {"type": "object", "properties": {"t": {"type": "string"}, "m": {"type": "integer"}}}
NAMELESS = {"type": "object", "properties": {"m": {"type": "integer"}}}
BY = {"propertyName": "t", "mapping": {"cat": "Cat"}, "defaultMapping": "Other"}
EITHER = {"Cat": CAT, "Other": OTHER, "Pet": {"oneOf": [ref("Cat"), ref("Other")], "discriminator": BY}}
INHERITED = {"Pet": {**CAT, "discriminator": BY, "required": []},
             "Cat": {"allOf": [ref("Pet"), {"type": "object", "required": ["t"]}]},
             "Other": {"allOf": [ref("Pet"), OTHER]}}  # fmt: skip


@pytest.mark.parametrize("schemas", [EITHER, {**EITHER, "Other": NAMELESS}, INHERITED], ids=["union", "bare", "heirs"])
@pytest.mark.parametrize("more", [{}, {"not": {"required": ["zz"]}}], ids=["by pydantic", "by a validator"])
def test_a_discriminator_may_name_the_schema_of_all_other_values(schemas: Any, more: Any, client: Client) -> None:
    schema = {"type": "object", "properties": {"in": ref("Pet")}, **more}
    http = client(files(schema, schemas, "3.2.0", CODE.replace("repr(body)", "type(body['in']).__name__")))
    values = ({"t": "cat", "n": 1}, {"t": "Cat"}, {"t": "zz", "m": 1}, {"m": 1}, {"t": "Other"})
    assert [http.post("/take", json={"in": value}).text for value in values] == [
        "Cat",
        "Cat",
        "Other",
        "Other",
        "Other",
    ]
    assert statuses(http, *({"in": value} for value in values)) == [(200, 200)] * 5
    assert statuses(http, {"in": {"t": "zz", "m": "x"}}, {"in": {"t": "cat", "n": "x"}}) == [(400, 500)] * 2
    problems = (http.post("/take", json={"in": {"t": "zz", "m": "x"}}).json or {})["problems"]
    assert [problem["pointer"] for problem in problems] == ["/in/m"]


@pytest.mark.parametrize("more", [
    {"dependentRequired": {"name": ["id"]}},
    {"dependentSchemas": {"name": {"required": ["id"]}}},
    {"if": {"required": ["name"]}, "then": {"required": ["id"]}},
    {"oneOf": [{"required": ["id"]}]},
    {"anyOf": [{"required": ["id"]}]},
    {"anyOf": [{"required": ["id"]}, {"required": ["name"]}]},
    {"oneOf": [{"required": ["id"]}, {"required": ["name"]}]},
])  # fmt: skip
def test_what_is_read_only_is_not_asked_for_in_a_request(more: Any, client: Client) -> None:
    properties = {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}}
    http = client(files({"type": "object", "properties": properties, **more}))
    assert http.post("/take", json={"name": "a"}).status_code == 200
    assert http.post("/take", json={"id": 1, "name": "a"}).status_code == 400
    assert http.post("/echo", json={"id": 1}).status_code == 200
