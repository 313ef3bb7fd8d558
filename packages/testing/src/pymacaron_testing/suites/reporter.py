"""ErrorReporterSuite: what holds for everything that passes reports on."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import pytest

from pymacaron.crash import report_error, report_warning
from pymacaron_testing.loaded import LoadedService, LoadedServices
from pymacaron_testing.suites.base import Suite, held

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

__all__ = ["ErrorReporterSuite", "ReporterUnderTest"]

CANARY = "canary-7b1e90d2c4a8"
DOCUMENT = """
openapi: 3.1.0
info: {title: Crashes, version: "1"}
paths:
  /crash:
    post:
      x-bind-server: pym_suite_handlers.crash
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {default: {description: Anything.}}
"""
HANDLERS = """
from pymacaron import get_config


def crash(body=None):
    raise RuntimeError(f"{body} {get_config().suite_secret}")
"""
SENTENCES = [
    "two\r\nBcc: eve@example.com\r\n\r\nlines",
    "<!channel> </pre> ``` {{x}} %s",
    "é€😀\x00\x1b[1m",
    "x" * 20_000,
]


class ReporterUnderTest(Protocol):
    """A reporter and the outside that it reports to, as a test stands in for it."""

    settings: Mapping[str, Any]
    """Those of a service that uses the reporter, and `files` of the service."""
    files: Mapping[str, str]

    def received(self) -> Sequence[str]:
        """Return what has arrived outside, one text for each report, as its reader sees it."""

    def fail(self) -> None:
        """Have the outside refuse everything from now on."""

    def hang(self, until: threading.Event) -> None:
        """Have the outside answer nothing from now on until something happened."""


class ErrorReporterSuite(Suite, is_contract=True):
    """The contract of a plugin that implements pym_error_report: the fixture `reporter` is a ReporterUnderTest.

    `patience` are the seconds in which a reply has to come while the reporter hangs: it comes at once, unless it waits.
    """

    patience: ClassVar[float] = 10

    @pytest.fixture
    def served(
        self, reporter: ReporterUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[LoadedService]:
        """Serve POST /crash, with a secret in its settings."""
        monkeypatch.setenv("SUITE_SECRET", f"secret-{CANARY}")
        secrets = {"env_secrets": ["SUITE_SECRET"], "suite_secret": "SUITE_SECRET", "report_log": False}
        files = {
            "pym-config.yaml": json.dumps({"name": "demo", "report_body": True, **secrets, **reporter.settings}),
            "apis/crashes.yaml": DOCUMENT,
            "pym_suite_handlers.py": HANDLERS,
            **reporter.files,
        }
        services = LoadedServices(tmp_path, tmp_path)
        yield services.load(files)
        services.close()

    def test_a_crash_is_reported(self, reporter: ReporterUnderTest, served: LoadedService) -> None:
        """Whoever reads it finds the title, and the error_id that the caller got."""
        error_id = _crash(served).get_json()["error_id"]
        (text,) = _delivered(reporter, served, 1)
        for told in ("RuntimeError", "/crash", error_id):
            held(told in text, f"the report of a crash does not tell {told!r}: pass on title and data of the report")

    def test_what_a_function_tells_is_reported(self, reporter: ReporterUnderTest, served: LoadedService) -> None:
        """An error or warning that a function reports arrives, with its data."""
        with served.service:
            report_error("the stock is empty", {"shelf": "shelf-12"})
            report_warning("the stock is low")
        texts = _delivered(reporter, served, 2)
        for told in ("the stock is empty", "shelf-12", "the stock is low"):
            held(any(told in text for text in texts), f"no report tells {told!r}: pass on title and data of the report")

    def test_texts_of_any_kind_are_delivered(self, reporter: ReporterUnderTest, served: LoadedService) -> None:
        """Line breaks, markup, characters beyond ASCII and long texts neither get lost nor break the outside."""
        with served.service:
            for sentence in SENTENCES:
                report_warning(sentence, {"told": sentence})
        _delivered(reporter, served, len(SENTENCES))

    def test_a_canary_never_leaks(
        self, reporter: ReporterUnderTest, served: LoadedService, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither a secret of the settings nor what a caller sends as one is in a report or the log."""
        with caplog.at_level(logging.DEBUG), served.service:
            _crash(served, CANARY)
            report_error(f"a title with secret-{CANARY}", {"text": f"secret-{CANARY}", "api_key": CANARY})
            texts = _delivered(reporter, served, 2)
        held(CANARY not in "".join(texts), "a report holds a secret: pass on the report as it is, with nothing added")
        held(CANARY not in caplog.text, "the log holds a secret: log nothing but what the report tells")

    def test_one_that_fails_never_breaks_a_reply(
        self, reporter: ReporterUnderTest, served: LoadedService, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The caller gets the same reply, and the log tells by a line that the report is lost, without a secret."""
        reporter.fail()
        with caplog.at_level(logging.DEBUG), served.service:
            reply = _crash(served, CANARY)
            held(served.service.flush_reports(), "a reporter whose outside fails does not return: give up")
        held(_is_crash(reply), f"the reply of a crash is {reply.status_code}: {reply.text}")
        lost = [line for line in caplog.text.splitlines() if "failed with" in line]
        held(lost, "the log tells of no report that is lost: let errors of the outside be raised")
        held(CANARY not in caplog.text, "the log of a failure holds a secret: raise errors without it")

    def test_one_that_hangs_never_holds_up_a_reply(self, reporter: ReporterUnderTest, served: LoadedService) -> None:
        """The caller is answered before the outside is, and the report arrives when the outside goes on."""
        goes_on = threading.Event()
        reporter.hang(goes_on)
        caller = ThreadPoolExecutor(1)
        try:
            reply = caller.submit(_crash, served)
            held(
                _comes(reply, self.patience),
                f"no reply within {self.patience:g} s while the reporter hangs: do the work in pym_error_report",
            )
        finally:
            goes_on.set()
            caller.shutdown()
        held(_is_crash(reply.result()), f"the reply of a crash is {reply.result().status_code}")
        _delivered(reporter, served, 1)


def _crash(served: LoadedService, secret: str = "nothing") -> TestResponse:  # noqa: S107 - a text to be looked for
    headers = {"Authorization": f"Bearer {secret}", "X-Api-Key": secret, "Cookie": f"token={secret}"}
    return served.client.post("/crash", json={"password": secret}, headers=headers, query_string={"token": secret})


def _is_crash(reply: TestResponse) -> bool:
    told = reply.get_json(silent=True) or {}
    return (reply.status_code, told.get("error")) == (500, "UNHANDLED_SERVER_ERROR") and bool(told.get("error_id"))


def _comes(reply: Future[TestResponse], seconds: float) -> bool:
    try:
        reply.result(seconds)
    except TimeoutError:
        return False
    return True


def _delivered(reporter: ReporterUnderTest, served: LoadedService, number: int) -> Sequence[str]:
    """Return what arrived outside, which has to be so many reports."""
    held(served.service.flush_reports(), "the reports are not delivered within 3 s: let time-outs be shorter")
    texts = reporter.received()
    held(len(texts) == number, f"{len(texts)} of {number} reports arrived: pass on each, and raise what goes wrong")
    return texts
