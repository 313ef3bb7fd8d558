"""What services of PyMacaron 2 know of `pymacaron.auth`: tokens made, callers known, calls made as a backend user."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import flask
import jwt
import pytest

import pymacaron.auth
from pymacaron.auth import backend_token, generate_token, get_token_issuer, get_user_token, get_userid, load_auth_token
from pymacaron.exceptions import AuthenticationError, ConfigError
from pymacaron_auth import AuthInvalidTokenError, AuthMissingHeaderError, AuthTokenExpiredError, jws, verify_token
from pymacaron_auth.jws import unverified
from tokenkit import NOW, SECRET, SETTINGS, Shop, document, forged, operation

HANDLERS = """
from pymacaron.auth import add_auth, backend_token, get_token_issuer, get_user_token, get_user_token_data, get_userid
from pymacaron.auth import requires_auth, load_auth_token, authenticate_http_request


def who():
    return {
        "user": get_userid(),
        "data": get_user_token_data(),
        "token": get_user_token(),
        "issuer": get_token_issuer(),
    }


@requires_auth
def decorated():
    return {"user": get_userid()}


@add_auth
def remote(path, headers=None):
    return headers


def call():
    outside = remote("/x")
    with backend_token(user_id="backend", data={"role": "cron"}) as token:
        inside = remote("/x", headers={"X-Other": "1"})
        acting = get_userid()
    return {"outside": outside, "inside": inside, "token": token, "acting": acting, "after": get_userid()}


def ask_myself():
    from flask import current_app, request

    sent = {"Authorization": request.headers["Authorization"]}
    with backend_token(user_id="backend"):
        inner = current_app.test_client().get("/who", headers=sent).get_json()["user"]
        return {"inner": inner, "here": get_userid()}


def spoil():
    data = get_user_token_data()
    before = {**data, "list": list(data["list"])}
    data["role"] = "admin"
    data.setdefault("list", []).append("spoiled")
    return before


def switch(body):
    load_auth_token(body["token"])
    return {"user": get_userid(), "token": get_user_token()}


def verify():
    authenticate_http_request()
    return {"user": get_userid()}
"""
DECORATED = {"x-decorate-server": "pymacaron.auth.requires_auth"}
BODY = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
API = document(
    {
        "/who": {"get": operation("handlers.who", **DECORATED)},
        "/decorated": {"get": operation("handlers.decorated")},
        "/call": {"get": operation("handlers.call", **DECORATED)},
        "/ask_myself": {"get": operation("handlers.ask_myself", **DECORATED)},
        "/spoil": {"get": operation("handlers.spoil", **DECORATED)},
        "/open": {"get": operation("handlers.who")},
        "/verify": {"get": operation("handlers.verify")},
        "/switch": {"post": operation("handlers.switch", requestBody=BODY)},
    }
)


@pytest.fixture
def ours(shop: Callable[..., Shop]) -> Shop:
    """Serve handlers that use `pymacaron.auth`, at NOW."""
    return shop({**SETTINGS, "default_user_id": "default"}, API, HANDLERS).at(NOW)


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token, its signature and audience verified by PyJWT."""
    options: Any = {"verify_exp": False, "verify_iat": False}
    found: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"], audience="shop", options=options)
    return found


def made(ours: Shop, *arguments: Any, **options: Any) -> dict[str, Any]:
    with ours.service:
        return claims_of(generate_token(*arguments, **options))


def test_a_token_says_who_made_it_for_whom_and_for_how_long(ours: Shop) -> None:
    found = made(ours, "u1")
    assert len(found.pop("jti")) == 36
    assert found == {"iss": SETTINGS["jwt_issuer"], "sub": "u1", "aud": "shop", "iat": NOW, "exp": NOW + 86400}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"sub": "default"}),
        ({"user_id": 42}, {"sub": "42"}),
        ({"expire_in": 60}, {"exp": NOW + 60}),
        ({"expire_in": 60.9}, {"exp": NOW + 60}),
        ({"iat": NOW - 1000}, {"iat": NOW - 1000, "exp": NOW - 1000 + 86400}),
        ({"iat": datetime.fromtimestamp(NOW - 5, UTC)}, {"iat": NOW - 5}),
        ({"issuer": "another"}, {"iss": "another"}),
        ({"data": {"role": "admin", "nested": {"a": [1]}}}, {"role": "admin", "nested": {"a": [1]}}),
        ({"data": {"sub": "root", "exp": 1, "iss": "me", "aud": "you", "iat": 0}}, {"sub": "default", "aud": "shop"}),
    ],
)
def test_a_token_holds_what_it_is_told_and_the_claims_of_its_own(
    ours: Shop, options: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = made(ours, **options)
    assert {name: found[name] for name in expected} == expected


def test_the_data_of_one_token_never_gets_into_the_next(ours: Shop) -> None:
    data = {"role": "admin"}
    assert made(ours, "u1", data=data)["role"] == "admin"
    assert data == {"role": "admin"}
    assert "role" not in made(ours, "u2")


def test_two_tokens_differ_by_their_ids(ours: Shop) -> None:
    assert made(ours, "u1")["jti"] != made(ours, "u1")["jti"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("expire_in", [0, -1, 0.5, True, "60", 1e12, 10**400, float("inf"), float("nan")]),
        ("user_id", ["", True, b"u1", 1.5, ["u1"]]),
        ("iat", ["now", -1, True, 1e12, float("inf"), float("nan"), datetime.fromtimestamp(-5, UTC)]),
        ("nbf", [{"nbf": "now"}, {"nbf": -1}]),
        (
            "data",
            [["role"], "role", {"x": float("inf")}, {"x": {1}}, {"x": "y" * 20_000}, {"x": 1, "y": {1: 2, "1": 3}}],
        ),
    ],
)
def test_a_token_that_the_service_would_refuse_is_not_made(ours: Shop, name: str, values: list[Any]) -> None:
    for value in values:
        with ours.service, pytest.raises(ValueError, match=rf"(?s)^(the )?{name}\b[^\n]*$"):
            generate_token(**{"data" if name == "nbf" else name: value})


