"""Files that are made to hurt: each is refused fast, in one sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron.spec.reader import read_source

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
)
MERGES = (
    "a: &a {"
    + ", ".join(f"k{key}: 1" for key in range(1000))
    + "}\n"
    + "".join(f"b{key}: {{<<: *a}}\n" for key in range(50_000))
)
TOO_DEEP = "the document is nested more than 200 levels deep; make it flatter, or split it"
TOO_MANY = "the document holds more than 2,000,000 values, YAML aliases expanded; make it smaller"

ATTACKS = {
    "billion-laughs.yaml": (LAUGHS, f"7: {TOO_MANY}"),
    "merges.yaml": (MERGES, f"1997: {TOO_MANY}"),
    "deep-flow.yaml": ("a: " + "[" * 100_000, f"1: {TOO_DEEP}"),
    "deep-block.yaml": ("\n".join("  " * level + "a:" for level in range(2_000)), f"201: {TOO_DEEP}"),
    "deep-by-alias.yaml": (f"a: &a {'[' * 150}{']' * 150}\nb: {'[' * 150}*a{']' * 150}", f"2: {TOO_DEEP}"),
    "deep-json.yaml": ("[" * 100_000 + "]" * 100_000, f"1: {TOO_DEEP}"),
    "deep.json": ('{"a":\n' * 5_000 + "1" + "}" * 5_000, f"201: {TOO_DEEP}"),
    "deep-list.json": ("[" * 201 + "]" * 201, f"1: {TOO_DEEP}"),
    "endless.yaml": (
        "a: &a [1, *a]\n",
        "1: the YAML alias '*a' repeats itself without end; write a '$ref' instead",
    ),
    "scalars.json": ("[" + "1," * 5_000_000 + "1]", f"1: {TOO_MANY}"),
    "scalars.yaml": ("- 1\n" * 2_600_000, f"2000000: {TOO_MANY}"),
    "digits.yaml": (
        "a: " + "1" * 9_000_000,
        "1: a number of 9000000 characters is too long; shorten it, or quote it as text",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_fast(refused: Callable[..., list[str]], name: str) -> None:
    text, sentence = ATTACKS[name]
    start = time.process_time()
    assert refused(text, name) == [f"{name}:{sentence}"]
    assert time.process_time() - start < 15


def test_keys_repeated_without_end_are_not_all_told(refused: Callable[..., list[str]]) -> None:
    found = refused("a: 1\n" * 100_000)
    assert len(found) == 100
    assert found[-1] == "shop.yaml:101: the key 'a' stands on line 1 already; remove or rename one of the two"


def test_two_hundred_levels_are_read(write: Callable[..., Path], refused: Callable[..., list[str]]) -> None:
    for name in ("fine.json", "fine.yaml"):
        data = read_source(write("[" * 200 + "]" * 200, name)).data
        assert isinstance(data, list)
    assert isinstance(read_source(write("a: " + "[" * 199 + "]" * 199)).data, dict)
    assert refused("a: " + "[" * 200 + "]" * 200) == [f"shop.yaml:1: {TOO_DEEP}"]
