"""`pym token` and `pym audit`, run as commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tokenkit import BEARER, CLAIMS, SECRET, SETTINGS, document, forged, operation

MINE = """
from functools import wraps

from pymacaron.auth import requires_auth as want_token


def requires_auth(function):
    return function


@want_token
def guarded():
    return {}


@wraps(guarded)
def below():
    return guarded()
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pym(folder: Callable[..., Path]) -> Run:
    """Run `pym` in the folder of a service."""
    roots: list[Path] = []

    def run(*arguments: str, stdin: str = "", settings: Any = None, api: Any = None) -> Any:
        if not roots:
            own = {**SETTINGS, "default_user_id": "default"}
            roots.append(folder(own if settings is None else settings, api, mine=MINE))
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "pymacaron", *arguments],
            cwd=roots[0],
            env={key: text for key, text in os.environ.items() if not key.startswith("PYM_")},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_a_token_that_was_made_is_verified_and_says_what_it_was_told(pym: Run) -> None:
    options = ("--user-id", "u1", "--expire-in", "60", "--data", '{"role": "admin"}')
    made = pym("token", "generate", *options).stdout
    assert made.count("\n") == 1
    verified = json.loads(pym("token", "verify", stdin=made).stdout)
    assert (verified["sub"], verified["role"], verified["exp"] - verified["iat"]) == ("u1", "admin", 60)
    assert json.loads(pym("token", "verify", made.strip()).stdout) == verified
    decoded = json.loads(pym("token", "decode", stdin=f"Bearer {made}").stdout)
    assert decoded == {"header": {"alg": "HS256", "typ": "JWT"}, "claims": verified}


def test_a_token_is_for_the_default_user_where_no_user_is_given(pym: Run) -> None:
    made = pym("token", "generate").stdout
    assert json.loads(pym("token", "decode", stdin=made).stdout)["claims"]["sub"] == "default"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"secret": "x" * 32}, "The token is refused: its signature is wrong"),
        ({"iss": "another"}, "The token is refused: it comes from another issuer"),
        ({"exp": 1_000_000_000}, "The token is expired: get a new one"),
    ],
)
def test_a_bad_token_ends_with_1_and_its_reason_and_is_decoded_all_the_same(
    pym: Run, changes: dict[str, Any], told: str
) -> None:
    now = int(time.time())
    token = forged(claims={**CLAIMS, "iat": now, "exp": now + 60}, **changes)
    done = pym("token", "verify", stdin=token)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"Error: {told}\n")
    assert json.loads(pym("token", "decode", stdin=token).stdout)["header"]["alg"] == "HS256"


@pytest.mark.parametrize("text", ["", "x", "x.y.z", "a.b"])
@pytest.mark.parametrize("command", ["decode", "verify"])
def test_what_is_no_token_is_told_in_a_sentence(pym: Run, command: str, text: str) -> None:
    done = pym("token", command, stdin=text)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The token is refused: ")
    assert done.stderr.count("\n") == 1


def test_data_that_is_no_object_is_a_wrong_command_line(pym: Run) -> None:
    for text in ("[1]", "{", '{"x": 1e999}', '{"x": 1, "x": 2}'):
        done = pym("token", "generate", "--data", text)
        assert (done.returncode, "it should be a JSON object of finite numbers" in done.stderr) == (2, True)


def test_a_token_that_the_service_would_refuse_is_a_wrong_command_line(pym: Run) -> None:
    done = pym("token", "generate", "--expire-in", str(10**15))
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "Error: expire_in leads to no time: give seconds, as a number that is not negative",
    )


def test_a_service_without_a_key_makes_no_token(pym: Run) -> None:
    done = pym("token", "generate", settings={"name": "shop"})
    assert (done.returncode, "jwt_secret is missing" in done.stderr) == (2, True)


def test_commands_that_need_no_secret_know_the_operation_of_the_plugin_without_it(pym: Run) -> None:
    settings = {**SETTINGS, "jwt_secret": "SHOP_UNSET_SECRET", "env_secrets": ["SHOP_UNSET_SECRET"]}
    assert "/auth/version" in pym("routes", settings=settings).stdout
    assert pym("audit").returncode == 0
    done = pym("token", "generate")
    assert (done.returncode, "SHOP_UNSET_SECRET, which is not set" in done.stderr) == (2, True)


def test_no_command_shows_a_secret(pym: Run) -> None:
    for arguments in (("config", "show"), ("token", "generate", "--debug"), ("token", "verify", "--debug", "x.y.z")):
        done = pym(*arguments)
        assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("how", [(), ("--user-id", "u1")])
