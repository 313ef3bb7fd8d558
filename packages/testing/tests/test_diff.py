"""`pym diff`: what breaks callers is told apart from what does not."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron.spec import load_document
from pymacaron_testing.diff import Change, compare

Run = Callable[..., subprocess.CompletedProcess[str]]
Lay = Callable[..., Path]

SHOP = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: /api}]
security: [{key: []}, {login: [read]}]
paths:
  /items/{id}:
    put:
      operationId: change
      x-pym-limits: {body: 1000}
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
        - {name: old, in: query, deprecated: true, schema: {type: string}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Item'}}
          text/csv: {schema: {type: string}}
      responses:
        "200":
          description: It.
          headers: {X-Rate: {required: true, schema: {type: integer}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Item'}}}
        "404": {description: None.}
    delete:
      deprecated: true
      responses: {"204": {description: Gone.}}
  /plain:
    get:
      operationId: plain
      responses: {"200": {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Kind'}}}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    login: {type: oauth2, flows: {}}
  schemas:
    Base: {type: object, required: [name], properties: {name: {type: string, maxLength: 9}}}
    Item:
      allOf:
        - {$ref: '#/components/schemas/Base'}
        - properties:
            note: {type: [string, "null"], pattern: '^a'}
            size: {enum: [s, m]}
            day: {type: string, format: date}
            parts: {type: array, items: {$ref: '#/components/schemas/Item'}}
            lot: {type: object, properties: {n: {type: integer}}}
            way:
              oneOf: [{$ref: '#/components/schemas/Base'}, {$ref: '#/components/schemas/Kind'}]
            mine: {type: string, readOnly: true}
    Kind: {type: string}
"""

BREAKING, COMPATIBLE = True, False
BODY, ANSWER, PUT = "request body application/json", "response 200 application/json", "PUT /items/{id}"


def both(kind: str, path: str, *, narrowed: bool, widened: bool) -> list[tuple[bool, str, str]]:
    """Return a change of a schema that stands in the request and in the response."""
    return [(narrowed, f"{BODY}: {path}", kind), (widened, f"{ANSWER}: {path}", kind)]


NARROWED, WIDENED, CHANGED = (
    {"narrowed": True, "widened": False},
    {"narrowed": False, "widened": True},
    {"narrowed": True, "widened": True},
)

