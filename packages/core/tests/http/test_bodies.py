"""Bodies of every media type, and what is not admitted: sent to a real service."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient

Client = Callable[..., FlaskClient]

ECHO = "def it(*bodies, **keywords):\n    return [repr(value) for value in (*bodies, *keywords.values())]\n"
PLAIN = "def it(body=None):\n    return body.to_json() if hasattr(body, 'to_json') else [repr(body)]\n"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
PET = """{type: object, properties: {
  n: {type: integer}, tags: {type: array, items: {type: string}}, at: {type: object, properties: {x: {type: integer}}},
  boxes: {type: array, items: {type: object, properties: {w: {type: integer}}}}, ok: {type: boolean},
  photo: {type: string, format: binary}, photos: {type: array, items: {type: string, format: binary}}}}"""


def files(content: str, code: str = PLAIN, more: str = "") -> dict[str, str]:
    """Return the files of a service whose only operation is `post` on /it."""
    body = f"      requestBody: {{content: {content}}}\n" if content else ""
    document = f"""\
openapi: 3.1.0
info: {{title: T, version: '1'}}
paths:
  /it:
    post:
      x-bind-server: handlers.it
{body}{more}"""
    if "responses" not in more:
        document += "      responses: {'200': {description: ok}}\n"
    return {"apis/it.yaml": document, "handlers.py": code}


def form(media_type: str, encoding: str = "") -> dict[str, str]:
    """Return the files of a service that takes a form."""
    return files(f"{{{media_type}: {{schema: {PET}{encoding}}}}}", ECHO.replace("repr(value)", "value.to_json()"))


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/vnd.pet+json", "application/json; charset=utf-8"]
)
def test_json(media_type: str, client: Client) -> None:
    http = client(files("{application/json: {schema: {}}, application/vnd.pet+json: {schema: {}}}"))
    assert http.post("/it", data=b'{"a":1}', content_type=media_type).json == ["{'a': 1}"]


@pytest.mark.parametrize(("encoding", "sent", "found"), [
    ("", "n=1&tags=a+b&tags=c%26d&at=%7B%22x%22%3A1%7D&ok=true&boxes=%7B%22w%22:1%7D",
     {"n": 1, "tags": ["a b", "c&d"], "at": {"x": 1}, "ok": True, "boxes": [{"w": 1}]}),
    (", encoding: {tags: {explode: false}}", "tags=a%2Cb,c", {"tags": ["a,b", "c"]}),
    (", encoding: {tags: {style: pipeDelimited}}", "tags=a%7Cb", {"tags": ["a", "b"]}),
    (", encoding: {at: {style: deepObject, explode: true}}", "at[x]=3&n=2", {"at": {"x": 3}, "n": 2}),
    (", encoding: {at: {style: form, explode: true}}", "x=3&n=2", {"at": {"x": 3}, "n": 2}),
    (", encoding: {at: {contentType: application/json}}", "at=%7B%22x%22%3A1%7D", {"at": {"x": 1}}),
    (", encoding: {tags: {contentType: application/json}}", "tags=[%22a%22]", {"tags": ["a"]}),
])  # fmt: skip
def test_urlencoded_forms(encoding: str, sent: str, found: Any, client: Client) -> None:
    """Each property by its type, or by its style where the document gives one."""
    reply = client(form(URLENCODED, encoding)).post("/it", data=sent, content_type=URLENCODED)
    assert (reply.status_code, reply.json) == (200, [found]), reply.text


@pytest.mark.parametrize(("sent", "told"), [
    ("n=x", ("/n", "Input should be a valid integer")),
    ("at=%7B", ("/at", "Is not JSON")),
    ("n=%ff", ("/n", "Is not UTF-8")),
    ("&".join(["n=1"] * 10_001), ("", "Holds more than 10,000 items")),
    ("boxes=[{}" + ",{}" * 8_999 + "]" + "&tags=x" * 2_000,
     ("/boxes", "Holds, with others, more than 10,000 items")),
])  # fmt: skip
def test_urlencoded_forms_that_are_wrong(sent: str, told: tuple[str, str], client: Client) -> None:
    reply: Any = client(form(URLENCODED)).post("/it", data=sent, content_type=URLENCODED)
    assert reply.status_code == 400
    assert [(each["pointer"], each["message"]) for each in reply.json["problems"]] == [told]


WITH_FILES = """\
from pymacaron import Call
def it(body, call: Call):
    files = call.request.files
    streams = [[file.filename, file.stream.read().decode()] for name in files for file in files.getlist(name)]
    return [body.n, body.tags, body.at.x, repr(body.photo), list(map(repr, body.photos)), *streams]
