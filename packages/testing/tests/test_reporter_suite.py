"""Each case of ErrorReporterSuite fails for a reporter that breaks it, and none for one that keeps the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pymacaron_testing.suites import ErrorReporterSuite

Outcome = dict[str, dict[str, str]]

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

HEAD_OF_TESTS = "import pytest\n\nfrom pymacaron_testing.suites import *\n"


@pytest.fixture(scope="module")
def outcome(judged: Callable[..., Outcome]) -> Outcome:
    """Try the case that each of them breaks, and all cases on the good one."""
    sources = {name: GOOD_REPORTER.replace(old, new) for name, (_, _, old, new) in REPORTERS.items()}
    tests = [REPORTER_TEST.format(name=name, source=text) for name, text in {**sources, "good": GOOD_REPORTER}.items()]
    files = {"test_it.py": HEAD_OF_TESTS + REPORTER.format(outside=OUTSIDE) + "".join(tests)}
    return judged(files, {name: broken[0] for name, broken in REPORTERS.items()})


def test_what_keeps_its_contract_passes(outcome: Outcome) -> None:
    assert outcome["good"] == {}


def test_every_case_has_a_reporter_that_breaks_it() -> None:
    assert {case for case, *_ in REPORTERS.values()} == {*ErrorReporterSuite.cases}


@pytest.mark.parametrize("name", REPORTERS)
def test_a_reporter_that_breaks_the_contract_is_told(name: str, outcome: Outcome) -> None:
    case, sentence, *_ = REPORTERS[name]
    assert sentence in outcome[name].get(case, "it passed")