CASES: dict[str, tuple[str, str, list[tuple[bool, str, str]]]] = {
    "nothing": ("", "", []),
    "what only describes": ("title: Shop", "title: Store", []),
    # operations
    "an operation is removed": (
        "  /plain:\n    get:",
        "  /other:\n    get:",
        [(BREAKING, "", "operation-removed"), (COMPATIBLE, "", "operation-added")],
    ),
    "an operation is moved to another method": (
        "  /plain:\n    get:",
        "  /plain:\n    post:",
        [(BREAKING, "", "operation-removed"), (COMPATIBLE, "", "operation-added")],
    ),
    "an operation that was deprecated is removed": (
        '    delete:\n      deprecated: true\n      responses: {"204": {description: Gone.}}\n',
        "",
        [(COMPATIBLE, "", "operation-removed")],
    ),
    "an operation is deprecated": (
        "operationId: plain",
        "operationId: plain\n      deprecated: true",
        [(COMPATIBLE, "", "deprecated")],
    ),
    "the function of clients is bound to another name": (
        "operationId: plain",
        "operationId: plain\n      x-bind-client: simple",
        [(COMPATIBLE, "", "client-function-renamed")],
    ),
    "an operationId is written in other words for the same function": ("operationId: plain", "operationId: Plain", []),
    "clients cannot call an operation any more": (
        "      operationId: plain\n",
        "",
        [(COMPATIBLE, "", "client-function-renamed")],
    ),
    "the base path changes": ("url: /api", "url: /v2", [(BREAKING, "", "base-path-removed")]),
    "a base path is added": ("{url: /api}", "{url: /api}, {url: /v2}", [(COMPATIBLE, "", "base-path-added")]),
    "a limit of requests is lowered": ("body: 1000", "body: 900", [(BREAKING, "", "limit-changed")]),
    "a limit of requests is raised": ("body: 1000", "body: 2000", [(COMPATIBLE, "", "limit-changed")]),
    # parameters
    "an optional parameter is added": (
        "      parameters:\n",
        "      parameters:\n        - {name: new, in: query, schema: {type: string}}\n",
        [(COMPATIBLE, "query parameter 'new'", "parameter-added")],
    ),
    "a required parameter is added": (
        "      parameters:\n",
        "      parameters:\n        - {name: new, in: query, required: true, schema: {}}\n",
        [(BREAKING, "query parameter 'new'", "parameter-added")],
    ),
    "a parameter is required": (
        "{name: limit, in: query,",
        "{name: limit, in: query, required: true,",
        [(BREAKING, "query parameter 'limit'", "parameter-required")],
    ),
    "a parameter is removed": (
        "name: tags",
        "name: tag",
        [
            (BREAKING, "query parameter 'tags'", "parameter-removed"),
            (COMPATIBLE, "query parameter 'tag'", "parameter-added"),
        ],
    ),
    "a parameter that was deprecated is removed": (
        "        - {name: old, in: query, deprecated: true, schema: {type: string}}\n",
        "",
        [(COMPATIBLE, "query parameter 'old'", "parameter-removed")],
    ),
    "a parameter is written otherwise": (
        "{name: tags, in: query,",
        "{name: tags, in: query, explode: false,",
        [(BREAKING, "query parameter 'tags'", "style-changed")],
    ),
    "a plain parameter becomes an array": (
        "{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}",
        "{name: limit, in: query, schema: {type: array, items: {type: integer}}}",
        [(BREAKING, "query parameter 'limit'", "type-changed")],
    ),
    "a plain parameter explodes or not": (
        "{name: limit, in: query,",
        "{name: limit, in: query, explode: false,",
        [],
    ),
    "a maximum is lowered": ("maximum: 100", "maximum: 50", [(BREAKING, "query parameter 'limit'", "maximum-changed")]),
    "a maximum is raised": (
        "maximum: 100",
        "maximum: 150",
        [(COMPATIBLE, "query parameter 'limit'", "maximum-changed")],
    ),
    "a minimum of integers is said otherwise": ("minimum: 1,", "exclusiveMinimum: 0,", []),
    "a minimum is raised": ("minimum: 1,", "minimum: 2,", [(BREAKING, "query parameter 'limit'", "minimum-changed")]),
    # bodies
    "a body is required": (
        "      requestBody:\n",
        "      requestBody:\n        required: true\n",
        [(BREAKING, "request body", "body-required")],
    ),
    "a media type of requests is removed": (
        "          text/csv: {schema: {type: string}}\n",
        "",
        [(BREAKING, "request body", "media-type-removed")],
    ),
    "a media type of requests is added": (
        "text/csv: {",
        "text/html: {}\n          text/csv: {",
        [(COMPATIBLE, "request body", "media-type-added")],
    ),
    "a range takes what a media type took": ("text/csv", "text/*", [(COMPATIBLE, "request body", "media-type-added")]),
    # responses
    "a response of success is removed": (
        '"204": {',
        '"400": {',
        [(BREAKING, "response 204", "status-removed"), (COMPATIBLE, "response 400", "status-added")],
    ),
    "a success becomes a range": (
        '"204": {',
        '"2XX": {',
        [(BREAKING, "response 2XX", "status-added")],
    ),
    "a default covers what was told": ('"204": {', "default: {", [(COMPATIBLE, "response default", "status-added")]),
    "an error is added": (
        '"404": {description: None.}',
        '"404": {description: None.}\n        "409": {description: New.}',
        [(COMPATIBLE, "response 409", "status-added")],
    ),
    "an error is removed": (
        '        "404": {description: None.}\n',
        "",
        [(COMPATIBLE, "response 404", "status-removed")],
    ),
    "another success is added": (
        '"404": {description: None.}',
        '"404": {description: None.}\n        "202": {description: New.}',
        [(BREAKING, "response 202", "status-added")],
    ),
    "a header is removed": (
        "headers: {X-Rate: {required: true, schema: {type: integer}}}",
        "headers: {}",
        [(BREAKING, "response 200", "header-removed")],
    ),
    "a header is no longer always there": (
        "X-Rate: {required: true,",
        "X-Rate: {",
        [(BREAKING, "response 200 header X-Rate", "header-optional")],
    ),
    "a header is called in other letters": ("X-Rate", "x-rate", []),
    # schemas, in both directions
    "a property is added": (
        "size: {enum",
        "more: {type: string}\n            size: {enum",
        both("property-added", "more", narrowed=False, widened=False),
    ),
    "a property is removed": (
        "            day: {type: string, format: date}\n",
        "",
        both("property-removed", "day", narrowed=False, widened=True),
    ),
    "a property is required through allOf": (
        "required: [name]",
        "required: [name, day]",
        [
            *both("required-added", "day", **NARROWED),
            *both("required-added", "way<'Base'>.day", **NARROWED),
        ],
    ),
    "a property is mandatory by extension": (
        "day: {type: string,",
        "day: {x-mandatory: true, type: string,",
        both("required-added", "day", **NARROWED),
    ),
    "a read-only property is required": (
        "        - properties:\n",
        "        - required: [mine]\n          properties:\n",
        [(COMPATIBLE, f"{ANSWER}: mine", "required-added")],
    ),
    "a value is added": ("[s, m]", "[s, m, l]", both("value-added", "size", **WIDENED)),
    "a value is removed": ("[s, m]", "[s]", both("value-removed", "size", **NARROWED)),
    "a type is narrowed": ("{n: {type: integer}}", "{n: {type: string}}", both("type-changed", "lot.n", **CHANGED)),
    "a type is widened": ("{n: {type: integer}}", "{n: {type: number}}", both("type-changed", "lot.n", **WIDENED)),
    "a format changes": ("format: date", "format: date-time", both("format-changed", "day", **CHANGED)),
    "a format is dropped": (", format: date", "", both("format-changed", "day", **WIDENED)),
    "a pattern is dropped": (", pattern: '^a'", "", both("pattern-changed", "note", **WIDENED)),
    "a pattern is another one": ("'^a'", "'^b'", both("pattern-changed", "note", **CHANGED)),
    "null is refused": ('[string, "null"]', "string", both("null-refused", "note", **NARROWED)),
    "null is said otherwise": (
        "note: {type: [string, \"null\"], pattern: '^a'}",
        "note: {anyOf: [{type: string, pattern: '^a'}, {type: 'null'}]}",
        [],
    ),
    "further properties are refused": (
        "lot: {type: object,",
        "lot: {type: object, additionalProperties: false,",
        both("further-properties-refused", "lot", **NARROWED),
    ),
    "further properties are typed": (
        "lot: {type: object,",
        "lot: {type: object, additionalProperties: {type: string},",
        both("type-changed", "lot.*", **NARROWED),
    ),
    "an alternative is added": (
        "{$ref: '#/components/schemas/Kind'}]",
        "{$ref: '#/components/schemas/Kind'}, {type: integer}]",
        both("alternative-added", "way", **WIDENED),
    ),
    "an alternative is removed": (
        ", {$ref: '#/components/schemas/Kind'}]",
        "]",
        both("alternative-removed", "way", **NARROWED),
    ),
    "the items of an array become a list of fewer": (
        "parts: {type: array,",
        "parts: {type: array, maxItems: 3,",
        both("maxItems-changed", "parts", **NARROWED),
    ),
    "a property is read-only": (
        "day: {type: string,",
        "day: {type: string, readOnly: true,",
        both("read-only-changed", "day", **NARROWED),
    ),
    "a 'not' is added": (
        "day: {type: string,",
        "day: {type: string, not: {const: a},",
        both("not-changed", "day", **NARROWED),
    ),
    "a property is refused by false": (
        "day: {type: string, format: date}",
        "day: false",
        both("property-removed", "day", **CHANGED),
    ),
    "a property that nothing told of is refused by false": (
        "{n: {type: integer}}",
        "{n: {type: integer}, m: false}",
        both("values-refused", "lot.m", **NARROWED),
    ),
    "no value is left by what holds together": (
        "{n: {type: integer}}",
        "{n: {type: integer, allOf: [{type: string}]}}",
        both("property-removed", "lot.n", **CHANGED),
    ),
    # security
    "a scope is added": ("login: [read]", "login: [read, write]", [(BREAKING, "", "security-tightened")]),
    "a scope is dropped": ("login: [read]", "login: []", [(COMPATIBLE, "", "security-loosened")]),
    "an alternative of security is dropped": (
        "[{key: []}, {login: [read]}]",
        "[{key: []}]",
        [(BREAKING, "", "security-tightened")],
    ),
    "nobody has to authenticate": (
        "[{key: []}, {login: [read]}]",
        "[]",
        [(COMPATIBLE, "", "security-loosened")],
    ),
    "the key goes elsewhere": (
        "in: header, name: X-Key",
        "in: query, name: key",
        [(BREAKING, "", "security-scheme-changed")],
    ),
    "a scheme is called otherwise": ("key:", "token:", []),
}


