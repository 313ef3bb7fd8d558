"""The stores of models keep their contract: SQLite, and DynamoDB as moto's server and dynalite speak it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import storekit
from pymacaron_testing.suites import ModelStoreSuite, StoreUnderTest


class TestSqlite(ModelStoreSuite):
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


class TestDynamo(ModelStoreSuite):
    @pytest.fixture
    def store(self, account: str) -> StoreUnderTest:
        return StoreUnderTest({"model_store": "dynamodb", "aws_region": "eu-west-1"}, storekit.make_tables)
