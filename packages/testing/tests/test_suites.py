"""Each case of a contract suite fails for something that breaks it, and none for what keeps the contract."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

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
if TYPE_CHECKING:
    import flask
    from pymacaron.config import Config as Configuration
    from pymacaron.service import Service


class GoodSettings(Settings):
    good_number: int = setting(1, description="A number.", example=3)
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

GOOD_SCHEME = """
import logging

from pymacaron import hookimpl
from pymacaron.crash import report_error
from pymacaron.exceptions import AuthenticationError, ConfigError, ForbiddenError
from pymacaron.plugins.records import Authenticator, Identity, SecurityScheme

CHALLENGE = "Key"
seen = []


@hookimpl
def pym_security_schemes(config):
    def bind(definition, scopes):
        door = config.get("door_key")
        if not door:
            raise ConfigError("door_key is not set: set it in pym-config.yaml")

        def authenticate(incoming):
            for key in incoming.header("HTTP_X_KEY"):
                if key != door:
                    raise AuthenticationError("the key is not known", challenge=CHALLENGE)
                if scopes:
                    raise ForbiddenError("the key opens nothing else")
                return Identity("ada", definition.name)
            return None

        return Authenticator(authenticate, lambda: AuthenticationError("a key is wanted", challenge=CHALLENGE))

    return [SecurityScheme("apiKey", bind)]
"""
RAISED = """raise AuthenticationError("the key is not known", challenge=CHALLENGE)"""
KNOWN = """return Identity("ada", definition.name)"""
FOUND = """for key in incoming.header("HTTP_X_KEY"):"""
SETTING = """raise ConfigError("door_key is not set: set it in pym-config.yaml")"""
CREDENTIALS = {
    # by name: the case that fails, what it says, what is replaced, by what
    "open": (
        "test_a_caller_without_a_credential_gets_a_challenge",
        "a request without a credential gets 200",
        "return None",
        "return Identity(None, definition.name)",
    ),
    "unchallenged": (
        "test_a_caller_without_a_credential_gets_a_challenge",
        "gets 401 without WWW-Authenticate",
        'CHALLENGE = "Key"',
        'CHALLENGE = ""',
    ),
    "forgiving": ("test_a_bad_credential_is_refused", "'unknown' at /anybody gets 200", RAISED, "return None"),
    "fooled": ("test_a_bad_credential_is_refused", "'unknown' at /guarded gets 200", "key != door", "not key"),
    "rude": (
        "test_a_bad_credential_is_refused",
        "gets 401 without WWW-Authenticate",
        RAISED,
        RAISED.replace(", challenge=CHALLENGE", ""),
    ),
    "deaf": ("test_a_good_credential_makes_an_identity", "the good credential gets 401", "key != door", "True"),
    "stranger": (
        "test_a_good_credential_makes_an_identity",
        "of (user, scheme) ('ada', 'apiKey')",
        KNOWN,
        'return Identity("ada", "apiKey")',
    ),
    "kept": (
        "test_the_identity_does_not_hold_the_credential",
        "leave it out of its claims",
        KNOWN,
        'return Identity("ada", definition.name, claims={"key": key})',
    ),
    "jealous": (
        "test_what_is_not_of_this_scheme_counts_as_nothing",
        "a token gets 401 where anybody may call",
        FOUND,
        'for key in incoming.header("HTTP_X_KEY") or incoming.header("HTTP_AUTHORIZATION"):',
    ),
    "greedy": (
        "test_what_is_not_of_this_scheme_counts_as_nothing",
        "a cookie gets 401 where anybody may call",
        "return None",
        'if "HTTP_COOKIE" in incoming.environ:\n                raise AuthenticationError(challenge="x")',
    ),
    "scopeless": (
        "test_a_caller_without_the_scope_is_refused",
        "without the scope gets 200",
        "if scopes:",
        "if False:",
    ),
    "forgetful": (
        "test_no_caller_counts_for_the_next",
        "get [200, 200, 200, 401, 401, 200] in turn",
        FOUND,
        f"{FOUND[:-1]} or seen[-1:]:\n                seen.append(key)",
    ),
    "careless": (
        "test_wrong_settings_stop_the_start",
        "a service starts with the settings 'no key'",
        SETTING,
        "pass",
    ),
    "cryptic": (
        "test_wrong_settings_stop_the_start",
        "the settings 'no key' raise KeyError",
        SETTING,
        "raise KeyError('door_key')",
    ),
    "echoing": ("test_no_error_log_or_report_holds_a_credential", "a reply holds", '"the key is not known"', "key"),
    "chatting": (
        "test_no_error_log_or_report_holds_a_credential",
        "a log holds",
        FOUND,
        FOUND + "\n                logging.getLogger(__name__).debug('key %s', key)",
    ),
    "telling": (
        "test_no_error_log_or_report_holds_a_credential",
        "a report holds",
        FOUND,
        FOUND + "\n                report_error('a key came', {'it': key})",
    ),
}
SCHEME_TEST = """
class Test_{name}(SecuritySchemeSuite):
    @pytest.fixture
    def scheme(self):
        def sent(key):
            return Sent({{"X-Key": key}}, secret=key)

        settings = {{"plugins": {{"local": ["schemes"], "disable": ["auth"]}}}}
        return SchemeUnderTest(
            {{"type": "apiKey", "in": "header", "name": "X-Key"}},
            good=sent("key-of-ada"),
            user_id="ada",
            bad={{"unknown": sent("key-of-eve")}},
            not_mine={{"a token": Sent({{"Authorization": "Bearer x"}})}},
            settings={{**settings, "door_key": "key-of-ada"}},
            files={{"schemes.py": {source!r}}},
            wrong_settings={{"no key": settings}},
        )