def told(change: Change) -> tuple[bool, str, str]:
    """Return what a case expects of a change."""
    return change.breaking, ": ".join(text for text in (change.part, change.path) if text), change.kind


@pytest.mark.parametrize("case", CASES)
def test_each_change_is_told_with_its_direction(case: str, laid: Lay) -> None:
    before, after, expected = CASES[case]
    assert before in SHOP
    root = laid({"old.yaml": SHOP, "new.yaml": SHOP.replace(before, after)})
    changes = compare(load_document(root / "old.yaml"), load_document(root / "new.yaml"))
    found = list(dict.fromkeys(told(change) for change in changes))
    assert sorted(found) == sorted(expected)


UNION = (
    "{oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}], "
    "discriminator: {propertyName: kind, mapping: {%s}}}"
)
SCHEMAS: dict[str, tuple[str, str, dict[str, bool] | None]] = {
    "false becomes a type": ("false", "{type: string}", WIDENED),
    "a type becomes false": ("{type: string}", "false", NARROWED),
    "anything becomes false": ("{}", "false", NARROWED),
    "items become false": ("{type: array}", "{type: array, items: false}", NARROWED),
    "items are no longer false": ("{type: array, items: false}", "{type: array}", WIDENED),
    "false is said otherwise": (
        "{type: object, additionalProperties: false}",
        "{type: object, additionalProperties: {not: {}}}",
        None,
    ),
    "a property is no longer false": ("{properties: {a: false}}", "{properties: {a: {type: string}}}", WIDENED),
    "a property that was false is not told of": ("{properties: {a: false}}", "{}", WIDENED),
    "a false property stands where all others are refused": (
        "{properties: {a: false}, additionalProperties: false}",
        "{additionalProperties: false}",
        None,
    ),
    "an alternative that is false": (
        "{anyOf: [{type: string, minLength: 1}, false]}",
        "{type: string, minLength: 1}",
        None,
    ),
    "a property is typed otherwise than further ones": (
        "{additionalProperties: {type: integer}}",
        "{additionalProperties: {type: integer}, properties: {a: {type: string}}}",
        CHANGED,
    ),
    "a property is typed as further ones": (
        "{additionalProperties: {type: integer}}",
        "{additionalProperties: {type: integer}, properties: {a: {type: integer}}}",
        None,
    ),
    "a property is held to what further ones are": (
        "{additionalProperties: {maximum: 3}, properties: {a: {}}}",
        "{additionalProperties: {maximum: 3}}",
        CHANGED,
    ),
    "the values of a discriminator are swapped": (UNION % "a: A, b: B", UNION % "a: B, b: A", CHANGED),
    "a value of a discriminator is another": (UNION % "a: A, b: B", UNION % "a: A, c: B", CHANGED),
    "a value of a discriminator is added": (UNION % "a: A", UNION % "a: A, b: B", WIDENED),
    "a value of a discriminator is removed": (UNION % "a: A, b: B", UNION % "a: A", NARROWED),
    "a value of a discriminator is written out": (UNION % "a: A", UNION % "a: '#/components/schemas/A', B: B", None),
    "alternatives that overlap exclude each other": (
        "{anyOf: [{type: number}, {type: integer}]}",
        "{oneOf: [{type: number}, {type: integer}]}",
        NARROWED,
    ),
    "alternatives that overlap exclude each other no more": (
        "{oneOf: [{type: number}, {type: integer}]}",
        "{anyOf: [{type: number}, {type: integer}]}",
        WIDENED,
    ),
    "alternatives that do not overlap exclude each other": (
        "{anyOf: [{type: string, maxLength: 3}, {type: integer}]}",
        "{oneOf: [{type: string, maxLength: 3}, {type: integer}]}",
        None,
    ),
    "several types are written as alternatives": (
        "{type: [string, integer]}",
        "{anyOf: [{type: string}, {type: integer}]}",
        None,
    ),
}
DOCUMENT = """\
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /a:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/It'}}}}
      responses: {"200": {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/It'}}}}}
components:
  schemas:
    A: {type: object, required: [kind], properties: {kind: {type: string}, x: {type: integer}}}
    B: {type: object, required: [kind], properties: {kind: {type: string}, y: {type: integer}}}
    It: %s
"""


