"""`pym lint`: each rule finds what it is for at its line, and nothing in a document that is right."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymacaron_testing.lint.patterns import is_exponential
from pymacaron_testing.lint.reference import rules_table
from pymacaron_testing.lint.rules import RULES
from pymacaron_testing.lint.runner import findings

from .conftest import FOLDER, REPOSITORY

Run = Callable[..., subprocess.CompletedProcess[str]]
Lay = Callable[..., Path]

GOOD = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: []
paths:
  /items/{id}:
    get:
      operationId: look
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, pattern: '^[a-z]+(-[a-z0-9]+)*$'}, example: a-b}
      responses:
        "200":
          description: It.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Item'}
              examples: {small: {value: {name: a, size: 1}}}
        default: {description: Wrong.}
components:
  schemas:
    Item:
      type: object
      required: [name]
      properties:
        name: {type: string, default: tea}
        size: {type: [integer, "null"], examples: [1, null]}
"""
OLD = """\
swagger: "2.0"
info: {title: Shop, version: "1"}
security: []
paths:
  /items:
    get:
      parameters: [{name: limit, in: query, type: integer, maximum: 5, default: 3}]
      responses:
        200:
          description: It.
          schema: {$ref: '#/definitions/Item'}
          examples: {application/json: {name: a}}
        default: {description: Wrong.}
definitions:
  Item: {type: object, required: [name], properties: {name: {type: string, example: tea}}}
"""
THREE = GOOD.replace("3.1.0", "3.0.3").replace('[integer, "null"], examples: [1, null]', "integer, example: 1")

