"""`pym mock` and `mock_app`: a document is served without handlers, as its callers would see the real service."""

from __future__ import annotations

import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from pymacaron.exceptions import SpecError
from pymacaron_testing.mock import mock_app

SHOP = Path(__file__).parents[3] / "examples" / "shop" / "apis" / "shop.yaml"

PETS = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /owners/{owner_id}/pets:
    parameters: [{name: owner_id, in: path, required: true, schema: {type: integer}}]
    get:
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Pets"}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
  /owners/{owner_id}/pets/{petId}:
    parameters:
      - {name: owner_id, in: path, required: true, schema: {type: integer}}
      - {name: petId, in: path, required: true, schema: {type: integer}}
    get:
      responses:
        "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
        "404": {description: none, content: {application/json: {schema: {$ref: "#/components/schemas/Why"}}}}
    put:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
    patch:
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
    delete: {responses: {"204": {description: gone}}}
  /greeting:
    get:
      responses:
        "200":
          description: ok
          headers:
            X-Rate: {required: true, schema: {type: integer, minimum: 5, maximum: 5}}
            X-Maybe: {schema: {type: string}}
          content:
            application/json:
              schema: {type: object, required: [text], properties: {text: {type: string}}}
              examples:
                wrong: {value: {text: 1}}
                english: {value: {text: Hello}}
                swedish: {$ref: "#/components/examples/swedish"}
  /impossible:
    get:
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/None"}}}}}
  /text:
    get: {responses: {"200": {description: ok, content: {text/plain: {schema: {type: string, examples: [hi]}}}}}}
  /nothing:
    get: {responses: {default: {description: it}}}
components:
  examples: {swedish: {value: {text: Hej}}}
  schemas:
    None: {type: string, not: {type: string}}
    Pets: {type: object, required: [pets], properties: {pets: {type: array, items: {$ref: "#/components/schemas/Pet"}}}}
    Why: {type: object, required: [why], properties: {why: {type: string, examples: [gone]}}}
    Pet:
      type: object
      required: [id, name]
      properties:
        id: {type: integer, minimum: 1, readOnly: true}
        name: {type: string, maxLength: 20}
        x: {type: string, x-parent: nowhere.Thing}
"""

SECURED = """
openapi: 3.1.0
info: {title: Secured, version: "1"}
paths:
  /it: {get: {security: [{SCHEME: [read]}], responses: {"204": {description: ok}}}}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    basic: {type: http, scheme: basic}
    oauth: {type: oauth2, flows: {}}
    openid: {type: openIdConnect, openIdConnectUrl: "https://x.example/"}
    header: {type: apiKey, in: header, name: X-Key}
    query: {type: apiKey, in: query, name: key}
    cookie: {type: apiKey, in: cookie, name: key}
