"""Unit tests: the shop's code in process, without a server."""

import pytest

from pymacaron import create_app


@pytest.fixture
def client():
    app = create_app(".")
    yield app.test_client()
    app.extensions["pymacaron"].close()


def test_the_shop_opens_with_two_items(client):
    assert [item["name"] for item in client.get("/api/items").json["items"]] == ["Espresso", "Macaron"]