def test_a_token_for_nobody_is_not_made(shop: Callable[..., Shop]) -> None:
    with shop().service, pytest.raises(ConfigError, match="give a user id, or set default_user_id"):
        generate_token()


def test_the_life_of_a_token_is_a_setting(shop: Callable[..., Shop]) -> None:
    ours = shop({**SETTINGS, "jwt_token_timeout": 60}).at(NOW)
    assert made(ours, "u1")["exp"] == NOW + 60
    ours.service.config.jwt_token_timeout = 90
    assert made(ours, "u1")["exp"] == NOW + 90


def test_a_handler_knows_its_caller(ours: Shop) -> None:
    token = forged(role="admin", groups=["a", {"b": 1}])
    found = ours.call(token, path="/who").get_json()
    assert (found["user"], found["issuer"], found["token"]) == ("u1", SETTINGS["jwt_issuer"], token)
    assert (found["data"]["role"], found["data"]["groups"]) == ("admin", ["a", {"b": 1}])


@pytest.mark.parametrize("path", ["/who", "/decorated", "/verify"])
def test_the_decorator_refuses_callers_without_a_good_token(ours: Shop, path: str) -> None:
    assert ours.error(path=path) == (401, "AUTHORIZATION_HEADER_MISSING")
    assert ours.error(forged(secret="x" * 32), path=path) == (401, "TOKEN_INVALID")
    assert ours.error(forged(exp=NOW - 1), path=path) == (401, "TOKEN_EXPIRED")
    assert ours.call(forged(), path=path).get_json()["user"] == "u1"


def test_nobody_is_the_user_of_an_open_operation_whatever_is_sent(ours: Shop) -> None:
    assert ours.error(forged(), path="/open") == (401, "AUTHORIZATION_HEADER_MISSING")


def test_what_one_handler_does_to_the_claims_reaches_no_other_request(ours: Shop) -> None:
    token = forged(list=["x"])
    for _ in range(2):
        found = ours.call(token, path="/spoil").get_json()
        assert (found.get("role"), found["list"]) == (None, ["x"])


def test_a_plain_flask_view_may_want_a_token(ours: Shop, shop: Callable[..., Shop]) -> None:
    ours.app.add_url_rule("/view", view_func=pymacaron.auth.requires_auth(lambda: get_userid()), endpoint="view")
    assert ours.error(path="/view") == (401, "AUTHORIZATION_HEADER_MISSING")
    assert ours.call(forged(), path="/view").text == "u1"


def test_calls_within_backend_token_carry_the_token_of_the_backend_user(ours: Shop) -> None:
    token = forged()
    found = ours.call(token, path="/call").get_json()
    assert found["outside"] == {"Authorization": f"Bearer {token}"}
    assert found["inside"] == {"X-Other": "1", "Authorization": f"Bearer {found['token']}"}
    assert (found["acting"], found["after"]) == ("backend", "u1")
    assert (claims_of(found["token"])["sub"], claims_of(found["token"])["role"]) == ("backend", "cron")


def test_a_request_that_is_served_within_backend_token_has_a_caller_of_its_own(ours: Shop) -> None:
    assert ours.call(forged(), path="/ask_myself").get_json() == {"inner": "u1", "here": "backend"}


def test_backend_tokens_nest_end_with_an_exception_and_stay_in_their_thread(ours: Shop) -> None:
    seen: list[str] = []

    def elsewhere() -> None:
        try:
            seen.append(get_userid())
        except AuthMissingHeaderError:
            seen.append("nobody")

    with ours.service:
        with backend_token() as token:
            with suppress(RuntimeError), backend_token(user_id="inner", issuer="me"):
                assert (get_userid(), get_token_issuer()) == ("inner", "me")
                thread = threading.Thread(target=elsewhere)
                thread.start()
                thread.join()
                raise RuntimeError
            assert (get_userid(), get_user_token()) == ("default", token)
        with pytest.raises(AuthMissingHeaderError):
            get_userid()
    assert seen == ["nobody"]