@pytest.mark.parametrize("case", SCHEMAS)
def test_a_schema_that_takes_less_breaks_requests_and_one_that_takes_more_answers(case: str, laid: Lay) -> None:
    before, after, expected = SCHEMAS[case]
    root = laid({"old.yaml": DOCUMENT % before, "new.yaml": DOCUMENT % after})
    changes = compare(load_document(root / "old.yaml"), load_document(root / "new.yaml"))
    broken = {change.part for change in changes if change.breaking}
    told = expected or {"narrowed": False, "widened": False}
    assert {"narrowed": BODY in broken, "widened": ANSWER in broken} == told


def test_the_name_of_a_variable_in_a_path_does_not_matter(laid: Lay) -> None:
    renamed = SHOP.replace("{id}", "{item}").replace("name: id", "name: item")
    root = laid({"old.yaml": SHOP, "new.yaml": renamed})
    assert compare(load_document(root / "old.yaml"), load_document(root / "new.yaml")) == []


def test_a_range_of_statuses_may_be_narrowed(laid: Lay) -> None:
    root = laid({"old.yaml": SHOP.replace('"204"', '"2XX"'), "new.yaml": SHOP})
    changes = compare(load_document(root / "old.yaml"), load_document(root / "new.yaml"))
    assert [str(change).partition(": ")[2] for change in changes] == [
        "compatible: DELETE /items/{id}: response 2XX: is narrowed to 204"
    ]