"""


def test_multipart_forms(client: Client) -> None:
    """Texts are as they are sent; files become bytes, or JSON where the schema asks for an object, and are streams."""
    data = {
        "n": "1",
        "tags": ["a%2Cb", "c+d"],
        "at": (io.BytesIO(b'{"x": 1}'), "at.json", "application/json"),
        "photo": (io.BytesIO(b"png"), "dog.png", "image/png"),
        "photos": [(io.BytesIO(b"1"), "1.png"), (io.BytesIO(b"2"), "2.png")],
    }
    http = client(files(f"{{{MULTIPART}: {{schema: {PET}}}}}", WITH_FILES))
    reply = http.post("/it", data=data, content_type=MULTIPART)
    streams = [["at.json", '{"x": 1}'], ["dog.png", "png"], ["1.png", "1"], ["2.png", "2"]]
    assert reply.json == [1, ["a%2Cb", "c+d"], 1, "b'png'", ["b'1'", "b'2'"], *streams], reply.text


@pytest.mark.parametrize(
    "signature", ["body: typing.BinaryIO", "body: 'typing.BinaryIO', more: 'Unknown' = 1"], ids=["plain", "unknown too"]
)
def test_a_handler_that_asks_for_a_file_gets_a_multipart_form_as_it_is_sent(client: Client, signature: str) -> None:
    code = f"import typing\ndef it({signature}):\n    return [body.read(3).decode(), len(body.read())]\n"
    sent = b"--x\r\nContent-Disposition: form-data; name=photo; filename=a\r\n\r\npng\r\n--x--\r\n"
    reply = client(files(f"{{{MULTIPART}: {{schema: {PET}}}}}", code)).post(
        "/it", data=sent, content_type=f"{MULTIPART}; boundary=x"
    )
    assert reply.json == ["--x", len(sent) - 3]


def test_a_file_of_swagger_is_a_stream_with_its_name(client: Client) -> None:
    document = """\
swagger: "2.0"
info: {title: T, version: '1'}
paths:
  /it:
    post:
      x-bind-server: handlers.it
      consumes: [multipart/form-data]
      parameters: [{name: photo, in: formData, type: file}]
      responses: {'200': {description: ok}}
"""
    code = "def it(photo):\n    return [photo.filename, photo.stream.read().decode()]\n"
    http = client({"apis/it.yaml": document, "handlers.py": code})
    data = {"photo": (io.BytesIO(b"png"), "dog.png")}
    assert http.post("/it", data=data, content_type=MULTIPART).json == ["dog.png", "png"]


def test_a_boundary_may_be_as_long_as_werkzeug_makes_it(client: Client) -> None:
    http = client(form(MULTIPART))
    boundary = "b" * 72
    data = f'--{boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\nRex\r\n--{boundary}--\r\n'
    assert http.post("/it", data=data, content_type=f"{MULTIPART}; boundary={boundary}").status_code == 200


@pytest.mark.parametrize(("media_type", "status"), [("image/png", 200), ("image/gif", 200), ("text/html", 400)])
def test_files_are_of_the_media_types_that_are_asked_for(media_type: str, status: int, client: Client) -> None:
    http = client(
        files(f"{{{MULTIPART}: {{schema: {PET}, encoding: {{photo: {{contentType: 'image/gif, image/png'}}}}}}}}", ECHO)
    )
    data = {"photo": (io.BytesIO(b"x"), "x", media_type)}
    reply: Any = http.post("/it", data=data, content_type=MULTIPART)
    assert reply.status_code == status
    if status == 400:
        assert reply.json["problems"][0]["message"] == "Should be sent as image/gif, image/png"


@pytest.mark.parametrize(("header", "told"), [
    ("X-Size: 3", None), ("x-size: 3\r\nX-Other: 1", None), ("X-Other: 1", "the header X-Size: is missing"),
    ("X-Size: many", "the header X-Size: Input should be a valid integer"),
])  # fmt: skip
@pytest.mark.parametrize("part", ['name="photo"; filename="f"', 'name="n"'])
def test_the_headers_of_a_part_are_judged(part: str, header: str, told: str | None, client: Client) -> None:
    """Be it a file or not, where `encoding` declares them."""
    headers = "{headers: {X-Size: {required: true, schema: {type: integer}}, Content-Type: {required: true}}}"
    http = client(form(MULTIPART, f", encoding: {{photo: {headers}, n: {headers}}}"))
    data = f"--b\r\nContent-Disposition: form-data; {part}\r\n{header}\r\n\r\n1\r\n--b--\r\n"
    reply: Any = http.post("/it", data=data, content_type=f"{MULTIPART}; boundary=b")
    assert reply.status_code == (400 if told else 200), reply.text
    assert [each["message"] for each in reply.json["problems"]] == [told] if told else reply.json


def test_form_parameters_of_swagger(client: Client) -> None:
    """Percent-encoded in one kind of form, as they are in the other; anything else is refused."""
    document = """\
