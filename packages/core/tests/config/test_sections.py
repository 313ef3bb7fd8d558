"""Settings are checked against the sections of all plugins, and every problem is told at once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, field_validator, model_validator

from pymacaron.config import Config
from pymacaron.config.settings import Settings, setting
from pymacaron.exceptions import ConfigError, PluginError
from pymacaron.plugins.records import ConfigSection

Load = Callable[..., Config]


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Shelf(Settings):
    width: float = setting(description="Metres.", gt=0, lt=10)
    label: str = setting("", description="What it says.")


class ShopSettings(Settings):
    jwt_secret: str | None = setting(None, description="Signs tokens.", secret=True, min_length=32)
    stock: Path = setting(Path("stock.csv"), description="File of the stock.")
    colour: Colour = setting(Colour.RED, description="Of the shop.")
    till: Literal[False] | int = setting(False, description="Number of the till.")
    mode: Literal["slow", "fast"] = setting("slow", description="Of the till.")
    shelves: list[Shelf] = setting([], description="Where things are.")
    prices: dict[str, float] = setting({}, description="By name.")
    limits: dict[str, Annotated[int, Field(ge=0)]] = setting({}, description="By name.")
    ratio: float = setting(0.5, description="Of something.", ge=0)
    lowest: int = setting(0, description="Less than highest.")
    highest: int = setting(9, description="More than lowest.")
    greeting: str = setting("hello", description="What the till says.", max_length=8)

    @field_validator("stock")
    @classmethod
    def _csv(cls, stock: Path) -> Path:
        if stock.suffix != ".csv":
            raise ValueError("it should end in .csv")
        return stock

    @model_validator(mode="after")
    def _ordered(self) -> ShopSettings:
        if self.lowest > self.highest:
            raise ValueError("lowest should not be above highest")
        return self


class PortSettings(Settings):
    port: int = setting(1, description="Another port.")


class TakenSettings(Settings):
    show: int = setting(1, description="A name that Config uses.")


class Foreign(BaseModel):
    size: int = 1


SHOP = ConfigSection("shop", f"{__name__}:ShopSettings")


def problems(load: Load, text: str, *sections: ConfigSection) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text, *sections)
    return caught.value.problems


def test_every_wrong_key_of_core_is_told_at_once_in_the_order_of_lines(load: Load) -> None:
    text = """\
name: my shop
port: http
host: ''
live_host: [a]
cors: 3
plugins:
  require: auth
  local: [shop-plugins, shop.plugins]
  locale: []
apis: 7
ignore_base_path: 'yes'
startup: [warm_up]
shutdown: shop.stop
log_level: debug
env_secrets: {A: B}
"""
    assert problems(load, text) == [
        "pym-config.yaml:1: name should be a plain name such as 'shop' (letters, digits, '-', '_' and '.'), "
        "not 'my shop'",
        "pym-config.yaml:2: port should be an integer from 1 to 65535, not 'http'",
        "pym-config.yaml:3: host should be text that is not empty, not ''",
        "pym-config.yaml:4: live_host should be text that is not empty, not a list",
        "pym-config.yaml:5: cors should be true, false, an origin, a list of origins or a mapping of options of "
        "flask-cors, not 3",
        "pym-config.yaml:7: plugins.require should be a list of texts, not 'auth'",
        "pym-config.yaml:8: plugins.local[0] should be a module, such as 'shop.plugins', not 'shop-plugins'",
        "pym-config.yaml:9: plugins.locale is not a setting (did you mean 'local'?)",
        "pym-config.yaml:10: apis should be text that is not empty, not 7",
        "pym-config.yaml:11: ignore_base_path should be true or false, not 'yes'",
        "pym-config.yaml:12: startup[0] should be a function with its module, such as 'shop.stock.warm_up', "
        "not 'warm_up'",
        "pym-config.yaml:13: shutdown should be a list of texts, not 'shop.stop'",
        "pym-config.yaml:14: log_level should be one of 'CRITICAL', 'ERROR', 'WARNING', 'INFO' or 'DEBUG', not 'debug'",
        "pym-config.yaml:15: env_secrets should be a list of texts, not a mapping",
    ]


@pytest.mark.parametrize("port", ["0", "65536", "80.5", "true", "'80'", "null"])
def test_a_port_is_an_integer_in_its_range_and_no_text_or_boolean(load: Load, port: str) -> None:
    if port == "null":
        assert load("name: shop\nport: null").port is None
        return
    told = {"true": "true", "'80'": "'80'"}.get(port, port)
    assert problems(load, f"name: shop\nport: {port}") == [
        f"pym-config.yaml:2: port should be an integer from 1 to 65535, not {told}"
    ]


def test_a_missing_name_tells_the_line_to_add(load: Load) -> None:
    assert problems(load, "port: 80") == ["pym-config.yaml: name is missing: add a line such as 'name: shop'"]


def test_a_misspelt_name_is_told_in_the_log_beside_the_error(load: Load, caplog: pytest.LogCaptureFixture) -> None:
    problems(load, "nmae: shop")
    assert caplog.messages == [
        "pym-config.yaml:1: 'nmae' is not a setting of PyMacaron (did you mean 'name'?): "
        "it is kept as a key of your own"
    ]


def test_a_plugins_section_is_checked_down_to_its_items(load: Load) -> None:
    text = """\
