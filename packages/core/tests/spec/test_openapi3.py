"""OpenAPI 3 documents as records: what an operation takes, answers and inherits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymacaron.spec import Document, Operation

Load = Callable[..., Document]
HEAD = "openapi: {version}\ninfo: {{title: Shop, version: '1'}}\n"


def text(paths: str, version: str = "3.1.0") -> str:
    return HEAD.format(version=version) + paths


def parameters_of(operation: Operation) -> dict[str, tuple[Any, ...]]:
    return {
        f"{parameter.location} {parameter.name}": (parameter.required, parameter.style, parameter.explode)
        for parameter in operation.parameters
    }


def test_a_whole_operation_is_read(document: Load) -> None:
    shop = document(
        text(
            """\
x-shop: 1
paths:
  x-note: {get: {}}
  /pets/{id}:
    put:
      operationId: put_pet
      summary: Put it
      tags: [pets, write]
      deprecated: true
      x-pym-limits: {body: 1}
      parameters:
      - {name: id, in: path, required: true, schema: {type: integer}, description: which}
      requestBody:
        required: true
        content:
          application/json: {schema: {type: object}}
          multipart/form-data:
            schema: {type: object}
            encoding:
              photo: {contentType: image/png, headers: {X-A: {schema: {type: string}}}}
              tags: {style: pipeDelimited, allowReserved: true}
          text/plain: {}
      responses:
        '200':
          description: done
          headers:
            X-Rate: {required: true, explode: true, schema: {type: integer}}
            Content-Type: {schema: {type: string}}
          content: {application/json: {schema: true}}
        4xx: {description: no}
        default: {description: else}
        x-more: 3
"""
        )
    )
    assert (shop.name, shop.title, shop.version, shop.dialect) == ("shop", "Shop", "3.1.0", "openapi-3.1")
    assert (shop.base_paths, shop.extensions, shop.problems) == (("",), {"x-shop": 1}, ())
    (put,) = shop.operations
    assert (put.method, put.path, put.operation_id, put.summary) == ("put", "/pets/{id}", "put_pet", "Put it")
    assert (put.tags, put.deprecated, put.extensions) == (("pets", "write"), True, {"x-pym-limits": {"body": 1}})
    assert (put.security, put.form_media_types) == (None, ())
    assert str(put.place) == "shop.yaml:7"
    assert parameters_of(put) == {"path id": (True, "simple", False)}
    assert put.parameters[0].description == "which"
    assert put.parameters[0].schema.keywords == {"type": "integer"}
    assert put.body is not None
    assert put.body.required
    assert list(put.body.content) == ["application/json", "multipart/form-data", "text/plain"]
    encoding = put.body.content["multipart/form-data"].encoding
    assert (encoding["photo"].content_type, encoding["photo"].style, encoding["photo"].explode) == (
        "image/png",
        "form",
        True,
    )
    assert list(encoding["photo"].headers) == ["X-A"]
    assert (encoding["tags"].style, encoding["tags"].explode, encoding["tags"].allow_reserved) == (
        "pipeDelimited",
        False,
        True,
    )
    assert put.body.content["text/plain"].schema is None
    assert {status: found.description for status, found in put.responses.items()} == {
        "200": "done",
        "4XX": "no",
        "default": "else",
    }
    headers = put.responses["200"].headers
    assert {name: (header.name, header.required, header.explode) for name, header in headers.items()} == {
        "X-Rate": ("X-Rate", True, True)
    }
    body = put.responses["200"].content["application/json"]
    assert body.name == "application/json"
    assert body.schema is not None
    assert body.schema.keywords == {}


def test_parameters_are_inherited_overridden_and_shared(document: Load) -> None:
    shop = document(
        text(
            """\