def test_a_token_that_was_loaded_holds_for_its_request_alone(ours: Shop) -> None:
    token = forged(sub="u2")
    client = ours.client
    assert client.post("/switch", json={"token": token}).get_json() == {"user": "u2", "token": token}
    assert ours.error(path="/open") == (401, "AUTHORIZATION_HEADER_MISSING")
    assert client.post("/switch", json={"token": token + "x"}).status_code == 401


def test_outside_of_a_request_a_token_is_judged_and_nobody_becomes_the_user(ours: Shop) -> None:
    with ours.service:
        assert load_auth_token(forged())["sub"] == "u1"
        assert verify_token(forged(scope="a b")).scopes == {"a", "b"}
        for call in (get_userid, get_user_token, get_token_issuer, pymacaron.auth.get_user_token_data):
            with pytest.raises(AuthMissingHeaderError):
                call()
        with pytest.raises(AuthTokenExpiredError):
            load_auth_token(forged(exp=NOW))
        with pytest.raises(AuthInvalidTokenError):
            load_auth_token("x.y.z")


def test_what_is_raised_is_an_authentication_error_of_core() -> None:
    assert issubclass(AuthInvalidTokenError, AuthenticationError)
    assert not flask.has_request_context()


@pytest.mark.parametrize("sent", [None, "bad", "good"])
def test_auth_version_tells_callers_who_are_known_what_runs(ours: Shop, sent: str | None) -> None:
    token = {None: None, "bad": forged(secret="x" * 32), "good": forged()}[sent]
    reply = ours.call(token, path="/auth/version")
    if sent == "good":
        assert reply.get_json() == ours.call(path="/version").get_json()
    else:
        assert reply.status_code == 401


def test_the_plugin_makes_tokens_for_whoever_asks_core_for_one(ours: Shop) -> None:
    (issuer,) = ours.service.hooks.token_issuers(ours.service.config)
    assert issuer.name == "auth"
    assert (claims_of(issuer.issue("u7"))["sub"], claims_of(issuer.issue(None))["sub"]) == ("u7", "default")


def test_a_token_is_renewed_once_it_is_old_enough(shop: Callable[..., Shop]) -> None:
    ours = shop({**SETTINGS, "jwt_token_renew_after": 600}).at(NOW)
    token = forged(iat=NOW, exp=NOW + 1800, role="admin", scope="read", nbf=NOW)
    assert "X-Renewed-Token" not in ours.call(token).headers
    assert "X-Renewed-Token" not in ours.at(NOW + 599.9).call(token).headers
    reply = ours.at(NOW + 600).call(token)
    found = claims_of(reply.headers["X-Renewed-Token"])
    assert reply.headers["Cache-Control"] == "no-store"
    assert found.pop("jti") != "t1"
    assert found == {
        "iss": SETTINGS["jwt_issuer"],
        "sub": "u1",
        "aud": "shop",
        "iat": NOW + 600,
        "exp": NOW + 2400,
        "role": "admin",
        "scope": "read",
    }
    assert "X-Renewed-Token" not in ours.call(reply.headers["X-Renewed-Token"]).headers


@pytest.mark.parametrize("aud", ["shop", "club", ["club", "elsewhere"]])
def test_a_renewed_token_is_for_the_audience_of_the_first(shop: Callable[..., Shop], aud: Any) -> None:
    ours = shop({**SETTINGS, "jwt_audience": ["shop", "club"], "jwt_token_renew_after": 600}).at(NOW + 600)
    renewed = ours.call(forged(aud=aud)).headers["X-Renewed-Token"]
    assert unverified(renewed)[1]["aud"] == aud


def test_a_renewal_that_fails_breaks_no_reply(
    shop: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ours = shop({**SETTINGS, "jwt_token_renew_after": 600}).at(NOW + 600)
    monkeypatch.setattr(jws, "signed", lambda *arguments: 1 / 0)
    reply = ours.call(forged())
    assert (reply.status_code, "X-Renewed-Token" in reply.headers) == (200, False)
    assert "a token could not be renewed: ZeroDivisionError" in caplog.text


def test_only_the_token_of_the_request_itself_is_renewed(shop: Callable[..., Shop]) -> None:
    ours = shop({**SETTINGS, "jwt_token_renew_after": 600}, API, HANDLERS).at(NOW + 601)
    reply = ours.client.post("/switch", json={"token": forged()})
    assert (reply.get_json()["user"], "X-Renewed-Token" in reply.headers) == ("u1", False)
    with ours.service:
        assert load_auth_token(forged())["sub"] == "u1"


def test_a_token_that_is_refused_is_not_renewed(shop: Callable[..., Shop]) -> None:
    ours = shop({**SETTINGS, "jwt_token_renew_after": 600}).at(NOW + 3600)
    reply = ours.call(forged())
    assert (reply.status_code, "X-Renewed-Token" in reply.headers) == (401, False)
