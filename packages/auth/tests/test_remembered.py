"""Verified tokens are remembered, in a bounded space, by a digest; nothing that is remembered outlives its truth."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymacaron import create_app
from pymacaron_auth import bearer
from pymacaron_auth.authority import Authority
from tokenkit import BEARER, NOW, SETTINGS, Shop, document, forged, operation

OTHER = "a secret of the other shop that nobody has"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep every token that is verified from the beginning."""
    seen: list[str] = []
    verify = Authority.verify

    def keep(self: Authority, token: str) -> Any:
        seen.append(token)
        return verify(self, token)

    monkeypatch.setattr(Authority, "verify", keep)
    return seen


def test_a_token_is_verified_once(shop: Callable[..., Shop], counted: list[str]) -> None:
    ours, token = shop().at(NOW), forged()
    assert [ours.call(token).status_code for _ in range(5)] == [200] * 5
    assert counted == [token]


def test_a_bad_token_is_never_remembered(shop: Callable[..., Shop], counted: list[str]) -> None:
    ours, token = shop().at(NOW), forged(secret="x" * 32)
    assert [ours.call(token).status_code for _ in range(5)] == [401] * 5
    assert len(counted) == 5


def test_a_token_is_verified_from_the_beginning_every_five_minutes(
    shop: Callable[..., Shop], counted: list[str]
) -> None:
    ours, token = shop().at(NOW), forged()
    for moment in (0, 299, 300, 301):
        assert ours.at(NOW + moment).call(token).status_code == 200
    assert len(counted) == 2


def test_the_oldest_is_forgotten_first(
    shop: Callable[..., Shop], counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bearer, "MOST_REMEMBERED", 3)
    ours = shop().at(NOW)
    tokens = [forged(jti=str(number)) for number in range(4)]
    for token in (*tokens, tokens[3], tokens[1], tokens[0]):
        assert ours.call(token).status_code == 200
    assert counted == [*tokens, tokens[0]]


def test_no_token_stays_in_memory(shop: Callable[..., Shop]) -> None:
    ours, token = shop().at(NOW), forged(mark="a mark that is easily found")
    ours.call(token)
    digests = [key for each in gc.get_objects() if isinstance(each, bearer.BearerTokens) for key in each._known]
    assert digests
    assert all(len(digest) == 32 and token.encode() not in digest for digest in digests)


def test_two_services_of_one_process_trust_each_their_own_issuer(
    shop: Callable[..., Shop], folder: Callable[..., Path]
) -> None:
    security: list[dict[str, list[str]]] = [{"token": []}]
    api = document({"/me": {"get": operation("other.who", security=security)}}, token=BEARER)
    root = folder({**SETTINGS, "jwt_secret": OTHER}, api, name="second", other="def who():\n    return {}\n")
    (root / "handlers.py").unlink()
    first, second = shop().at(NOW), Shop(create_app(root)).at(NOW)
    for _ in range(2):
        assert [each.call(forged()).status_code for each in (first, second)] == [200, 401]
        assert [each.call(forged(secret=OTHER)).status_code for each in (first, second)] == [401, 200]
    second.service.close()


def test_many_threads_may_bring_many_tokens(shop: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bearer, "MOST_REMEMBERED", 5)
    ours = shop().at(NOW)
    wrong: list[Any] = []

    def call(number: int) -> None:
        for turn in range(50):
            user = f"u{number}-{turn % 7}"
            found = ours.call(forged(sub=user)).get_json().get("user")
            if found != user:
                wrong.append((user, found))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