paths:
  /a/{id}:
    parameters:
    - {name: id, in: path, required: true, schema: {type: string}}
    - {name: page, in: query, schema: {type: integer}}
    - {name: page, in: header, schema: {type: integer}}
    get:
      parameters:
      - {name: page, in: query, required: true, schema: {type: integer}}
      - {$ref: '#/components/parameters/Token', description: its own}
      - {name: Accept, in: header, schema: {type: string}}
      - {name: accept, in: query, schema: {type: string}}
      - {name: q, in: query, content: {application/json: {schema: {type: object}}}}
      responses: {}
    post: {responses: {}, parameters: [{$ref: '#/components/parameters/Token'}]}
components:
  parameters: {Token: {$ref: '#/components/parameters/Real'}, Real: {name: t, in: cookie, schema: {type: string}}}
"""
        )
    )
    get, post = shop.operations
    assert parameters_of(get) == {
        "path id": (True, "simple", False),
        "query page": (True, "form", True),
        "header page": (False, "simple", False),
        "cookie t": (False, "form", True),
        "query accept": (False, "form", True),
        "query q": (False, "form", True),
    }
    assert get.parameters[3].description == "its own"
    assert get.parameters[5].content_type == "application/json"
    assert get.parameters[5].schema.keywords == {"type": "object"}
    assert list(parameters_of(post)) == ["path id", "query page", "header page", "cookie t"]
    assert post.parameters[3].description == ""
    assert shop.problems == ()


@pytest.mark.parametrize(
    ("location", "style", "expected"),
    [
        ("path", None, ("simple", False)),
        ("path", "matrix", ("matrix", False)),
        ("path", "label", ("label", False)),
        ("query", None, ("form", True)),
        ("query", "deepObject", ("deepObject", False)),
        ("query", "pipeDelimited", ("pipeDelimited", False)),
        ("header", None, ("simple", False)),
        ("cookie", None, ("form", True)),
        ("cookie", "cookie", ("cookie", True)),
    ],
)
def test_style_and_explode_have_the_defaults_of_their_place(
    document: Load, location: str, style: str | None, expected: tuple[str, bool]
) -> None:
    styled = f", style: {style}" if style else ""
    parameter = f"{{name: id, in: {location}, required: true, schema: {{}}{styled}}}"
    path = "/a/{id}" if location == "path" else "/a"
    shop = document(text(f"paths: {{'{path}': {{get: {{responses: {{}}, parameters: [{parameter}]}}}}}}\n"))
    (found,) = shop.operations[0].parameters
    assert (found.style, found.explode) == expected


def test_path_items_bodies_and_responses_may_be_references(document: Load, write: Callable[..., Path]) -> None:
    write(
        "parameters: [{name: q, in: query, schema: {type: string}}]\n"
        "get: {operationId: there, responses: {default: {$ref: '#/x-answers/No'}}}\n"
        "x-answers: {No: {description: no}}\n",
        "item.yaml",
    )
    shop = document(
        text(
            """\
paths:
  /a: {$ref: item.yaml}
  /b:
    $ref: item.yaml
    post:
      requestBody: {$ref: '#/components/requestBodies/Pet'}
      responses: {200: {$ref: '#/components/responses/Pet', description: mine}}
components:
  requestBodies: {Pet: {content: {application/json: {schema: {type: object}}}}}
  responses: {Pet: {description: a pet, headers: {X: {$ref: '#/components/headers/X'}}}}
  headers: {X: {schema: {type: string}}}
"""
        )
    )
    assert [(found.method, found.path) for found in shop.operations] == [("get", "/a"), ("get", "/b"), ("post", "/b")]
    assert str(shop.operations[0].place) == "item.yaml:2"
    assert [[parameter.name for parameter in found.parameters] for found in shop.operations] == [["q"]] * 3
    assert shop.operations[0].responses["default"].description == "no"
    post = shop.operations[2]
    assert post.body is not None
    assert not post.body.required
    assert (post.responses["200"].description, list(post.responses["200"].headers)) == ("mine", ["X"])


def test_openapi_3_0_knows_no_description_beside_a_reference(document: Load) -> None:
    shop = document(
        text(
            "paths: {/a: {get: {responses: {200: {$ref: '#/components/responses/A', description: mine}}}}}\n"
            "components: {responses: {A: {description: its}}}\n",
            "3.0.4",
        )
    )
    assert shop.operations[0].responses["200"].description == "its"


def test_openapi_3_2_has_more_methods_and_streams(document: Load) -> None:
    paths = """\