CASES: dict[str, tuple[str, str, str, str, int, str]] = {
    # name: (document, before, after, rule, line, part of the sentence)
    "broken reference": (GOOD, "schemas/Item'", "schemas/Itm'", "document-error", 15, "did you mean 'Item'?"),
    "undeclared scheme": (GOOD, "security: []", "security: [{key: []}]", "document-error", 3, "'key' is not defined"),
    "odd": (GOOD, "required: true, ", "", "document-warning", 9, "counts as required"),
    "unknown member in 3.1": (GOOD, "operationId: look", "sumary: It", "meta-schema", 7, "did you mean 'summary'?"),
    "unknown member in 3.0": (THREE, "operationId: look", "sumary: It", "meta-schema", 7, "did you mean 'summary'?"),
    "unknown member in 2.0": (
        OLD,
        "      parameters: [",
        "      sumary: It\n      parameters: [",
        "meta-schema",
        7,
        "'sumary'",
    ),
    "unknown member in 3.2": (
        GOOD.replace("3.1.0", "3.2.0"),
        "operationId: look",
        "sumary: It",
        "meta-schema",
        7,
        "summary",
    ),
    "lacking member": (GOOD, ', version: "1"', "", "meta-schema", 2, "lacks 'version'; add it"),
    "schema of 3.1": (GOOD, "type: object", "title: 1\n      type: object", "meta-schema", 21, "'title' must be text"),
    "schema of 3.0": (THREE, "type: object", "title: 1\n      type: object", "meta-schema", 21, "'title' must be text"),
    "schema of 2.0": (OLD, "Item: {type", "Item: {title: 1, type", "meta-schema", 15, "'title' must be text"),
    "ambiguous": (
        GOOD,
        "components:",
        "  /{kind}/tea:\n    $ref: '#/paths/~1items~1{id}'\ncomponents:",
        "ambiguous-route",
        6,
        "GET /{kind}/tea and /items/{id} at",
    ),
    "no operation": (GOOD, "components:", "  /empty: {}\ncomponents:", "unreachable-path", 18, "declares no operation"),
    "dots": (
        GOOD,
        "/items/{id}:",
        "/items/../{id}:",
        "unreachable-path",
        5,
        "segment that clients and servers take out",
    ),
    "question mark": (GOOD, "/items/{id}:", "/items/{id}?a:", "unreachable-path", 5, "holds a '?'"),
    "orphan in the path": (GOOD, "/items/{id}:", "/items/{id}/{other}:", "orphan-path-parameter", 6, "'{other}'"),
    "orphan parameter": (GOOD, "/items/{id}:", "/items:", "orphan-path-parameter", 9, "has no '{id}'"),
    "operationId": (
        GOOD,
        "components:",
        "  /other:\n    get: {operationId: look, responses: {default: {description: It.}}}\ncomponents:",
        "duplicate-operation-id",
        19,
        "'look' stands at",
    ),
    "one function of clients": (
        GOOD,
        "components:",
        "  /other:\n    get: {operationId: Look, responses: {default: {description: It.}}}\ncomponents:",
        "client-function",
        19,
        "is called 'look' by clients",
    ),
    "unused schema": (
        GOOD,
        "components:\n  schemas:",
        "components:\n  schemas:\n    Other: {type: string}",
        "unused-component",
        20,
        "'Other'",
    ),
    "unused circle": (
        GOOD,
        "    Item:",
        "    Tree: {type: array, items: {$ref: '#/components/schemas/Tree'}}\n    Item:",
        "unused-component",
        20,
        "'Tree'",
    ),
    "unused definition": (
        OLD,
        "definitions:",
        "definitions:\n  Other: {type: string}",
        "unused-component",
        15,
        "'Other'",
    ),
    "unused scheme": (
        GOOD,
        "  schemas:",
        "  securitySchemes: {key: {type: http, scheme: basic}}\n  schemas:",
        "unused-component",
        19,
        "'key'",
    ),
    "no error": (GOOD, "        default: {description: Wrong.}\n", "", "missing-error-response", 10, "GET /items/{id}"),
    "no security at all": (
        GOOD,
        "security: []\n",
        "",
        "operation-without-security",
        1,
        "anybody may call every operation",
    ),
    "no security here": (
        GOOD.replace("security: []\n", ""),
        "  schemas:",
        "  securitySchemes: {key: {type: http, scheme: basic}}\n  schemas:",
        "operation-without-security",
        5,
        "asks nobody to authenticate",
    ),
    "example of a body": (
        GOOD,
        "name: a, size: 1",
        "name: a, size: b",
        "invalid-example",
        16,
        "/size: Input should be a valid",
    ),
    "example of a parameter": (GOOD, "example: a-b", "example: A", "invalid-example", 9, "match the pattern"),
    "example of a schema": (
        GOOD,
        "examples: [1, null]",
        "examples: [1, a]",
        "invalid-example",
        25,
        "a valid integer or null",
    ),
    "example of 3.0": (THREE, "example: 1", "example: a", "invalid-example", 25, "a valid integer"),
    "example of 2.0": (
        OLD,
        "examples: {application/json: {name: a}}",
        "examples: {application/json: {}}",
        "invalid-example",
        12,
        "/name: Field required",
    ),
    "example of a schema of 2.0": (OLD, "example: tea", "example: 1", "invalid-example", 15, "a valid string"),
    "default": (GOOD, "default: tea", "default: 1", "invalid-default", 24, "a valid string"),
    "default of 2.0": (OLD, "default: 3", "default: 9", "invalid-default", 7, "less than or equal to 5"),
    "no pattern": (GOOD, "'^[a-z]+(-[a-z0-9]+)*$'", "'(a-b'", "invalid-pattern", 9, "no regular expression"),
    "nested quantifiers": (
        GOOD,
        "'^[a-z]+(-[a-z0-9]+)*$'",
        "'^([a-z]+-?)+b$'",
        "dangerous-pattern",
        9,
        "repeats what repeats itself",
    ),
    "look-around": (GOOD, "'^[a-z]+(-[a-z0-9]+)*$'", "'^(?!x)a'", "backtracking-pattern", 9, "look-around"),
    "back-reference": (GOOD, "'^[a-z]+(-[a-z0-9]+)*$'", r"'^(a)-\1'", "backtracking-pattern", 9, "back-reference"),
    "keyword": (GOOD, "required: [name]", "requierd: [name]", "misspelt-keyword", 22, "did you mean 'required'?"),
    "letters": (
        GOOD,
        "{type: string, default",
        "{type: string, minlenght: 1, default",
        "misspelt-keyword",
        24,
        "'minLength'",
    ),
    "extension": (
        GOOD,
        "operationId: look",
        "x-bind-sever: a.b",
        "misspelt-keyword",
        7,
        "did you mean 'x-bind-server'?",
    ),
}


def told(text: str, laid: Lay, **more: str) -> list[tuple[str, int, str]]:
    """Return the rule, line and sentence of each finding."""
    root = laid({"api.yaml": text, **more})
    return [(each.rule.name, each.place.line, each.sentence) for each in findings(root / "api.yaml", root, RULES)]


