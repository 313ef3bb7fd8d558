"""Where services are required, a test that misses one fails instead of skipping.

A test skips with the reason "needs redis: apt-get install redis-server": the word `needs`, the service, what to type.
With PYM_REQUIRE_SERVICES=1, as in .ci/run, such a skip is a failure.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Generator
from contextlib import suppress

import pytest

# Examples have workers run beside them; without a broker of their own, tasks wait here, also in a container.
os.environ.setdefault("PYM_TASKS_DIR", tempfile.mkdtemp(prefix="pym-tasks-"))

# A shell that runs this in the background has it ignore Ctrl-C, and nohup a closed terminal: so would what the tests
# start and interrupt. What is handled, be it by nothing, is not ignored by what is started.
signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

pytest_plugins = ["pytester", "deploykit"]

with suppress(ImportError):  # not every package tests by properties
    from hypothesis import settings

    # No example is timed: how long one takes is a matter of what else the machine does.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test."""
    report = yield
    _require_services(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module."""
    report = yield
    _require_services(report)
    return report


def _require_services(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
    if reason.startswith("Skipped: needs ") and os.environ.get("PYM_REQUIRE_SERVICES") == "1":
        report.outcome = "failed"
        report.longrepr = f"PYM_REQUIRE_SERVICES=1, but this test {reason.removeprefix('Skipped: ')}"
