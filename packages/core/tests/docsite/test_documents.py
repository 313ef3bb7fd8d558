"""Published documents: one file each, without what concerns only the server, leading to where it is served."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient

from pymacaron import API
from pymacaron.exceptions import ConfigError

CONFIG = "name: pets\npublish_apis: doc\n"
HANDLERS = "def answer(*body, **parameters):\n    return {}\n"
OPENAPI = """
openapi: 3.1.0
info: {title: "<b>Pets</b> & Co", version: "1"}
x-bind-module: pets
x-logo: {url: logo.png}
servers: [{url: "https://internal.example.com/v1", description: The box under the desk.}]
paths:
  /pets:
    x-decorate-server: pets.decorated
    get:
      operationId: answer
      x-pym-limits: {body: 10}
      parameters: [{$ref: "shared/parts.yaml#/parameters/Limit"}]
      responses:
        "200":
          description: Pets.
          headers: {X-Total: {schema: {type: integer}}}
          content: {application/json: {schema: {$ref: "shared/Pet.yaml"}}}
    post:
      x-bind-server: pets.answer
      responses:
        "200": {description: Done., links: {next: {operationId: answer, server: {url: "http://10.0.0.1/"}}}}
        default: {description: An error.}
components:
  schemas:
    Odd: {type: object, properties: {x-bind-server: {type: string}, $ref: {type: string}}}
    Kept: {type: object, x-parent: pets.Parent, x-enum-varnames: [a], example: {x-bind-server: kept}}
"""
FILES = {
    "pym-config.yaml": CONFIG,
    "apis/pets.yaml": OPENAPI,
    "apis/shared/Pet.yaml": "type: object\n"
    "properties: {owner: {$ref: 'parts.yaml#/Owner'}, friend: {$ref: Pet.yaml}}\n",
    "apis/shared/parts.yaml": "parameters: {Limit: {name: limit, in: query, schema: {type: integer}}}\n"
    "Owner: {type: object, properties: {name: {type: string, example: 'no'}}}\n",
    "pets.py": HANDLERS + "def decorated(function):\n    return function\nclass Parent: pass\n",
}
SWAGGER = """
swagger: "2.0"
info: {title: Old, version: "1"}
host: internal.example.com
schemes: [http]
basePath: /v1
paths:
  /pets:
    get:
      x-bind-server: pets.answer
      responses: {200: {description: Pets.}}