@pytest.mark.parametrize("text", [GOOD, OLD, THREE, GOOD.replace("3.1.0", "3.2.0")], ids=["3.1", "2.0", "3.0", "3.2"])
def test_nothing_is_found_in_a_document_that_is_right(text: str, laid: Lay) -> None:
    assert told(text, laid) == []


@pytest.mark.parametrize("case", CASES)
def test_each_rule_tells_the_line_and_what_to_do(case: str, laid: Lay) -> None:
    text, before, after, rule, line, part = CASES[case]
    assert before in text
    found = [each for each in told(text.replace(before, after, 1), laid) if each[0] == rule]
    assert [each[:2] for each in found] == [(rule, line)], found
    assert part in found[0][2]


def test_every_rule_has_a_case() -> None:
    assert {rule.name for rule in RULES} == {case[3] for case in CASES.values()}


def test_problems_of_other_files_are_told_where_they_stand(laid: Lay) -> None:
    text = GOOD.replace("'#/components/schemas/Item'", "'more.yaml#/Item'")
    (more, *_) = [
        each
        for each in told(text, laid, **{"more.yaml": "Item:\n  type: object\n  default: 1\n"})
        if each[0] == "invalid-default"
    ]
    assert more[1] == 3


def test_a_schema_that_a_discriminator_names_is_used(laid: Lay) -> None:
    text = GOOD.replace("      type: object\n", "      type: object\n      discriminator: {propertyName: name}\n")
    heir = "    Heir: {allOf: [{$ref: '#/components/schemas/Item'}]}\n"
    assert [each for each in told(text + heir, laid) if each[0] == "unused-component"] == []


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("x-pym-lint-ignore: invalid-default", False),
        ("x-pym-lint-ignore: [invalid-default]", False),
        ("x-pym-lint-ignore: [meta-schema]", True),
    ],
)
def test_an_object_can_leave_out_rules_for_what_it_holds(written: str, kept: bool, laid: Lay) -> None:
    text = GOOD.replace("default: tea", "default: 1").replace("    Item:\n", f"    Item:\n      {written}\n")
    assert any(each[0] == "invalid-default" for each in told(text, laid)) is kept


DANGEROUS = [
    "^(a+)+$",
    "(a*)*",
    "(a|a)*b",
    "(a|ab)*(c|b)*d(ab|a|b)*$",
    r"^(\w+\s?)*$",
    "([a-z]+,?)+",
    "(.*a){10,}",
    "(a{2,9})+",
]
HARMLESS = [
    "^[a-z]+$", "^(ab)*$", r"^\d{3}-\d{4}$", "^(a|b)*$", "^([a-z]+-)*[a-z]+$", r"^\d{1,3}(\.\d{1,3}){3}$", "a*b*",
    r"^[^@\s]+@[^@\s]+\.[a-z]+$", "^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", "(a?b)*", "[", "(a",
]  # fmt: skip


@pytest.mark.parametrize("pattern", DANGEROUS)
def test_a_pattern_that_can_be_matched_in_exponentially_many_ways_is_dangerous(pattern: str) -> None:
    assert is_exponential(pattern)


@pytest.mark.parametrize("pattern", HARMLESS)
def test_a_pattern_that_is_matched_in_one_way_is_not(pattern: str) -> None:
    assert not is_exponential(pattern)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("v*/*.yaml")), ids=lambda path: path.name)
def test_examples_of_the_specification_have_no_error_but_what_is_missing(path: Path) -> None:
    found = [each for each in findings(path, path.parent, RULES) if each.rule.severity == "error"]
    known = ("this is no OpenAPI document", "'$ref: ../common/Error.yaml'", "'$ref: ../common")
    assert [each.sentence for each in found if not each.sentence.startswith(known)] == []


def test_a_large_document_takes_seconds(large: Path) -> None:
    started = time.process_time()
    assert len(findings(large, large.parent, RULES)) > 100
    assert time.process_time() - started < 5


@pytest.fixture
def service(laid: Lay) -> Path:
    """A service of two documents: one with an error, one with a warning."""
    warning = GOOD.replace("        default: {description: Wrong.}\n", "")
    return laid(
        {
            "pym-config.yaml": "name: shop\n",
            "apis/bad one.yaml": GOOD.replace("default: tea", "default: 1"),
            "apis/other.yaml": warning,
        }
    )


