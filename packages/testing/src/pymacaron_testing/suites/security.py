"""SecuritySchemeSuite: what holds for everything that verifies callers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pymacaron.crash import set_error_reporter
from pymacaron.exceptions import StartError
from pymacaron_testing.loaded import LoadedService, LoadedServices
from pymacaron_testing.suites.base import Suite, held

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

__all__ = ["SchemeUnderTest", "SecuritySchemeSuite", "Sent"]

HANDLERS = """
from pymacaron import Call


def who(call: Call):
    caller = call.identity
    if caller is None:
        return {"known": False}
    return {"known": True, "user": caller.user_id, "scheme": caller.scheme, "told": repr(caller)}


def fail(call: Call):
    raise RuntimeError("the handler failed")
"""
NO_SCOPE = "nobody:has:this"


@dataclass(frozen=True)
class Sent:
    """What a caller sends: `secret` is the text of it that must appear nowhere, "" for none."""

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""


@dataclass(frozen=True)
class SchemeUnderTest:
    """A security scheme in a service: `definition` is its security scheme object of OpenAPI.

    `settings` and `files` are those of the service. `good` is the credential of the user `user_id`; `bad` are
    credentials of this scheme that must be refused, `not_mine` what callers send for other schemes, and
    `wrong_settings` those with which no service may start, each by a name that failures tell.
    """

    definition: Mapping[str, Any]
    good: Sent
    user_id: str | None
    bad: Mapping[str, Sent]
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    not_mine: Mapping[str, Sent] = field(default_factory=dict)
    wrong_settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class SecuritySchemeSuite(Suite, is_contract=True):
    """The contract of a security scheme: the fixture `scheme` is a SchemeUnderTest."""

    @pytest.fixture
    def served(self, scheme: SchemeUnderTest, tmp_path: Path) -> Iterator[LoadedService]:
        """Serve /guarded, /scoped, /fails and /anybody behind the scheme."""
        held(scheme.bad, "the SchemeUnderTest has no bad credential: give at least one")
        services = LoadedServices(tmp_path, tmp_path)
        yield services.load(_files(scheme, scheme.settings))
        services.close()

    def test_a_caller_without_a_credential_gets_a_challenge(self, served: LoadedService) -> None:
        """Nothing is 401, with a WWW-Authenticate header (RFC 9110, section 15.5.2)."""
        _refused(_ask(served, Sent()), "a request without a credential", {401})

    def test_a_bad_credential_is_refused(self, scheme: SchemeUnderTest, served: LoadedService) -> None:
        """Each is 401 with a challenge, or 403, also where anybody may call."""
        for name, sent in scheme.bad.items():
            for path in ("/guarded", "/anybody"):
                _refused(_ask(served, sent, path), f"the bad credential '{name}' at {path}", {401, 403})

    def test_a_good_credential_makes_an_identity(self, scheme: SchemeUnderTest, served: LoadedService) -> None:
        """The handler is told the user, and the scheme by its name in the document."""
        for path in ("/guarded", "/anybody"):
            reply = _ask(served, scheme.good, path)
            told = reply.get_json(silent=True) or {}
            held(reply.status_code == 200, f"the good credential gets {reply.status_code} at {path}: {reply.text}")
            found = told.get("user"), told.get("scheme")
            held(found == (scheme.user_id, "mine"), f"the good credential is of (user, scheme) {found} at {path}")

    def test_the_identity_does_not_hold_the_credential(self, scheme: SchemeUnderTest, served: LoadedService) -> None:
        """Handlers log identities, and hand them on."""
        told = _ask(served, scheme.good).get_json(silent=True) or {}
        for text in _secrets([scheme.good]):
            held(text not in told.get("told", ""), "the Identity holds the credential: leave it out of its claims")

    def test_what_is_not_of_this_scheme_counts_as_nothing(self, scheme: SchemeUnderTest, served: LoadedService) -> None:
        """Another scheme may know it: it is None, never an error, and nobody's identity."""
        others = {"a header of its own": Sent({"X-Not-Yours": "x"}), "a cookie": Sent({"Cookie": "not_yours=x"})}
        for name, sent in {**others, "a query parameter": Sent(query={"not_yours": "x"}), **scheme.not_mine}.items():
            _refused(_ask(served, sent), f"{name}, which is of another scheme,", {401})
            reply = _ask(served, sent, "/anybody")
            passed = reply.status_code == 200 and (reply.get_json(silent=True) or {}).get("known") is False
            held(passed, f"{name} gets {reply.status_code} where anybody may call: return None for what is not yours")

    def test_a_caller_without_the_scope_is_refused(self, scheme: SchemeUnderTest, served: LoadedService) -> None:
        """The scopes of an operation are wanted."""
        reply = _ask(served, scheme.good, "/scoped")
        held(
            reply.status_code in (401, 403), f"a caller without the scope gets {reply.status_code}: compare the scopes"
        )

    def test_no_caller_counts_for_the_next(self, scheme: SchemeUnderTest, served: LoadedService) -> None:
        """What was learnt of one request opens no other one, and closes none."""
        bad = next(iter(scheme.bad.values()))
        turns = (scheme.good, Sent(), scheme.good, bad, Sent(), scheme.good)
        statuses = [_ask(served, sent).status_code for sent in turns]
        kept = [status == 200 for status in statuses] == [sent is scheme.good for sent in turns]
        held(kept, f"good, none, good, bad, none, good get {statuses} in turn: keep no state of a caller")

    def test_wrong_settings_stop_the_start(self, scheme: SchemeUnderTest, tmp_path: Path) -> None:
        """A scheme that cannot verify never lets a service start, and says in a sentence which setting is wrong."""
        held(scheme.wrong_settings, "the SchemeUnderTest has no wrong settings: give some, or say why by leaves_out()")
        services = LoadedServices(tmp_path, tmp_path)
        for number, (name, settings) in enumerate(scheme.wrong_settings.items()):
            try:
                services.load(_files(scheme, settings), f"wrong{number}")
            except StartError:
                continue
            except Exception as error:
                pytest.fail(f"the settings '{name}' raise {type(error).__name__}: raise ConfigError", pytrace=False)
            finally:
                services.close()
            pytest.fail(f"a service starts with the settings '{name}': raise ConfigError in bind()", pytrace=False)

    def test_no_error_log_or_report_holds_a_credential(
        self, scheme: SchemeUnderTest, served: LoadedService, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither where it is refused nor where the handler fails afterwards."""
        every = [scheme.good, *scheme.bad.values()]
        reports: list[Any] = []
        with served.service, caplog.at_level(logging.DEBUG):
            set_error_reporter(lambda title, data, error: reports.append([title, data]))
            replies = [_ask(served, sent, path) for sent in every for path in ("/guarded", "/fails", "/scoped")]
            held(served.service.flush_reports(), "the reports of the service are not delivered within 3 s")
        places = {
            "reply": "".join(f"{reply.headers}{reply.text}" for reply in replies if reply.status_code >= 400),
            "report": json.dumps(reports),
            "log": caplog.text,
        }
        for place, told in places.items():
            for text in _secrets(every):
                held(text not in told, f"a {place} holds the credential that was sent: tell what is wrong without it")


def _files(scheme: SchemeUnderTest, settings: Mapping[str, Any]) -> dict[str, str]:
    return {
        "pym-config.yaml": json.dumps({"name": "demo", **settings}),
        "apis/guarded.json": json.dumps(_document(scheme.definition)),
        "pym_suite_handlers.py": HANDLERS,
        **scheme.files,
    }


def _document(definition: Mapping[str, Any]) -> dict[str, Any]:
    def operation(handler: str, *security: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        responses = {"default": {"description": "Anything."}}
        return {"get": {"x-bind-server": f"pym_suite_handlers.{handler}", "security": security, "responses": responses}}

    return {
        "openapi": "3.1.0",
        "info": {"title": "Guarded", "version": "1"},
        "components": {"securitySchemes": {"mine": definition}},
        "paths": {
            "/guarded": operation("who", {"mine": []}),
            "/scoped": operation("who", {"mine": [NO_SCOPE]}),
            "/anybody": operation("who", {"mine": []}, {}),
            "/fails": operation("fail", {"mine": []}),
        },
    }


def _ask(served: LoadedService, sent: Sent, path: str = "/guarded") -> TestResponse:
    return served.client.get(path, headers=dict(sent.headers), query_string=dict(sent.query))


def _refused(reply: TestResponse, what: str, statuses: set[int]) -> None:
    held(reply.status_code in statuses, f"{what} gets {reply.status_code}: raise AuthenticationError or ForbiddenError")
    challenged = reply.status_code != 401 or reply.headers.get("WWW-Authenticate", "").strip()
    held(challenged, f"{what} gets 401 without WWW-Authenticate: AuthenticationError(..., challenge='...')")


def _secrets(every: Sequence[Sent]) -> Iterator[str]:
    return (sent.secret for sent in every if sent.secret)
