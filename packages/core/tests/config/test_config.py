"""The configuration as a user holds it: attributes that can be read, asked for and set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymacaron.config import Config
from pymacaron.config.core import CoreConfig, PluginSettings
from pymacaron.config.settings import Settings, setting
from pymacaron.exceptions import ConfigError, PluginError
from pymacaron.plugins.records import ConfigSection

Load = Callable[..., Config]


class RangeSettings(Settings):
    lowest: int = setting(0, description="Less than highest.")
    folder: Path = setting(Path(), description="A folder.")
    price_secret: str | None = setting(None, description="Of the till.", secret=True, min_length=8)


class AbsentSettings(Settings):
    other: int = setting(0, description="Of a plugin that is not active.")


RANGE = ConfigSection("range", f"{__name__}:RangeSettings")


@pytest.fixture
def config(load: Load) -> Config:
    return load("name: shop\nmy_limit: 3\nbanks: {main: {iban: DE00}}\nempty:\nmy-key: 1\n", RANGE)


def test_known_keys_have_their_defaults_and_own_keys_are_kept(config: Config) -> None:
    assert (config.name, config.port, config.apis, config.ignore_base_path) == ("shop", None, "apis", False)
    assert (config.my_limit, config.banks, config.empty) == (3, {"main": {"iban": "DE00"}}, None)
    assert type(config.banks) is dict
    assert config.plugins == PluginSettings()
    assert getattr(config, "my-key") == 1


def test_a_key_that_nobody_set_is_not_there(config: Config) -> None:
    assert [hasattr(config, key) for key in ("port", "my_limit", "my_limits", "_data_", "__len__")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    with pytest.raises(AttributeError) as caught:
        _ = config.my_limits
    assert str(caught.value) == (
        "'my_limits' is neither a key of pym-config.yaml nor a setting (did you mean 'my_limit'?)"
    )


def test_it_reads_like_a_dict_where_null_is_not_set(config: Config) -> None:
    assert config.get("my_limit", 9) == 3
    assert config.get("port", 8080) == 8080
    assert config.get("empty", "full") == "full"
    assert config.get("nothing") is None
    assert ("port" in config, "my_limit" in config, "nothing" in config) == (True, True, False)
    assert list(config)[:6] == ["name", "my_limit", "banks", "empty", "my-key", "live_host"]
    assert len(list(config)) == len(set(config))
    assert {"port", "my_limit", "section"} <= set(dir(config))


def test_keys_are_set_at_run_time_and_the_section_follows(config: Config) -> None:
    section = config.section(CoreConfig)
    config.port = 8080
    config.my_api_key = "aeou"
    config.plugins = {"require": ["auth"]}
    config.folder = Path("/srv")
    assert (config.port, section.port) == (8080, 8080)
    assert section.plugins.require == ["auth"]
    assert config.section(RangeSettings).folder == Path("/srv")
    assert (config.my_api_key, "my_api_key" in config) == ("aeou", True)
    config.folder = "/opt"
    assert config.folder == Path("/opt")


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("port", "http", "port should be an integer from 1 to 65535, not 'http'"),
        ("port", object(), "port should be an integer from 1 to 65535, not object"),
        ("plugins", {"requires": []}, "plugins.requires is not a setting (did you mean 'require'?)"),
        ("price_secret", "hunter", "price_secret should be text of at least 8 characters, not text"),
        ("name", "\ud800", None),
    ],
)
def test_a_known_key_is_checked_when_it_is_set_and_stays_as_it_was(
    config: Config, key: str, value: Any, sentence: str | None
) -> None:
    before = config.get(key)
    with pytest.raises(ConfigError) as caught:
        setattr(config, key, value)
    assert sentence is None or str(caught.value) == sentence
    assert config.get(key) == before
    config.lowest = 5
    assert config.lowest == 5


def test_the_names_that_the_configuration_uses_itself_cannot_be_set(config: Config) -> None:
    for name in ("show", "get", "_data", "_new"):
        with pytest.raises(AttributeError) as caught:
            setattr(config, name, 1)
        assert str(caught.value) == (
            f"'{name}' cannot be a key, the configuration uses the name itself: choose another"
        )


def test_own_keys_can_be_deleted_and_known_ones_cannot(config: Config) -> None:
    del config.my_limit
    assert not hasattr(config, "my_limit")
    with pytest.raises(AttributeError) as caught:
        del config.port
    assert str(caught.value) == "'port' is no key of your own, so that it cannot be deleted"


def test_a_test_may_patch_it_for_a_while(config: Config) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "port", 81)
        patch.setattr(config, "brand_new", 1, raising=False)
        assert (config.port, config.brand_new) == (81, 1)
    assert (config.port, hasattr(config, "brand_new")) == (None, False)


def test_a_section_is_frozen_because_the_configuration_sets_its_keys(config: Config) -> None:
    with pytest.raises(ValueError, match="frozen"):
        config.section(CoreConfig).port = 80


def test_a_section_that_no_plugin_declares_is_named(config: Config) -> None:
    with pytest.raises(PluginError) as caught:
        config.section(AbsentSettings)
    assert str(caught.value) == f"no plugin that is active declares the config section {__name__}:AbsentSettings"


def test_show_gives_plain_data_of_every_key(config: Config) -> None:
    config.holder = {1: (Path("a"), {2}), "thing": object()}
    assert config.show() == {
        "name": "shop",
        "my_limit": 3,
        "banks": {"main": {"iban": "DE00"}},
        "empty": None,
        "my-key": 1,
        "holder": {"1": ["a", [2]], "thing": "<object>"},
        "live_host": None,
        "env_secrets": [],
        "plugins": {"require": [], "disable": [], "local": []},
        "apis": "apis",
        "ignore_base_path": False,
        "validate_responses": "strict",
        "strict_properties": False,
        "schema_folders": {},
        "cors": None,
        "host": None,
        "port": None,
        "publish_apis": None,
        "server": "gunicorn",
        "access_log": False,
        "request_id": False,
        "metrics": False,
        "error_format": "json",
        "unhandled_error_code": "UNHANDLED_SERVER_ERROR",
        "graceful_timeout": 30,
        "startup": [],
        "shutdown": [],
        "log_level": "INFO",
        "log_format": "plain",
        "lowest": 0,
        "folder": ".",
        "price_secret": None,
    }