def test_a_memory_that_only_the_service_has_is_not_written_to_from_outside(pym: Run, how: tuple[str, ...]) -> None:
    done = pym("token", "revoke", *how, stdin=forged(), settings={**SETTINGS, "jwt_revocation": "memory"})
    assert (done.returncode, "set it to redis" in done.stderr) == (2, True)


def test_a_redis_that_is_away_is_named_where_tokens_cannot_be_revoked(pym: Run) -> None:
    away = {**SETTINGS, "jwt_revocation": "redis", "jwt_revocation_url": "redis://127.0.0.1:9/0"}
    done = pym("token", "revoke", "--user-id", "u1", settings=away)
    told = "the store of revoked tokens failed (ConnectionError): start it, or correct jwt_revocation and"
    assert (done.returncode, f"Error: {told} jwt_revocation_url\n" in done.stderr) == (1, True)
    seen = pym("doctor", settings=away).stdout
    assert f"{told} jwt_revocation_url" in seen


PATH = {"in": "path", "required": True, "schema": {"type": "string"}}


def with_id(name: str = "item_id", **more: Any) -> dict[str, Any]:
    return {"get": operation(parameters=[{"name": name, **PATH}], **more)}


TOKEN: list[dict[str, list[str]]] = [{"token": []}]
SCOPED: list[dict[str, list[str]]] = [{"token": ["read"]}]
AUDITED = document(
    {
        "/open": {"get": operation()},
        "/declared": {"get": operation(security=[])},
        "/either": {"get": operation(security=[*TOKEN, {}])},
        "/mine": {"get": operation(security=TOKEN)},
        "/decorated": {"get": operation(**{"x-decorate-server": "pymacaron.auth.requires_auth"})},
        "/ids/{item_id}": with_id(security=TOKEN),
        "/camel/{itemId}": with_id("itemId", security=TOKEN),
        "/plain/{id}": with_id("id", security=TOKEN),
        "/scoped/{item_id}": with_id(security=SCOPED),
        "/half/{item_id}": with_id(security=[*SCOPED, *TOKEN]),
        "/policy/{item_id}": with_id(security=TOKEN, **{"x-pym-policy": "shop.policies.owner"}),
        "/joined/{userid}": with_id("userid", security=TOKEN),
        "/pet/{petId}/{petid}": with_id("petid", security=TOKEN),
        "/named": {"get": operation(**{"x-decorate-server": "mine.requires_auth"})},
        "/imported": {"get": operation(**{"x-decorate-server": "pymacaron_auth.requires_auth"})},
        "/own": {"get": operation("mine.guarded")},
        "/below": {"get": operation("mine.below")},
        "/valid/{valid}": with_id("valid", security=TOKEN),
        "/decorated/{item_id}": with_id(**{"x-decorate-server": "pymacaron.auth.requires_auth"}),
        "/skipped": {"get": {**operation(), "x-no-bind-server": True}},
    },
    token=BEARER,
)


def test_an_audit_lists_operations_that_are_open_and_ids_without_a_policy(pym: Run) -> None:
    found = json.loads(pym("audit", "--json", api=AUDITED).stdout)
    assert {(each["path"], each["kind"]) for each in found} == {
        *((path, "open") for path in ("/open", "/declared", "/either", "/named")),
        *((f"/{path}", "no-policy") for path in ("ids/{item_id}", "camel/{itemId}", "plain/{id}", "half/{item_id}")),
        ("/joined/{userid}", "no-policy"),
        ("/pet/{petId}/{petid}", "no-policy"),
        ("/decorated/{item_id}", "no-policy"),
    }
    assert {"method", "path", "kind", "place", "reason"} == set(found[0])
    assert found[0]["place"].startswith("apis/shop.yaml:")


def test_an_audit_prints_a_line_for_each_finding(pym: Run) -> None:
    lines = pym("audit", api=AUDITED).stdout.splitlines()
    assert len(lines) == 11
    assert lines[0].split()[:3] == ["GET", "/open", "open"]


def test_an_audit_that_checks_ends_with_1_where_it_finds_anything(pym: Run) -> None:
    for how, status in (((), 0), (("--check",), 1), (("--check", "--json"), 1)):
        assert pym("audit", *how, api=AUDITED).returncode == status


def test_an_audit_that_checks_ends_with_0_where_it_finds_nothing(pym: Run) -> None:
    done = pym("audit", "--check")
    assert (done.returncode, done.stdout) == (0, "")
