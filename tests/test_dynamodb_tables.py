"""`pym aws tables` makes the tables of a service's models, and tells what cannot be made."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import storekit
from pymacaron_aws.dynamodb.store import connect

DOCUMENT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components:
  schemas:
    Order:
      type: object
      x-persist: shop_kept.KeptOrder
      properties:
        customer: {type: string}
        at: {type: string, format: date-time}
        total: {type: number}
        token: {type: string, format: byte}
    Named: {type: object, x-parent: shop_kept.Named, properties: {name: {type: string}}}
    Plain: {type: object, properties: {name: {type: string}}}
"""
CLASSES = """
from pymacaron.store import PersistentModel


class Named:
    pass


class KeptOrder(PersistentModel):
    table_name = "TABLE"
    primary_key = ("customer", "at")
    indexes = {"by-total": ("customer", "total")}
"""
Pym = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run moto's server."""
    with storekit.moto(tmp_path_factory.mktemp("dynamodb")) as url:
        yield url


@pytest.fixture
def client(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make a client of it."""
    for name, value in {**storekit.ACCOUNT, "AWS_ENDPOINT_URL_DYNAMODB": endpoint}.items():
        monkeypatch.setenv(name, value)
    client = connect("eu-west-1")
    yield client
    client.close()


@pytest.fixture
def tables(client: object, tmp_path: Path) -> Pym:
    """Run `pym aws tables`, for a service whose models stand in a table of the given name."""

    def run(command: str, table: str, **changed: str) -> subprocess.CompletedProcess[str]:
        text = CLASSES.replace("TABLE", table)
        for before, after in changed.items():
            text = text.replace(before, after)
        files = {
            "pym-config.yaml": "name: shop\naws_region: eu-west-1\n",
            "apis/shop.yaml": DOCUMENT,
            "shop_kept.py": text,
        }
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content)
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "pymacaron", "aws", "tables", command],
            cwd=tmp_path,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )

    return run


def test_tables_are_planned_created_and_then_as_they_should_be(tables: Pym, client: Any) -> None:
    create = "orders: create it with the key customer and at, index by-total by customer and total\n"
    expire = "orders: let items expire by _expires\n"
    planned = tables("plan", "orders")
    assert (planned.returncode, planned.stdout) == (1, create + expire)
    assert client.list_tables()["TableNames"] == []
    created = tables("create", "orders")
    assert (created.returncode, created.stdout) == (0, create + expire)
    table = client.describe_table(TableName="orders")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]} == {
        "customer": "S",
        "at": "S",
        "total": "N",
    }
    for command in ("plan", "create"):
        again = tables(command, "orders")
        assert (again.returncode, again.stdout) == (0, "every table is as the models need it\n")


def test_an_index_that_was_added_is_created_in_a_table_that_is_there(tables: Pym, client: Any) -> None:
    tables("create", "grown")
    told = "grown: add the index by-token by token\n"
    indexes = {'("customer", "total")}': '("customer", "total"), "by-token": "token"}'}
    assert tables("plan", "grown", **indexes).stdout == told
    assert tables("create", "grown", **indexes).stdout == told
    table = client.describe_table(TableName="grown")["Table"]
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {"by-total", "by-token"}
    assert {"AttributeName": "token", "AttributeType": "B"} in table["AttributeDefinitions"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {'("customer", "at")': '"customer"'},
            "Error: the table TABLE is there with the key customer and at: name another table\n",
        ),
        (
            {'("customer", "total")': '"total"'},
            "Error: the index by-total of TABLE is there with the key customer and total: name another index\n",
        ),
    ],
)
def test_what_nothing_can_change_is_refused(tables: Pym, change: dict[str, str], sentence: str) -> None:
    name = f"fixed{len(sentence)}"
    tables("create", name)
    refused = tables("create", name, **change)
    assert (refused.returncode, refused.stdout) == (2, sentence.replace("TABLE", name))


def test_no_server_is_one_sentence(tables: Pym, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    refused = tables("plan", "orders")
    assert refused.returncode == 1
    assert refused.stdout.startswith("Error: DynamoDB did not answer for the table orders (EndpointConnectionError")
