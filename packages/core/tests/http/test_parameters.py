"""Parameters through a real service: every cell of the table, sent as a client's codec writes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from pymacaron.spec import load_document
from pymacaron.wire import Unreadable, compile_codec, join_cookies, join_query, plain_reader

Client = Callable[..., FlaskClient]

HANDLERS = "def it(**keywords):\n    return keywords\n"
STRING = "{type: string}"
ARRAY = "{type: array, items: {type: string}}"
OBJECT = "{type: object, properties: {R: {type: integer}, G: {type: integer}}}"
VALUES: dict[str, Any] = {STRING: "a,b c/é&=;.%", ARRAY: ["a,b", "c d", "é&=;.%"], OBJECT: {"R": 100, "G": 200}}
STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
POOR: dict[str, Any] = {ARRAY: ["a", "b"], STRING: "a", OBJECT: VALUES[OBJECT]}
"""What styles can carry that have no way to escape their delimiter."""

CELLS = [
    (place, style, explode, schema)
    for place, styles in STYLES.items()
    for style in styles
    for explode in ("true", "false")
    for schema in VALUES
    if style != "deepObject" or (explode, schema) == ("true", OBJECT)
]


def files(parameter: str, path: str = "/it", more: str = "", version: str = "openapi: 3.2.0") -> dict[str, str]:
    """Return the files of a service whose one operation has one parameter `p`."""
    document = f"""
{version}
info: {{title: T, version: '1'}}
paths:
  {path}:
    get:
      x-bind-server: handlers.it
      parameters: [{{name: p, {parameter}}}{more}]
      responses: {{'200': {{description: ok}}}}