def test_swagger_2_and_what_it_becomes_in_3_are_the_same(laid: Lay) -> None:
    old = (
        'swagger: "2.0"\ninfo: {title: T, version: "1"}\nbasePath: /v1\npaths:\n  /a:\n    post:\n      parameters:\n'
        "        - {name: f, in: formData, type: string, maxLength: 3, required: true}\n"
        "        - {name: q, in: query, type: array, items: {type: string}, collectionFormat: pipes}\n"
        "      consumes: [application/x-www-form-urlencoded]\n      responses: {'200': {description: It.}}\n"
    )
    new = (
        'openapi: 3.0.3\ninfo: {title: T, version: "1"}\nservers: [{url: /v1}]\npaths:\n  /a:\n    post:\n'
        "      parameters:\n        - {name: q, in: query, style: pipeDelimited, explode: false, "
        "schema: {type: array, items: {type: string}}}\n"
        "      requestBody:\n        required: true\n        content:\n          application/x-www-form-urlencoded:\n"
        "            schema: {type: object, required: [f], properties: {f: {type: string, maxLength: %d}}}\n"
        "      responses: {'200': {description: It.}}\n"
    )
    root = laid({"old.yaml": old, "new.yaml": new % 3, "less.yaml": new % 2})
    assert compare(load_document(root / "old.yaml"), load_document(root / "new.yaml")) == []
    changes = compare(load_document(root / "old.yaml"), load_document(root / "less.yaml"))
    assert [(change.breaking, change.path) for change in changes] == [(True, "f")]


