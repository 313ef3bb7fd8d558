"""The stores of models keep their contract: SQLite, and DynamoDB as moto's server and dynalite speak it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import storekit
from pymacaron_testing.suites import ModelStoreSuite, StoreUnderTest
from pymacaron_testing.suites.modelstore import same

NUMBERS = st.one_of(
    st.integers(-(10**37), 10**37),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e120, max_value=1e120).filter(
        lambda number: number == 0 or abs(number) > 1e-125
    ),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = TEXTS.filter(bool)
FREE = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.just("$bytes"), inner, max_size=3),
    max_leaves=8,
)
MOMENTS = st.datetimes(
    datetime(2, 1, 1),
    datetime(9998, 1, 1),
    timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
FRIENDS = st.fixed_dictionaries(
    {}, optional={"name": TEXTS, "since": MOMENTS, "key": st.binary(max_size=20), "weight": NUMBERS.map(float)}
)
PROFILES = st.fixed_dictionaries(
    {"profile_id": NAMES},
    optional={
        "city": NAMES,
        "age": st.none() | st.integers(-(2**63), 2**63 - 1),
        "score": NUMBERS.map(float),
        "day": st.dates(),
        "moment": MOMENTS,
        "token": st.uuids(),
        "took": st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds)),
        "packed": st.binary(max_size=20),
        "raw": st.binary(max_size=20),
        "friends": st.lists(FRIENDS, max_size=3),
        "anything": FREE,
    },
)


class Kept:
    """What is saved is loaded equal, and of the same types, alone and among many."""

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
    )
    @given(profiles=st.lists(PROFILES, min_size=1, max_size=3))
    def test_what_is_saved_is_loaded_equal(self, models: Any, profiles: list[dict[str, Any]]) -> None:
        saved = [
            models.Profile(**{**each, "friends": [models.Friend(**friend) for friend in each.get("friends", ())]})
            for each in profiles
        ]
        saved[0].save_to_db()
        assert same(models.Profile.load_from_db(saved[0].profile_id), saved[0])
        models.Profile.save_many_to_db(saved)
        last = {profile.profile_id: profile for profile in saved}
        loaded = models.Profile.load_many_from_db(last)
        assert all(map(same, loaded, last.values()))
        assert len(loaded) == len(last)


class TestSqlite(Kept, ModelStoreSuite):
    @pytest.fixture
    def store(self) -> StoreUnderTest:
        return StoreUnderTest({})


@pytest.fixture(scope="module", params=[storekit.moto, storekit.dynalite], ids=["moto", "dynalite"])
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a server that speaks as DynamoDB."""
    with request.param(tmp_path_factory.mktemp("dynamodb")) as url:
        yield url


@pytest.fixture
def account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let boto3 find the server, as any other endpoint."""
    for name, value in {**storekit.ACCOUNT, "AWS_ENDPOINT_URL_DYNAMODB": endpoint}.items():
        monkeypatch.setenv(name, value)
    return endpoint


class TestDynamo(Kept, ModelStoreSuite):
    @pytest.fixture
    def store(self, account: str) -> StoreUnderTest:
        return StoreUnderTest({"model_store": "dynamodb", "aws_region": "eu-west-1"}, storekit.make_tables)