"""

GOOD_REPORTER = """
import json
import logging
import os

from outside import post
from pymacaron import hookimpl


@hookimpl
def pym_error_report(report):
    post(report.title + json.dumps(dict(report.data), ensure_ascii=False))
"""
POST = "post(report.title + json.dumps(dict(report.data), ensure_ascii=False))"
REPORTERS = {
    "vague": ("test_a_crash_is_reported", "does not tell 'RuntimeError'", POST, "post('something happened')"),
    "nameless": ("test_a_crash_is_reported", "a crash does not tell", POST, "post(report.title)"),
    "picky": (
        "test_what_a_function_tells_is_reported",
        "0 of 2 reports arrived",
        POST,
        f"if report.is_fatal:\n        {POST}",
    ),
    "ascii": (
        "test_texts_of_any_kind_are_delivered",
        "of 4 reports arrived",
        POST,
        POST.replace("False))", "False).encode('ascii').decode())"),
    ),
    "curious": (
        "test_a_canary_never_leaks",
        "a report holds a secret",
        POST,
        POST[:-1] + " + os.environ['SUITE_SECRET'])",
    ),
    "gossip": (
        "test_a_canary_never_leaks",
        "the log holds a secret",
        POST,
        f"logging.getLogger().debug(os.environ['SUITE_SECRET'][7:])\n    {POST}",
    ),
    "silent": (
        "test_one_that_fails_never_breaks_a_reply",
        "the log tells of no report that is lost",
        POST,
        f"try:\n        {POST}\n    except OSError:\n        pass",
    ),
    "slow": (
        "test_one_that_hangs_never_holds_up_a_reply",
        "no reply within",
        POST,
        f"{POST}\n\n\n@hookimpl\ndef pym_app_created(app):\n    app.after_request(lambda reply: post('') or reply)\n",
    ),
}
OUTSIDE = """
got, ways = [], []


def post(text):
    for way in ways:
        way()
    got.append(text)
"""
REPORTER_TEST = """
class Test_{name}(ErrorReporterSuite):
    patience = 1

    @pytest.fixture
    def reporter(self):
        return Reporter({source!r})
"""
REPORTER = """
class Reporter:
    settings = {{"plugins": {{"local": ["reporters"]}}}}

    def __init__(self, source):
        self.files = {{"outside.py": {outside!r}, "reporters.py": source}}

    def received(self):
        import outside

        return outside.got

    def fail(self):
        import outside

        outside.ways.append(refuse)

    def hang(self, until):
        import outside

        outside.ways.append(lambda: until.wait(30))


def refuse():
    raise OSError("it is down: canary-7b1e90d2c4a8")
"""


def files() -> dict[str, str]:
    """Return a folder of broken and good plugins, schemes and reporters, with the suites on each."""
    modules = {f"{name}.py": f"{HEAD}\n\n{source.replace('{name}', name)}" for name, (_, _, source) in PLUGINS.items()}
    plugins = "".join(
        PLUGIN_TEST.format(name=name, settings={"it_number": 1} if name == "demanding" else {})
        for name in (*PLUGINS, "good")
    )
    schemes = {name: GOOD_SCHEME.replace(old, new) for name, (_, _, old, new) in CREDENTIALS.items()}
    reporters = {name: GOOD_REPORTER.replace(old, new) for name, (_, _, old, new) in REPORTERS.items()}
    head = "import pytest\n\nfrom pymacaron_testing.suites import *\n"
    return {
        **modules,
        "good.py": GOOD_PLUGIN,
        "stock.yaml": STOCK,
        "problem.yaml": STOCK.replace(
            "paths: {}", "paths: {'/a/{b}': {get: {responses: {default: {description: b}}}}}"
        ),
        "test_plugins.py": head + plugins,
        "test_schemes.py": head
        + "".join(SCHEME_TEST.format(name=n, source=s) for n, s in {**schemes, "good": GOOD_SCHEME}.items()),
        "test_reporters.py": head
        + REPORTER.format(outside=OUTSIDE)
        + "".join(REPORTER_TEST.format(name=n, source=s) for n, s in {**reporters, "good": GOOD_REPORTER}.items()),
    }


Outcome = dict[tuple[str, str], dict[str, str]]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Run all suites once; gives by file and class what each failed case says."""
    folder = tmp_path_factory.mktemp("suites")
    for name, text in files().items():
        (folder / name).write_text(text)
    run(folder, "--junitxml=out.xml", *cases())
    found: Outcome = {}
    for case in ElementTree.parse(folder / "out.xml").iter("testcase"):
        file, _, name = case.attrib["classname"].partition(".Test_")
        failed = found.setdefault((file, name), {})
        for problem in (*case.findall("failure"), *case.findall("error")):
            failed[case.attrib["name"]] = f"{problem.attrib['message']}\n{problem.text}"
    return found


