"""Each case of SecuritySchemeSuite fails for a scheme that breaks it, and none for one that keeps the contract."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pymacaron_testing.suites import SecuritySchemeSuite

Outcome = dict[str, dict[str, str]]

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
GIVEN = {
    "no_bad": ("test_a_bad_credential_is_refused", "has no bad credential: give at least one", "bad", "{}"),
    "second_wrong": (
        "test_wrong_settings_stop_the_start",
        "a service starts with the settings 'a key'",
        "wrong_settings",
        '{"no key": settings, "a key": {**settings, "door_key": "key-of-ada"}}',
    ),
    "no_wrong": ("test_wrong_settings_stop_the_start", "has no wrong settings: give some", "wrong_settings", "{}"),
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

BROKEN = {**CREDENTIALS, **GIVEN}
HEAD_OF_TESTS = "import pytest\n\nfrom pymacaron_testing.suites import *\n"


@pytest.fixture(scope="module")
def outcome(judged: Callable[..., Outcome]) -> Outcome:
    """Try the case that each of them breaks, and all cases on the good one."""
    sources = {name: GOOD_SCHEME.replace(old, new) for name, (_, _, old, new) in CREDENTIALS.items()}
    tests = [SCHEME_TEST.format(name=name, source=text) for name, text in {**sources, "good": GOOD_SCHEME}.items()]
    for name, (_, _, left_out, nothing) in GIVEN.items():
        whole = SCHEME_TEST.format(name=name, source=GOOD_SCHEME)
        tests.append(re.sub(rf"{left_out}={{.*}}", f"{left_out}={nothing}", whole))
    files = {"test_it.py": HEAD_OF_TESTS + "".join(tests)}
    return judged(files, {name: broken[0] for name, broken in BROKEN.items()})


def test_what_keeps_its_contract_passes(outcome: Outcome) -> None:
    assert outcome["good"] == {}


def test_every_case_has_a_scheme_that_breaks_it() -> None:
    assert {case for case, *_ in BROKEN.values()} == {*SecuritySchemeSuite.cases}


@pytest.mark.parametrize("name", BROKEN)
def test_a_scheme_that_breaks_the_contract_is_told(name: str, outcome: Outcome) -> None:
    case, sentence, *_ = BROKEN[name]
    assert sentence in outcome[name].get(case, "it passed")