"""
    return {"apis/it.yaml": document, "handlers.py": HANDLERS}


@pytest.mark.parametrize(("place", "style", "explode", "schema"), CELLS)
def test_what_a_client_writes_the_handler_gets(
    place: str, style: str, explode: str, schema: str, client: Client, tmp_path: Any
) -> None:
    """One codec for both directions, through a server."""
    rich = (place in ("path", "query") and style in ("simple", "label", "matrix", "form")) or (place, style) == (
        "cookie",
        "form",
    )
    value = (VALUES if rich else POOR)[schema]
    if place == "path" and schema == STRING:
        value = value.replace("/", "")
    parameter = f"in: {place}, required: true, style: {style}, explode: {explode}, schema: {schema}"
    path = "/it/{p}/x" if place == "path" else "/it"
    http = client(files(parameter, path, "" if place == "path" else ", {name: q, in: query, schema: {type: string}}"))
    http = http.application.test_client(use_cookies=False)
    codec = compile_codec(load_document(tmp_path / "service" / "apis" / "it.yaml").operations[0].parameters[0])
    pieces = codec.encode(value)
    url = path.replace("{p}", pieces[0][1])
    headers = {"header": dict(pieces), "cookie": {"Cookie": join_cookies(pieces)}}.get(place, {})
    reply = http.get(url + (f"?q=1&{join_query(pieces)}" if place == "query" else ""), headers=headers)
    assert (reply.status_code, (reply.json or {})["p"]) == (200, value), reply.text


FREE = "{type: object}"
SINGLE = "{type: [array, string], items: {type: string}}"


@pytest.mark.parametrize(
    ("place", "style", "explode", "schema"),
    [
        (*cell[:3], schema)
        for cell in CELLS
        for schema in (FREE, ARRAY, SINGLE)
        if cell[3] == OBJECT and (schema == FREE or cell[1] != "deepObject")
    ],
)
def test_a_parameter_holds_no_more_items_than_the_operation_allows(
    place: str, style: str, explode: str, schema: str, client: Client, tmp_path: Any
) -> None:
    """However its style puts them on the wire."""
    path = "/it/{p}" if place == "path" else "/it"
    given = files(f"in: {place}, required: true, style: {style}, explode: {explode}, schema: {schema}", path)
    http = client({**given, "apis/it.yaml": given["apis/it.yaml"] + "x-pym-limits: {items: 3}\n"})
    http = http.application.test_client(use_cookies=False)
    codec = compile_codec(load_document(tmp_path / "service" / "apis" / "it.yaml").operations[0].parameters[0])
    for count, status in ((3, 200), (4, 400)):
        texts = [f"k{number}" for number in range(count)]
        pieces = codec.encode(dict.fromkeys(texts, "v") if schema == FREE else texts)
        headers = {"header": dict(pieces), "cookie": {"Cookie": join_cookies(pieces)}}.get(place, {})
        url = path.replace("{p}", pieces[0][1]) + (f"?{join_query(pieces)}" if place == "query" else "")
        reply = http.get(url, headers=headers)
        assert reply.status_code == status, reply.text
        assert status == 200 or "more than 3 items" in reply.text


def test_all_parameters_together_hold_no_more_items_than_the_operation_allows(client: Client) -> None:
    one = "explode: false, schema: {type: array, items: {}}"
    given = files(f"in: query, {one}", more=f", {{name: q, in: header, {one.removeprefix('explode: false, ')}}}")
    http = client({**given, "apis/it.yaml": given["apis/it.yaml"] + "x-pym-limits: {items: 5}\n"})
    found = [http.get("/it?p=1,2", headers={"q": text}).status_code for text in ("1,2,3", "1,2,3,4")]
    assert found == [200, 400]


@pytest.mark.parametrize("schema", ["{type: string}", "{type: array, items: {type: string}}"])
@pytest.mark.parametrize(("path", "status"), [("/it/%FF", 400), ("/it/a%C3", 400), ("/it/%EF%BF%BD", 200)])
def test_a_path_that_is_not_utf8_is_refused(path: str, status: int, schema: str, client: Client) -> None:
    """As in a query; the character that often stands for such bytes is a legal one itself."""
    http = client(files(f"in: path, required: true, schema: {schema}", '"/it/{p}"'))
    for uri in ("", path):
        environ = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "RAW_URI": uri, "REQUEST_URI": uri}
        reply: Any = http.get("/", environ_overrides=environ)
        assert reply.status_code == status
        told = [{"in": "path", "name": "p", "pointer": "", "message": "Is not UTF-8"}]
        assert status == 200 or reply.json["problems"] == told


@pytest.mark.parametrize(("environ", "value"), [
    ({"RAW_URI": "/it/a%2Cb,c%2F"}, ["a,b", "c/"]),
    ({"RAW_URI": "http://host/it/a%2Cb,c%2F?x"}, ["a,b", "c/"]),
    ({"RAW_URI": "", "REQUEST_URI": "/it/a%2Cb,c%2F"}, ["a,b", "c/"]),
    ({"RAW_URI": "/another"}, ["a", "b", "c/"]),
    ({"RAW_URI": "", "REQUEST_URI": ""}, ["a", "b", "c/"]),
])  # fmt: skip
def test_a_path_is_read_as_it_was_written_where_the_server_tells(environ: Any, value: Any, client: Client) -> None:
    """Else from the decoded path, in which a comma is a delimiter."""
    http = client(files("in: path, schema: {type: array}", '"/it/{p}"'))
    path = "/it/a,b,c%" if "/" not in value[-1] else "/it/a,b,c"
    value = [each.removesuffix("/") for each in value]
    environ = {key: uri.replace("%2F", "") for key, uri in environ.items()}
    assert http.get(path, environ_overrides=environ).json == {"p": value}


def test_several_variables_in_one_segment(client: Client) -> None:
    """Each is found in the path as it was written."""
    given = files(
        "in: path, schema: {type: array}", '"/it/{q}~{p}.json"', ", {name: q, in: path, schema: {type: array}}"
    )
    assert client(given).get("/it/a%2Cb,c~d,e%2E.json").json == {"p": ["d", "e."], "q": ["a,b", "c"]}


@pytest.mark.parametrize(("parameter", "call", "told"), [
    ("in: query, schema: {type: string}", {"query_string": "p=%ff"}, "Is not UTF-8"),
    ("in: query, schema: {type: integer}", {"query_string": "p=1e999"}, "Input should be a valid integer"),
    ("in: query, schema: {type: number}", {"query_string": "p=NaN"}, "Input should be a valid number"),
    ("in: query, schema: {type: integer}", {"query_string": "p=%D9%A1"}, "Input should be a valid integer"),
    ("in: query, content: {application/json: {}}", {"query_string": "p=[1"}, "Is not JSON"),
    ("in: cookie, required: true, schema: {type: string}", {}, "Is required"),
    ("in: query, required: true, schema: {type: object, properties: {a: {}}}", {"query_string": "b=1"}, "Is required"),
    ("in: query, schema: {type: string}", {"query_string": "&".join(["p=1"] * 10_001)}, "Holds more than 10,000 items"),
    ("in: querystring, content: {application/x-www-form-urlencoded: {schema: {type: object}}}",
     {"query_string": "&" * 10_000}, "Holds more than 10,000 items"),
    ("in: cookie, schema: {type: string}", {"environ_overrides": {"HTTP_COOKIE": ";" * 10_000}},
     "Holds more than 10,000 items"),
])  # fmt: skip
def test_what_cannot_be_read_is_told(parameter: str, call: Any, told: str, client: Client) -> None:
    """As one of the problems of the request, without the value."""
    reply: Any = client(files(parameter)).application.test_client(use_cookies=False).get("/it", **call)
    assert (reply.status_code, [each["message"] for each in reply.json["problems"]]) == (400, [told])


ITEMS = "l: {type: array, items: {type: integer}}, o: {type: array, items: {type: object}}"
DEEP = f"in: query, style: deepObject, schema: {{type: object, properties: {{{ITEMS}}}}}"


@pytest.mark.parametrize(("parameter", "query", "value"), [
    ("in: query, allowEmptyValue: true, schema: {type: integer}", "p", None),
    ("in: query, allowEmptyValue: true, schema: {type: integer}", "p=", None),
    ("in: query, allowEmptyValue: true, schema: {type: integer, default: 4}", "", 4),
    ("in: query, allowEmptyValue: true, schema: {type: integer, default: 4}", "p=5", 5),
    ("in: query, schema: {type: [integer, 'null'], default: 4}", "p=", None),
    ("in: query, schema: {type: array, items: {type: integer}, default: [1, 2]}", "", [1, 2]),
    ("in: query, schema: {type: object, additionalProperties: {type: integer}}", "q=1&a=2", {"a": 2}),
    ("in: querystring, content: {application/json: {schema: {type: array}}}", "%5B1%2C2%5D", [1, 2]),
    ("in: query, schema: {type: string}", "é=1&p=é", "é"),
    (DEEP, "p[l][5]=1&p[l][2]=7", {"l": [1, 7]}),
    (DEEP, "p[o][]={\"a\":1}", {"o": [{"a": 1}]}),
])  # fmt: skip
def test_what_is_special_about_a_parameter(parameter: str, query: str, value: Any, client: Client) -> None:
    """Empty values, defaults, and objects that take what no other parameter does."""
    more = "" if "querystring" in parameter else ", {name: q, in: query, schema: {type: string}}"
    reply: Any = client(files(parameter, more=more)).get(
        "/it", environ_overrides={"QUERY_STRING": query.encode().decode("latin-1")}
    )
    assert (reply.status_code, reply.json["p"]) == (200, value)


TYPES = ["string", "integer", "number", "boolean", "[integer, 'null']"]
TEXTS = st.lists(st.text("01.-+eE%truefals ", max_size=6) | st.sampled_from(["true", "1.0", "%31", "1e3"]), min_size=1)


@given(texts=TEXTS, index=st.integers(0, len(TYPES) - 1))
def test_the_short_way_reads_what_the_codec_reads(texts: list[str], index: int, codecs: list[Any]) -> None:
    """A parameter without escapes is read with less ceremony, and no differently."""
    codec = codecs[index]
    assert outcome(plain_reader(codec), texts) == outcome(codec.decode_texts, texts)


def outcome(read: Callable[[list[str]], Any], texts: list[str]) -> str:
    """Return what is read, or why nothing is."""
    try:
        return repr(read(texts))
    except Unreadable as error:
        return f"unreadable: {error}"


@pytest.fixture(scope="module")
def codecs(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Return a codec for each type."""
    made = []
    for number, kind in enumerate(TYPES):
        file = tmp_path_factory.mktemp("types") / f"t{number}.yaml"
        file.write_text(files(f"in: query, schema: {{type: {kind}}}")["apis/it.yaml"])
        made.append(compile_codec(load_document(file).operations[0].parameters[0]))
    return made


