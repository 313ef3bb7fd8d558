"""JSON files: strict, with the line of whatever is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron.spec.reader import read_source

REFUSED = {
    "": ["shop.json:1: the file is empty; write an OpenAPI document into it"],
    '{"a": 1,\n"b": }': ["shop.json:2: broken JSON: expecting value; correct the syntax here"],
    "a: 1": ["shop.json:1: broken JSON: expecting value; correct the syntax here"],
    '{"a": 1,\n "b": {"c": 1,\n "c": 2},\n "a": 3}': [
        "shop.json:3: the key 'c' stands on line 2 already; remove or rename one of the two",
        "shop.json:4: the key 'a' stands on line 1 already; remove or rename one of the two",
    ],
    '{"a":\n NaN}': ["shop.json:2: 'NaN' is no number that JSON can hold; write a finite one, or quote it as text"],
    '{"a": "-Infinity",\n "b": -Infinity}': [
        "shop.json:2: '-Infinity' is no number that JSON can hold; write a finite one, or quote it as text"
    ],
    '{"a":\n 1e999}': ["shop.json:2: '1e999' is no number that JSON can hold; write a finite one, or quote it as text"],
    '{"a":\n ' + "9" * 1001 + "}": [
        "shop.json:2: a number of 1001 characters is too long; shorten it, or quote it as text"
    ],
    '{"a": "\\ud83d\\ude00",\n "b": "\\ud83d"}': [
        "shop.json:2: this text holds half of a surrogate pair; write the whole pair"
    ],
}


@pytest.mark.parametrize("text", REFUSED, ids=[text[:24] for text in REFUSED])
def test_what_is_no_json_is_refused_with_its_line(refused: Callable[..., list[str]], text: str) -> None:
    assert refused(text, "shop.json") == REFUSED[text]


def test_sound_json_is_read_as_it_is(write: Callable[..., Path]) -> None:
    text = '\ufeff{"no": [1, -2.5e3, null, true, "é\\n\\ud83d\\ude00"], "$ref": {}, "n": ' + "9" * 999 + "}"
    data = read_source(write(text, "shop.json")).data
    assert data == {"no": [1, -2500.0, None, True, "é\n😀"], "$ref": {}, "n": int("9" * 999)}
