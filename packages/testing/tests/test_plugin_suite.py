"""Each case of PluginSuite fails for a plugin that breaks it, and none for one that keeps the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pymacaron_testing.suites import PluginSuite

Outcome = dict[str, dict[str, str]]

HEAD = """
import click

from pymacaron import hookimpl
from pymacaron.config.settings import Settings, setting
from pymacaron.plugins.records import ApiDocument, Check, ConfigSection, SecurityScheme, TokenIssuer
"""
GOOD_PLUGIN = (
    """
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
"""
    + HEAD
    + '''
from pathlib import Path

if TYPE_CHECKING:
    import flask
    from pymacaron.config import Config as Configuration
    from pymacaron.service import Service


class GoodSettings(Settings):
    good_number: int = setting(1, description="A number.", example=3)
    good_folder: Path | None = setting(None, description="A folder.", example="/srv/good")
    good_secret: str | None = setting(None, description="A secret.", example="GOOD_SECRET", secret=True, min_length=40)


@hookimpl
def pym_config_sections() -> list[ConfigSection]:
    return [ConfigSection("good", "good:GoodSettings")]


@click.group()
def shelves():
    """Look after shelves."""


@shelves.command()
@click.option("--shelf", help="Which one.")
@click.argument("item")
def fill(shelf, item):
    """Fill a shelf."""


@hookimpl
def pym_commands() -> tuple[click.Command, ...]:
    return (shelves,)


@hookimpl
def pym_checks(service: Service) -> Iterator[Check]:
    yield Check("good", lambda: None)
    yield Check("better", lambda: "there could be more: fill a shelf")


@hookimpl
def pym_apis(config: Configuration) -> list[ApiDocument]:
    return [ApiDocument("stock", Path(__file__).with_name("stock.yaml"))]


@hookimpl
def pym_app_created(app: flask.Flask, service) -> None:
    assert service.config.good_number
'''
)
STOCK = "openapi: 3.1.0\ninfo: {title: Stock, version: '1'}\npaths: {}\n"
PROBLEM = STOCK.replace("paths: {}", "paths: {'/a/{b}': {get: {responses: {default: {description: b}}}}}")
SECTION = """
@hookimpl
def pym_config_sections():
    return [ConfigSection("it", "{name}:ItSettings")]