def cases() -> Iterator[str]:
    """Name the case of everything that breaks one, and all of what breaks none."""
    for file, broken in (("plugins", PLUGINS), ("schemes", CREDENTIALS), ("reporters", REPORTERS)):
        yield f"test_{file}.py::Test_good"
        yield from (f"test_{file}.py::Test_{name}::{found[0]}" for name, found in broken.items())


def run(folder: Path, *options: str) -> str:
    """Run the tests of a folder and return what pytest prints."""
    command = [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "-q", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300).stdout


@pytest.mark.parametrize("file", ["test_plugins", "test_schemes", "test_reporters"])
def test_what_keeps_its_contract_passes(file: str, outcome: Outcome) -> None:
    assert outcome[file, "good"] == {}


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_that_breaks_the_contract_is_told(name: str, outcome: Outcome) -> None:
    case, sentence, _ = PLUGINS[name]
    assert sentence in outcome["test_plugins", name].get(case, "it passed")


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_scheme_that_breaks_the_contract_is_told(name: str, outcome: Outcome) -> None:
    case, sentence, *_ = CREDENTIALS[name]
    assert sentence in outcome["test_schemes", name].get(case, "it passed")


@pytest.mark.parametrize("name", REPORTERS)
def test_a_reporter_that_breaks_the_contract_is_told(name: str, outcome: Outcome) -> None:
    case, sentence, *_ = REPORTERS[name]
    assert sentence in outcome["test_reporters", name].get(case, "it passed")


SUITE = """
from pymacaron_testing.suites import PluginSuite, Suite, leaves_out, overrides


class ShelfSuite(Suite, is_contract=True):
    def test_it_stands(self):
        assert False, "it fell"

    def test_it_is_full(self):
        pass


"""
UNREASONED = "test_it.TestShelf changes test_it_stands() of its contract and gives no reason: mark it by @overrides("


@pytest.mark.parametrize(
    "body",
    [
        "class TestShelf(ShelfSuite):\n    def test_it_stands(self):\n        pass\n",
        "class TestShelf(ShelfSuite):\n    test_it_stands = None\n",
        "class Mixin:\n    def test_it_stands(self):\n        pass\n\n\n"
        "class TestShelf(Mixin, ShelfSuite):\n    pass\n",
        "class Middle(ShelfSuite):\n    test_it_stands = leaves_out('it lies')\n\n\n"
        "class TestShelf(Middle):\n    def test_it_stands(self):\n        pass\n",
    ],
    ids=["overridden", "taken away", "by a mixin", "of a suite that has a reason"],
)
def test_a_case_that_is_changed_without_a_reason_is_no_collection(body: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SUITE + body)
    printed = run(tmp_path)
    assert UNREASONED in printed
    assert "Traceback" not in printed
    assert "passed" not in printed


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("test_it_stands = leaves_out('')", "overrides() and leaves_out() want a reason: write why"),
        ("test_it_stood = leaves_out('why')", "test_it.TestShelf.test_it_stood() overrides no case of its contract"),
    ],
    ids=["an empty reason", "a wrong name"],
)
def test_a_reason_that_is_none_is_no_collection(body: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(f"{SUITE}class TestShelf(ShelfSuite):\n    {body}\n")
    assert told in run(tmp_path)


def test_a_case_is_overridden_or_left_out_for_a_reason_and_others_run(tmp_path: Path) -> None:
    cases = """
class TestHanging(ShelfSuite):
    @overrides("it hangs on the wall")
    def test_it_stands(self):
        assert "wall"

    def test_of_its_own(self):
        pass


class TestLying(ShelfSuite):
    test_it_stands = leaves_out("it is not built yet")


class TestNothing(TestLying):
    pass


class TestBroken(ShelfSuite):
    pass
"""
    (tmp_path / "test_it.py").write_text(SUITE + cases)
    printed = run(tmp_path, "-rs")
    assert "it is not built yet" in printed
    assert "1 failed, 6 passed, 2 skipped" in printed
