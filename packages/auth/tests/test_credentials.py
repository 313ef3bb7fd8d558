"""Passwords and API keys go to functions of the service, exactly as they were sent or not at all."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from pymacaron.exceptions import ConfigError
from tokenkit import Shop, document, operation

BASIC = {"type": "http", "scheme": "basic"}
CHECKS = """
from pymacaron.plugins.records import Identity

seen = []


def check(*credential):
    seen.append(credential)
    return "the user"


def scoped(*credential, scopes):
    seen.append((*credential, scopes))
    return "the user"


def answer(*credential):
    return {"none": None, "false": False, "empty": "", "zero": 0, "true": True, "text": "u9", "number": 7,
            "identity": Identity("u8", "another", frozenset({"read"}), {"plan": "pro"}),
            "list": ["u1"], "error": None}[credential[-1]]


async def asynchronous(text):
    return "u1"


number = 1
"""


def settings(**more: Any) -> dict[str, Any]:
    return {"name": "shop", **more}


def keyed(location: str, name: str = "key", scopes: list[str] | None = None) -> dict[str, Any]:
    scheme = {"type": "apiKey", "in": location, "name": name}
    return document({"/me": {"get": operation(security=[{"mine": scopes or []}])}}, mine=scheme)


def basic(scopes: list[str] | None = None) -> dict[str, Any]:
    return document({"/me": {"get": operation(security=[{"mine": scopes or []}])}}, mine=BASIC)


def seen() -> list[Any]:
    import checks  # type: ignore[import-not-found]

    found: list[Any] = checks.seen
    return found


def encoded(text: str | bytes) -> str:
    return "Basic " + b64encode(text.encode() if isinstance(text, str) else text).decode()


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("grace:word", ("grace", "word")),
        ("grace:", ("grace", "")),
        (":word", ("", "word")),
        ("grace:a:b:c", ("grace", "a:b:c")),
        ("gräce:wörd€", ("gräce", "wörd€")),
        ("grace:a\u00a0b\u200dc", ("grace", "a\u00a0b\u200dc")),
    ],
)
def test_user_and_password_arrive_as_they_were_sent(
    shop: Callable[..., Shop], text: str, arguments: tuple[str, str]
) -> None:
    ours = shop(settings(basic_verify="checks.check"), basic(), checks=CHECKS)
    assert ours.call(Authorization=encoded(text)).get_json()["user"] == "the user"
    assert seen() == [arguments]


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic x",
        "Basic ====",
        "Basic Z3JhY2U6d29yZA",
        "Basic Z3JhY2U6d29yZB==",
        "Basic Z3Jh Y2U6d29yZA==",
        encoded("no colon"),
        encoded(b"gr\xe4ce:word"),
        encoded("grace:a\nb"),
        encoded("gra\x00ce:word"),
    ],
)
def test_a_broken_header_of_basic_is_refused_without_asking(shop: Callable[..., Shop], header: str) -> None:
    ours = shop(settings(basic_verify="checks.check"), basic(), checks=CHECKS)
    assert ours.error(Authorization=header) == (401, "CREDENTIAL_INVALID")
    assert seen() == []


@pytest.mark.parametrize(
    ("location", "sent", "arguments"),
    [
        ("header", {"headers": {"key": "a b&c=%20"}}, ("a b&c=%20",)),
        ("query", {"query_string": "key=a%20b%26c+d"}, ("a b&c d",)),
        ("query", {"query_string": "k%65y=1"}, ("1",)),
        ("cookie", {"headers": {"Cookie": "x=1; key=a%20b"}}, ("a b",)),
        ("cookie", {"headers": {"Cookie": 'key="quoted"'}}, ("quoted",)),
    ],
)
def test_an_api_key_arrives_decoded(
    shop: Callable[..., Shop], location: str, sent: dict[str, Any], arguments: tuple[str]
) -> None:
    ours = shop(settings(api_key_verify="checks.check"), keyed(location), checks=CHECKS)
    assert ours.client.get("/me", **sent).get_json()["user"] == "the user"
    assert seen() == [arguments]


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        ("query", {"query_string": "key=1&key=2"}),
        ("cookie", {"headers": {"Cookie": "key=1; key=1"}}),
    ],
)
def test_two_api_keys_are_none(shop: Callable[..., Shop], location: str, sent: dict[str, Any]) -> None:
    ours = shop(settings(api_key_verify="checks.check"), keyed(location), checks=CHECKS)
    assert ours.client.get("/me", **sent).get_json()["error"] == "CREDENTIAL_INVALID"
    assert seen() == []


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        *((what, (401, "CREDENTIAL_INVALID")) for what in ("none", "false", "empty")),
        ("zero", (200, {"user": "0", "scheme": "mine", "scopes": []})),
        ("true", (200, {"user": "grace", "scheme": "mine", "scopes": []})),
        ("text", (200, {"user": "u9", "scheme": "mine", "scopes": []})),
        ("number", (200, {"user": "7", "scheme": "mine", "scopes": []})),
        ("identity", (200, {"user": "u8", "scheme": "mine", "scopes": ["read"]})),
        ("list", (500, "UNHANDLED_SERVER_ERROR")),
        ("unforeseen", (500, "UNHANDLED_SERVER_ERROR")),
    ],
)
def test_what_the_function_returns_says_who_calls(shop: Callable[..., Shop], what: str, answer: Any) -> None:
    ours = shop(settings(basic_verify="checks.answer"), basic(), checks=CHECKS)
    reply = ours.call(Authorization=encoded(f"grace:{what}"))
    found = reply.get_json()
    if answer[0] == 500:
        assert reply.status_code == 500
    else:
        assert (reply.status_code, found.get("error", found)) == answer


def test_a_password_without_a_user_proves_nobody(shop: Callable[..., Shop]) -> None:
    ours = shop(settings(basic_verify="checks.answer"), basic(), checks=CHECKS)
    assert ours.error(Authorization=encoded(":true")) == (401, "CREDENTIAL_INVALID")
    assert ours.call(Authorization=encoded(":text")).get_json()["user"] == "u9"


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"Sec-Fetch-Site": "cross-site"}, 200),
        ("POST", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", {}, 403),
        ("POST", {"Sec-Fetch-Site": "same-origin"}, 200),
        ("POST", {"Origin": "http://localhost"}, 200),
        ("POST", {"Origin": "https://club.example.com"}, 200),
        ("POST", {"Origin": "https://evil.example"}, 403),
    ],
)
def test_only_a_page_of_this_site_may_change_anything_by_an_api_key_of_a_cookie(
    shop: Callable[..., Shop], method: str, headers: dict[str, str], status: int
) -> None:
    api = keyed("cookie")
    api["paths"]["/me"]["post"] = api["paths"]["/me"]["get"]
    more = {"api_key_verify": "checks.check", "jwt_cookie_origins": ["https://club.example.com"]}
    reply = shop(settings(**more), api, checks=CHECKS).call(method=method, Cookie="key=k", **headers)
    assert (reply.status_code, reply.get_json().get("error")) == (
        status,
        "CROSS_SITE_REQUEST" if status == 403 else None,
    )


def test_a_function_that_takes_scopes_answers_for_them(shop: Callable[..., Shop]) -> None:
    ours = shop(settings(api_key_verify="checks.scoped"), keyed("header", scopes=["read"]), checks=CHECKS)
    assert ours.call(key="k").get_json() == {"user": "the user", "scheme": "mine", "scopes": ["read"]}
    assert seen() == [("k", ("read",))]


def test_a_function_that_takes_none_gives_none(shop: Callable[..., Shop]) -> None:
    ours = shop(settings(api_key_verify="checks.check"), keyed("header", scopes=["read"]), checks=CHECKS)
    assert ours.error(key="k") == (403, "INSUFFICIENT_SCOPE")


def test_each_scheme_may_have_a_function_of_its_own(shop: Callable[..., Shop]) -> None:
    schemes = {name: {"type": "apiKey", "in": "header", "name": f"X-{name}"} for name in ("one", "two")}
    paths = {f"/{name}": {"get": operation(security=[{name: []}])} for name in schemes}
    functions = {"one": "checks.check", "two": "checks.answer"}
    ours = shop(settings(api_key_verify=functions), document(paths, **schemes), checks=CHECKS)
    assert ours.call(path="/one", X_one="k").get_json()["user"] == "the user"
    assert ours.call(path="/two", X_two="text").get_json()["user"] == "u9"
    assert ours.error(path="/two", X_one="k") == (401, "AUTHORIZATION_HEADER_MISSING")


@pytest.mark.parametrize("api", [basic(), keyed("header")], ids=["basic", "apiKey"])
@pytest.mark.parametrize(
    ("named", "told"),
    [
        (None, "names no function for the security scheme 'mine'"),
        ({"other": "checks.check"}, "names no function for the security scheme 'mine'"),
        ("checks.chekc", r"checks has no 'chekc' \(did you mean 'check'\?\)"),
        ("nowhere.check", "there is no module 'nowhere'"),
        ("checks.number", "is no plain function"),
        ("checks.asynchronous", "is no plain function"),
    ],
)
def test_a_scheme_without_a_function_keeps_the_service_from_starting(
    shop: Callable[..., Shop], api: dict[str, Any], named: Any, told: str
) -> None:
    given = {} if named is None else {"basic_verify": named, "api_key_verify": named}
    with pytest.raises(ConfigError, match=told):
        shop(settings(**given), api, checks=CHECKS)