def repository(root: Path, *arguments: str) -> None:
    """Run git as nobody in particular."""
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com")
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def shop(laid: Lay) -> Path:
    """A service in a repository with one commit, changed since."""
    if shutil.which("git") is None:
        pytest.skip("needs git: apt-get install git")
    files = {"pym-config.yaml": "name: shop\n", "apis/shop.yaml": SHOP, "apis/more.yaml": SHOP}
    root = laid({f"here/{name}": text for name, text in files.items()})
    repository(root, "init", "-q")
    repository(root, "add", "-A")
    repository(root, "commit", "-qm", "first")
    (root / "here/apis/shop.yaml").write_text(SHOP.replace("maximum: 100", "maximum: 50"))
    return root / "here"


@pytest.mark.parametrize(
    "arguments",
    [
        ["HEAD"],
        ["HEAD:apis/shop.yaml", "apis/shop.yaml"],
        ["HEAD:here/apis/shop.yaml", "apis/shop.yaml"],
        ["HEAD", "apis/shop.yaml"],
    ],
)
def test_a_revision_of_git_is_compared_with_what_is_there_now(arguments: list[str], shop: Path, pym: Run) -> None:
    done = pym("diff", *arguments, cwd=shop)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        "breaking: apis/shop.yaml:12: PUT /items/{id}: query parameter 'limit': the maximum goes from 100 to 50\n"
        "1 breaking change, 0 compatible changes\n"
    )


def test_two_revisions_are_compared_and_what_is_gone_is_shown_as_git_has_it(shop: Path, pym: Run) -> None:
    (shop / "apis/more.yaml").unlink()
    repository(shop, "commit", "-qam", "second")
    done = pym("diff", "HEAD~1", "HEAD", "--format", "json", cwd=shop)
    changes = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(each["operation"], each["kind"], each["place"]) for each in changes] == [
        ("PUT /items/{id}", "operation-removed", "HEAD~1:apis/more.yaml:7"),
        ("DELETE /items/{id}", "operation-removed", "HEAD~1:apis/more.yaml:25"),
        ("GET /plain", "operation-removed", "HEAD~1:apis/more.yaml:29"),
        ("PUT /items/{id}", "maximum-changed", "HEAD:apis/shop.yaml:12"),
    ]


def test_compatible_changes_end_with_0(laid: Lay, pym: Run) -> None:
    root = laid({"old.yaml": SHOP, "new.yaml": SHOP.replace("maximum: 100", "maximum: 150")})
    done = pym("diff", "old.yaml", "new.yaml", cwd=root)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "0 breaking changes, 1 compatible change")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["nowhere"], 2, "'nowhere' is neither a file nor a revision that git knows here"),
        (["HEAD:apis/none.yaml"], 2, "'HEAD' has no file 'apis/none.yaml'"),
        (["HEAD:../../etc/passwd"], 2, "'HEAD' has no file '../../etc/passwd'"),
        (["--", "--output=x"], 2, "'--output=x' is neither a file nor a revision that git knows here"),
        (["none:apis/shop.yaml"], 2, "git knows no revision 'none' here"),
        (["HEAD:pym-config.yaml", "apis/shop.yaml"], 1, "HEAD:pym-config.yaml:1: this is no OpenAPI document"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_sentence(
    arguments: list[str], code: int, sentence: str, shop: Path, pym: Run
) -> None:
    done = pym("diff", *arguments, cwd=shop)
    assert sentence in done.stderr
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)


def test_recursive_schemas_end_and_two_large_documents_take_seconds(large: Path) -> None:
    old, new = load_document(large), load_document(large)
    started = time.process_time()
    assert compare(old, new) == []
    assert time.process_time() - started < 5
