"""Codecs: values read from JSON and written to it, typed where they can be; problems name place and keyword."""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pymacaron.models import ModelPool
from pymacaron.models.problems import InvalidValue
from pymacaron.spec import load_document

REF = "#/components/schemas/"


def models(folder: Path, schemas: dict[str, Any], version: str = "3.1.0", **options: Any) -> ModelPool:
    file = folder / "shop.json"
    info = {"title": "Shop", "version": "1"}
    file.write_text(json.dumps({"openapi": version, "info": info, "paths": {}, "components": {"schemas": schemas}}))
    return ModelPool(load_document(file), **options)


def read(pool: ModelPool, name: str, data: Any) -> Any:
    written = data if isinstance(data, bytes) else json.dumps(data).encode()
    return pool.codec(pool.document.schemas[name], "request").read_json(written)


def write(pool: ModelPool, name: str, value: Any) -> Any:
    return json.loads(pool.codec(pool.document.schemas[name], "response").write_json(value))


def refused(pool: ModelPool, name: str, data: Any, way: Any = read) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(InvalidValue) as caught:
        way(pool, name, data)
    return [(problem.pointer, problem.keyword) for problem in caught.value.problems]


FORMATS: list[tuple[str, str, Any]] = [
    ("date", "2026-01-02", date(2026, 1, 2)),
    ("date-time", "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ("uuid", "00000000-0000-0000-0000-000000000007", UUID(int=7)),
    ("byte", "+/8=", b"\xfb\xff"),
    ("binary", "text", b"text"),
    ("ipv4", "127.0.0.1", IPv4Address("127.0.0.1")),
    ("ipv6", "::1", IPv6Address("::1")),
    ("duration", "P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ("email", "ada@example.com", "ada@example.com"),
    ("uri", "https://example.com/x", "https://example.com/x"),
]


@pytest.mark.parametrize(("name", "text", "value"), FORMATS)
def test_formats_are_python_types_that_are_written_as_they_were_read(
    tmp_path: Path, name: str, text: str, value: Any
) -> None:
    pool = models(tmp_path, {"It": {"type": "object", "properties": {"a": {"type": "string", "format": name}}}})
    found = read(pool, "It", {"a": text})
    assert (found.a, type(found.a)) == (value, type(value))
    assert write(pool, "It", found) == write(pool, "It", {"a": value}) == {"a": text}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("date", "2026-02-30"),
        ("date", "2026-01-02T00:00:00Z"),
        ("date-time", "2026-01-02T03:04:05"),
        ("date-time", "2026-01-02 03:04:05Z"),
        ("date-time", "1767323045"),
        ("uuid", "{00000000-0000-0000-0000-000000000007}"),
        ("byte", "*"),
        ("ipv4", "127.0.0.01"),
        ("ipv6", "fe80::1%eth0"),
        ("duration", "-P1D"),
        ("email", "ada"),
        ("uri", "/x"),
        ("hostname", "-a-"),
    ],
)
def test_a_format_is_judged_beside_type_string_and_only_there(tmp_path: Path, name: str, text: str) -> None:
    pool = models(tmp_path, {"It": {"type": "string", "format": name}, "Free": {"format": name}})
    assert refused(pool, "It", text) == [((), "format")]
    assert read(pool, "Free", text) == text


