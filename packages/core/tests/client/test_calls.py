"""What a call returns: models, plain values, errors that tell status, code and body; and what it refuses to send."""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pymacaron import apipool
from pymacaron.client import Answer
from pymacaron.exceptions import BadCallError, CallError, PyMacaronException

Served = Callable[..., str]
Caller = Callable[..., Any]

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /pets/{pet_id}:
    put:
      x-bind-server: handlers.change
      x-bind-client: change_pet
      summary: Change a pet.
      parameters:
      - {name: pet_id, in: path, required: true, schema: {type: integer}}
      - {name: X-Tags, in: header, schema: {type: array, items: {type: string}}}
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses:
        '200': {description: ok, headers: {X-Count: {schema: {type: integer}}},
                content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
        '409': {description: no, content: {application/json: {schema: {$ref: '#/components/schemas/Clash'}}}}
    delete:
      operationId: deletePet
      x-bind-server: handlers.delete
      parameters: [{name: pet_id, in: path, required: true, schema: {type: integer}}]
      responses: {'204': {description: gone}}
  /echo/{kind}:
    post:
      operationId: echo
      x-bind-server: handlers.echo
      parameters: [{name: kind, in: path, required: true, schema: {type: string}}]
      requestBody:
        content:
          application/json: {schema: {type: array, items: {type: integer}}}
          text/plain: {schema: {type: string, maxLength: 9}}
          application/octet-stream: {}
          application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Form'}}
      responses: {'200': {description: ok}}
  /upload:
    post:
      operationId: upload
      x-bind-server: handlers.upload
      requestBody: {content: {multipart/form-data: {schema: {$ref: '#/components/schemas/Upload'}}}}
      responses: {'200': {description: ok}}
  /text:
    get:
      operationId: getText
      x-bind-server: handlers.text
      responses: {'200': {description: ok, content: {text/plain: {schema: {type: string}}}}}
  /bytes:
    get:
      operationId: getBytes
      x-bind-server: handlers.some_bytes
      responses: {'200': {description: ok, content: {application/octet-stream: {}}}}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties: {name: {type: string}, born: {type: string, format: date}}
    Clash: {type: object, required: [error, other], properties: {error: {type: string}, other: {type: integer}}}
    Form:
      type: object
      required: [name]
      properties:
        name: {type: string}
        tags: {type: array, items: {type: string}}
        size: {type: object, properties: {w: {type: integer}}}
    Upload:
      type: object
      required: [picture]
      properties:
        picture: {type: string, format: binary}
        more: {type: array, items: {type: string, format: binary}}
        title: {type: string}
        size: {type: object, properties: {w: {type: integer}}}
"""
HANDLERS = """
from flask import request
from pymacaron.exceptions import PyMacaronException

class NoPet(PyMacaronException):
    status, code = 404, 'NO_PET'

def change(body, pet_id, X_Tags=None):
    if pet_id == 404:
        raise NoPet('there is no such pet', user_message='Sorry')
    if pet_id == 409:
        return {'error': 'CLASH', 'other': 3}, 409
    if pet_id == 500:
        raise RuntimeError('secret')
    body.name += ''.join(X_Tags or [])
    return body, 200, {'X-Count': 7}

def delete(pet_id):
    return None

def echo(body, kind):
    told = body.decode() if isinstance(body, bytes) else body
    return {'type': request.content_type, 'body': told}

def upload(body):
    file = request.files.get('picture')
    sent = [file.filename, file.mimetype] if file else []
    return {**{name: str(value) for name, value in body.model_dump(exclude_none=True).items()}, 'sent': sent}

def text():
    return 'café'

def some_bytes():
    return b'\\x00\\xff'
"""


@pytest.fixture
def pets(served: Served, caller: Caller) -> Any:
    """Give the pool of an API that is served on a socket."""
    return caller(DOCUMENT, served({"apis/it.yaml": DOCUMENT, "handlers.py": HANDLERS}))


def test_a_model_goes_out_and_a_model_comes_back(pets: Any) -> None:
    pet = apipool.it.client.change_pet(pets.Pet(name="Ada", born="2020-02-01"), pet_id=1, X_Tags=["a", "b"])
    assert (type(pet), pet.to_json()) == (pets.Pet, {"name": "Adaab", "born": "2020-02-01"})


def test_the_same_call_can_be_awaited(pets: Any) -> None:
    async def both() -> list[Any]:
        calls = [apipool.it.aclient.change_pet({"name": name}, pet_id=1) for name in ("Ada", "Bo")]
        return list(await asyncio.gather(*calls))

    for _ in range(2):  # the second loop has connections of its own
        assert asyncio.run(both()) == [pets.Pet(name="Ada"), pets.Pet(name="Bo")]


def test_a_full_answer_has_status_and_headers(pets: Any) -> None:
    answer = pets.client.change_pet.full({"name": "Ada"}, pet_id=1)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers["x-count"], answer.value.name) == (200, "7", "Ada")
    assert asyncio.run(pets.aclient.change_pet.full({"name": "Ada"}, pet_id=1)).status == 200


def test_plain_answers_come_as_python_values(pets: Any) -> None:
    assert pets.client.delete_pet(pet_id=1) is None
    assert pets.client.get_text() == "café"
    assert pets.client.get_bytes() == b"\x00\xff"


def test_an_error_is_returned_and_tells_status_code_and_body(pets: Any) -> None:
    error = pets.client.change_pet({"name": "Ada"}, pet_id=404)
    assert issubclass(type(error), PyMacaronException)
    told = (error.status, error.code, error.error_description, error.user_message)
    assert told == (404, "NO_PET", "there is no such pet", "Sorry")
    assert (error.body["error_id"], error.body["status"]) == (error.error_id, 404)
    assert (error.api, error.operation, error.error) == ("it", "PUT /pets/{pet_id}", "NO_PET")
    assert error.to_json() == error.body


def test_the_body_of_a_declared_error_is_a_model(pets: Any) -> None:
    error = pets.client.change_pet({"name": "Ada"}, pet_id=409)
    assert (error.status, error.code, type(error.body), error.body.other) == (409, "CLASH", pets.Clash, 3)


@pytest.mark.parametrize("way", ["using", "setting", "own setting"])
def test_errors_are_raised_on_request(way: str, served: Served, caller: Caller) -> None:
    config = {"setting": "client_errors: raise", "own setting": "clients: {it: {errors: raise}}"}.get(way, "")
    pets = caller(DOCUMENT, served({"apis/it.yaml": DOCUMENT, "handlers.py": HANDLERS}), config)
    call, acall = pets.client.change_pet, pets.aclient.change_pet
    if way == "using":
        call, acall = call.using(errors="raise"), acall.using(errors="raise")
    with pytest.raises(CallError, match="answered 500 UNHANDLED_SERVER_ERROR"):
        call({"name": "Ada"}, pet_id=500)
    with pytest.raises(CallError, match="answered 404 NO_PET"):
        asyncio.run(acall({"name": "Ada"}, pet_id=404))


@pytest.mark.parametrize(("kind", "value", "told"), [
    (None, [1, 2], {"type": "application/json", "body": [1, 2]}),
    ("text/plain", "café", {"type": "text/plain; charset=utf-8", "body": "café"}),
    (None, b"abc", {"type": "application/octet-stream", "body": "abc"}),
    (None, io.BytesIO(b"abc"), {"type": "application/octet-stream", "body": "abc"}),
    (None, iter([b"a", b"bc"]), {"type": "application/octet-stream", "body": "abc"}),
    ("application/x-www-form-urlencoded", {"name": "a&é", "tags": ["x", "y"], "size": {"w": 3}, "more": "m"},
     {"type": "application/x-www-form-urlencoded",
      "body": {"name": "a&é", "tags": ["x", "y"], "size": {"w": 3}, "more": "m"}}),
])  # fmt: skip
@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_body_is_written_by_its_media_type(kind: Any, value: Any, told: Any, way: str, pets: Any) -> None:
    if isinstance(value, Iterator) and not isinstance(value, io.BytesIO):
        value = iter([b"a", b"bc"])
    call = (pets.client if way == "sync" else pets.aclient).echo.using(media_type=kind)
    answer = call(value, kind="any")
    answer = asyncio.run(answer) if way == "async" else answer
    if "more" in told["body"]:
        answer["body"].setdefault("more", "m")  # the handler's model holds no more than is declared
    assert answer == told


def test_a_form_may_be_a_model(pets: Any) -> None:
    form = pets.Form(name="a", tags=["x"], size={"w": 3})
    answer = pets.client.echo.using(media_type="application/x-www-form-urlencoded")(form, kind="any")
    assert answer["body"] == {"name": "a", "tags": ["x"], "size": {"w": 3}}
    upload = pets.Upload(picture=b"\xff", title="t")
    assert pets.client.upload(upload) == {
        "picture": "b'\\xff'",
        "title": "t",
        "sent": ["picture", "application/octet-stream"],
    }


@pytest.mark.parametrize("way", ["sync", "async"])
def test_files_go_up_in_a_form(way: str, pets: Any, tmp_path: Any) -> None:
    file = tmp_path / "cat.png"
    file.write_bytes(b"meow" * 100_000)
    call = (pets.client if way == "sync" else pets.aclient).upload
    with file.open("rb") as opened:
        answer = call({"picture": opened, "more": [b"1", ("b.txt", b"2")], "title": "é", "size": {"w": 3}})
        answer = asyncio.run(answer) if way == "async" else answer
    assert answer["sent"] == ["cat.png", "image/png"]
    assert (len(answer["picture"]), answer["title"], answer["size"]) == (400_003, "é", "{'w': 3}")
    assert answer["more"] == "[b'1', b'2']"


@pytest.mark.parametrize(("call", "told"), [
    (lambda client: client.change_pet({"nam": 1}, pet_id=1), "the body at /name: Field required"),
    (lambda client: client.change_pet({"name": "a"}, pet_id="x"), "path parameter 'pet_id'"),
    (lambda client: client.change_pet({"name": "a"}, pet_id=None), "path parameter 'pet_id': Is required"),
    (lambda client: client.change_pet(None, pet_id=1), "the body: Is required"),
    (lambda client: client.change_pet({"name": "a"}, pet_id=1, X_Tags=["a\r\nX-Evil: 1"]), "no header can"),
    (lambda client: client.echo([1], kind=".."), "Should not be made of dots alone"),
    (lambda client: client.echo([1], kind=""), "Should not be empty"),
    (lambda client: client.echo.using(media_type="text/plain")("far too long", kind="a"), "at most 9 characters"),
    (lambda client: client.echo.using(media_type="image/png")(b"", kind="a"), "media_type should be one of"),
    (lambda client: client.upload({"title": "a"}), "the body at /picture: Field required"),
])  # fmt: skip
def test_what_an_operation_does_not_take_is_never_sent(call: Callable[[Any], Any], told: str, pets: Any) -> None:
    with pytest.raises(BadCallError, match=told) as caught:
        call(pets.client)
    assert "far too long" not in str(caught.value)


def test_a_call_has_the_signature_of_its_operation(pets: Any) -> None:
    call = pets.client.change_pet
    assert str(inspect.signature(call)) == "(body, /, *, pet_id, X_Tags=None)"
    assert call.__doc__ == "PUT /pets/{pet_id}: Change a pet."
    with pytest.raises(TypeError, match="pet_id"):
        call({"name": "Ada"})
    with pytest.raises(TypeError, match="colour"):
        call({"name": "Ada"}, pet_id=1, colour="red")
    with pytest.raises(TypeError, match="patience"):
        call.using(patience=3)


def test_a_wrong_name_is_told_the_nearest(pets: Any) -> None:
    assert {"change_pet", "delete_pet", "echo"} <= set(dir(pets.client)) & set(dir(pets.aclient))
    with pytest.raises(
        AttributeError, match=r"the API 'it' has no operation 'chang_pet' \(did you mean 'change_pet'\?\)"
    ):
        _ = pets.client.chang_pet
    with pytest.raises(AttributeError, match="operations are called by"):
        _ = pets.aclient.xyz


SWAGGER = """
swagger: '2.0'
info: {title: T, version: '1'}
basePath: /v1
paths:
  /form:
    post:
      operationId: form
      x-bind-server: handlers.it
      parameters:
      - {name: file, in: formData, type: file}
      - {name: tags, in: formData, type: array, items: {type: string}, collectionFormat: multi}
      responses: {'200': {description: ok}}
  /body:
    post:
      operationId: body
      x-bind-server: handlers.body
      parameters: [{name: body, in: body, required: true, schema: {type: object, properties: {a: {type: integer}}}}]
      responses: {'200': {description: ok, schema: {type: object, properties: {a: {type: integer}}}}}
"""


def test_documents_of_swagger_2_are_called_alike(served: Served, caller: Caller) -> None:
    handlers = (
        "def it(file, tags):\n    return {'file': file.read().decode(), 'name': file.filename, 'tags': tags}\n"
        "def body(body):\n    return {'a': body.a}\n"
    )
    url = served({"apis/it.yaml": SWAGGER, "handlers.py": handlers})
    client = caller(SWAGGER, f"{url}/v1").client
    told = {"file": "abc", "name": "a.txt", "tags": ["x", "é"]}
    assert client.form(file=("a.txt", io.BytesIO(b"abc")), tags=["x", "é"]) == told
    assert client.body({"a": 1}).a == 1
    with pytest.raises(BadCallError, match="Should be bytes"):
        client.form(file=3)
