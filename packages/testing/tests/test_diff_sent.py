"""`pym diff` on what a service sends, webhooks and callbacks, where breaks are the other way round; and on links."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron.spec import References
from pymacaron.spec.sent import read_sent
from pymacaron_testing.diff.sent import compare_sent

SHOP = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /items/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    put:
      callbacks:
        onSale:
          '{$request.body#/url}':
            post:
              requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Sale'}}}}
              responses: {"204": {description: Thanks.}}
      responses:
        "200":
          description: It.
          links:
            owner: {operationId: owner, parameters: {id: $response.body#/owner}, description: Who has it.}
webhooks:
  stock:
    post:
      parameters: [{name: X-Shop, in: header, required: true, schema: {type: string}}]
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, properties: {left: {type: integer, maximum: 9}}}}}
      responses:
        "200":
          description: Thanks.
          headers: {X-Again: {schema: {type: string}}}
          content: {application/json: {schema: {type: object, properties: {more: {type: integer}}}}}
components:
  schemas:
    Sale:
      type: object
      required: [price]
      properties: {price: {type: integer}, kind: {enum: [cash, card]}}
"""
WEBHOOK, SALE = "POST webhook stock", "POST callback onSale {$request.body#/url} of PUT /items/{id}"
BODY, ANSWER = "request body application/json", "response 200 application/json"
LINK, LINKING = "response 200 link 'owner'", "PUT /items/{id}"
BREAKING, COMPATIBLE = True, False
CASES: dict[str, tuple[str, str, list[tuple[bool, str, str, str]]]] = {
    "nothing": ("", "", []),
    "a webhook is no longer sent": (
        "  stock:\n    post:",
        "  stock:\n    put:",
        [
            (BREAKING, WEBHOOK, "", "operation-removed"),
            (COMPATIBLE, "PUT webhook stock", "", "operation-added"),
        ],
    ),
    "what is sent may be more": (
        "maximum: 9",
        "maximum: 99",
        [(BREAKING, WEBHOOK, f"{BODY}: left", "maximum-changed")],
    ),
    "what is sent is less": ("maximum: 9", "maximum: 5", [(COMPATIBLE, WEBHOOK, f"{BODY}: left", "maximum-changed")]),
    "a header is sent no more": (
        "parameters: [{name: X-Shop, in: header, required: true, schema: {type: string}}]",
        "parameters: []",
        [(BREAKING, WEBHOOK, "header parameter 'X-Shop'", "parameter-removed")],
    ),
    "a header is no longer always sent": (
        "{name: X-Shop, in: header, required: true,",
        "{name: X-Shop, in: header,",
        [(BREAKING, WEBHOOK, "header parameter 'X-Shop'", "parameter-required")],
    ),
    "a body is no longer always sent": (
        "        required: true\n        content",
        "        content",
        [(BREAKING, WEBHOOK, "request body", "body-required")],
    ),
    "fewer answers are understood": (
        "{more: {type: integer}}",
        "{more: {type: integer, maximum: 5}}",
        [(BREAKING, WEBHOOK, f"{ANSWER}: more", "maximum-changed")],
    ),
    "more answers are understood": (
        "{more: {type: integer}}",
        "{more: {type: [integer, string]}}",
        [(COMPATIBLE, WEBHOOK, f"{ANSWER}: more", "type-changed")],
    ),
    "an answer has to have a header": (
        "{X-Again: {schema",
        "{X-Again: {required: true, schema",
        [(BREAKING, WEBHOOK, "response 200 header X-Again", "header-optional")],
    ),
    "a callback has a new value": (
        "[cash, card]",
        "[cash, card, coin]",
        [(BREAKING, SALE, f"{BODY}: kind", "value-added")],
    ),
    "a callback has a value less": ("[cash, card]", "[cash]", [(COMPATIBLE, SALE, f"{BODY}: kind", "value-removed")]),
    "a callback may lack a property": (
        "required: [price]",
        "required: []",
        [(BREAKING, SALE, f"{BODY}: price", "required-removed")],
    ),
    "a callback goes to another place": (
        "'{$request.body#/url}'",
        "'{$request.query.url}/sale'",
        [
            (BREAKING, SALE, "", "operation-removed"),
            (COMPATIBLE, SALE.replace("body#/url}", "query.url}/sale"), "", "operation-added"),
        ],
    ),
    "a path names its variable otherwise": (
        "/items/{id}:\n    parameters: [{name: id",
        "/items/{n}:\n    parameters: [{name: n",
        [],
    ),
    "a link is removed": (
        "            owner:",
        "            seller:",
        [
            (BREAKING, LINKING, LINK, "link-removed"),
            (COMPATIBLE, LINKING, LINK.replace("owner", "seller"), "link-added"),
        ],
    ),
    "a link leads elsewhere": (
        "operationId: owner",
        "operationId: seller",
        [(BREAKING, LINKING, LINK, "link-changed")],
    ),
    "a link is described otherwise": ("Who has it.", "Whose it is.", []),
}


@pytest.mark.parametrize("case", CASES)
def test_each_change_is_told_with_what_it_means_to_who_receives(case: str, tmp_path: Path) -> None:
    old, new, wanted = CASES[case]
    assert SHOP.count(old) >= 1
    sides = []
    for name, text in (("old.yaml", SHOP), ("new.yaml", SHOP.replace(old, new, 1))):
        (tmp_path / name).write_text(text)
        sides.append(read_sent(tmp_path / name, References(tmp_path)))
    changes = list(compare_sent(*sides))
    found = [
        (each.breaking, each.operation, ": ".join(filter(None, (each.part, each.path))), each.kind) for each in changes
    ]
    assert found == wanted


def test_pym_diff_ends_with_1_where_a_receiver_breaks(
    tmp_path: Path, pym: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "old.yaml").write_text(SHOP)
    (tmp_path / "new.yaml").write_text(SHOP.replace("[cash, card]", "[cash, card, coin]"))
    done = pym("diff", "old.yaml", "new.yaml")
    assert done.returncode == 1
    assert f": {SALE}: {BODY}: kind: " in done.stdout
    assert pym("diff", "new.yaml", "old.yaml").returncode == 0