paths:
  /a:
    query: {responses: {200: {content: {application/jsonl: {itemSchema: {type: object}}}}}}
    trace: {responses: {}}
    additionalOperations: {COPY: {responses: {}, parameters: [{name: q, in: querystring, content: {a/b: {}}}]}}
"""
    found = document(text(paths, "3.2.0")).operations
    assert [operation.method for operation in found] == ["trace", "query", "copy"]
    media = found[1].responses["200"].content["application/jsonl"]
    assert media.item_schema is not None
    assert media.item_schema.keywords == {"type": "object"}
    assert parameters_of(found[2]) == {"querystring q": (False, "form", True)}
    assert [operation.method for operation in document(text(paths, "3.1.1")).operations] == ["trace"]


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        ("[]", ("",)),
        ("[{url: /}]", ("",)),
        ("[{url: 'https://api.example.com'}]", ("",)),
        ("[{url: 'https://api.example.com/v1/'}, {url: 'http://localhost:8080/v1'}, {url: v2}]", ("/v1", "/v2")),
        ("[{url: 'https://{host}:{port}/{base}', variables: {port: {default: 80}, base: {default: v/3}}}]", ("/v/3",)),
        ("[{url: '//example.com/a%20b/../c?x#y'}, {url: ./}]", ("/c", "")),
    ],
)
def test_the_paths_of_servers_are_base_paths(document: Load, servers: str, expected: tuple[str, ...]) -> None:
    shop = document(text(f"servers: {servers}\npaths: {{/a: {{get: {{responses: {{}}}}}}}}\n"))
    assert (shop.base_paths, shop.operations[0].base_paths, shop.problems) == (expected, expected, ())


def test_servers_of_an_operation_or_path_item_go_first(document: Load) -> None:
    shop = document(
        text(
            """\
servers: [{url: /v1}]
paths:
  /a: {get: {responses: {}}}
  /b:
    servers: [{url: /v2}]
    get: {responses: {}}
    put: {responses: {}, servers: [{url: /v3}, {url: /v4}]}
"""
        )
    )
    assert [operation.base_paths for operation in shop.operations] == [("/v1",), ("/v2",), ("/v3", "/v4")]


def test_security_is_inherited_replaced_or_lifted(document: Load) -> None:
    shop = document(
        text(
            """\
security: [{key: []}]
components:
  securitySchemes:
    key: {type: apiKey, name: X-Key, in: header}
    token: {type: http, scheme: Bearer, bearerFormat: JWT}
    login: {type: oauth2, flows: {}}
    other: {$ref: '#/components/securitySchemes/token'}
paths:
  /a:
    get: {responses: {}}
    put: {responses: {}, security: []}
    post: {responses: {}, security: [{token: [], login: [read, write]}, {}]}
"""
        )
    )
    get, put, post = shop.operations
    assert get.security == ({"key": ()},)
    assert put.security is None
    assert post.security == ({"token": (), "login": ("read", "write")}, {})
    found = shop.security_definitions
    assert (found["key"].type, found["key"].location, found["key"].parameter) == ("apiKey", "header", "X-Key")
    assert (found["token"].type, found["token"].scheme) == ("http", "bearer")
    assert found["other"].name == "other"
    assert (
        found["other"].definition
        == found["token"].definition
        == {
            "type": "http",
            "scheme": "Bearer",
            "bearerFormat": "JWT",
        }
    )


def test_a_document_may_declare_no_paths(document: Load) -> None:
    shop = document(text("webhooks: {new: {post: {}}}\ncomponents: {schemas: {A: {type: object}, B: false}}\n"))
    assert (shop.operations, shop.problems) == ((), ())
    assert {name: schema.keywords for name, schema in shop.schemas.items()} == {
        "A": {"type": "object"},
        "B": {"not": {}},
    }