@pytest.mark.parametrize(("outer", "inner", "query", "found"), [
    ("csv", "pipes", "t=1%7C2,3", [[1, 2], [3]]),
    ("csv", "ssv", "t=1%202,3", [[1, 2], [3]]),
    ("multi", "csv", "t=1,2&t=3", [[1, 2], [3]]),
    ("multi", "tsv", "t=1%092&t=", [[1, 2], []]),
    ("pipes", "csv", "t=1,2%7Cx", "/1/0"),
])  # fmt: skip
def test_swagger_writes_arrays_within_arrays_by_their_own_collection_formats(
    client: Client, outer: str, inner: str, query: str, found: Any
) -> None:
    items = f"{{type: array, collectionFormat: {inner}, items: {{type: integer}}}}"
    document = f"""\
swagger: '2.0'
info: {{title: T, version: '1'}}
paths:
  /it:
    get:
      x-bind-server: handlers.it
      parameters: [{{name: t, in: query, type: array, collectionFormat: {outer}, items: {items}}}]
      responses: {{'200': {{description: ok}}}}
"""
    reply = client({"apis/it.yaml": document, "handlers.py": "def it(t):\n    return t\n"}).get(f"/it?{query}")
    told: Any = reply.json
    assert (told if reply.status_code == 200 else told["problems"][0]["pointer"]) == found