name: shop
jwt_secret: hunter2-hunter2
stock: stock.xls
colour: green
mode: 1
shelves:
  - width: 2
  - {width: 0, zebra: 1}
  - label: top
prices: {pen: cheap}
limits:
  pens: -1
ratio: {}
greeting: hello, world
till: two
"""
    assert problems(load, text, SHOP) == [
        "pym-config.yaml:2: jwt_secret should be text of at least 32 characters, not text",
        "pym-config.yaml:3: stock is refused: it should end in .csv",
        "pym-config.yaml:4: colour should be one of 'red' or 'blue', not 'green'",
        "pym-config.yaml:5: mode should be one of 'slow' or 'fast', not 1",
        "pym-config.yaml:8: shelves[1].width should be a number above 0 and below 10, not 0",
        "pym-config.yaml:8: shelves[1].zebra is not a setting: use one of width, label",
        "pym-config.yaml:9: shelves[2].width is missing: add a line such as 'width: ...'",
        "pym-config.yaml:10: prices.pen should be a number, not 'cheap'",
        "pym-config.yaml:12: limits.pens should be an integer of at least 0, not -1",
        "pym-config.yaml:13: ratio should be a number of at least 0, not a mapping",
        "pym-config.yaml:14: greeting should be text of at most 8 characters, not 'hello, world'",
        "pym-config.yaml:15: till should be false or an integer, not 'two'",
    ]


def test_a_rule_over_several_keys_is_told_in_its_own_words(load: Load) -> None:
    assert problems(load, "name: shop\nlowest: 10", SHOP) == [
        "pym-config.yaml: a setting is refused: lowest should not be above highest"
    ]


def test_sections_are_typed_and_their_keys_are_flat(load: Load) -> None:
    config = load("name: shop\nstock: a.csv\ncolour: blue\nshelves: [{width: 1}]\nprices: {pen: 2}", SHOP)
    section = config.section(ShopSettings)
    assert (config.stock, config.colour, config.prices) == (Path("a.csv"), Colour.BLUE, {"pen": 2.0})
    assert section.shelves == [Shelf(width=1.0)]
    assert config.shelves is section.shelves


def test_two_sections_with_one_key_are_refused_naming_both(load: Load) -> None:
    with pytest.raises(PluginError) as caught:
        load("name: shop", ConfigSection("ports", f"{__name__}:PortSettings"))
    assert str(caught.value) == (
        "the key 'port' belongs both to the config section 'core' (pymacaron.config.core:CoreConfig) "
        f"and to the config section 'ports' ({__name__}:PortSettings): rename one of the two"
    )


def test_a_section_cannot_take_a_name_of_the_configuration_itself(load: Load) -> None:
    with pytest.raises(PluginError) as caught:
        load("name: shop", ConfigSection("taken", f"{__name__}:TakenSettings"))
    assert str(caught.value) == (
        "the key 'show' belongs both to pymacaron.config.Config itself "
        f"and to the config section 'taken' ({__name__}:TakenSettings): rename one of the two"
    )


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("no_such_module_at_all:Shop", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        (f"{__name__}:Shop", f"AttributeError: module '{__name__}' has no attribute 'Shop'"),
        (f"{__name__}:Foreign", "it should be a class derived from pymacaron.config.settings.Settings"),
        (f"{__name__}:SHOP", "it should be a class derived from pymacaron.config.settings.Settings"),
        ("", "ValueError: Empty module name"),
    ],
)
def test_a_section_that_cannot_be_imported_is_named_with_the_reason(load: Load, model: str, reason: str) -> None:
    with pytest.raises(PluginError) as caught:
        load("name: shop", ConfigSection("shop", model))
    assert str(caught.value) == f"the config section 'shop' cannot be loaded from '{model}': {reason}"


def test_a_near_miss_is_a_warning_in_the_log_too_and_the_key_is_kept(
    load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    config = load("name: shop\ncolours: 3\njwt_secert: x\nsomething_else: 1\nshow: 2\n_hidden: 3\n", SHOP)
    assert config.warnings == [
        "pym-config.yaml:2: 'colours' is not a setting of PyMacaron (did you mean 'colour'?): "
        "it is kept as a key of your own",
        "pym-config.yaml:3: 'jwt_secert' is not a setting of PyMacaron (did you mean 'jwt_secret'?): "
        "it is kept as a key of your own",
        "pym-config.yaml:5: 'show' cannot be read as an attribute, the configuration uses the name itself: "
        "read it with config.get('show')",
        "pym-config.yaml:6: '_hidden' cannot be read as an attribute, the configuration uses the name itself: "
        "read it with config.get('_hidden')",
    ]
    assert caplog.messages == config.warnings
    assert (config.colours, config.get("show"), config.get("_hidden")) == (3, 2, 3)
