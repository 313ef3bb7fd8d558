"""What a JSON text may hold at most, judged before it is parsed."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymacaron.spec import RequestLimits
from pymacaron.wire.bounds import decode_strictly, problem_of_json

LIMITS = RequestLimits(depth=4, items=20)
LEAVES = st.none() | st.integers() | st.text(st.sampled_from('ab[]{},:"\\'))
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=40)
DEEP = "Is nested more than 4 levels deep"
MANY = "Holds more than 20 items"


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def _items(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return len(inner) + sum(map(_items, inner))


@given(value=VALUES, spaced=st.booleans(), ascii_only=st.booleans())
def test_the_verdict_is_that_of_the_parsed_value(value: Any, spaced: bool, ascii_only: bool) -> None:
    """Counting bytes comes to the same as counting what they stand for, whatever the strings hold."""
    data = json.dumps(value, indent=1 if spaced else None, ensure_ascii=ascii_only).encode()
    wrong = {problem for problem, found in ((MANY, _items(value) > 20), (DEEP, _depth(value) > 4)) if found}
    problem = problem_of_json(data, LIMITS)
    assert problem in wrong if wrong else problem is None


@pytest.mark.parametrize(("text", "problem"), [
    ("[[[[1]]]]", None), ("[[[[[1]]]]]", DEEP), ('[{"a":[{"b":[]}]}]', DEEP), ("[[],[],[],[],[],[]]", None),
    (json.dumps([0] * 20), None), (json.dumps([0] * 21), MANY), (json.dumps({str(n): n for n in range(21)}), MANY),
    ('["[[[[[[[[[["]', None), ('["]]", [["]", [["]", "[["]]]]]', DEEP), ('"' + "," * 99 + '"', None),
    ('["\\"", [[[["\\""]]]]]', DEEP), ('["\\\\", [[[[",[["]]]]]', DEEP), ("[" * 99, MANY), ("]" * 99, None),
    ('["a"' + ',"a"' * 99 + "]", MANY), ("", None),
])  # fmt: skip
def test_edges(text: str, problem: str | None) -> None:
    """At the limit and just past it, with strings that look like brackets, and with what is no JSON."""
    assert problem_of_json(text.encode(), LIMITS) == problem


@pytest.mark.parametrize("before", range(0, 210, 7))
def test_a_long_number_is_found_wherever_it_stands(before: int) -> None:
    found = [problem_of_json(b" " * before + b"7" * digits + b"," * 99, RequestLimits()) for digits in (400, 401)]
    assert found == [None, "Holds a number of more than 400 digits"]


ATTACKS = {
    "deep arrays": b"[" * 500_000,
    "deep arrays, closed": b"[" * 500_000 + b"]" * 500_000,
    "deep objects": b'{"a":' * 200_000,
    "deep below the limit of items": b"[" * 9_000 + b"]" * 9_000,
    "many items": b"[" + b"1," * 500_000 + b"1]",
    "many empty objects": b"[" + b"{}," * 300_000 + b"{}]",
    "many keys": b"{" + b",".join(b'"%d":1' % number for number in range(90_000)) + b"}",
    "many short strings": b"[" + b'"ab",' * 200_000 + b"1]",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_refused_in_little_memory(attack: str) -> None:
    """Nothing is built of what is refused."""
    data = ATTACKS[attack]
    tracemalloc.start()
    try:
        assert problem_of_json(data, RequestLimits()) is not None
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("data", [b"[" + b"[" * 60 + b"]" * 61, b'"' + b"\\" * 1_000_000 + b'"', b" " * 1_000_000])
def test_large_but_harmless_texts_pass_in_little_memory(data: bytes) -> None:
    """A long string of escapes is one value."""
    tracemalloc.start()
    try:
        assert problem_of_json(data, RequestLimits()) is None
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", [
    '{"a":1,"a":1}', '[{"b":{"a":1,"\\u0061":2}}]', "NaN", "[Infinity]", "-Infinity", "1e999", "[-1e999]", "1" * 4301,
    '"\\ud800"', '{"\\udc00":1}', "[1,]", "", "'a'", '"\n"',
])  # fmt: skip
def test_strict_decoding_refuses(text: str) -> None:
    """A key twice, numbers beyond floats, half of a surrogate pair, and what is no JSON."""
    with pytest.raises(ValueError, match=r"."):
        decode_strictly(text)


def test_strict_decoding_reads() -> None:
    """What is JSON, as it is."""
    assert decode_strictly('{"a":[1,1.5,null,true,"\\ud83d\\ude00"],"b":{"a":1}}')["a"][-1] == "\U0001f600"
