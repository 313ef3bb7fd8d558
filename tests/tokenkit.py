"""What tests of authentication share: a service with a clock that stands still, and tokens made by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pymacaron_auth.authority import Authority, authority_of

NOW = 1_800_000_000
SECRET = "a secret of the shop that nobody else has"
SETTINGS = {"name": "shop", "jwt_secret": SECRET, "jwt_issuer": "https://shop.example.com", "jwt_audience": "shop"}
CLAIMS = {
    "iss": "https://shop.example.com",
    "sub": "u1",
    "aud": "shop",
    "iat": NOW,
    "exp": NOW + 3600,
    "jti": "t1",
}
HANDLERS = """
from pymacaron import Call


def who(call: Call):
    caller = call.identity
    return {"user": caller.user_id, "scheme": caller.scheme, "scopes": sorted(caller.scopes)} if caller else {}
"""


def operation(handler: str = "handlers.who", **more: Any) -> dict[str, Any]:
    """Return an operation of a document."""
    return {"x-bind-server": handler, "responses": {"200": {"description": "ok"}}, **more}


def document(paths: Mapping[str, Any], **schemes: Any) -> dict[str, Any]:
    """Return a document with security schemes."""
    info = {"title": "Shop", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "components": {"securitySchemes": schemes}, "paths": dict(paths)}


BEARER = {"type": "http", "scheme": "bearer"}
PROTECTED = document(
    {"/me": {"get": operation(security=[{"token": []}]), "post": operation(security=[{"token": []}])}}, token=BEARER
)


def b64(data: bytes | str) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def hs256(message: str, secret: str | bytes = SECRET, bits: int = 256) -> str:
    """Return the signature of a message."""
    key = secret.encode() if isinstance(secret, str) else secret
    return b64(hmac.new(key, message.encode(), getattr(hashlib, f"sha{bits}")).digest())


def forged(
    header: Mapping[str, Any] | str | None = None,
    claims: Mapping[str, Any] | str | None = None,
    secret: str | bytes = SECRET,
    **changes: Any,
) -> str:
    """Return a token made by hand, independently of the code under test; a change to None leaves a claim out."""
    if not isinstance(claims, str):
        found = {**(CLAIMS if claims is None else claims), **changes}
        claims = json.dumps({name: value for name, value in found.items() if value is not None})
    header = header if isinstance(header, str) else json.dumps({"alg": "HS256", "typ": "JWT", **(header or {})})
    message = f"{b64(header)}.{b64(claims)}"
    return f"{message}.{hs256(message, secret)}"


@dataclass
class Shop:
    """A service, called through its WSGI app, with a clock that the test sets."""

    app: Flask
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client(use_cookies=False)

    @property
    def service(self) -> Any:
        return self.app.extensions["pymacaron"]

    @property
    def authority(self) -> Authority:
        return authority_of(self.service.config)

    def at(self, moment: float) -> Shop:
        """Set the clock."""
        self.authority.clock = lambda: moment
        return self

    def call(self, token: str | None = None, path: str = "/me", method: str = "GET", **headers: str) -> TestResponse:
        """Call an operation, with a bearer token where one is given."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        if token is not None:
            named["Authorization"] = f"Bearer {token}"
        return self.client.open(path, method=method, headers=named)

    def error(self, token: str | None = None, **options: Any) -> tuple[int, str]:
        """Return status and code of a refusal."""
        reply = self.call(token, **options)
        return reply.status_code, (reply.get_json(silent=True) or {}).get("error", "")