@pytest.mark.parametrize("judged", [{}, {"minProperties": 1}], ids=["by types", "by a judge"])
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    ("schema", "written", "keyword"),
    [
        ({"type": "string", "format": "date"}, '"0000-01-01"', "format"),
        ({"type": "string", "format": "date-time"}, '"0000-01-01T00:00:00Z"', "format"),
        ({"type": "string", "format": "date-time"}, '"1990-12-31T23:59:60Z"', "format"),
        ({"type": "string", "format": "duration"}, '"P1Y"', "format"),
        ({"type": "string", "format": "duration"}, '"P9999999999D"', "format"),
        ({"type": "string", "format": "duration"}, f'"PT{"9" * 5000}S"', "format"),
        ({"type": "number"}, "9" * 400, "type"),
        ({"type": "number", "multipleOf": 0.5}, "9" * 400, "type"),
    ],
)
def test_what_python_has_no_value_for_is_refused_and_never_handed_over_untyped(
    tmp_path: Path, schema: dict[str, Any], written: str, keyword: str, version: str, judged: dict[str, Any]
) -> None:
    it = {"type": "object", "properties": {"a": schema, "b": {"type": "array", "items": schema}}, **judged}
    pool = models(tmp_path, {"It": it}, version)
    for data, pointer in ((f'{{"a": {written}}}', ("a",)), (f'{{"b": [{written}]}}', ("b", 0))):
        assert refused(pool, "It", data.encode()) == [(pointer, keyword)]
        assert refused(pool, "It", json.loads(data), write) == [(pointer, keyword)]


@pytest.mark.parametrize("judged", [{}, {"minProperties": 1}], ids=["by types", "by a judge"])
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1e30", 10**30),
        ("-1E+30", -(10**30)),
        ("1e308", 10**308),
        ("9007199254740993.0", 2**53 + 1),
        ("9223372036854775808.0", 2**63),
        ("12.5e19", 125 * 10**18),
        ("9" * 400, 10**400 - 1),
        ("1.0", 1),
    ],
)
def test_an_integer_is_the_one_that_is_written_however_it_is_written(
    tmp_path: Path, written: str, number: int, version: str, judged: dict[str, Any]
) -> None:
    properties = {"a": {"type": "integer", "minimum": -(10**30)}, "b": {"type": "number"}, "c": {"type": "string"}}
    pool = models(tmp_path, {"It": {"type": "object", "properties": properties, **judged}}, version)
    found = read(pool, "It", f'{{"a": {written}, "b": 1.5}}'.encode())
    assert (type(found), found.a, type(found.a), found.b) == (pool.It, number, int, 1.5)
    assert write(pool, "It", found) == {"a": number, "b": 1.5}
    if len(written) < 309:
        assert write(pool, "It", {"a": float("1e30")}) == {"a": 10**30}
    assert refused(pool, "It", f'{{"a": {written}, "b": "x", "c": null}}'.encode()) == [
        (("b",), "type"), (("c",), "type"),
    ]  # fmt: skip
    assert refused(pool, "It", b'{"a": -2e30}') == [(("a",), "minimum")]


def test_a_format_beside_another_schema_of_the_value_only_describes(tmp_path: Path) -> None:
    pool = models(tmp_path, {"It": {"allOf": [{"type": "string"}, {"format": "date"}]}})
    assert read(pool, "It", "soon") == "soon"


def test_properties_of_a_pattern_are_kept_where_no_others_are_allowed(tmp_path: Path) -> None:
    it = {"type": "object", "properties": {"a": {}}, "patternProperties": {"^b": {}}, "additionalProperties": False}
    pool = models(tmp_path, {"It": it})
    found = read(pool, "It", {"a": 1, "b2": 2})
    assert (type(found), found["b2"]) == (pool.It, 2)
    assert refused(pool, "It", {"c": 1}) == [(("c",), "additionalProperties")]


def test_a_moment_without_an_offset_is_none_that_could_be_sent(tmp_path: Path) -> None:
    pool = models(tmp_path, {"It": {"type": "string", "format": "date-time"}})
    assert refused(pool, "It", datetime(2026, 1, 2), write) == [((), "format")]


def test_patterns_are_those_of_ecma_262(tmp_path: Path) -> None:
    digits, ahead, bomb = ({"type": "string", "pattern": pattern} for pattern in (r"^\d+$", "^(?=a).b$", "^(a+)+$"))
    pool = models(tmp_path, {"Digits": digits, "Ahead": ahead, "Bomb": bomb})
    assert read(pool, "Digits", "12") == "12"
    assert refused(pool, "Digits", "\u0661") == [((), "pattern")]
    assert read(pool, "Ahead", "ab") == "ab"
    started = time.process_time()
    assert refused(pool, "Bomb", "a" * 500_000 + "!") == [((), "pattern")]
    assert time.process_time() - started < 1