swagger: "2.0"
info: {title: T, version: '1'}
paths:
  /it:
    post:
      x-bind-server: handlers.it
      parameters:
        - {name: tags, in: formData, type: array, items: {type: string}}
        - {name: n, in: formData, type: integer, default: 7}
      responses: {'200': {description: ok}}
"""
    http = client({"apis/it.yaml": document, "handlers.py": ECHO})
    assert http.post("/it", data="tags=a%2Cb,c", content_type=URLENCODED).json == ["['a,b', 'c']", "7"]
    assert http.post("/it", data={"tags": "a%2Cb,c", "n": "1"}, content_type=MULTIPART).json == ["['a%2Cb', 'c']", "1"]
    assert http.post("/it", data="{}", content_type="application/json").status_code == 415
    assert http.post("/it").json == ["None", "7"]


def test_bytes_and_text(client: Client) -> None:
    http = client(files("{application/octet-stream: {}, text/plain: {schema: {type: string}}, image/png: {}}"))
    sent = {"application/octet-stream": b"\x00", "text/plain; charset=latin-1": b"\xe9", "image/png": b"\x01"}
    replies = [http.post("/it", data=data, content_type=name).json for name, data in sent.items()]
    assert replies == [["b'\\x00'"], ["'\u00e9'"], ["b'\\x01'"]]


STREAM = """\
from typing import BinaryIO
def it(body: BinaryIO):
    return [len(body.read(3)), len(body.read())]