class ItSettings(Settings):
"""
COMMAND = "@hookimpl\ndef pym_commands():\n    return [it]\n\n\n"
PLUGINS: dict[str, tuple[str, str, str]] = {
    # by name: the case that fails, what it says, the source
    "unknown": (
        "test_the_host_takes_it",
        "implements 'pym_comands', which is no hook (did you mean 'pym_commands'?)",
        "@hookimpl\ndef pym_comands():\n    return []\n",
    ),
    "unmarked": ("test_the_host_takes_it", "without @hookimpl", "def pym_commands():\n    return []\n"),
    "argument": (
        "test_the_host_takes_it",
        "but the hook gives config",
        "@hookimpl\ndef pym_apis(settings):\n    return []\n",
    ),
    "slip": (
        "test_functions_that_are_named_like_hooks_are_hooks",
        "pym_comands() is no hook (did you mean 'pym_commands'?)",
        "def pym_comands():\n    return []\n",
    ),
    "parameter": (
        "test_annotations_are_those_of_the_hooks",
        "pym_apis() takes config: dict, but the hook gives Config",
        "@hookimpl\ndef pym_apis(config: dict):\n    return []\n",
    ),
    "returned": (
        "test_annotations_are_those_of_the_hooks",
        "pym_apis() returns list[pymacaron.plugins.records.Check], but the hook collections.abc.Iterable[",
        "@hookimpl\ndef pym_apis() -> list[Check]:\n    return []\n",
    ),
    "heavy": ("test_its_import_is_light", ", flask, ", "import flask\n"),
    "heavy_later": (
        "test_its_import_is_light",
        ", flask, ",
        "@hookimpl\ndef pym_commands():\n    import flask\n    return []\n",
    ),
    "alone": ("test_its_import_is_light", "cannot be imported alone", "import sys\nassert 'pytest' in sys.modules\n"),
    "demanding": (
        "test_a_service_that_sets_nothing_starts",
        "it_number is missing",
        SECTION + "    it_number: int = setting(description='A number.')\n",
    ),
    "crashing": (
        "test_a_service_that_sets_nothing_starts",
        "raised RuntimeError",
        "@hookimpl\ndef pym_app_created(app):\n    raise RuntimeError\n",
    ),
    "record": (
        "test_what_its_hooks_return_is_valid",
        "returned a Check from pym_apis(), not a ApiDocument",
        "@hookimpl\ndef pym_apis():\n    return [Check('it', lambda: None)]\n",
    ),
    "no_list": (
        "test_what_its_hooks_return_is_valid",
        "not a list of Check",
        "@hookimpl\ndef pym_checks():\n    return Check('it', lambda: None)\n",
    ),
    "no_document": (
        "test_what_its_hooks_return_is_valid",
        "in no file",
        "from pathlib import Path\n\n\n@hookimpl\ndef pym_apis():\n    return [ApiDocument('it', Path('none.yaml'))]\n",
    ),
    "document": (
        "test_what_its_hooks_return_is_valid",
        "the API 'it' has problems",
        "from pathlib import Path\n\n\n"
        "@hookimpl\ndef pym_apis():\n    return [ApiDocument('it', Path(__file__).with_name('problem.yaml'))]\n",
    ),
    "scheme": (
        "test_what_its_hooks_return_is_valid",
        "'http' is none of OpenAPI",
        "@hookimpl\ndef pym_security_schemes():\n    return [SecurityScheme('http', print)]\n",
    ),
    "nameless": (
        "test_what_its_hooks_return_is_valid",
        "a TokenIssuer has no name",
        "@hookimpl\ndef pym_token_issuers():\n    return [TokenIssuer('', str)]\n",
    ),
    "image": (
        "test_what_its_hooks_return_is_valid",
        "the image step 'it' is none",
        "from pymacaron.deploy import ImageStep\n\n\n"
        "@hookimpl\ndef pym_image_steps():\n    return [ImageStep('it', 'later', ('RUN it',))]\n",
    ),
    "target": (
        "test_its_names_are_its_own",
        "the deploy target 'it' comes from both",
        "from pymacaron.deploy import DeployTarget\n\n\n"
        "@hookimpl\ndef pym_deploy_targets():\n    return [DeployTarget('it', print)] * 2\n",
    ),
    "twice": (
        "test_its_names_are_its_own",
        "the check 'it' comes from both",
        "@hookimpl\ndef pym_checks():\n    return [Check('it', lambda: None)] * 2\n",
    ),
    "taken": (
        "test_its_names_are_its_own",
        "the command 'run' comes from both",
        COMMAND + "@click.command('run')\ndef it():\n    'Do it.'\n",
    ),
    "undescribed": (
        "test_its_settings_are_documented",
        "ItSettings.it_number has no description",
        SECTION + "    it_number: int = 1\n",
    ),
    "example": (
        "test_its_settings_are_documented",
        "the example 'three' of it_number is none",
        SECTION + "    it_number: int = setting(1, description='A number.', example='three')\n",
    ),
    "helpless": (
        "test_its_commands_have_help",
        "pym it has no help",
        COMMAND + "@click.command()\ndef it():\n    pass\n",
    ),
    "option": (
        "test_its_commands_have_help",
        "pym it --much has no help",
        COMMAND + "@click.command()\n@click.option('--much')\ndef it(much):\n    'Do it.'\n",
    ),
    "inner": (
        "test_its_commands_have_help",
        "pym it inner has no help",
        COMMAND + "@click.group()\ndef it():\n    'Do it.'\n\n\n@it.command()\ndef inner():\n    pass\n",
    ),
    "broken_help": (
        "test_its_commands_have_help",
        "pym it --help fails with RuntimeError",
        COMMAND + "class It(click.Command):\n    def format_help(self, *_):\n        raise RuntimeError\n\n\n"
        "it = It('it', help='Do it.')\n",
    ),
    "raising": (
        "test_its_checks_run",
        "ValueError: no such shelf",
        "def run():\n    raise ValueError('no such shelf')\n\n\n"
        "@hookimpl\ndef pym_checks():\n    return [Check('it', run)]\n",
    ),
    "talking": (
        "test_its_checks_run",
        "the check 'it' says True",
        "@hookimpl\ndef pym_checks():\n    return [Check('it', lambda: True)]\n",
    ),
}
PLUGIN_TEST = """
class Test_{name}(PluginSuite):
    @pytest.fixture
    def plugin(self):
        import {name}

        return {name}

    @pytest.fixture
    def settings(self):
        return {settings}
"""

HEAD_OF_TESTS = "import pytest\n\nfrom pymacaron_testing.suites import *\n"


@pytest.fixture(scope="module")
def outcome(judged: Callable[..., Outcome]) -> Outcome:
    """Try the case that each of them breaks, and all cases on the good one."""
    test = "".join(
        PLUGIN_TEST.format(name=name, settings={"it_number": 1} if name == "demanding" else {})
        for name in (*PLUGINS, "good")
    )
    files = {
        **{f"{name}.py": f"{HEAD}\n\n{source.replace('{name}', name)}" for name, (_, _, source) in PLUGINS.items()},
        "good.py": GOOD_PLUGIN,
        "stock.yaml": STOCK,
        "problem.yaml": PROBLEM,
        "test_it.py": HEAD_OF_TESTS + test,
    }
    return judged(files, {name: broken[0] for name, broken in PLUGINS.items()})


def test_what_keeps_its_contract_passes(outcome: Outcome) -> None:
    assert outcome["good"] == {}


def test_every_case_has_a_plugin_that_breaks_it() -> None:
    assert {case for case, *_ in PLUGINS.values()} == {*PluginSuite.cases}


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_that_breaks_the_contract_is_told(name: str, outcome: Outcome) -> None:
    case, sentence, *_ = PLUGINS[name]
    assert sentence in outcome[name].get(case, "it passed")