ACCOUNT = {
    "User": {
        "type": "object",
        "required": ["id", "name", "password"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string"},
            "password": {"$ref": REF + "Secret"},
        },
    },
    "Secret": {"type": "string", "writeOnly": True},
    "Users": {"type": "object", "properties": {"all": {"type": "array", "items": {"$ref": REF + "User"}}}},
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_read_only_is_refused_in_requests_and_write_only_never_sent(tmp_path: Path, version: str) -> None:
    pool = models(tmp_path, ACCOUNT, version)
    assert refused(pool, "User", {"id": 1, "name": "Ada", "password": "x"}) == [(("id",), "readOnly")]
    assert refused(pool, "User", {"name": "Ada"}) == [(("password",), "required")]
    user = read(pool, "User", {"name": "Ada", "password": "x"})
    assert (type(user), user.password) == (pool.User, "x")
    assert refused(pool, "User", user, write) == [(("id",), "required")]
    user.id = 1
    assert write(pool, "Users", {"all": [user, {"id": 2, "name": "Bob", "password": "y"}]}) == {
        "all": [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]
    }


TREE = {
    "Tree": {
        "oneOf": [
            {"type": "object", "required": ["a"], "properties": {"a": {}, "next": {"$ref": REF + "Tree"}}},
            {"type": "object", "required": ["b"], "properties": {"b": {}, "next": {"$ref": REF + "Tree"}}},
            {"type": "array", "items": {"$ref": REF + "Tree"}},
        ]
    }
}


@pytest.mark.parametrize("leaf", [{"a": 1}, {}, {"a": 1, "b": 1}, {"a": 1, "next": 5}])
def test_a_recursive_union_is_never_tried_branch_by_branch(tmp_path: Path, leaf: dict[str, Any]) -> None:
    pool = models(tmp_path, TREE)
    read(pool, "Tree", {"a": 1})
    data: Any = leaf
    for _ in range(60):
        data = {"b": 1, "next": [data]}
    started = time.process_time()
    if leaf == {"a": 1}:
        assert read(pool, "Tree", data).next[0].next[0].b == 1
    else:
        assert len(refused(pool, "Tree", data)) == 1
    assert time.process_time() - started < 0.5


def test_a_union_hands_over_the_branch_that_fits_and_never_less_than_was_sent(tmp_path: Path) -> None:
    named = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    sized = {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer", "not": {"const": 3}}}}
    pool = models(
        tmp_path, {"Named": named, "Sized": sized, "It": {"anyOf": [{"$ref": REF + "Named"}, {"$ref": REF + "Sized"}]}}
    )
    assert type(read(pool, "It", {"name": "x"})) is pool.Named
    assert type(read(pool, "It", {"size": 1})) is pool.Sized
    assert read(pool, "It", {"name": "x", "size": 1}) == {"name": "x", "size": 1}
    assert refused(pool, "It", {"size": 3}) == [(("size",), "not")]
    assert refused(pool, "It", {}) == [((), "anyOf")]


def test_a_discriminator_chooses_the_branch_that_alone_is_judged(tmp_path: Path) -> None:
    kind = {"type": "string"}
    pets = {
        "Cat": {"type": "object", "required": ["kind"], "properties": {"kind": kind, "lives": {"type": "integer"}}},
        "Dog": {"type": "object", "required": ["kind"], "properties": {"kind": kind, "size": {"multipleOf": 2}}},
        "Pet": {
            "oneOf": [{"$ref": REF + "Cat"}, {"$ref": REF + "Dog"}],
            "discriminator": {"propertyName": "kind", "mapping": {"wolf": "Dog"}},
        },
        "Pets": {"type": "array", "uniqueItems": True, "items": {"$ref": REF + "Pet"}},
    }
    pool = models(tmp_path, pets)
    found = read(pool, "Pets", [{"kind": "Cat", "lives": 9}, {"kind": "wolf", "size": 4}, {"kind": "Dog"}])
    assert list(map(type, found)) == [pool.Cat, pool.Dog, pool.Dog]
    assert refused(pool, "Pets", [{"kind": "Cow"}, {}, {"kind": "Cat", "lives": "x"}, {"kind": "Dog", "size": 3}]) == [
        ((0, "kind"), "discriminator"),
        ((1,), "discriminator"),
        ((2, "lives"), "type"),
        ((3, "size"), "multipleOf"),
    ]


def test_heirs_of_a_base_that_lists_them_are_judged_and_told_of(tmp_path: Path) -> None:
    heirs = [{"$ref": REF + name} for name in ("Cat", "Dog")]
    base = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
    even = {"type": "object", "properties": {"lives": {"type": "number", "multipleOf": 2}}}
    schemas = {
        "Pet": {**base, "oneOf": heirs, "discriminator": {"propertyName": "kind"}},
        "Cat": {"allOf": [{"$ref": REF + "Pet"}, even]},
        "Dog": {"allOf": [{"$ref": REF + "Pet"}, {"type": "object", "properties": {"bark": {"type": "string"}}}]},
    }
    pool = models(tmp_path, schemas)
    assert type(read(pool, "Pet", {"kind": "Cat", "lives": 2})) is pool.Cat
    for name in ("Pet", "Cat"):
        assert refused(pool, name, {"kind": "Cat", "lives": 3}) == [(("lives",), "multipleOf")]
    assert refused(pool, "Pet", {"kind": "Cow"}) == [(("kind",), "discriminator")]


def test_nullable_goes_with_whatever_stands_beside_it(tmp_path: Path) -> None:
    schemas = {
        "Home": {"type": "object", "required": ["street"], "properties": {"street": {"type": "string"}}},
        "It": {
            "type": "object",
            "minProperties": 1,
            "properties": {
                "home": {"nullable": True, "allOf": [{"$ref": REF + "Home"}]},
                "kind": {"type": "string", "enum": ["a"], "nullable": True},
                "either": {"nullable": True, "oneOf": [{"type": "string", "minLength": 2}, {"type": "string"}]},
                "plain": {"type": "string"},
            },
        },
    }
    pool = models(tmp_path, schemas, "3.0.3")
    assert read(pool, "It", {"home": None, "kind": None, "either": None}).to_json() == {
        "home": None, "kind": None, "either": None,
    }  # fmt: skip
    assert refused(pool, "It", {"home": {}, "kind": "b", "either": "long", "plain": None}) == [
        (("home", "street"), "required"),
        (("kind",), "enum"),
        (("either",), "oneOf"),
        (("plain",), "type"),
    ]


def test_unknown_properties_are_dropped_kept_or_refused(tmp_path: Path) -> None:
    declared = {"type": "object", "properties": {"a": {"type": "integer"}}}
    schemas = {
        "Silent": declared,
        "Judged": {**declared, "dependentRequired": {"b": ["a"]}},
        "Open": {**declared, "patternProperties": {"^b": {"type": "integer"}}},
        "Free": {"type": "object"},
    }
    pool = models(tmp_path, schemas)
    for name in ("Silent", "Judged"):
        assert read(pool, name, {"a": 1, "c": 2}).to_json() == write(pool, name, {"a": 1, "c": 2}) == {"a": 1}
    strict = models(tmp_path, schemas, strict_properties=True)
    for name in ("Silent", "Judged"):
        assert refused(strict, name, {"a": 1, "c": 2}) == [(("c",), "additionalProperties")]
    for each in (pool, strict):
        assert read(each, "Open", {"a": 1, "bc": 2}).to_json() == {"a": 1, "bc": 2}
        assert read(each, "Free", {"c": 2}) == {"c": 2}


ITEM = {
    "Item": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer", "minimum": 0}, "note": {"type": "string"}},
    },
    "Items": {"type": "array", "items": {"$ref": REF + "Item"}},
    "Pair": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "dependentRequired": {"a": ["b"]},
    },
    "Even": {"type": "object", "properties": {"n": {"type": "number", "multipleOf": 2}}},
}