"""


@pytest.mark.parametrize(
    ("size", "chunked", "status"), [(9, False, 200), (9, True, 200), (11, False, 413), (11, True, 413)]
)
def test_a_handler_that_asks_for_a_file_reads_the_body_as_it_comes(
    size: int, chunked: bool, status: int, client: Client
) -> None:
    """Up to the limit, be it declared or counted."""
    http = client(files("{application/octet-stream: {}}", STREAM, "      x-pym-limits: {body: 10}\n"))
    options: dict[str, Any] = {"content_type": "application/octet-stream"}
    if chunked:
        options["environ_overrides"] = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        options["input_stream"] = io.BytesIO(b"x" * size)
    else:
        options["data"] = b"x" * size
    reply = http.post("/it", **options)
    assert reply.status_code == status
    assert status == 413 or reply.json == [3, size - 3]


def test_a_body_that_nobody_asks_for_is_left_unread(client: Client) -> None:
    """As it is in Flask: no operation is refused for what it ignores."""
    http = client(files("", "def it():\n    return ['done']\n"))
    assert http.post("/it", data=b"x" * 2_000_000, content_type="any/thing").json == ["done"]


@pytest.mark.parametrize(("media_type", "status"), [
    ("text/plain", 415), ("application/xml", 415), (URLENCODED, 415), ("application/jsonx", 415), ("a", 415),
    ("application/JSON", 200), (None, 200),
])  # fmt: skip
def test_an_unknown_content_type_is_refused(media_type: str | None, status: int, client: Client) -> None:
    http = client(files("{application/json: {schema: {}}}"))
    reply: Any = http.post("/it", data=b"{}", content_type=media_type)
    assert reply.status_code == status
    assert status == 200 or reply.json["error_description"] == "Content-Type should be one of: application/json"


@pytest.mark.parametrize(("media_type", "data"), [
    ("application/json", b"{}"), (URLENCODED, b"n=1"), (MULTIPART + "; boundary=b", b"--b--\r\n"), ("text/plain", b"x"),
])  # fmt: skip
@pytest.mark.parametrize(("coding", "status"), [("gzip", 415), ("br, identity", 415), ("Identity", 200), ("", 200)])
def test_a_body_in_a_coding_is_refused(media_type: str, data: bytes, coding: str, status: int, client: Client) -> None:
    """With what would be accepted (RFC 9110, section 15.5.16)."""
    http = client(files(f"{{application/json: {{}}, {URLENCODED}: {{}}, {MULTIPART}: {{}}, text/plain: {{}}}}"))
    reply = http.post("/it", data=data, content_type=media_type, headers={"Content-Encoding": coding})
    assert (reply.status_code, reply.headers.get("Accept-Encoding")) == (status, "identity" if status == 415 else None)


def test_a_handler_that_reads_a_body_by_itself_gets_it_in_its_coding(client: Client) -> None:
    http = client(files("{application/octet-stream: {}}", STREAM))
    options: Any = {"content_type": "application/octet-stream", "headers": {"Content-Encoding": "gzip"}}
    assert http.post("/it", data=b"xxxx", **options).json == [3, 1]


PRODUCES = "      responses: {'200': {description: ok, content: {%s: {schema: {}}}}, '404': {description: no}}\n"


@pytest.mark.parametrize(("produced", "accept", "status"), [
    ("application/json", "text/html", 406), ("application/json", "text/html, */*;q=0.1", 200),
    ("application/json", "application/*", 200), ("application/json", "application/json;q=0", 406),
    ("application/json", "application/vnd.x+json", 406), ("application/json", "", 200), ("'*/*'", "text/html", 200),
    ("image/png", "image/*", 200), ("image/png", "application/json", 406), ("application/json", "nonsense", 406),
])  # fmt: skip
def test_what_accepts_no_answer_is_refused_before_the_handler(
    produced: str, accept: str, status: int, client: Client
) -> None:
    code = "called = []\ndef it():\n    called.append(1)\n    return 'x'\n"
    http = client(files("", code, PRODUCES % produced))
    for _ in range(2):
        reply: Any = http.post("/it", headers={"Accept": accept})
        assert reply.status_code == status
    if status == 406:
        assert reply.json["error"] == "NOT_ACCEPTABLE"


def test_a_method_that_is_not_served_is_told_which_are(client: Client) -> None:
    reply = client(files("")).delete("/it")
    assert (reply.status_code, sorted(reply.headers["Allow"].split(", "))) == (405, ["OPTIONS", "POST"])


HEADERS = """\
      responses:
        '200':
          description: ok
          headers:
            X-Count: {required: true, schema: {type: integer, maximum: 9}}
            X-Tags: {schema: {type: array, items: {type: string}}}
            X-Info: {content: {application/json: {schema: {type: object}}}}
            Content-Length: {required: true, schema: {type: integer}}
            Date: {required: true, schema: {type: string}}
        '201': {description: made}
