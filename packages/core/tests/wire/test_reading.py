"""How texts are read: split before they are percent-decoded, by the types of the schema, and strictly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pymacaron.wire import EMPTY, ParameterCodec, Unreadable, join_query, split_cookies, split_query

Codec = Callable[..., ParameterCodec]


@pytest.mark.parametrize(("written", "text", "value"), [
    ("in: path, required: true, schema: {type: array, items: {type: string}}", "a%2Cb,c", ["a,b", "c"]),
    ("in: path, required: true, style: label, explode: true, schema: {type: array}", ".a%2Eb.c", ["a.b", "c"]),
    ("in: path, required: true, style: matrix, explode: true, schema: {type: array}", ";color=a%3B;color", ["a;", ""]),
    ("in: query, explode: false, schema: {type: array}", "a%2Cb,c+d", ["a,b", "c d"]),
    ("in: query, explode: false, schema: {type: object}", "a%2Cb,c", {"a,b": "c"}),
    ("in: query, style: pipeDelimited, explode: false, schema: {type: array}", "a|b%7cc", ["a", "b", "c"]),
    ("in: query, style: spaceDelimited, explode: false, schema: {type: array}", "a+b%20c d", ["a", "b", "c", "d"]),
    ("in: path, required: true, schema: {type: array}", "a+b", ["a+b"]),
    ("in: header, schema: {type: array}", " a%2Cb , c ", ["a%2Cb", "c"]),
    ("in: header, explode: true, schema: {type: object}", "a=1, b = 2", {"a": "1", "b": "2"}),
    ("in: cookie, schema: {type: string}", "a+b%20c", "a+b c"),
    ("in: cookie, style: cookie, schema: {type: string}", "a+b%20c", "a+b%20c"),
])  # fmt: skip
def test_delimiters_count_before_percent_decoding(codec: Codec, written: str, text: str, value: Any) -> None:
    """A delimiter within a value is percent-encoded, where the place knows percent-encoding."""
    assert codec(written).decode([("color", text)]) == value


@pytest.mark.parametrize(("types", "text", "value"), [
    ("integer", "12", 12), ("integer", "-0", 0), ("integer", "1.0", 1), ("integer", "1e3", 1000),
    ("integer", "01", "01"), ("integer", "+1", "+1"), ("integer", "1.5", "1.5"), ("integer", "1_0", "1_0"),
    ("integer", "\u0661", "\u0661"), ("integer", "9" * 101, "9" * 101), ("integer", "", ""),
    ("number", "1.5", 1.5), ("number", "1e3", 1000.0), ("number", "3", 3), ("number", ".5", ".5"),
    ("number", "1e999", "1e999"), ("number", "NaN", "NaN"), ("number", "Infinity", "Infinity"),
    ("number", "0x10", "0x10"), ("boolean", "true", True), ("boolean", "True", "True"), ("boolean", "1", "1"),
    ("[string, 'null']", "", None), ("[integer, 'null']", "", None), ("[integer, 'null']", "7", 7),
    ("[string, integer]", "7", 7), ("[string, integer]", "x", "x"), ("string", "", ""), ("string", "null", "null"),
])  # fmt: skip
def test_primitives_are_read_as_json_writes_them(codec: Codec, types: str, text: str, value: Any) -> None:
    """A text that no type reads stays text, so that validation names what is wrong."""
    found = codec(f"in: path, required: true, schema: {{type: {types}}}").decode_texts([text])
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("schema", "value"), [
    ("{enum: [1, 2]}", 1),
    ("{const: true}", True),
    ("{anyOf: [{type: integer}, {type: boolean}]}", 1),
    ("{allOf: [{minimum: 0}, {type: integer}]}", 1),
    ("{}", "1"),
])  # fmt: skip
def test_types_are_found_wherever_a_schema_tells_them(codec: Codec, schema: str, value: Any) -> None:
    """By itself, through what it combines, or by its values."""
    text = "true" if value is True else "1"
    assert codec(f"in: query, schema: {schema}").decode_texts([text]) == value


def test_nullable_of_openapi_30(codec: Codec) -> None:
    """An empty text is null where the schema allows null."""
    subject = codec("in: query, schema: {type: integer, nullable: true}", "3.0.3")
    assert subject.decode_texts([""]) is None
    assert join_query(subject.encode(None)) == "color="


@pytest.mark.parametrize(("written", "text"), [
    ("style: label, schema: {type: string}", "blue"),
    ("style: matrix, schema: {type: string}", "blue"),
    ("style: matrix, schema: {type: string}", ";colour=blue"),
    ("style: matrix, explode: true, schema: {type: array}", ";color=blue;colour=red"),
    ("style: matrix, explode: true, schema: {type: object}", "R=100"),
    ("schema: {type: string}", "%ff"),
    ("content: {application/json: {}}", "%7B"),
    ("content: {application/json: {}}", '{"a":1,"a":2}'),
    ("content: {application/json: {}}", "NaN"),
    ("content: {application/json: {}}", "1e999"),
    ("content: {application/json: {}}", "9" * 5000),
    ("content: {application/json: {}}", '"\\ud800"'),
    ("content: {application/json: {}}", "[" * 65 + "]" * 65),
    ("content: {application/json: {}}", "[" * 100_000),
])  # fmt: skip
def test_what_breaks_the_rules_of_its_parameter_is_refused(codec: Codec, written: str, text: str) -> None:
    """With a sentence that does not hold the text."""
    with pytest.raises(Unreadable) as caught:
        codec(f"in: path, required: true, {written}").decode_texts([text])
    assert text not in str(caught.value)


def test_an_object_whose_names_and_values_do_not_pair_stays_text(codec: Codec) -> None:
    """Validation says that it is no object."""
    assert codec("in: query, explode: false, schema: {type: object}").decode_texts(["R,100,G"]) == "R,100,G"


def test_a_list_or_one_value(codec: Codec) -> None:
    """Where the schema allows both, a text without a delimiter is the value itself."""
    subject = codec("in: query, explode: false, schema: {type: [array, integer], items: {type: integer}}")
    assert [subject.decode_texts([text]) for text in ("1", "1,2")] == [1, [1, 2]]
    exploded = codec("in: query, schema: {type: [array, string], items: {type: string}}")
    assert [exploded.decode_texts(texts) for texts in (["a"], ["a", "b"])] == ["a", ["a", "b"]]


def test_the_last_text_of_a_name_counts_and_the_first_cookie(codec: Codec) -> None:
    """A cookie of a longer path comes first (RFC 6265, section 5.4)."""
    assert codec("in: query, schema: {type: integer}").decode(split_query("color=1&color=2")) == 2
    assert codec("in: cookie, schema: {type: integer}").decode(split_cookies("color=1; color=2")) == 1
    assert codec("in: header, schema: {type: array}").decode([("color", "a"), ("color", "b,c")]) == ["a", "b", "c"]


def test_an_empty_list(codec: Codec) -> None:
    """An empty text is a list of nothing, not of an empty text."""
    subject = codec("in: query, explode: false, schema: {type: array, items: {type: string}}")
    assert subject.decode(subject.encode([])) == []


def test_allow_empty_value(codec: Codec) -> None:
    """The name alone is told apart from every value, and only where it stands once."""
    subject = codec("in: query, allowEmptyValue: true, schema: {type: array, items: {type: integer}}")
    assert subject.decode(split_query("color")) is EMPTY
    assert subject.decode_texts([""]) is EMPTY
    assert subject.decode(split_query("color=&color=1")) == ["", 1]
    assert join_query(subject.encode(EMPTY)) == "color="
    assert join_query(subject.encode([1])) == "color=1"


@pytest.mark.parametrize(("place", "text"), [
    ("query", "/a?b:c@d!$'()*,;%23%5B%5D%26%2B%20=~"), ("path", "%2Fa%3Fb:c@d!$'()*,;%23%5B%5D&+%20=~"),
])  # fmt: skip
def test_allow_reserved(codec: Codec, place: str, text: str) -> None:
    """Reserved characters stay as they are, but for those that would end the text or mean something else in it."""
    value = "/a?b:c@d!$'()*,;#[]&+ =~"
    subject = codec(f"in: {place}, required: true, allowReserved: true, schema: {{type: string}}")
    assert subject.encode(value) == [("color", text)]
    assert subject.decode_texts([text]) == value


def test_allow_reserved_keeps_triples_and_guards_delimiters(codec: Codec) -> None:
    """Percent-encoded triples pass (RFC 6570, section 3.2.3); a lone percent sign and a delimiter do not."""
    subject = codec("in: query, allowReserved: true, explode: false, schema: {type: array}")
    assert join_query(subject.encode(["a%2Fb", "c%", "d,e"])) == "color=a%2Fb,c%25,d%2Ce"


def test_an_exploded_object_takes_what_is_its_own(codec: Codec) -> None:
    """Declared properties; all other names too where it declares none, or says that there are more."""
    pieces = split_query("R=1&x=2")
    assert codec("in: query, schema: {type: object, properties: {R: {type: integer}}}").decode(pieces) == {"R": 1}
    assert codec("in: query, schema: {type: object}").decode(pieces) == {"R": "1", "x": "2"}
    more = "in: query, schema: {type: object, properties: {R: {}}, additionalProperties: {type: integer}}"
    assert codec(more).decode(pieces) == {"R": "1", "x": 2}


@pytest.mark.parametrize(("query", "value"), [
    ("color[size][w]=1&color[size][h]=2", {"size": {"w": 1, "h": 2}}),
    ("color[tags]=1&color[tags]=2", {"tags": [1, 2]}),
    ("color[tags][]=1&color[tags][1]=2", {"tags": [1, 2]}),
    ("color[free][a][b]=1", {"free": {"a": {"b": "1"}}}),
    ("color[self][self][tags]=1", {"self": {"self": {"tags": [1]}}}),
    ("color%5Bsize%5D%5Bw%5D=1", {"size": {"w": 1}}),
    ("color[a=1", None),
    ("colors[a]=1", None),
])  # fmt: skip
def test_deep_objects_go_on_as_other_tools_write_them(codec: Codec, query: str, value: Any) -> None:
    """Objects in brackets, arrays by repetition, `[]` or an index."""
    size = "{type: object, properties: {w: {type: integer}, h: {type: integer}}}"
    inner = f"size: {size}, tags: {{type: array, items: {{type: integer}}}}"
    loop = "self: {$ref: '#/paths/~1colors/get/parameters/0/schema'}"
    written = f"in: query, style: deepObject, explode: true, schema: {{type: object, properties: {{{inner}, {loop}}}}}"
    subject = codec(written)
    found = subject.decode(split_query(query))
    assert found == value or value is None
    if value and "free" not in value:
        assert subject.decode(subject.encode(value)) == value


@pytest.mark.parametrize("query", ["color[a]=1&color[a][b]=2", "color[a][b]=2&color[a]=1", "color" + "[a]" * 65 + "=1"])
def test_deep_objects_that_contradict_themselves_are_refused(codec: Codec, query: str) -> None:
    """One name cannot be a text and an object."""
    with pytest.raises(Unreadable):
        codec("in: query, style: deepObject, explode: true, schema: {type: object}").decode(split_query(query))


def test_cookies_may_be_quoted() -> None:
    """Quotes around a value are no part of it (RFC 6265, section 4.1.1)."""
    assert split_cookies('a="1"; b = 2 ;c; d="') == [("a", "1"), ("b", "2"), ("d", '"')]