"""

Mocked = Callable[..., FlaskClient]


@pytest.fixture
def mocked(tmp_path: Path) -> Iterator[Mocked]:
    made = []

    def make(text: str = PETS, **options: Any) -> FlaskClient:
        (tmp_path / "pets.yaml").write_text(text)
        made.append(mock_app([tmp_path / "pets.yaml"], **options))
        return made[-1].test_client(use_cookies=False)

    yield make
    for app in made:
        app.extensions["pymacaron"].close()


def test_what_is_posted_is_found_until_it_is_deleted(mocked: Mocked) -> None:
    client = mocked()
    made = client.post("/owners/1/pets", json={"name": "Rex"})
    assert made.status_code == 201
    pet = made.json
    assert pet is not None
    assert pet["name"] == "Rex"
    assert made.headers["Location"] == f"/owners/1/pets/{pet['id']}"
    assert client.get(made.headers["Location"]).json == pet
    assert client.get("/owners/1/pets").json == {"pets": [pet]}
    other = client.post("/owners/1/pets", json={"name": "Tom"}).json
    assert other is not None
    assert other["id"] != pet["id"]
    assert client.get("/owners/1/pets").json == {"pets": [pet, other]}
    assert client.patch(made.headers["Location"], json={"name": "Max"}).json == {**pet, "name": "Max"}
    assert client.get(made.headers["Location"]).json == {**pet, "name": "Max"}
    assert client.delete(made.headers["Location"]).status_code == 204
    assert client.get(made.headers["Location"]).status_code == 404
    assert client.delete(made.headers["Location"]).status_code == 404
    assert client.get("/owners/1/pets").json == {"pets": [other]}
    assert client.put(made.headers["Location"], json={"name": "Rex"}).status_code == 200
    assert client.get(made.headers["Location"]).json["name"] == "Rex"  # type: ignore[index]


def test_put_replaces_patch_changes_and_the_id_of_the_path_stays(mocked: Mocked) -> None:
    client = mocked()
    where = client.post("/owners/1/pets", json={"name": "Rex", "x": "old"}).headers["Location"]
    pet = client.get(where).json
    assert pet is not None
    assert client.patch(where, json={"name": "Max"}).json == {**pet, "name": "Max"}
    assert client.put(where, json={"name": "Tom"}).json == {"id": pet["id"], "name": "Tom"}
    assert client.get(where).json == {"id": pet["id"], "name": "Tom"}
    refused = client.patch(where, json={"name": None})
    assert refused.status_code == 400
    assert client.get(where).json == {"id": pet["id"], "name": "Tom"}
    assert client.patch(where, json={"id": 999}).json == {"id": pet["id"], "name": "Tom"}


def test_each_owner_has_a_collection(mocked: Mocked) -> None:
    client = mocked()
    made = client.post("/owners/1/pets", json={"name": "Rex"})
    assert {"pets": [made.json]} != client.get("/owners/2/pets").json


def test_an_item_that_nobody_made_is_a_sample_with_the_id_that_was_asked_for(mocked: Mocked) -> None:
    assert mocked().get("/owners/1/pets/77").json["id"] == 77  # type: ignore[index]


def test_requests_are_judged_as_in_production(mocked: Mocked) -> None:
    client = mocked()
    assert client.post("/owners/1/pets", json={}).json["error"] == "INVALID_PARAMETER"  # type: ignore[index]
    assert client.get("/owners/x/pets").status_code == 400
    assert client.post("/owners/1/pets", data="x", content_type="text/x").status_code == 415
    assert client.put("/greeting").status_code == 405


@pytest.mark.parametrize(
    ("prefer", "reply", "applied"),
    [
        ("", "Hello", None),
        ("example=swedish", "Hej", "example=swedish"),
        ('respond-async, example="swedish"; wait=10', "Hej", "example=swedish"),
        ("code=200", "Hello", "code=200"),
    ],
)
def test_a_caller_chooses_among_examples(mocked: Mocked, prefer: str, reply: str, applied: str | None) -> None:
    answer = mocked().get("/greeting", headers={"Prefer": prefer} if prefer else {})
    assert (answer.status_code, answer.json) == (200, {"text": reply})
    assert answer.headers["X-Rate"] == "5"
    assert "X-Maybe" not in answer.headers
    assert answer.headers.get("Preference-Applied") == applied


@pytest.mark.parametrize("prefer", ["code=503", "code=x", "code=99", "example=danish"])
def test_a_preference_that_cannot_be_met_is_refused(mocked: Mocked, prefer: str) -> None:
    answer = mocked().get("/greeting", headers={"Prefer": prefer})
    assert answer.status_code == 400
    assert answer.json is not None
    assert "the header Prefer" in answer.json["error_description"]


def test_a_caller_chooses_a_status(mocked: Mocked) -> None:
    answer = mocked().get("/owners/1/pets/1", headers={"Prefer": "code=404"})
    assert (answer.status_code, answer.json) == (404, {"why": "gone"})


def test_dynamic_values_leave_examples_aside_and_differ(mocked: Mocked) -> None:
    client = mocked()
    replies = [client.get("/greeting", headers={"Prefer": "dynamic=true"}).text for _ in range(8)]
    assert len(set(replies)) > 1
    assert '{"text":"Hello"}' not in replies


def test_the_same_seed_gives_the_same_values(mocked: Mocked) -> None:
    first, again, other = (mocked(seed=seed).get("/owners/1/pets").text for seed in (1, 1, 2))
    assert first == again != other


def test_other_replies_than_json(mocked: Mocked) -> None:
    client = mocked()
    assert (client.get("/text").text, client.get("/text").mimetype) == ("hi", "text/plain")
    assert client.get("/nothing").data == b""
    impossible = client.get("/impossible")
    assert impossible.status_code == 501
    assert impossible.json is not None
    assert impossible.json["error"] == "NO_EXAMPLE"


CREDENTIALS = {
    "bearer": {"headers": {"Authorization": "Bearer secret"}},
    "basic": {"headers": {"Authorization": "Basic bWU6c2VjcmV0"}},
    "oauth": {"headers": {"Authorization": "bearer secret"}},
    "openid": {"headers": {"Authorization": "Bearer secret"}},
    "header": {"headers": {"X-Key": "secret"}},
    "query": {"query_string": {"key": "secret"}},
    "cookie": {"headers": {"Cookie": "key=secret"}},
}


@pytest.mark.parametrize("scheme", CREDENTIALS)
def test_a_credential_has_to_be_there_and_may_have_to_be_the_one(mocked: Mocked, scheme: str) -> None:
    text = SECURED.replace("SCHEME", scheme)
    anything, one, another = mocked(text), mocked(text, token="secret"), mocked(text, token="other")
    assert [client.get("/it").status_code for client in (anything, one)] == [401, 401]
    assert anything.get("/it").json["error"] == "AUTHORIZATION_HEADER_MISSING"  # type: ignore[index]
    assert anything.get("/it", **CREDENTIALS[scheme]).status_code == 204
    assert one.get("/it", **CREDENTIALS[scheme]).status_code == 204
    assert another.get("/it", **CREDENTIALS[scheme]).status_code == 401


def test_the_shop_is_mocked_without_its_code() -> None:
    app = mock_app([SHOP])
    client = app.test_client()
    gone = client.get("/api/items", headers={"Prefer": "code=404"})
    assert gone.json is not None
    assert (gone.json["error"], gone.json["status"]) == ("NOT_FOUND", gone.status_code)
    made = client.post("/api/items", json={"name": "Tea", "price": 3})
    assert made.status_code == 201
    assert client.get(made.headers["Location"]).json == made.json
    assert made.json in client.get("/api/items").json["items"]  # type: ignore[index]
    app.extensions["pymacaron"].close()


def test_a_broken_document_is_refused(mocked: Mocked) -> None:
    with pytest.raises(SpecError, match=r"pets\.yaml:"):
        mocked("openapi: 3.1.0\npaths: []\n")


def test_a_fixture_serves_a_mock_in_anybodys_tests(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", pets=PETS)
    pytester.makepyfile("""
        import urllib.request

        def test_in_process(pym_mock):
            assert pym_mock("pets.yaml").client.get("/greeting").json == {"text": "Hello"}

        def test_over_http(pym_mock):
            mock = pym_mock("pets.yaml", seed=3)
            with urllib.request.urlopen(f"{mock.url}/greeting") as reply:
                assert reply.status == 200
    """)
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=2)


def fetched(url: str) -> bytes:
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=60) as reply:
                return bytes(reply.read())
        except urllib.error.URLError:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_pym_mock_serves_a_service_from_its_folder(tmp_path: Path, free_port: int) -> None:
    command = [f"{sysconfig.get_path('scripts')}/pym", "mock", "--port", str(free_port)]
    with subprocess.Popen(command, cwd=SHOP.parents[1], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            assert b'"items"' in fetched(f"http://127.0.0.1:{free_port}/api/items")
        finally:
            server.terminate()


def test_errors_have_the_shape_that_the_document_declares(mocked: Mocked) -> None:
    declared = (
        "{default: {description: wrong, content: {application/json: {schema: {$ref: '#/components/schemas/E'}}}}}"
    )
    shape = "{type: object, required: [code, message], properties: {code: {type: integer}, message: {type: string}}}"
    client = mocked(
        "openapi: 3.0.3\ninfo: {title: it, version: '1'}\npaths:\n  /it:\n    get:\n"
        "      parameters: [{name: n, in: query, schema: {type: integer}}]\n"
        f"      responses: {declared}\ncomponents: {{schemas: {{E: {shape}}}}}\n"
    )
    answer = client.get("/it?n=x")
    assert answer.status_code == 400
    assert answer.json == {"code": 400, "message": "query parameter 'n': Input should be a valid integer"}