def test_the_documents_of_the_service_are_looked_at_by_default(service: Path, pym: Run) -> None:
    done = pym("lint", cwd=service)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "apis/bad one.yaml:24: error: the default does not fit its own schema "
        "(the value: Input should be a valid string); correct one of the two [invalid-default]",
        "apis/other.yaml:10: warning: GET /items/{id} declares no response for errors; "
        "add a 'default', or those of 4XX and 5XX that it gives [missing-error-response]",
        "1 error, 1 warning",
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["apis/other.yaml"], 0),
        (["apis/other.yaml", "--strict"], 1),
        (["apis/bad one.yaml"], 1),
        (["--disable", "invalid-default"], 0),
        (["--disable", "invalid-default", "--disable", "missing-error-response", "--strict"], 0),
    ],
)
def test_errors_end_with_1_and_warnings_only_where_strict(
    arguments: list[str], code: int, service: Path, pym: Run
) -> None:
    assert pym("lint", *arguments, cwd=service).returncode == code


def test_a_file_that_cannot_be_read_is_told_beside_the_other_documents(service: Path, pym: Run) -> None:
    (service / "apis/broken.yaml").write_text("openapi: [")
    (service / "apis/part.yaml").write_text("Item: {type: object}")
    done = pym("lint", cwd=service)
    assert [line.partition(":")[0] for line in done.stdout.splitlines()[:-1]] == [
        "apis/bad one.yaml",
        "apis/broken.yaml",
        "apis/other.yaml",
    ]


def test_a_new_service_leaves_nothing_to_tell(pym: Run, tmp_path: Path) -> None:
    pym("init", "book-shop", "--yes")
    done = pym("lint", "--strict", cwd=tmp_path / "book-shop")
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 errors, 0 warnings\n", "")


def test_json_holds_what_text_tells(service: Path, pym: Run) -> None:
    (bad, other) = json.loads(pym("lint", "--format", "json", cwd=service).stdout)
    assert (bad["rule"], bad["severity"], bad["file"], bad["line"]) == (
        "invalid-default",
        "error",
        "apis/bad one.yaml",
        24,
    )
    assert bad["pointer"] == "/components/schemas/Item/properties/name/default"
    assert (other["rule"], other["severity"]) == ("missing-error-response", "warning")


def test_github_is_told_by_commands_of_a_workflow(service: Path, pym: Run) -> None:
    (first, second) = pym("lint", "--format", "github", cwd=service).stdout.splitlines()
    assert first.startswith("::error file=apis/bad one.yaml,line=24,title=invalid-default::the default does not fit")
    assert second.startswith("::warning file=apis/other.yaml,line=10,title=missing-error-response::")


def test_sarif_holds_what_the_standard_requires(service: Path, pym: Run) -> None:
    log: Any = json.loads(pym("lint", "--format", "sarif", cwd=service).stdout)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["name"] == "pym lint"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.name for rule in RULES]
    assert {rule["defaultConfiguration"]["level"] for rule in rules} <= {"none", "note", "warning", "error"}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["region"]["startLine"] >= 1
        assert physical["artifactLocation"]["uri"] in ("apis/bad%20one.yaml", "apis/other.yaml")


@pytest.mark.parametrize(
    ("arguments", "code", "output"),
    [
        (
            ["none.yaml"],
            1,
            "none.yaml: error: there is no such file; correct the path, or write the file [document-error]",
        ),
        (["pym-config.yaml"], 1, "pym-config.yaml:1: error: this is no OpenAPI document"),
        (["broken.yaml"], 1, "broken.yaml:3: error: broken YAML"),
        (["--disable", "invalid-defaults"], 2, "there is no rule 'invalid-defaults' (did you mean 'invalid-default'?)"),
    ],
)
def test_bad_input_is_told_in_a_sentence(arguments: list[str], code: int, output: str, service: Path, pym: Run) -> None:
    (service / "broken.yaml").write_text("openapi: 3.1.0\ninfo: {title")
    done = pym("lint", *arguments, cwd=service)
    assert output in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == code


def test_the_page_of_rules_is_that_of_the_code() -> None:
    assert rules_table() in (REPOSITORY / "docs/reference/lint.md").read_text()
