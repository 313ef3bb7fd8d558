"""What this repository ships keeps the contracts of pymacaron-testing: every plugin, scheme and reporter."""

from __future__ import annotations

import importlib
import json
import re
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler
from importlib.metadata import entry_points
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import ModuleType
from typing import Any
from urllib.parse import quote

import pytest

from architecture import ROOT
from pymacaron.plugins.builtin import BUILT_IN
from pymacaron_testing.suites import (
    ErrorReporterSuite,
    PluginSuite,
    SchemeUnderTest,
    SecuritySchemeSuite,
    Sent,
    Suite,
)
from tokenkit import BEARER, SETTINGS, forged

INSTALLED = sorted(each.value for each in entry_points(group="pymacaron"))
SECRET = "the key of ada"
CHECKS = """
def user_of_password(user, password):
    return user if (user, password) == ("ada", "the key of ada") else None


def user_of_key(key):
    return "ada" if key == "the key of ada" else None
"""


def test_all_seven_packages_are_looked_at() -> None:
    assert [each.partition(".")[0] for each in INSTALLED] == [
        "pymacaron_async",
        "pymacaron_auth",
        "pymacaron_aws",
        "pymacaron_docker",
        "pymacaron_gcp",
        "pymacaron_testing",
    ]


class TestPlugins(PluginSuite):
    @pytest.fixture(params=[*BUILT_IN, *INSTALLED])
    def plugin(self, request: pytest.FixtureRequest) -> ModuleType:
        return importlib.import_module(request.param)


def bearer(token: str, secret: str = "") -> Sent:
    return Sent({"Authorization": f"Bearer {token}"}, secret=secret or token)


def cookie(name: str, text: str) -> Sent:
    return Sent({"Cookie": f"{name}={quote(text)}"}, secret=text)


