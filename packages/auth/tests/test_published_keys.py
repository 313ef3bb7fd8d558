"""Keys that another issuer publishes: fetched by HTTPS as the service starts, then in the background, and kept."""

from __future__ import annotations

import datetime
import json
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pymacaron_auth import outside
from pymacaron_auth.keysets import PublishedKeys
from tokenkit import CLAIMS, NOW, SETTINGS, Shop

FIRST, SECOND = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
CURVE = ec.generate_private_key(ec.SECP256R1())


def public_jwk(key: Any, kid: str | None, **more: Any) -> dict[str, Any]:
    """Return a key as issuers publish it."""
    kind = jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
    found: dict[str, Any] = kind.to_jwk(key.public_key(), as_dict=True)
    found.pop("key_ops", None)
    return {**found, **({} if kid is None else {"kid": kid}), **more}


def token(key: Any, kid: str | None = None, alg: str = "RS256", **header: Any) -> str:
    named = {} if kid is None else {"kid": kid}
    return jwt.encode(CLAIMS, key, algorithm=alg, headers={**named, **header})


@dataclass
class Issuer:
    """An HTTPS server on 127.0.0.1: what it answers is changed by tests, what it is asked is kept."""

    url: str
    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
    asked: list[str] = field(default_factory=list)
    slow: str | None = None

    def publish(self, *keys: dict[str, Any]) -> None:
        self.answer = (200, {"Content-Type": "application/json"}, json.dumps({"keys": keys}).encode())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for 127.0.0.1."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(CURVE.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(CURVE, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    key = CURVE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(key + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def issuer(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    """Run an issuer, whose certificate is trusted."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            if found.slow:
                self.drip()
                return
            status, headers, body = found.answer
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def drip(self) -> None:
            """Send a little now and then, for longer than anybody should wait."""
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if found.slow == "body" else b"X-Slow: "))
            with suppress(OSError):
                while not over.wait(0.02):
                    self.wfile.write(b" ")

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    over = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    found = Issuer(f"https://127.0.0.1:{server.server_port}/keys")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(outside, "OPENER", outside.opener(ssl.create_default_context(cafile=certificate)))
    yield found
    over.set()
    server.shutdown()
    thread.join()
    server.server_close()


class Background:
    """Runs what is done in the background when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def run(self) -> None:
        while self.waiting:
            self.waiting.pop()()


@dataclass
class Trusting:
    """A service that trusts an issuer; its clocks and what it does in the background are the test's."""

    shop: Shop
    background: Background
    moment: float = 0.0

    def call(self, sent: str) -> int:
        return self.shop.call(sent).status_code

    def later(self, seconds: float) -> None:
        self.moment += seconds
        self.shop.at(NOW + self.moment)


@pytest.fixture
def trusting(shop: Callable[..., Shop], issuer: Issuer) -> Callable[..., Trusting]:
    """Serve operations for tokens of the issuer."""

    def make(algorithm: str | None = None) -> Trusting:
        settings = {**SETTINGS, "jwt_secret": None, "jwt_jwks_url": issuer.url, "jwt_algorithm": algorithm}
        ours = shop(settings).at(NOW)
        keys = ours.authority.keys
        assert isinstance(keys, PublishedKeys)
        found = Trusting(ours, Background())
        keys._background, keys._clock = found.background, lambda: found.moment
        return found

    return make


def test_a_published_key_verifies_and_is_fetched_before_the_first_request(
    trusting: Callable[..., Trusting], issuer: Issuer
) -> None:
    issuer.publish(public_jwk(FIRST, "one", alg="RS256", use="sig"), public_jwk(SECOND, "two"), public_jwk(CURVE, "ec"))
    ours = trusting()
    assert issuer.asked == []
    assert [ours.call(token(FIRST, "one")), ours.call(token(SECOND, "two"))] == [200, 200]
    assert [ours.call(token(FIRST, "two")), ours.call(token(FIRST)), ours.call(token(CURVE, "ec", "ES256"))] == [
        401
    ] * 3
    assert issuer.asked == ["/keys"]


def test_a_published_key_of_another_family_is_chosen_by_the_setting(
    trusting: Callable[..., Trusting], issuer: Issuer
) -> None:
    issuer.publish(public_jwk(FIRST, "one"), public_jwk(CURVE, "ec"))
    ours = trusting("ES256")
    assert [ours.call(token(CURVE, "ec", "ES256")), ours.call(token(FIRST, "one"))] == [200, 401]


@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
def test_an_access_token_of_another_issuer_says_so_in_its_type(
    trusting: Callable[..., Trusting], issuer: Issuer, typ: str
) -> None:
    issuer.publish(public_jwk(FIRST, None))
    assert trusting().call(token(FIRST, typ=typ)) == 200


@pytest.mark.parametrize(
    "more",
    [{"use": "enc"}, {"key_ops": ["encrypt"]}, {"alg": "RSA-OAEP"}, {"alg": "ES256"}, {"kty": "oct", "k": "QQ"}],
    ids=str,
)
def test_a_published_key_for_another_use_verifies_nothing(
    trusting: Callable[..., Trusting], issuer: Issuer, more: dict[str, Any]
) -> None:
    issuer.publish(public_jwk(FIRST, "one", **more), public_jwk(SECOND, "two"))
    ours = trusting()
    assert [ours.call(token(FIRST, "one")), ours.call(token(SECOND, "two"))] == [401, 200]


def test_of_two_keys_with_one_id_neither_is_taken(trusting: Callable[..., Trusting], issuer: Issuer) -> None:
    issuer.publish(public_jwk(FIRST, "one"), public_jwk(SECOND, "one"), public_jwk(SECOND, "two"))
    ours = trusting()
    tokens = (token(FIRST, "one"), token(SECOND, "one"), token(SECOND, "two"))
    assert [ours.call(each) for each in tokens] == [401, 401, 200]


