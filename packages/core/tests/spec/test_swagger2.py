"""Swagger 2.0 documents, told in the same records as OpenAPI 3."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pymacaron.spec import Document

Load = Callable[..., Document]
HEAD = "swagger: '2.0'\ninfo: {title: Shop, version: '1'}\n"


def test_a_whole_operation_is_read(document: Load) -> None:
    shop = document(
        HEAD
        + """\
basePath: /api/v1/
consumes: [application/json, application/xml]
produces: [application/json]
securityDefinitions:
  login: {type: basic}
  key: {type: apiKey, name: k, in: query}
  flow: {type: oauth2, flow: implicit, authorizationUrl: 'https://example.com', scopes: {read: r}}
security: [{login: []}]
paths:
  /pets/{id}:
    parameters: [{$ref: '#/parameters/Id'}]
    post:
      operationId: post_pet
      produces: [text/csv, application/json]
      parameters:
      - {name: pet, in: body, required: true, schema: {$ref: '#/definitions/Pet'}}
      - {name: tags, in: query, type: array, items: {type: string}, allowEmptyValue: true}
      responses:
        200: {description: done, schema: {$ref: '#/definitions/Pet'}, headers: {X-A: {type: integer}}}
        204: {$ref: '#/responses/Empty'}
parameters: {Id: {name: id, in: path, required: true, type: integer, minimum: 1}}
responses: {Empty: {description: nothing}}
definitions: {Pet: {type: object, x-parent: shop.Pet}}
"""
    )
    assert (shop.version, shop.dialect, shop.base_paths) == ("2.0", "swagger-2.0", ("/api/v1",))
    assert shop.problems == ()
    (post,) = shop.operations
    assert (post.base_paths, post.security) == (("/api/v1",), ({"login": ()},))
    assert post.body is not None
    assert post.body.required
    assert list(post.body.content) == ["application/json", "application/xml"]
    schema = post.body.content["application/json"].schema
    assert schema is not None
    assert schema.reference == shop.schemas["Pet"]
    identity, tags = post.parameters
    assert (identity.name, identity.location, identity.required, identity.style) == ("id", "path", True, "simple")
    assert identity.schema.keywords == {"type": "integer", "minimum": 1}
    assert tags.schema.keywords == {"type": "array", "items": {"type": "string"}}
    assert tags.schema.child("items").keywords == {"type": "string"}
    assert (tags.style, tags.explode, tags.allow_empty_value) == ("form", False, True)
    assert list(post.responses["200"].content) == ["text/csv", "application/json"]
    assert post.responses["200"].headers["X-A"].schema.keywords == {"type": "integer"}
    assert post.responses["204"].content == {}
    found = shop.security_definitions
    assert (found["login"].type, found["login"].scheme) == ("http", "basic")
    assert (found["key"].type, found["key"].location, found["key"].parameter) == ("apiKey", "query", "k")
    assert (found["flow"].type, found["flow"].definition["flow"]) == ("oauth2", "implicit")


@pytest.mark.parametrize(
    ("location", "written", "expected"),
    [
        ("query", None, ("form", False)),
        ("query", "csv", ("form", False)),
        ("query", "ssv", ("spaceDelimited", False)),
        ("query", "tsv", ("tabDelimited", False)),
        ("query", "pipes", ("pipeDelimited", False)),
        ("query", "multi", ("form", True)),
        ("formData", "multi", ("form", True)),
        ("header", None, ("simple", False)),
        ("header", "pipes", ("pipeDelimited", False)),
        ("path", "csv", ("simple", False)),
    ],
)
def test_collection_formats_are_styles(
    document: Load, location: str, written: str | None, expected: tuple[str, bool]
) -> None:
    path = "/a/{id}" if location == "path" else "/a"
    told = f", collectionFormat: {written}" if written else ""
    parameter = f"{{name: id, in: {location}, required: true, type: array, items: {{type: string}}{told}}}"
    shop = document(f"{HEAD}paths: {{'{path}': {{get: {{responses: {{}}, parameters: [{parameter}]}}}}}}\n")
    (found,) = shop.operations[0].parameters
    assert (found.style, found.explode, shop.problems) == (*expected, ())


@pytest.mark.parametrize(
    ("consumes", "type_", "expected"),
    [
        ("[application/x-www-form-urlencoded]", "string", ("application/x-www-form-urlencoded",)),
        ("[application/json]", "string", ("application/x-www-form-urlencoded", "multipart/form-data")),
        ("[]", "file", ("multipart/form-data",)),
        ("[multipart/form-data, application/json]", "string", ("multipart/form-data",)),
    ],
)
def test_form_parameters_stay_parameters(document: Load, consumes: str, type_: str, expected: tuple[str, ...]) -> None:
    shop = document(
        f"{HEAD}paths: {{/a: {{post: {{consumes: {consumes}, responses: {{}}, "
        f"parameters: [{{name: f, in: formData, type: {type_}}}]}}}}}}\n"
    )
    (post,) = shop.operations
    assert (post.body, post.form_media_types) == (None, expected)
    assert [(parameter.name, parameter.location) for parameter in post.parameters] == [("f", "formData")]
    assert post.parameters[0].schema.keywords == {"type": type_}


def test_a_body_is_json_where_nothing_is_said(document: Load) -> None:
    shop = document(
        f"{HEAD}paths: {{/a: {{post: {{parameters: [{{name: b, in: body, schema: {{}}}}], "
        "responses: {200: {schema: {type: file}}}}}}\n"
    )
    (post,) = shop.operations
    assert post.body is not None
    assert (list(post.body.content), post.body.required) == (["application/json"], False)
    assert list(post.responses["200"].content) == ["application/json"]