def basic(user: str, password: str) -> Sent:
    return Sent({"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}, secret=password)


def token_scheme(
    definition: Mapping[str, Any], send: Callable[[str], Sent] = bearer, **settings: Any
) -> SchemeUnderTest:
    now = int(time.time())
    return SchemeUnderTest(
        definition,
        good=send(forged(sub="ada", iat=now, exp=now + 3600)),
        user_id="ada",
        bad={
            "no token": send("no-token-at-all"),
            "expired": send(forged(iat=now - 7200, exp=now - 3600)),
            "of another secret": send(forged(secret="another secret, which is long enough", iat=now, exp=now + 3600)),
            "of another issuer": send(forged(iss="https://evil.example.com", iat=now, exp=now + 3600)),
        },
        settings={**SETTINGS, **settings},
        not_mine={"a password": Sent({"Authorization": "Basic YWRhOnB3"})},
        wrong_settings={
            "no secret": {"name": "shop"},
            "a short secret": {**SETTINGS, "jwt_secret": "short"},
            "two kinds of keys": {**SETTINGS, "jwt_jwks_url": "https://shop.example.com/keys"},
        },
    )


def key_scheme(location: str, send: Callable[[str], Sent]) -> SchemeUnderTest:
    return SchemeUnderTest(
        {"type": "apiKey", "in": location, "name": "shop-key"},
        good=send(SECRET),
        user_id="ada",
        bad={"unknown": send("the key of nobody")},
        settings={"api_key_verify": "checks.user_of_key"},
        files={"checks.py": CHECKS},
        not_mine={"a token": Sent({"Authorization": "Bearer x.y.z"})},
        wrong_settings={"no function": {}, "a function that is not there": {"api_key_verify": "checks.gone"}},
    )


SCHEMES = {
    "bearer": lambda: token_scheme(BEARER),
    "oauth2": lambda: token_scheme(
        {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://shop.example.com/token", "scopes": {}}}}
    ),
    "openIdConnect": lambda: token_scheme(
        {"type": "openIdConnect", "openIdConnectUrl": "https://shop.example.com/.well-known/openid-configuration"}
    ),
    "cookie of a token": lambda: token_scheme(
        BEARER, lambda token: replace(cookie("token", f"Bearer {token}"), secret=token), jwt_cookie=True
    ),
    "basic": lambda: SchemeUnderTest(
        {"type": "http", "scheme": "basic"},
        good=basic("ada", SECRET),
        user_id="ada",
        bad={
            "wrong password": basic("ada", "the key of nobody"),
            "unknown user": basic("eve", "the key of eve"),
            "no base64": Sent({"Authorization": "Basic the-key-of-ada"}, secret="the-key-of-ada"),
        },
        settings={"basic_verify": "checks.user_of_password"},
        files={"checks.py": CHECKS},
        not_mine={"a token": Sent({"Authorization": "Bearer x.y.z"})},
        wrong_settings={"no function": {}, "a function that is not there": {"basic_verify": "checks.gone"}},
    ),
    "key in a header": lambda: key_scheme("header", lambda key: Sent({"shop-key": key}, secret=key)),
    "key in the query": lambda: key_scheme("query", lambda key: Sent(query={"shop-key": key}, secret=key)),
    "key in a cookie": lambda: key_scheme("cookie", lambda key: cookie("shop-key", key)),
}


class TestSchemes(SecuritySchemeSuite):
    @pytest.fixture(params=SCHEMES)
    def scheme(self, request: pytest.FixtureRequest) -> SchemeUnderTest:
        return SCHEMES[request.param]()


class Slack:
    """A webhook as Slack has them."""

    files: Mapping[str, str] = {}

    def __init__(self) -> None:
        self._got: list[str] = []
        self._status = 200
        self._until: threading.Event | None = None
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                slack.take(json.loads(body)["text"])
                self.send_response(slack._status)
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                """Say nothing."""

        self._server = served(Handler)
        self.settings = {"report_slack_webhook": f"http://127.0.0.1:{self._server.server_address[1]}/services/T0"}

    def take(self, text: str) -> None:
        if self._until is not None:
            assert self._until.wait(30)
        if self._status == 200:
            self._got.append(text)

    def received(self) -> Sequence[str]:
        return self._got

    def fail(self) -> None:
        self._status = 500

    def hang(self, until: threading.Event) -> None:
        self._until = until

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class MailServer:
    """As little of a mail server as a client needs."""

    files: Mapping[str, str] = {}

    def __init__(self) -> None:
        self._got: list[bytes] = []
        self._greeting = b"220 here\r\n"
        self._until: threading.Event | None = None
        mail = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                if mail._until is not None:
                    assert mail._until.wait(30)
                self.wfile.write(mail._greeting)
                for line in self.rfile:
                    if line[:4].upper() == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        mail._got.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                    self.wfile.write(b"221 bye\r\n" if line[:4].upper() == b"QUIT" else b"250 ok\r\n")

        self._server = served(Handler)
        self.settings = {
            "report_email_to": ["ops@example.com"],
            "report_smtp_host": "127.0.0.1",
            "report_smtp_port": self._server.server_address[1],
            "report_smtp_security": "none",
        }

    def received(self) -> Sequence[str]:
        mails: list[Any] = [message_from_bytes(raw, policy=policy.default) for raw in self._got]
        assert {str(mail["To"]) for mail in mails} <= {"ops@example.com"}
        assert not any(mail["Bcc"] for mail in mails)
        return [f"{mail['Subject']}\n{mail.get_content()}" for mail in mails]

    def fail(self) -> None:
        self._greeting = b"554 no\r\n"

    def hang(self, until: threading.Event) -> None:
        self._until = until

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def served(handler: type[StreamRequestHandler]) -> ThreadingTCPServer:
    server = ThreadingTCPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    return server


class TestReporters(ErrorReporterSuite):
    @pytest.fixture(params=[Slack, MailServer])
    def reporter(self, request: pytest.FixtureRequest) -> Iterator[Slack | MailServer]:
        outside = request.param()
        yield outside
        outside.close()


@pytest.mark.parametrize("suite", [PluginSuite, SecuritySchemeSuite, ErrorReporterSuite])
def test_every_case_is_in_the_reference(suite: type[Suite]) -> None:
    page = (ROOT / "docs" / "reference" / "contract-suites.md").read_text()
    section = page.partition(f"\n## {suite.__name__}\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(test_\w+)` \| \w", section, re.MULTILINE) == list(suite.cases)
