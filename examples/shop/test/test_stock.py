"""Unit tests: the shop's code in process, without a server."""

import pytest
import shop.plugins

from pymacaron_testing.suites import PluginSuite


def test_the_shop_opens_with_two_items(pym_client):
    assert [item.name for item in pym_client().list_items().items] == ["Espresso", "Macaron"]


class TestPlugin(PluginSuite):
    @pytest.fixture
    def plugin(self):
        return shop.plugins

    @pytest.fixture
    def settings(self):
        return {"shop_currency": "SEK"}
