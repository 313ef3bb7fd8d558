"""The table of styles of the OpenAPI specification (3.2, section 4.12.6; 2.0, "collectionFormat"), one test a cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pymacaron.wire import ABSENT, ParameterCodec, Unsendable, join_cookies, join_query, split_cookies, split_query

Codec = Callable[..., ParameterCodec]

STRING = "schema: {type: string}"
ARRAY = "schema: {type: array, items: {type: string}}"
OBJECT = "schema: {type: object, properties: {R: {type: integer}, G: {type: integer}, B: {type: integer}}}"
LIST = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}

PATH = [
    ("simple", "false", "", "blue", "blue,black,brown", "R,100,G,200,B,150"),
    ("simple", "true", "", "blue", "blue,black,brown", "R=100,G=200,B=150"),
    ("label", "false", ".", ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
    ("label", "true", ".", ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
    ("matrix", "false", ";color", ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
    ("matrix", "true", ";color", ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"),
]
QUERY = [
    ("form", "false", "color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
    ("form", "true", "color=", "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
    ("spaceDelimited", "false", None, None, "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"),
    ("pipeDelimited", "false", None, None, "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("deepObject", "true", None, None, None, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
]
COOKIE = [
    ("form", "false", "color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
    ("form", "true", "color=", "color=blue", "color=blue; color=black; color=brown", "R=100; G=200; B=150"),
    ("cookie", "false", "color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
    ("cookie", "true", "color=", "color=blue", "color=blue; color=black; color=brown", "R=100; G=200; B=150"),
]
SWAGGER = [
    ("csv", "blue,black,brown"),
    ("ssv", "blue%20black%20brown"),
    ("tsv", "blue%09black%09brown"),
    ("pipes", "blue%7Cblack%7Cbrown"),
]


def _cells(table: list[Any], *places: str) -> list[Any]:
    """Spread the rows of a table: in, style, explode, schema, value, text."""
    columns = ((STRING, ""), (STRING, "blue"), (ARRAY, LIST), (OBJECT, RGB))
    return [
        pytest.param(place, style, explode, schema, value, text, id=f"{place}-{style}-{explode}-{value}")
        for place in places
        for style, explode, *texts in table
        for (schema, value), text in zip(columns, texts, strict=True)
        if text is not None
    ]


def test_every_cell_is_there() -> None:
    """All that the specification does not mark as not applicable."""
    assert len(_cells(PATH, "path") + _cells(QUERY, "query") + _cells(COOKIE, "cookie")) == 24 + 13 + 16


@pytest.mark.parametrize(
    ("place", "style", "explode", "schema", "value", "text"),
    [*_cells(PATH, "path"), *_cells(PATH[:2], "header")],
)
def test_one_text(codec: Codec, place: str, style: str, explode: str, schema: str, value: Any, text: str) -> None:
    """A path or header parameter is one text."""
    subject = codec(f"in: {place}, required: true, style: {style}, explode: {explode}, {schema}")
    assert subject.encode(value) == [("color", text)]
    assert subject.decode([("color", text)]) == value


@pytest.mark.parametrize(("place", "style", "explode", "schema", "value", "text"), _cells(QUERY, "query"))
def test_query(codec: Codec, place: str, style: str, explode: str, schema: str, value: Any, text: str) -> None:
    """A query parameter is a part of the query string, found among others."""
    subject = codec(f"in: {place}, style: {style}, explode: {explode}, {schema}")
    assert join_query(subject.encode(value)) == text
    assert subject.decode(split_query(f"page=1&{text}&colour=red")) == value


@pytest.mark.parametrize(("place", "style", "explode", "schema", "value", "text"), _cells(COOKIE, "cookie"))
def test_cookie(codec: Codec, place: str, style: str, explode: str, schema: str, value: Any, text: str) -> None:
    """A cookie parameter is one cookie or several."""
    subject = codec(f"in: {place}, style: {style}, explode: {explode}, {schema}")
    assert join_cookies(subject.encode(value)) == text
    assert subject.decode(split_cookies(f"session=1; {text}; last=red")) == value


@pytest.mark.parametrize(("style", "explode", "schema"), [
    ("spaceDelimited", "true", ARRAY),
    ("pipeDelimited", "true", ARRAY),
])  # fmt: skip
def test_what_the_table_leaves_open_is_read_as_without_explode(
    codec: Codec, style: str, explode: str, schema: str
) -> None:
    """Not applicable means undefined: the delimiter of the style stands between the items all the same."""
    subject = codec(f"in: query, style: {style}, explode: {explode}, {schema}")
    assert subject.decode(subject.encode(LIST)) == LIST


@pytest.mark.parametrize("place", ["path", "query", "header", "formData"])
@pytest.mark.parametrize(("collection", "text"), SWAGGER)
def test_collection_format(codec: Codec, place: str, collection: str, text: str) -> None:
    """Swagger 2.0's formats, as they are in a header, percent-encoded elsewhere."""
    written = f"in: {place}, required: true, type: array, items: {{type: string}}, collectionFormat: {collection}"
    subject = codec(written, "2.0")
    if place == "header":
        text = text.replace("%20", " ").replace("%09", "\t").replace("%7C", "|")
    if (place, collection) == ("header", "tsv"):
        text = "blue\tblack\tbrown"
    assert subject.encode(LIST) == [("color", text)]
    assert subject.decode([("color", text)]) == LIST


