"""The table of security requirements, cell by cell: schemes, alternatives, combinations, scopes, what callers bring."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pytest

from tokenkit import BEARER, NOW, SETTINGS, Shop, document, forged, operation

SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": BEARER,
    "basic": {"type": "http", "scheme": "basic"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "key"},
    "oauth": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {"read": "", "write": ""}}},
    },
    "openid": {
        "type": "openIdConnect",
        "openIdConnectUrl": "https://shop.example.com/.well-known/openid-configuration",
    },
}
TOKENS = ("bearer", "oauth", "openid")
USERS = {"bearer": "u1", "oauth": "u1", "openid": "u1", "basic": "grace", "header": "k1", "query": "k1", "cookie": "k1"}
CHECKS = """
from pymacaron.plugins.records import Identity


def password(user, password):
    return Identity(user, scopes=frozenset(user_scopes(password))) if password.startswith("right") else None


def key(text):
    return Identity("k1", scopes=frozenset(user_scopes(text))) if text.startswith("right") else None


def user_scopes(text):
    return text.split("/")[1:]
"""
SETTING = {**SETTINGS, "basic_verify": "checks.password", "api_key_verify": "checks.key"}
CHALLENGES = {
    "bearer": "Bearer",
    "oauth": "Bearer",
    "openid": "Bearer",
    "basic": 'Basic realm="shop", charset="UTF-8"',
    "header": 'ApiKey in="header", name="X-Key"',
    "query": 'ApiKey in="query", name="key"',
    "cookie": 'ApiKey in="cookie", name="key"',
}
MISSING = "AUTHORIZATION_HEADER_MISSING"
BAD = {scheme: "TOKEN_INVALID" if scheme in TOKENS else "CREDENTIAL_INVALID" for scheme in SCHEMES}


def credential(scheme: str, what: str) -> dict[str, Any]:
    """Return what a caller sends for a scheme: nothing, something bad, good without scopes, or good with "read"."""
    if what == "absent":
        return {}
    if scheme in TOKENS:
        token = forged(secret="x" * 40) if what == "bad" else forged(scope="read" if what == "scoped" else "other")
        return {"headers": {"Authorization": f"Bearer {token}"}}
    text = {"bad": "wrong", "good": "right", "scoped": "right/read"}[what]
    if scheme == "basic":
        return {"headers": {"Authorization": f"Basic {b64encode(f'grace:{text}'.encode()).decode()}"}}
    if scheme == "header":
        return {"headers": {"X-Key": text}}
    if scheme == "query":
        return {"query_string": {"key": text}}
    return {"headers": {"Cookie": f"other=1; key={text}"}}


def merged(*credentials: Mapping[str, Any]) -> dict[str, Any]:
    """Return all of some credentials."""
    return {
        "headers": {name: text for each in credentials for name, text in each.get("headers", {}).items()},
        "query_string": {name: text for each in credentials for name, text in each.get("query_string", {}).items()},
    }


class Ask:
    """Calls an operation that has a security requirement; keeps the challenges of the last reply."""

    def __init__(self, shop: Callable[..., Shop]) -> None:
        self.shop = shop
        self.challenges: list[str] = []

    def __call__(self, security: list[dict[str, list[str]]], sent: dict[str, Any]) -> tuple[int, Any]:
        """Return status, and the user or the error."""
        api = document({"/me": {"get": operation(security=security)}}, **SCHEMES)
        reply = self.shop(SETTING, api, checks=CHECKS).at(NOW).client.get("/me", **sent)
        found = reply.get_json()
        self.challenges = reply.headers.getlist("WWW-Authenticate")
        return reply.status_code, found.get("error", found.get("user"))


@pytest.fixture
def ask(shop: Callable[..., Shop]) -> Ask:
    return Ask(shop)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("scopes", [[], ["read"]], ids=["any", "read"])
@pytest.mark.parametrize("what", ["absent", "bad", "good", "scoped"])
def test_one_scheme_alone(ask: Ask, scheme: str, scopes: list[str], what: str) -> None:
    answer = ask([{scheme: scopes}], credential(scheme, what))
    if what == "absent":
        assert answer == (401, MISSING)
        assert ask.challenges == [CHALLENGES[scheme]]
    elif what == "bad":
        assert answer == (401, BAD[scheme])
        assert ask.challenges[0].startswith(CHALLENGES[scheme].partition(" ")[0])
    elif what == "good" and scopes:
        assert answer == (403, "INSUFFICIENT_SCOPE")
        assert 'error="insufficient_scope", scope="read"' in ask.challenges[0] or scheme not in TOKENS
    else:
        assert answer == (200, USERS[scheme])


PAIRS = [("bearer", "header"), ("header", "basic"), ("oauth", "query"), ("cookie", "openid"), ("basic", "cookie")]
RANK = {"scoped": 3, "good": 2, "bad": 1, "absent": 0}


def expected_error(states: list[tuple[str, str]]) -> tuple[int, str]:
    """Return the error of schemes in the order of the document: a scope before what is bad before what is missing."""
    scheme, what = max(states, key=lambda state: RANK[state[1]])
    return {"good": (403, "INSUFFICIENT_SCOPE"), "bad": (401, BAD[scheme]), "absent": (401, MISSING)}[what]


@pytest.mark.parametrize(("first", "second"), PAIRS)
@pytest.mark.parametrize(("one", "other"), list(product(["absent", "bad", "good", "scoped"], repeat=2)))
def test_of_two_alternatives_the_first_good_one_decides_and_else_the_error_that_came_furthest(
    ask: Ask, first: str, second: str, one: str, other: str
) -> None:
    answer = ask([{first: ["read"]}, {second: ["read"]}], merged(credential(first, one), credential(second, other)))
    if "scoped" in (one, other):
        assert answer == (200, USERS[first if one == "scoped" else second])
    else:
        assert answer == expected_error([(first, one), (second, other)])
        assert len(ask.challenges) == (1 if answer[0] == 403 else 2)


@pytest.mark.parametrize(("first", "second"), PAIRS)
@pytest.mark.parametrize(("one", "other"), list(product(["absent", "bad", "good", "scoped"], repeat=2)))
def test_a_combination_wants_all_of_its_schemes(ask: Ask, first: str, second: str, one: str, other: str) -> None:
    answer = ask([{first: ["read"], second: ["read"]}], merged(credential(first, one), credential(second, other)))
    whats = [(first, one), (second, other)]
    if one == other == "scoped":
        assert answer == (200, USERS[first])
    elif bad := [scheme for scheme, what in whats if what == "bad"]:
        assert answer == (401, BAD[bad[0]])
    elif "absent" in (one, other):
        assert answer == (401, MISSING)
    else:
        assert answer == (403, "INSUFFICIENT_SCOPE")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("what", "answer"), [("absent", (200, None)), ("bad", 401), ("good", 200)], ids=["absent", "bad", "good"]
)
def test_an_empty_alternative_lets_pass_who_brings_nothing_and_not_who_brings_something_bad(
    ask: Ask, scheme: str, what: str, answer: Any
) -> None:
    found = ask([{scheme: []}, {}], credential(scheme, what))
    assert found == answer or (found[0] == answer and found[1] in (USERS[scheme], BAD[scheme]))


@pytest.mark.parametrize("what", ["absent", "bad", "good"])
def test_an_empty_list_opens_one_operation(shop: Callable[..., Shop], what: str) -> None:
    api = {**document({"/me": {"get": operation()}, "/open": {"get": operation(security=[])}}, **SCHEMES)}
    ours = shop(SETTING, {**api, "security": [{"bearer": []}]}, checks=CHECKS).at(NOW)
    assert ours.client.get("/open", **credential("bearer", what)).get_json() == {}
    assert ours.client.get("/me", **credential("bearer", what)).status_code == (200 if what == "good" else 401)


@pytest.mark.parametrize(
    "claim", [{"scope": "a read"}, {"scp": "a read"}, {"scp": ["a", "read"]}, {"scopes": ["read"]}]
)
def test_scopes_come_as_a_text_or_as_a_list(ask: Ask, claim: dict[str, Any]) -> None:
    sent = {"headers": {"Authorization": f"Bearer {forged(**claim)}"}}
    assert ask([{"oauth": ["read"]}], sent) == (200, "u1")


@pytest.mark.parametrize(
    "claim", [{"scope": "reading"}, {"scope": "READ"}, {"scope": 1}, {"scp": [1]}, {"scope": None}]
)
def test_a_scope_is_given_by_its_exact_name_alone(ask: Ask, claim: dict[str, Any]) -> None:
    sent = {"headers": {"Authorization": f"Bearer {forged(**claim)}"}}
    assert ask([{"oauth": ["read"]}], sent) == (403, "INSUFFICIENT_SCOPE")


@pytest.mark.parametrize(("scope", "answer"), [("read", (403, "INSUFFICIENT_SCOPE")), ("write read", (200, "u1"))])
def test_all_scopes_are_wanted(ask: Ask, scope: str, answer: tuple[int, str]) -> None:
    sent = {"headers": {"Authorization": f"Bearer {forged(scope=scope)}"}}
    assert ask([{"oauth": ["read", "write"]}], sent) == answer


def test_the_caller_is_verified_before_anything_else_of_the_request_is_looked_at(shop: Callable[..., Shop]) -> None:
    schema = {"type": "integer"}
    parameters = [{"name": "number", "in": "query", "required": True, "schema": schema}]
    api = document({"/me": {"get": operation(security=[{"bearer": []}], parameters=parameters)}}, **SCHEMES)
    handlers = "def who(number):\n    return {}\n"
    ours = shop(SETTING, api, handlers, checks=CHECKS).at(NOW)
    assert ours.error() == (401, MISSING)
    assert ours.error(forged()) == (400, "INVALID_PARAMETER")