def test_what_a_handler_returns_is_judged_as_the_setting_says(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pools = {how: models(tmp_path, ITEM, responses=how) for how in ("off", "report", "strict", "deep")}
    wrong = {"id": "x"}
    for how, pool in pools.items():
        assert write(pool, "Items", [{"id": 1, "more": 2}, pool.Item(id=2, note=None)])[1] == {"id": 2}
        if how in ("off", "report"):
            assert write(pool, "Item", wrong) == wrong
        else:
            assert refused(pool, "Item", wrong, write) == [(("id",), "type")]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    for how, seen in (("strict", False), ("deep", True)):
        item = pools[how].Item(id=1)
        item.__dict__["id"] = -1
        if seen:
            assert refused(pools[how], "Item", item, write) == [(("id",), "minimum")]
        else:
            assert write(pools[how], "Item", item) == {"id": -1}
        item.__dict__["id"] = object()
        assert refused(pools[how], "Item", item, write) == [(("id",), "type")]
    for how in ("strict", "deep"):
        assert refused(pools[how], "Pair", pools[how].Pair(a=3), write) == [(("b",), "dependentRequired")]


def test_what_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    pool = models(tmp_path, {**ITEM, "Free": {}})
    for name, value in (
        ("Item", {"id": 1, "note": object()}),
        ("Even", {"n": float("inf")}),
        ("Even", {"n": object()}),
        ("Free", [object()]),
        ("Free", {"a": b"\xff"}),
    ):
        assert len(refused(pool, name, value, write)) == 1
    assert write(pool, "Free", [float("nan")]) == [None]


def test_none_is_absent_in_a_model_and_null_in_a_dict(tmp_path: Path) -> None:
    pool = models(tmp_path, ITEM)
    assert write(pool, "Item", pool.Item(id=1, note=None)) == {"id": 1}
    assert refused(pool, "Item", {"id": 1, "note": None}, write) == [(("note",), "type")]
    assert refused(pool, "Items", [pool.Item(id=1), {"id": 1, "note": None}], write) == [((1, "note"), "type")]


def test_an_exact_schema_is_judged_by_pydantic_alone(tmp_path: Path) -> None:
    models(tmp_path, ITEM)
    code = """
import json, pathlib, sys
from pymacaron.models import ModelPool
from pymacaron.spec import load_document
pool = ModelPool(load_document(pathlib.Path(sys.argv[1])))
schema = pool.document.schemas["Items"]
codec = pool.codec(schema, "request")
assert codec.exact and codec.kind is None
items = codec.read_json(b'[{"id": 1}]')
assert pool.codec(schema, "response").write_json(items) == b'[{"id":1}]'
assert "jsonschema_rs" not in sys.modules
assert not pool.codec(pool.document.schemas["Even"], "request").exact
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "shop.json")], check=True)


BOMBS = {
    "items": ("Items", b"[" + b",".join([b"{}"] * 100_000) + b"]"),
    "unknown": ("Even", b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b',"n":1}'),
    "deep": ("Free", b"[" * 100_000),
    "infinite": ("Free", b"[1e999]"),
    "nan": ("Free", b"[NaN]"),
    "digits": ("Free", b"1" * 10_000),
    "no text": ("Free", b'"\xff"'),
    "broken": ("Items", b'[{"id":'),
    "empty": ("Items", b""),
}


@pytest.mark.parametrize(("name", "data"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_gives_at_most_twenty_problems_soon(tmp_path: Path, name: str, data: bytes) -> None:
    pool = models(tmp_path, {**ITEM, "Free": {}})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    assert 1 <= len(refused(pool, name, data)) <= 20
    assert time.process_time() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_problems_never_show_the_value(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"enum": ["x"]}, "b": {"not": {"type": "string"}}, "c": {"pattern": "^x"}},
    }
    pool = models(tmp_path, {"It": schema})
    with pytest.raises(InvalidValue) as caught:
        read(pool, "It", {"a": "canary", "b": "canary", "c": "canary"})
    assert len(caught.value.problems) == 3
    assert "canary" not in str(caught.value)


COSTLY = {
    "back": (r"^(\w+)\1$", "a" * 200_000 + "!"),
    "back, anywhere": (r"(.*)\1x", "a" * 200_000),
    "ahead": ("(?=.*x)y", "a" * 200_000),
    "ahead, at each character": ("^(?:(?!.*foo).)*$", "a" * 200_000),
    "behind": ("(?<=a.*)b", "a" * 200_000),
    "ahead five times": (r"(?=.*a)(?=.*\d)(?=.*[A-Z])(?=.*[^a])(?=.*!).{8,}", "a" * 200_000 + "b1A"),
    "ahead, from each character": (r"(?=.*\d)(?=.*[a-z]).{8,}$", "a" * 160_000),
    "ahead in a text of many bytes": (r"(?=.*\d)(?=.*[a-z]).{8,}$", "\U0001f980" * 60_000),
    "ahead, then a run of repetitions": ("(?!z)(a|aa)+$", "a" * 20_000 + "b"),
}


@pytest.mark.parametrize("around", ["plain", "deep", "not", "if", "exactly"])
@pytest.mark.parametrize(("pattern", "text"), COSTLY.values(), ids=COSTLY.keys())
def test_a_pattern_that_looks_back_or_around_takes_no_longer_than_its_bound(
    tmp_path: Path, pattern: str, text: str, around: str
) -> None:
    judged = {"type": "string", "pattern": pattern}
    schemas: dict[str, Any] = {
        "plain": {**judged, "not": {"const": "a"}},
        "exactly": judged,
        "not": {"type": "string", "not": judged},
        "if": {"type": "string", "if": judged, "else": True},
        "deep": {"type": "object", "minProperties": 1, "properties": {"a": {"type": "array", "items": judged}}},
    }
    pool = models(tmp_path, {"It": schemas[around]})
    assert refused(pool, "It", b'{"a": [1]}' if around == "deep" else b"1")
    seconds: list[float] = []
    while not seconds or (min(seconds) >= 0.05 and len(seconds) < 5):  # garbage is collected when it must be
        text = text[len(around) :]  # another one each time, since a verdict is remembered
        value: Any = [text] if around == "deep" else text
        data = json.dumps({"a": value} if around == "deep" else value).encode()
        started = time.process_time()
        told = refused(pool, "It", data)
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.05
    pointer = ("a", 0) if around == "deep" else ()
    keyword = {"not": "not", "if": ""}.get(around, "pattern")
    assert told == [(pointer, keyword)]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^(\w+)\1$", "ab" * 2_000),
        ("^(?=.*[0-9])(?=.*[a-z]).{8,}$", "a" * 200_000 + "1"),
        ("^(?!.*foo).*$", "a" * 200_000),
        ("^(?:(?!foo).)*$", "a" * 2_000),
    ],
)
def test_a_pattern_that_looks_back_or_around_still_takes_what_fits(tmp_path: Path, pattern: str, text: str) -> None:
    judged = {"type": "string", "pattern": pattern}
    pool = models(tmp_path, {"It": {"type": "array", "items": judged, "uniqueItems": True}, "Typed": judged})
    assert read(pool, "It", [text]) == [text]
    assert read(pool, "Typed", text) == text
