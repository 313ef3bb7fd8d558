"""Revoked tokens are refused at once, remembered or not: by their id, or by the cut-off of their user."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ports import free_port
from pymacaron.exceptions import ConfigError
from pymacaron_auth import generate_token, revoke_token, revoke_user, verify_token
from tokenkit import NOW, SETTINGS, Shop, forged


@pytest.fixture(params=["memory", "redis", "own"])
def ours(request: pytest.FixtureRequest, shop: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Serve with each kind of store, which may be slow to answer where the machine is busy."""
    monkeypatch.setattr("pymacaron_auth.outside.REDIS_TIMEOUT", 60)
    more: dict[str, Any] = {"jwt_revocation": "stores.make" if request.param == "own" else request.param}
    if request.param == "redis":
        more["jwt_revocation_url"] = request.getfixturevalue("redis_url")
        more["jwt_issuer"] = f"https://{request.node.name}.example.com"
    stores = "from pymacaron_auth import MemoryRevocations\n\n\ndef make():\n    return MemoryRevocations()\n"
    return shop({**SETTINGS, **more}, stores=stores).at(NOW)


def token(ours: Shop, **changes: Any) -> str:
    return forged(iss=ours.authority.rules.issuer, **changes)


def test_one_token_is_revoked_by_its_id(ours: Shop) -> None:
    revoked, other = token(ours), token(ours, jti="t2")
    assert [ours.call(each).status_code for each in (revoked, other)] == [200, 200]
    with ours.service:
        revoke_token(revoked)
    assert ours.error(revoked) == (401, "TOKEN_INVALID")
    assert ours.error(token(ours, scope="the same id")) == (401, "TOKEN_INVALID")
    assert ours.call(other).status_code == 200


def test_all_tokens_of_a_user_are_revoked_up_to_a_moment(ours: Shop) -> None:
    before, at, after = (token(ours, iat=NOW + offset, jti=str(offset)) for offset in (-10, 0, 1))
    stranger = token(ours, sub="u2")
    ours.at(NOW + 5)
    assert [ours.call(each).status_code for each in (before, at, after, stranger)] == [200] * 4
    with ours.service:
        revoke_user("u1", NOW)
        revoke_user("u1", NOW - 5)
    assert [ours.call(each).status_code for each in (before, at, after, stranger)] == [401, 401, 200, 200]


def test_a_user_is_cut_off_now_unless_a_moment_is_given(ours: Shop) -> None:
    old = token(ours)
    with ours.service:
        revoke_user("u1")
        assert ours.error(old) == (401, "TOKEN_INVALID")
        assert ours.at(NOW + 1).call(generate_token("u1")).status_code == 200


def test_a_login_in_the_second_of_the_cut_off_counts_and_what_came_before_it_does_not(ours: Shop) -> None:
    with ours.service:
        before, at = (generate_token("u1") for moment in (0.25, 0.5) if ours.at(NOW + moment))
        revoke_user("u1")
        after = generate_token("u1") if ours.at(NOW + 0.5 + 2**-20) else ""
        assert [ours.error(before), ours.error(at)] == [(401, "TOKEN_INVALID")] * 2
        assert ours.call(after).status_code == 200
        assert ours.at(NOW + 0.1).call(after).status_code == 200, "another clock is behind by a fraction"
        assert verify_token(after).expires == NOW + 86400


def test_a_token_without_an_id_is_revoked_by_its_user_alone(ours: Shop) -> None:
    with ours.service, pytest.raises(ValueError, match="revoke its user instead"):
        revoke_token(token(ours, jti=None))


def test_a_command_revokes_for_a_service_that_runs(shop: Callable[..., Shop], redis_url: str) -> None:
    more = {"jwt_revocation": "redis", "jwt_revocation_url": redis_url, "jwt_issuer": "https://command.example.com"}
    ours = shop({**SETTINGS, **more})
    with ours.service:
        tokens = [generate_token("u1"), generate_token("u1"), generate_token("u2")]
    assert [ours.call(each).status_code for each in tokens] == [200, 200, 200]
    for arguments in ([tokens[0]], ["--user-id", "u2"]):
        command = [sys.executable, "-m", "pymacaron", "token", "revoke", *arguments]
        subprocess.run(command, cwd=ours.service.root, check=True, timeout=60)
    assert [ours.call(each).status_code for each in tokens] == [401, 200, 401]


def test_a_library_that_is_missing_is_named(shop: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    more = {"jwt_revocation": "redis", "jwt_revocation_url": "redis://127.0.0.1:6379/0"}
    with pytest.raises(ConfigError, match=r"pip install 'pymacaron-auth\[redis\]>=3'"):
        shop({**SETTINGS, **more})


def test_without_a_store_there_is_nothing_to_revoke(shop: Callable[..., Shop]) -> None:
    with shop().at(NOW).service, pytest.raises(ConfigError, match="set jwt_revocation"):
        revoke_token(forged())


def test_a_store_that_fails_refuses_every_token_and_logs_no_word_of_it(
    shop: Callable[..., Shop], caplog: pytest.LogCaptureFixture
) -> None:
    settings = {**SETTINGS, "jwt_revocation": "redis", "jwt_revocation_url": f"redis://:pass@127.0.0.1:{free_port()}/0"}
    ours = shop(settings).at(NOW)
    with caplog.at_level(logging.DEBUG):
        assert ours.error(forged()) == (503, "AUTH_UNAVAILABLE")
    assert "the store of revoked tokens failed: ConnectionError" in caplog.text
    assert "pass" not in caplog.text


def test_the_memory_store_forgets_what_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    from pymacaron_auth import MemoryRevocations

    monkeypatch.setattr("time.time", lambda: float(NOW))
    store = MemoryRevocations()
    for number in range(5000):
        store.revoke_token(str(number), NOW - 3600)
    store.revoke_token("alive", NOW + 10)
    assert store.is_revoked("u1", "alive", NOW)
    assert len(store._tokens) <= 1000


def test_redis_and_the_library_of_asymmetric_keys_are_not_imported_unless_they_are_used() -> None:
    program = (
        "import flask, sys; before = set(sys.modules)\n"
        "import pymacaron_auth.caller; print({'redis', 'jwt', 'urllib.request'} & (sys.modules.keys() - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