@pytest.mark.parametrize("place", ["query", "formData"])
def test_collection_format_multi(codec: Codec, place: str) -> None:
    """One name for each item."""
    subject = codec(f"in: {place}, type: array, items: {{type: integer}}, collectionFormat: multi", "2.0")
    assert join_query(subject.encode([1, 2])) == "color=1&color=2"
    assert subject.decode(split_query("color=1&color=2")) == [1, 2]


@pytest.mark.parametrize(("collection", "text"), [
    ("csv", "a b,c%"), ("ssv", "a b c%"), ("tsv", "a\tb\tc%"), ("pipes", "a|b|c%"),
])  # fmt: skip
def test_fields_of_multipart_forms_are_not_percent_encoded(codec: Codec, collection: str, text: str) -> None:
    """Nothing but the delimiter means anything there."""
    written = f"in: formData, type: array, items: {{type: string}}, collectionFormat: {collection}"
    subject = codec(written, "2.0", decoded=True)
    found = subject.decode([("color", text)])
    assert found == (["a b", "c%"] if collection == "csv" else ["a", "b", "c%"])
    assert subject.encode(found) == [("color", text)]


@pytest.mark.parametrize(("place", "text"), [
    ("query", "%7B%22R%22%3A100%2C%22names%22%3A%5B%22a%26b%22%5D%7D"),
    ("path", "%7B%22R%22%3A100%2C%22names%22%3A%5B%22a%26b%22%5D%7D"),
    ("cookie", "%7B%22R%22%3A100%2C%22names%22%3A%5B%22a%26b%22%5D%7D"),
    ("header", '{"R":100,"names":["a&b"]}'),
])  # fmt: skip
def test_content(codec: Codec, place: str, text: str) -> None:
    """A parameter with `content` is JSON, percent-encoded where the place asks for it."""
    subject = codec(f"in: {place}, required: true, content: {{application/json: {{schema: {{type: object}}}}}}")
    value = {"R": 100, "names": ["a&b"]}
    assert subject.encode(value) == [("color", text)]
    assert subject.decode([("color", text)]) == value


def test_content_that_is_text(codec: Codec) -> None:
    """Other media types are text."""
    subject = codec("in: query, content: {text/plain: {schema: {type: string}}}")
    assert join_query(subject.encode("a b+1")) == "color=a%20b%2B1"
    assert subject.decode(split_query("color=a+b%2B1")) == "a b+1"


@pytest.mark.parametrize(("media_type", "schema", "value", "text"), [
    ("application/x-www-form-urlencoded", "{type: object, properties: {R: {type: integer}, tags: {type: array}}}",
     {"R": 1, "tags": ["a b", "c&d"]}, "R=1&tags=a%20b&tags=c%26d"),
    ("application/json", "{type: object}", {"a+": [1, 2]}, "%7B%22a%2B%22%3A%5B1%2C2%5D%7D"),
    ("text/plain", "{type: string}", "a&b+c", "a%26b%2Bc"),
])  # fmt: skip
def test_querystring(codec: Codec, media_type: str, schema: str, value: Any, text: str) -> None:
    """OpenAPI 3.2's parameter that is the whole query string."""
    subject = codec(f"in: querystring, content: {{{media_type}: {{schema: {schema}}}}}")
    assert subject.encode(value) == [("color", text)]
    assert subject.decode([("color", text)]) == value


@pytest.mark.parametrize("schema", [STRING, ARRAY, OBJECT])
@pytest.mark.parametrize("place", ["query", "header", "cookie"])
def test_absent(codec: Codec, place: str, schema: str) -> None:
    """What is not there is told apart from every value, in both directions."""
    subject = codec(f"in: {place}, {schema}")
    assert subject.decode([("page", "1")] if subject.name else []) is ABSENT
    assert list(subject.encode(ABSENT)) == []


@pytest.mark.parametrize(("written", "value"), [
    ("in: query, style: spaceDelimited, explode: false, " + ARRAY, ["a b"]),
    ("in: query, style: pipeDelimited, explode: false, " + ARRAY, ["a|b"]),
    ("in: query, explode: false, " + ARRAY, [""]),
    ("in: header, " + ARRAY, ["a,b"]),
    ("in: header, " + STRING, "a\r\nX-Admin: yes"),
    ("in: header, " + STRING, " a"),
    ("in: header, " + STRING, "€"),
    ("in: cookie, style: cookie, " + STRING, "a;b"),
    ("in: cookie, style: cookie, " + STRING, "a b"),
    ("in: query, style: deepObject, explode: true, " + OBJECT, {"a]": 1}),
    ("in: query, " + STRING, "\ud800"),
    ("in: query, schema: {type: number}", float("nan")),
    ("in: query, " + OBJECT, "blue"),
    ("in: query, explode: false, " + ARRAY, "blue"),
])  # fmt: skip
def test_what_a_style_cannot_carry_is_refused(codec: Codec, written: str, value: Any) -> None:
    """A client never sends what its server would read as something else."""
    with pytest.raises(Unsendable):
        codec(written).encode(value)