"""


@pytest.fixture
def pets(client: Callable[..., FlaskClient]) -> FlaskClient:
    return client(FILES)


def keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def test_a_document_is_one_file_without_what_concerns_only_its_server(pets: FlaskClient) -> None:
    document = pets.get("/doc/pets.json").get_json()
    odd = document["components"]["schemas"].pop("Odd")
    assert list(odd["properties"]) == ["x-bind-server", "$ref"]
    kept = document["components"]["schemas"].pop("Kept")
    assert kept == {"type": "object", "x-enum-varnames": ["a"], "example": {"x-bind-server": "kept"}}
    assert {key for key in keys(document) if key.startswith("x-")} == {"x-logo"}
    assert document["servers"] == [{"url": "../v1"}]
    assert document["paths"]["/pets"]["post"]["responses"]["200"]["links"] == {"next": {"operationId": "answer"}}
    get = document["paths"]["/pets"]["get"]
    assert get["parameters"] == [{"$ref": "#/components/parameters/Limit"}]
    pet = get["responses"]["200"]["content"]["application/json"]["schema"]
    assert pet == {"$ref": "#/components/schemas/Pet"}
    assert document["components"]["schemas"] == {
        "Pet": {
            "type": "object",
            "properties": {
                "owner": {"$ref": "#/components/schemas/Owner"},
                "friend": {"$ref": "#/components/schemas/Pet"},
            },
        },
        "Owner": {"type": "object", "properties": {"name": {"type": "string", "example": "no"}}},
    }


def test_the_error_of_this_framework_stands_where_an_operation_declares_none(pets: FlaskClient) -> None:
    document = pets.get("/doc/pets.json").get_json()
    assert document["paths"]["/pets"]["get"]["responses"]["default"] == {
        "$ref": "#/components/responses/UndeclaredError"
    }
    assert document["paths"]["/pets"]["post"]["responses"]["default"] == {"description": "An error."}
    schema = document["components"]["responses"]["UndeclaredError"]["content"]["application/json"]["schema"]
    assert set(pets.get("/nowhere").get_json()) <= set(schema["properties"])


def test_the_error_is_that_of_the_format_that_the_service_writes(client: Callable[..., FlaskClient]) -> None:
    pets = client({**FILES, "pym-config.yaml": CONFIG + "error_format: problem\n"})
    content = pets.get("/doc/pets.json").get_json()["components"]["responses"]["UndeclaredError"]["content"]
    assert set(pets.get("/nowhere").get_json()) <= set(content["application/problem+json"]["schema"]["properties"])


def test_yaml_and_json_are_the_same_document(pets: FlaskClient) -> None:
    as_yaml, as_json = pets.get("/doc/pets.yaml"), pets.get("/doc/pets.json")
    assert as_yaml.mimetype == "application/yaml"
    assert yaml.safe_load(as_yaml.text) == as_json.get_json()


def test_a_document_of_swagger_2_leads_to_the_prefix_under_which_it_is_asked_for(
    client: Callable[..., FlaskClient],
) -> None:
    pets = client({**FILES, "apis/pets.yaml": SWAGGER})
    document = pets.get("/doc/pets.json").get_json()
    assert document["basePath"] == "/v1"
    assert not {"host", "schemes"} & document.keys()
    assert document["responses"].keys() == {"UndeclaredError"}
    mounted = pets.get("/doc/pets.json", environ_overrides={"SCRIPT_NAME": "/shop"}).get_json()
    assert mounted["basePath"] == "/shop/v1"


def test_what_is_served_at_the_root_is_published_as_that(client: Callable[..., FlaskClient]) -> None:
    pets = client({**FILES, "pym-config.yaml": "name: pets\npublish_apis: docs/of\nignore_base_path: true\n"})
    assert pets.get("/docs/of/pets.json").get_json()["servers"] == [{"url": "../.."}]


def test_the_index_lists_the_apis_and_pages_hold_no_markup_of_a_document(pets: FlaskClient) -> None:
    index = pets.get("/doc").text
    assert '<a href="doc/pets">&lt;b&gt;Pets&lt;/b&gt; &amp; Co</a>' in index
    assert "ping" not in index
    assert '<a href="pets">' in pets.get("/doc/").text
    page = pets.get("/doc/pets").text
    assert 'data-document="pets.json"' in page
    assert "<b>" not in index + page
    assert "<script>" not in page


def test_pages_may_load_from_their_own_host_alone(pets: FlaskClient) -> None:
    for url in ("/doc", "/doc/pets", "/doc/pets.json", "/doc/pets.yaml", "/doc/assets/start.js"):
        headers = pets.get(url).headers
        policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("url", ["/doc", "/doc/pets", "/doc/pets.json", "/doc/pets.yaml", "/doc/assets/swagger-ui.css"])
def test_what_a_reader_has_already_is_not_sent_again(pets: FlaskClient, url: str) -> None:
    first = pets.get(url)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-cache"
    again = pets.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_page_may_get_tokens_where_its_document_says_and_nowhere_else(client: Callable[..., FlaskClient]) -> None:
    flows = {
        "password": {"tokenUrl": "https://login.example.com/token", "scopes": {}},
        "clientCredentials": {"tokenUrl": "https://evil.example.com; script-src */", "scopes": {}},
        "authorizationCode": {
            "authorizationUrl": "https://other.example.com/",
            "tokenUrl": "javascript:alert(1)",
            "scopes": {},
        },
    }
    scheme = json.dumps({"type": "oauth2", "flows": flows})
    document = OPENAPI.replace("components:\n", f"components:\n  securitySchemes:\n    login: {scheme}\n")
    policy = client({**FILES, "apis/pets.yaml": document}).get("/doc/pets").headers["Content-Security-Policy"]
    assert "connect-src 'self' https://login.example.com;" in policy
    assert "evil" not in policy
    assert "other" not in policy


def test_a_secret_of_the_service_is_masked(client: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETS_KEY", "sesame-sesame-12")
    config = CONFIG + "env_secrets: [PETS_KEY]\nlive_host: PETS_KEY\n"
    document = OPENAPI.replace("An error.", "Call with sesame-sesame-12.")
    pets = client({**FILES, "pym-config.yaml": config, "apis/pets.yaml": document})
    for url in ("/doc/pets.json", "/doc/pets.yaml"):
        assert "Call with ***." in pets.get(url).text
        assert "sesame" not in pets.get(url).text


def test_nothing_is_published_unless_it_is_wanted(client: Callable[..., FlaskClient]) -> None:
    assert client({**FILES, "pym-config.yaml": "name: pets\n"}).get("/doc").status_code == 404


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("publish_apis: v1/pets", "pym-config.yaml:2: /v1/pets is served already: choose another path"),
        ("publish_apis: ../doc", "pym-config.yaml:2: '../doc' is no path to publish under: write one such as 'doc'"),
        ("publish_apis: a//b", "'a//b' is no path to publish under"),
    ],
)
def test_a_path_that_cannot_be_published_under_stops_the_start(
    service: Callable[..., Flask], config: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        service({**FILES, "pym-config.yaml": f"name: pets\n{config}\n"})
    assert said in str(caught.value)


def test_a_missing_extra_is_named_with_the_line_that_installs_it(
    service: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "flask_swagger_ui", None)
    with pytest.raises(ConfigError, match=r"pym-config.yaml:2: .*pip install 'pymacaron\[docs\]>=3'"):
        service(FILES)


def test_server_py_publishes_in_the_order_of_its_toc(folder: Callable[..., Path], monkeypatch: Any) -> None:
    root = folder({**FILES, "pym-config.yaml": "name: pets\n"})
    monkeypatch.chdir(root)
    app = Flask("server", root_path=str(root))
    api = API(app)
    try:
        api.load_apis("apis")
        api.publish_apis(path="api-docs", toc=["ping", "pets"])
        api.start()
        with pytest.raises(ConfigError, match="'dogs' is no API that is served here"):
            api.publish_apis("more", toc=["dogs"])
        api.publish_apis("more")
        index = app.test_client().get("/api-docs").text
        assert index.index("api-docs/ping") < index.index("api-docs/pets")
        assert app.test_client().get("/api-docs/ping.json").get_json()["info"]["title"]
        assert app.test_client().get("/more/pets").status_code == 200
    finally:
        api.service.close()