"""


@pytest.mark.parametrize(("result", "headers", "told"), [
    ("{}, 200, {'X-Count': '3'}", {"X-Count": "3"}, ""),
    ("{}, 200, {'X-Count': 3, 'X-Tags': ['a', 'b'], 'X-Info': {'a': 1}}",
     {"X-Count": "3", "X-Tags": "a,b", "X-Info": '{"a":1}'}, ""),
    ("{}, 200, [('x-count', '3')]", {"X-Count": "3"}, ""),
    ("None, 201, {}", {}, ""),
    ("__import__('flask').Response('{}')", {}, ""),
    ("{}", {}, "the header X-Count: is missing"),
    ("{}, 200", {}, "the header X-Count: is missing"),
    ("'text'", {}, "the header X-Count: is missing"),
    ("{}, 200, {'X-Count': 'many'}", {}, "the header X-Count: Input should be a valid integer"),
    ("{}, 200, {'X-Count': 10}", {}, "the header X-Count: Input should be less than or equal to 9"),
    ("{}, 200, {'X-Count': 1, 'X-Info': '{'}", {}, "the header X-Info: Is not JSON"),
    ("{}, 200, {'X-Count': 1, 'X-Tags': ['a,b']}", {}, "the header X-Tags, which: A text holds the delimiter"),
])  # fmt: skip
def test_the_headers_of_a_response_are_judged(
    result: str, headers: dict[str, str], told: str, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    reply: Any = client(files("", f"def it():\n    return {result}\n", HEADERS)).post("/it")
    assert reply.status_code == (500 if told else 201 if "201" in result else 200), reply.text
    assert told in caplog.text
    assert {name: reply.headers[name] for name in headers} == headers
    if told:
        assert reply.json["error"] == "BAD_RESPONSE"


@pytest.mark.parametrize(("judged", "logged"), [("off", False), ("report", True)])
def test_judging_can_be_left_off(judged: str, logged: bool, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    given = files("", "def it():\n    return {}\n", HEADERS)
    given["pym-config.yaml"] = f"name: demo\nvalidate_responses: {judged}\n"
    assert client(given).post("/it").status_code == 200
    assert ("the header X-Count: is missing" in caplog.text) is logged


def test_a_form_that_a_function_read_before_is_judged_all_the_same(service: Callable[..., Any]) -> None:
    app = service(form(URLENCODED))
    app.before_request(lambda: (flask.request.form, None)[1])
    http = app.test_client()
    assert http.post("/it", data={"n": "1"}).json == [{"n": 1}]
    assert http.post("/it", data={"n": "x"}).status_code == 400


def test_a_part_without_a_name_is_refused(client: Client) -> None:
    data = b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"
    reply = client(form(MULTIPART)).post("/it", data=data, content_type="multipart/form-data; boundary=b")
    assert reply.status_code == 400


@pytest.mark.parametrize("charset", ["punycode", "unicode_escape", "hex", "bogus"])
def test_a_codec_that_is_no_charset_is_refused(charset: str, client: Client) -> None:
    http = client(files("{text/plain: {schema: {type: string}}}"))
    reply = http.post("/it", data=b"a-" + b"b" * 300_000, content_type=f"text/plain; charset={charset}")
    assert reply.status_code == 415


def test_a_number_of_hundreds_of_digits_is_refused_and_a_text_of_them_is_none(client: Client) -> None:
    http = client(files("{application/json: {schema: {type: array, uniqueItems: true}}}"))
    number, text = "[" + "9" * 4204 + "]", '["' + "9" * 4204 + '"]'
    sent = [http.post("/it", data=data, content_type="application/json") for data in (number, text)]
    assert [reply.status_code for reply in sent] == [400, 200]


def test_a_number_beyond_floats_is_refused_without_a_schema_too(client: Client) -> None:
    http = client(files("{application/json: {}}"))
    sent = [
        http.post("/it", data=f'{{"n": {text}}}', content_type="application/json")
        for text in ("1e400", "1" * 400 + ".0")
    ]
    assert [reply.status_code for reply in sent] == [400, 400]


BINARY = "{type: string, contentMediaType: application/octet-stream}"


@pytest.mark.parametrize(("schema", "sent", "found"), [
    (f"{{type: object, properties: {{f: {BINARY}}}}}", b"\xff\x00", b"\xff\x00"),
    (f"{{type: object, minProperties: 1, properties: {{f: {BINARY}}}}}", b"abc", b"abc"),
    ("{type: object, properties: {f: {type: string, contentMediaType: image/png}}}", b"\x89PNG", b"\x89PNG"),
    (f"{{type: object, properties: {{f: {{type: array, items: {BINARY}}}}}}}", b"\xff", [b"\xff"]),
    ("{oneOf: [{type: object, required: [f], properties: {f: {type: string, format: binary}}},"
     " {type: object, required: [url], properties: {url: {type: string}}}]}", b"\xff", b"\xff"),
    ("{type: object, properties: {f: {type: string, format: binary, maxLength: 5}}}", b"\xff" * 5, b"\xff" * 5),
    ("{type: object, properties: {f: {type: string, format: binary, maxLength: 5}}}", b"\xff" * 6, None),
    ("{type: object, properties: {f: {type: string, format: binary, maxLength: 5}}}", b"\xc3\xa9", b"\xc3\xa9"),
    ("{type: object, properties: {f: {type: string, format: binary, minLength: 3}}}", b"\xc3\xa9", None),
])  # fmt: skip
def test_a_file_is_judged_and_handed_over_as_its_bytes(schema: str, sent: bytes, found: Any, client: Client) -> None:
    code = "def it(body):\n    return [repr(body['f'])]\n"
    http = client(files(f"{{multipart/form-data: {{schema: {schema}}}}}", code))
    reply = http.post("/it", data={"f": (io.BytesIO(sent), "f.bin")})
    assert (reply.json if reply.status_code == 200 else None) == (None if found is None else [repr(found)])


def test_a_text_of_a_kind_of_text_stays_text(client: Client) -> None:
    schema = "{type: object, properties: {f: {type: string, contentMediaType: text/html}}}"
    http = client(files(f"{{application/json: {{schema: {schema}}}}}"))
    assert http.post("/it", json={"f": "<p>"}).json == {"f": "<p>"}
