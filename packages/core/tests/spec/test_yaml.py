"""YAML files: the scalars of YAML 1.2, anchors and merge keys, and what is refused with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pymacaron.spec.reader import read_source

Write = Callable[..., Path]
Refused = Callable[..., list[str]]

SCALARS: dict[str, Any] = {
    "no": "no",
    "yes": "yes",
    "on": "on",
    "012": 12,
    "0o14": 12,
    "0x1F": 31,
    "1:30": "1:30",
    "2026-01-02": "2026-01-02",
    "1_000": "1_000",
    "1e3": 1000.0,
    "-.5": -0.5,
    "+7": 7,
    "~": None,
    "null": None,
    "": None,
    "True": True,
    "FALSE": False,
    "'true'": "true",
    '"12"': "12",
    "!!str 12": "12",
    "! 12": "12",
    "!!float 1.5": 1.5,
    "9" * 999: int("9" * 999),
}


@pytest.fixture(params=[True, False], ids=["libyaml", "python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every test with both of PyYAML's parsers."""
    if request.param and not yaml.__with_libyaml__:
        pytest.skip("this PyYAML was built without libyaml")
    monkeypatch.setattr(yaml, "__with_libyaml__", request.param)


@pytest.mark.parametrize("written", [pytest.param(text, id=text[:12]) for text in SCALARS])
def test_a_scalar_means_what_yaml_1_2_says(write: Write, written: str) -> None:
    data = read_source(write(f"key: {written}\n")).data
    assert data == {"key": SCALARS[written]}
    assert type(data["key"]) is type(SCALARS[written])


def test_keys_are_the_text_that_is_written(write: Write) -> None:
    data = read_source(write("200: a\nyes: b\n~: c\n0x10: d\ntrue: e\n1.0: f\n")).data
    assert data == {"200": "a", "yes": "b", "~": "c", "0x10": "d", "true": "e", "1.0": "f"}


def test_aliases_repeat_what_they_name_and_merge_keys_inherit(write: Write) -> None:
    text = "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {<<: [*x, {a: 9, c: 4}], d: *x}\nw: {'<<': 5}\nv: [&s s, *s]\n"
    assert read_source(write(text)).data == {
        "x": {"a": 1, "b": 2},
        "y": {"b": 3, "a": 1},
        "z": {"d": {"a": 1, "b": 2}, "a": 1, "b": 2, "c": 4},
        "w": {"<<": 5},
        "v": ["s", "s"],
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_is_read_in_the_encoding_of_its_mark(write: Write, encoding: str) -> None:
    assert read_source(write("café: ☕\n".encode(encoding))).data == {"café": "☕"}


def test_only_line_feeds_and_carriage_returns_end_lines(write: Write) -> None:
    data = read_source(write("a: |\n  x\u2028y\x85z\n  w\nb\u2029c: 'd\u2028'\r\ne: f\ue000\n")).data
    assert data == {"a": "x\u2028y\x85z\nw\n", "b\u2029c": "d\u2028", "e": "f\ue000"}


def test_json_in_a_yaml_file_is_read_as_either(write: Write) -> None:
    assert read_source(write('{"a": [1,\t"\\ud83d\\ude00"]}')).data == {"a": [1, "😀"]}
    assert read_source(write("{a: [1, no]}")).data == {"a": [1, "no"]}


REFUSED = {
    "a: 1\nb: {c: 1,\n    c: 2}\na: 3\n": [
        "shop.yaml:3: the key 'c' stands on line 2 already; remove or rename one of the two",
        "shop.yaml:4: the key 'a' stands on line 1 already; remove or rename one of the two",
    ],
    "": ["shop.yaml:1: the file is empty; write an OpenAPI document into it"],
    "# nothing\n": ["shop.yaml:1: the file is empty; write an OpenAPI document into it"],
    "a: 1\n---\nb: 2\n": ["shop.yaml:2: a second YAML document starts here; keep one document in a file"],
    "a: .inf\n": ["shop.yaml:1: '.inf' is no number that JSON can hold; write a finite one, or quote it as text"],
    "a: .NaN\n": ["shop.yaml:1: '.NaN' is no number that JSON can hold; write a finite one, or quote it as text"],
    "a: 1e999\n": ["shop.yaml:1: '1e999' is no number that JSON can hold; write a finite one, or quote it as text"],
    f"a: {'9' * 1001}\n": ["shop.yaml:1: a number of 1001 characters is too long; shorten it, or quote it as text"],
    f"a: 0x{'f' * 1001}\n": ["shop.yaml:1: a number of 1003 characters is too long; shorten it, or quote it as text"],
    "\na: !!python/object/apply:os.system [id]\n": [
        "shop.yaml:2: the YAML tag '!!python/object/apply:os.system' is not known; "
        "remove it, a document holds only JSON's types"
    ],
    "a: !money 3\n": ["shop.yaml:1: the YAML tag '!money' is not known; remove it, a document holds only JSON's types"],
    "a: !!int x\n": ["shop.yaml:1: 'x' is tagged !!int but is none; correct the tag or the value"],
    "a: 1\nb: *a\n": ["shop.yaml:2: the YAML alias '*a' has no anchor '&a' above it; add one"],
    "a: &a\n  b: *a\n": ["shop.yaml:2: the YAML alias '*a' repeats itself without end; write a '$ref' instead"],
    "a: &a 1\nb: &a [*a]\n": ["shop.yaml:2: the YAML alias '*a' repeats itself without end; write a '$ref' instead"],
    "a: {<<: 3}\n": ["shop.yaml:1: the merge key '<<' wants a mapping or a list of them; give it one, or quote it"],
    "? [a]\n: 1\n": ["shop.yaml:1: a key is no plain text here; write each key of a mapping as text"],
    "a: &a b\n*a : 1\n": ["shop.yaml:2: a key is no plain text here; write each key of a mapping as text"],
    "a: 1\nb: \x01\n": ["shop.yaml:2: the character U+0001 cannot stand in a document; remove or escape it"],
}


@pytest.mark.parametrize("text", REFUSED, ids=[text[:24] for text in REFUSED])
def test_what_is_no_plain_data_is_refused_with_its_line(refused: Refused, text: str) -> None:
    assert refused(text) == REFUSED[text]


def test_broken_syntax_is_told_with_its_line(refused: Refused) -> None:
    (sentence,) = refused("a: 1\nb: c: d\n")
    assert sentence.startswith("shop.yaml:2: broken YAML: mapping values are not allowed")
    assert sentence.endswith("; correct the syntax here")


def test_tabs_are_told_as_what_is_wrong(refused: Refused) -> None:
    (sentence,) = refused("a:\n\tb: 1\n")
    assert sentence.startswith("shop.yaml:2: broken YAML: found character")
    assert sentence.endswith("; indent with spaces instead of tabs")


def test_bytes_that_are_no_text_are_refused_with_their_line(refused: Refused) -> None:
    assert refused(b"a: 1\nb: \xe9\n") == [
        "shop.yaml:2: the bytes here are no UTF-8 text; save the file as UTF-8",
    ]
