"""A broken document gives all its problems at once, each with its line; a sloppy one is read with warnings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron.exceptions import SpecError
from pymacaron.spec import load_document, read_document

Problems = Callable[..., list[str]]
OPENAPI = "openapi: 3.0.3\ninfo: {title: Shop, version: '1'}\n"
SWAGGER = "swagger: '2.0'\ninfo: {title: Shop, version: '1'}\n"

ERRORS = """\
security: [{tokn: []}]
components:
  securitySchemes:
    token: {type: http}
    other: {type: magic}
    key: {type: apiKey, name: X, in: body}
  parameters:
    Self: {$ref: '#/components/parameters/Self'}
  headers: [X]
paths:
  pets:
    get: {responses: {}}
  /a/{id:
    get: {}
  /b/{id}/{id}:
    get: {parameters: [{name: id, in: path, required: true, schema: {}}], responses: {20: {description: x}}}
  /c/{x}:
    parameters:
    - {in: query}
    - {name: x}
    - {name: x, in: path, required: 'yes', schema: [string]}
    - {name: z, in: body}
    - 3
    get: {responses: {200: 5}, tags: all, deprecated: 'no', summary: {a: b}, security: {token: []}}
    put: []
  /c/{y}:
    parameters: {a: 1}
    get:
      security: [{token: write}, {tokens: []}]
      requestBody: {content: {application/json: []}}
      responses: {200: {$ref: '#/info/title'}}
"""
ERRORS_TOLD = """\
shop.yaml:3: the security scheme 'tokn' is not defined (did you mean 'token'?)
shop.yaml:6: the security scheme 'token' has no 'scheme'; add it
shop.yaml:7: the security scheme 'other' has the unknown type 'magic'; use one of http, apiKey, oauth2, \
openIdConnect, mutualTLS
shop.yaml:8: the security scheme 'key' is in 'body'; use one of query, header, cookie
shop.yaml:10: this '$ref' leads back to itself by way of shop.yaml:10; break the circle
shop.yaml:11: 'headers' must be a mapping, not a list; correct it
shop.yaml:13: the path 'pets' does not begin with '/'; write '/pets'
shop.yaml:15: the path '/a/{id' has braces that do not match around a name; write them as in '/pets/{id}'
shop.yaml:16: the operation has no 'responses'; declare what it answers
shop.yaml:17: the path '/b/{id}/{id}' names a parameter twice; give each one a name of its own
shop.yaml:18: '20' is no status of a response; write one such as 200, 4XX or default
shop.yaml:21: this parameter has no 'name'; add it
shop.yaml:22: this parameter has no 'in'; add it
shop.yaml:23: 'required' must be true or false, not 'yes'; correct it
shop.yaml:23: a schema must be a mapping or a boolean, not a list; correct it
shop.yaml:24: a parameter cannot be in 'body'; use one of path, query, header, cookie
shop.yaml:25: each item of 'parameters' must be a mapping, not a number; correct it
shop.yaml:26: '200' must be a mapping, not a number; correct it
shop.yaml:26: 'deprecated' must be true or false, not 'no'; correct it
shop.yaml:26: 'security' must be a list, not a mapping; correct it
shop.yaml:26: 'summary' must be text, not a mapping; quote it
shop.yaml:26: 'tags' must be a list, not text; correct it
shop.yaml:27: 'put' must be a mapping, not a list; correct it
shop.yaml:29: 'parameters' must be a list, not a mapping; correct it
shop.yaml:30: GET /c/{y} is declared at shop.yaml:26 already; remove one of the two
shop.yaml:31: the scopes of 'token' must be a list, not text; write [] for none
shop.yaml:31: the security scheme 'tokens' is not defined (did you mean 'token'?)
shop.yaml:32: 'application/json' must be a mapping, not a list; correct it
shop.yaml:33: '$ref: #/info/title' names text, but a mapping must stand here; correct it
"""


def told(text: str) -> list[str]:
    return sorted(text.splitlines())


def test_all_errors_of_a_document_are_told_at_once(problems: Problems) -> None:
    errors = [problem for problem in problems(OPENAPI + ERRORS) if not problem.startswith("warning: ")]
    assert sorted(errors) == told(ERRORS_TOLD)
    lines = [int(problem.split(":")[1]) for problem in errors]
    assert lines == sorted(lines)


WARNINGS = """\
servers: [{url: '{where}/v1'}, {url: /v2}]
paths:
  /a/{id}/{more}:
    parameters: [{name: id, in: path, schema: {}}, {name: old, in: path, required: true, schema: {}}]
    get: {operationId: one, responses: {}}
  /b?c:
    get: {operationId: one, parameters: [{name: q, in: query, style: simple}], responses: {}}
    put: {requestBody: {}, responses: {}, parameters: [&q {name: q, in: query, schema: {}}, *q]}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties: {name: {type: string, required: true}, tag: {enum: }}
"""
WARNINGS_TOLD = """\
shop.yaml:3: the path of the server '{where}/v1' is not known, so it is left out; give its variables a default
shop.yaml:6: the path '/a/{id}/{more}' has no '{old}', so the path parameter is left out; remove it
shop.yaml:6: the path parameter 'id' counts as required; write 'required: true'
shop.yaml:7: no parameter declares '{more}' of '/a/{id}/{more}', so it counts as text; declare it
shop.yaml:8: the path '/b?c' holds a '?' or '#', which no request's path can; declare query parameters
shop.yaml:9: neither 'schema' nor 'content' stands here, so everything is taken; add a 'schema'
shop.yaml:9: the operationId 'one' stands at shop.yaml:7 already; give each operation its own
shop.yaml:9: the style 'simple' is none for a parameter in 'query', 'form' is used
shop.yaml:10: the parameter 'q' in 'query' stands here twice; remove one of the two
shop.yaml:10: the request body has no 'content', so everything is taken; add its media types
shop.yaml:16: 'enum' has no value and is left out; give it one, or remove it
shop.yaml:16: a boolean 'required' means nothing in a schema; list the property in the 'required' of its object
"""


def test_a_sloppy_document_is_read_with_warnings(write: Callable[..., Path], problems: Problems) -> None:
    found = problems(OPENAPI + WARNINGS)
    assert sorted(problem.removeprefix("warning: ") for problem in found) == told(WARNINGS_TOLD)
    assert all(problem.startswith("warning: ") for problem in found)
    document = load_document(write(OPENAPI + WARNINGS))
    assert sorted(map(str, document.problems)) == told(WARNINGS_TOLD)
    get, _, put = document.operations
    assert [(parameter.name, parameter.required) for parameter in get.parameters] == [("id", True), ("more", True)]
    assert get.parameters[1].schema.keywords == {"type": "string"}
    assert [parameter.name for parameter in put.parameters] == ["q"]
    assert document.base_paths == ("/v2",)
    properties = document.schemas["Pet"].children("properties")
    assert {name: schema.keywords for name, schema in properties.items()} == {"name": {"type": "string"}, "tag": {}}


SWAGGER_PROBLEMS = """\
basePath: api
securityDefinitions: {a: {type: http2}}
paths:
  /a:
    get:
      parameters:
      - {name: a, in: body}
      - {name: b, in: formData, type: file}
      - {name: c, in: cookie, type: string}
      - {name: d, in: header, type: array, items: {type: file2}, collectionFormat: multi}
      responses: {200: {description: x, schema: {$ref: '#/definitions/Pett'}}}
definitions: {Pet: {type: object, discriminator: {propertyName: a}}}
"""


def test_problems_of_swagger_2_are_told(problems: Problems) -> None:
    assert sorted(problems(SWAGGER + SWAGGER_PROBLEMS)) == sorted(
        [
            "shop.yaml:4: the security scheme 'a' has the unknown type 'http2'; use one of http, apiKey, oauth2, "
            "openIdConnect, mutualTLS",
            "shop.yaml:7: the operation takes more than one body; keep one 'body' parameter, or 'formData' ones",
            "shop.yaml:11: a parameter cannot be in 'cookie'; use one of path, query, header, formData, body",
            "shop.yaml:12: 'type' must be one of array, boolean, file, integer, null, number, object, string, "
            "not 'file2'; correct it",
            "shop.yaml:13: '$ref: #/definitions/Pett' points to nothing (did you mean 'Pet'?)",
            "shop.yaml:14: 'discriminator' must be text, not a mapping; correct it",
            "warning: shop.yaml:3: 'basePath: api' does not begin with '/', so '/api' is served",
            "warning: shop.yaml:9: the body parameter has no 'schema', so everything is taken; add one",
            "warning: shop.yaml:12: 'collectionFormat: multi' is none for a parameter in 'header', 'csv' is used",
        ]
    )


SCHEMAS = {
    "type: objekt": "'type' must be one of array, boolean, integer, null, number, object, string, not 'objekt'",
    "type: [string, 3]": "'type' must be one of array, boolean, integer, null, number, object, string, not 3",
    "type: []": "'type' must be one of array, boolean, integer, null, number, object, string, not a list",
    "properties: [a]": "'properties' must be a mapping of schemas, not a list",
    "properties: {a: 3}": "a schema must be a mapping or a boolean, not a number",
    "items: 3": "'items' must be a schema, not 3",
    "allOf: {}": "'allOf' must be a list of schemas, not a mapping",
    "anyOf: [3]": "a schema must be a mapping or a boolean, not a number",
    "required: name": "'required' must be a list of names of properties, not 'name'",
    "required: [1]": "'required' must be a list of names of properties, not a list",
    "enum: abc": "'enum' must be a list of values, not 'abc'",
    "minimum: '1'": "'minimum' must be a number, not '1'",
    "maximum: true": "'maximum' must be a number, not true",
    "multipleOf: 0": "'multipleOf' must be a number above 0, not 0",
    "maxLength: -1": "'maxLength' must be a whole number, 0 or more, not -1",
    "minLength: true": "'minLength' must be a whole number, 0 or more, not true",
    "minItems: 1.5": "'minItems' must be a whole number, 0 or more, not 1.5",
    "exclusiveMinimum: 1": "'exclusiveMinimum' must be true or false, not 1",
    "pattern: 1": "'pattern' must be text, not 1",
    "nullable: 'yes'": "'nullable' must be true or false, not 'yes'",
    "discriminator: kind": "'discriminator' must be a mapping with a 'propertyName', not 'kind'",
    "discriminator: {propertyName: a, mapping: [b]}": "'mapping' must be a mapping from values to schemas, not a list",
}


@pytest.mark.parametrize("written", SCHEMAS)
def test_a_keyword_of_the_wrong_type_is_told(problems: Problems, written: str) -> None:
    text = f"{OPENAPI}paths: {{}}\ncomponents:\n  schemas:\n    Pet: {{{written}}}\n"
    assert problems(text) == [f"shop.yaml:6: {SCHEMAS[written]}; correct it"]


def test_keywords_beside_a_reference_count_since_openapi_3_1(problems: Problems) -> None:
    schemas = "{A: {$ref: '#/components/schemas/B', type: objekt}, B: {}}"
    text = f"{OPENAPI}components: {{schemas: {schemas}}}\npaths: {{}}\n"
    assert problems(text) == []
    assert problems(text.replace("3.0.3", "3.1.0")) == [f"shop.yaml:3: {SCHEMAS['type: objekt']}; correct it"]


NEW_SCHEMAS = {
    "exclusiveMinimum: true": "'exclusiveMinimum' must be a number, not true",
    "prefixItems: {}": "'prefixItems' must be a list of schemas, not a mapping",
    "if: [a]": "'if' must be a schema, not a list",
    "$defs: {a: 1}": "a schema must be a mapping or a boolean, not a number",
    "dependentRequired: {a: b}": "'a' must be a list of names of properties, not 'b'",
    "minContains: a": "'minContains' must be a whole number, 0 or more, not 'a'",
}


@pytest.mark.parametrize("written", NEW_SCHEMAS)
def test_a_keyword_of_openapi_3_1_is_checked_there_and_unknown_before(problems: Problems, written: str) -> None:
    text = f"{OPENAPI}paths: {{}}\ncomponents:\n  schemas:\n    Pet: {{{written}}}\n"
    assert problems(text.replace("3.0.3", "3.1.0")) == [f"shop.yaml:6: {NEW_SCHEMAS[written]}; correct it"]
    if not written.startswith("exclusive"):
        assert problems(text) == []


NO_DOCUMENTS = {
    "type: a\n": "shop.yaml:1: this is no OpenAPI document: neither 'openapi' nor 'swagger' stands at its top; add one",
    "[1]": "shop.yaml:1: this is no OpenAPI document: its top is a list; name a file with 'openapi' or 'swagger'",
    "just text": "shop.yaml:1: this is no OpenAPI document: its top is text; name a file with 'openapi' or 'swagger'",
    "\nswagger: '1.2'\n": "shop.yaml:2: 'swagger: 1.2' is not known here; use Swagger 2.0, or OpenAPI 3.0, 3.1 or 3.2",
    "openapi: 4.0.0\n": "shop.yaml:1: 'openapi: 4.0.0' is not known here; use Swagger 2.0, or OpenAPI 3.0, 3.1 or 3.2",
    "a: [": None,
    "a: 1\na: 2\n": "shop.yaml:2: the key 'a' stands on line 1 already; remove or rename one of the two",
}


@pytest.mark.parametrize("text", NO_DOCUMENTS)
def test_what_is_no_document_is_told_in_one_sentence(write: Callable[..., Path], text: str) -> None:
    path = write(text)
    document, (problem,) = read_document(path)
    assert document is None
    assert str(problem) == (NO_DOCUMENTS[text] or str(problem))
    with pytest.raises(SpecError) as caught:
        load_document(path)
    assert caught.value.problems == [str(problem)]


@pytest.mark.parametrize("version", ["swagger: 2.0", "openapi: 3.1", "openapi: 3.0.0-rc1"])
def test_a_version_need_not_be_quoted(problems: Problems, version: str) -> None:
    assert problems(f"{version}\ninfo: {{title: Shop, version: '1'}}\npaths: {{}}\n") == []


def test_a_missing_document_is_told_without_a_line() -> None:
    with pytest.raises(SpecError) as caught:
        load_document(Path("none.yaml"))
    assert caught.value.problems == ["none.yaml: there is no such file; correct the path, or write the file"]


def test_a_broken_document_lists_the_operations_that_can_be_read(write: Callable[..., Path]) -> None:
    paths = "{/a: {get: {responses: {200: {$ref: no.yaml}}}, put: 3}, /b: {get: {responses: {}}}}"
    text = f"{OPENAPI}paths: {paths}\n"
    document, found = read_document(write(text), name="other")
    assert document is not None
    assert document.name == "other"
    assert [operation.path for operation in document.operations] == ["/a", "/b"]
    assert len(found) == 2
