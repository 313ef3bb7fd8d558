"""What binds an operation to its functions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pymacaron.spec import Binding, Document

HEAD = "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\n"

BINDINGS = {
    "x-bind-server: shop.api.list": Binding(server="shop.api.list"),
    "operationId: shop.api.list": Binding(server="shop.api.list"),
    "operationId: list": Binding(),
    "operationId: list/all.now": Binding(),
    "operationId: list, x-bind-module: shop.api": Binding(server="shop.api.list"),
    "operationId: pets.list, x-bind-module: shop.api": Binding(server="shop.api.pets.list"),
    "x-bind-server: a.b, operationId: c.d, x-bind-module: e": Binding(server="a.b"),
    "x-bind-client: fetch, x-decorate-request: shop.auth.sign": Binding(
        client="fetch", decorate_request="shop.auth.sign"
    ),
    "x-bind-server: a.b, x-decorate-server: shop.auth.check": Binding(server="a.b", decorate_server="shop.auth.check"),
    "x-no-bind-server: true, x-bind-server: a.b": Binding(server="a.b", skipped=True),
}


@pytest.mark.parametrize("written", BINDINGS)
def test_an_operation_is_bound_by_its_own_words(document: Callable[..., Document], written: str) -> None:
    shop = document(f"{HEAD}paths: {{/a: {{get: {{{written}, responses: {{}}}}}}}}\n")
    assert (shop.operations[0].binding, shop.problems) == (BINDINGS[written], ())


def test_the_nearest_module_and_decorator_count(document: Callable[..., Document]) -> None:
    shop = document(
        HEAD
        + """\
x-bind-module: shop
x-decorate-server: shop.check
paths:
  /a:
    get: {operationId: a, responses: {}}
  /b:
    x-bind-module: shop.b
    x-decorate-server: shop.b.check
    get: {operationId: b, responses: {}}
    put: {operationId: c, x-bind-module: other, x-decorate-server: other.check, responses: {}}
    post: {responses: {}}
"""
    )
    assert [(found.binding.server, found.binding.decorate_server) for found in shop.operations] == [
        ("shop.a", "shop.check"),
        ("shop.b.b", "shop.b.check"),
        ("other.c", "other.check"),
        (None, "shop.b.check"),
    ]


def test_names_that_are_none_are_errors(problems: Callable[..., list[str]]) -> None:
    text = HEAD + (
        "paths:\n"
        "  /a:\n"
        "    get: {x-bind-server: 'os.system(\"id\")', responses: {}}\n"
        "    put: {x-bind-server: list, responses: {}}\n"
        "    post: {x-bind-module: shop, operationId: list-pets, responses: {}}\n"
        "    head: {x-bind-server: [a.b], x-no-bind-server: 'no', responses: {}}\n"
    )
    assert problems(text) == [
        "shop.yaml:5: 'x-bind-server: os.system(\"id\")' is no dotted name such as shop.api.list_pets",
        "shop.yaml:6: 'x-bind-server: list' is no dotted name such as shop.api.list_pets",
        "shop.yaml:7: 'list-pets' names no function of 'x-bind-module: shop'; rename it, or add an 'x-bind-server'",
        "shop.yaml:8: 'x-bind-server' must be text, not a list; quote it",
        "shop.yaml:8: 'x-no-bind-server' must be true or false, not 'no'; correct it",
    ]