def test_a_key_that_stands_twice_is_one(trusting: Callable[..., Trusting], issuer: Issuer) -> None:
    issuer.publish(public_jwk(FIRST, "one"), public_jwk(FIRST, "one"), public_jwk(SECOND, "two"))
    assert [trusting().call(token(FIRST, "one"))] == [200]


def test_keys_that_fit_nothing_here_do_not_count(trusting: Callable[..., Trusting], issuer: Issuer) -> None:
    unfit = [public_jwk(CURVE, f"ec{number}") for number in range(120)]
    issuer.publish(*unfit, public_jwk(FIRST, "one"))
    assert trusting().call(token(FIRST, "one")) == 200


def test_an_unknown_key_id_has_the_set_fetched_at_most_once_a_minute_and_in_no_request(
    trusting: Callable[..., Trusting], issuer: Issuer
) -> None:
    issuer.publish(public_jwk(FIRST, "one"))
    ours = trusting()
    assert ours.call(token(FIRST, "one")) == 200
    issuer.publish(public_jwk(FIRST, "one"), public_jwk(SECOND, "two"))
    assert [ours.call(token(SECOND, f"unknown{number}")) for number in range(20)] == [401] * 20
    assert ours.background.waiting == []
    ours.later(60)
    assert [ours.call(token(SECOND, "two")) for _ in range(20)] == [401] * 20
    assert (len(ours.background.waiting), len(issuer.asked)) == (1, 1)
    ours.background.run()
    assert ours.call(token(SECOND, "two")) == 200
    assert len(issuer.asked) == 2


def test_the_set_is_fetched_anew_every_ten_minutes_and_a_key_that_went_away_opens_nothing(
    trusting: Callable[..., Trusting], issuer: Issuer
) -> None:
    issuer.publish(public_jwk(FIRST, "one"), public_jwk(SECOND, "two"))
    ours = trusting()
    assert [ours.call(token(FIRST, "one")), ours.call(token(SECOND, "two"))] == [200, 200]
    issuer.publish(public_jwk(SECOND, "two"))
    ours.later(600)
    assert ours.call(token(FIRST, "one")) == 200
    ours.background.run()
    ours.later(300)
    assert [ours.call(token(FIRST, "one")), ours.call(token(SECOND, "two"))] == [401, 200]


OUTAGES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "an error": (500, {}, b""),
    "a redirect": (302, {"Location": "/elsewhere"}, b""),
    "no JSON": (200, {}, b"<html>"),
    "no keys": (200, {}, b'{"keys": []}'),
    "no list": (200, {}, b'{"keys": {"a": 1}}'),
    "another object": (200, {}, b'["keys"]'),
    "deep JSON": (200, {}, b"[" * 100_000),
    "far too much": (200, {}, b" " * (outside.LARGEST + 1)),
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_the_last_good_set_is_kept_while_the_issuer_fails(
    trusting: Callable[..., Trusting], issuer: Issuer, outage: str, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.publish(public_jwk(FIRST, "one"))
    ours = trusting()
    assert ours.call(token(FIRST, "one")) == 200
    issuer.answer = OUTAGES[outage]
    ours.later(600)
    assert ours.call(token(FIRST, "one")) == 200
    with caplog.at_level(logging.WARNING):
        ours.background.run()
    assert "its last good keys are kept" in caplog.text
    assert set(issuer.asked) == {"/keys"}, "no redirect is followed"
    assert ours.call(token(FIRST, "one")) == 200


def test_a_service_whose_issuer_is_out_from_the_start_answers_503_until_it_is_back(
    trusting: Callable[..., Trusting], issuer: Issuer
) -> None:
    issuer.answer = (503, {}, b"")
    ours = trusting()
    assert ours.call(token(FIRST, "one")) == 503
    issuer.publish(public_jwk(FIRST, "one"))
    ours.later(60)
    assert ours.call(token(FIRST, "one")) == 503
    ours.background.run()
    assert ours.call(token(FIRST, "one")) == 200


def test_an_issuer_whose_certificate_is_not_trusted_is_not_believed(
    trusting: Callable[..., Trusting], issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "OPENER", outside.opener())
    issuer.publish(public_jwk(FIRST, "one"))
    assert trusting().call(token(FIRST, "one")) == 503
    assert issuer.asked == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/keys", "file:///etc/hostname", "data:,{}", "ftp://127.0.0.1/keys"])
def test_nothing_but_https_is_opened(url: str) -> None:
    with pytest.raises(ValueError, match="only https"):
        outside.fetch(url)


@pytest.mark.parametrize("slow", ["headers", "body"])
def test_a_slow_issuer_is_given_up_in_all(issuer: Issuer, monkeypatch: pytest.MonkeyPatch, slow: str) -> None:
    issuer.slow = slow
    monkeypatch.setattr(outside, "TOGETHER", 0.3)
    with pytest.raises(OSError, match="too slow"):
        outside.fetch(issuer.url)
    for thread in threading.enumerate():
        if thread.name == "pymacaron-fetch":
            thread.join(5)
            assert not thread.is_alive()


def test_the_background_is_a_thread_of_its_own(issuer: Issuer) -> None:
    issuer.publish(public_jwk(FIRST, "one"))
    asked = threading.Event()

    def fetch(url: str) -> bytes:
        try:
            assert threading.current_thread() is not threading.main_thread()
            return outside.fetch(url)
        finally:
            asked.set()

    keys = PublishedKeys(issuer.url, "RS", fetch)
    with pytest.raises(Exception, match="try again later"):
        keys.find("one")
    assert asked.wait(10)
