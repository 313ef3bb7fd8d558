"""The plugin of a mock: every security scheme, verified by nothing but a credential's presence or the mock's token."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from pymacaron import hookimpl
from pymacaron.config.settings import Settings, setting
from pymacaron.exceptions import AuthenticationError
from pymacaron.http.incoming import Incoming, header_key
from pymacaron.plugins.records import Authenticator, ConfigSection, Identity, SecurityScheme

if TYPE_CHECKING:
    from pymacaron.config import Config
    from pymacaron.spec import SecurityDefinition

__all__ = ["MockSettings", "pym_config_sections", "pym_security_schemes"]

BEARERS = (("http", "bearer"), ("oauth2", None), ("openIdConnect", None))
USER = "mock"


class AbsentCredentialError(AuthenticationError):
    """No credential came: told by the code of pymacaron-auth, which the real service is likely to have."""

    code = "AUTHORIZATION_HEADER_MISSING"


class WrongCredentialError(AuthenticationError):
    """A credential is not the mock's token, or no credential."""

    code = "TOKEN_INVALID"


class MockSettings(Settings):
    """The settings of a mock."""

    mock_token: str | None = setting(None, description="The only credential that a mock accepts.", secret=True)


@hookimpl
def pym_config_sections() -> list[ConfigSection]:
    """Bring the setting of the token."""
    return [ConfigSection("mock", "pymacaron_testing.mock.plugin:MockSettings")]


@hookimpl
def pym_security_schemes(config: Config) -> list[SecurityScheme]:
    """Verify every kind of scheme."""
    bind = partial(_bind, config.mock_token)
    return [
        *(SecurityScheme(type_, partial(bind, partial(_authorization, "bearer")), scheme) for type_, scheme in BEARERS),
        SecurityScheme("http", partial(bind, partial(_authorization, "basic")), "basic"),
        SecurityScheme("apiKey", partial(bind, _key)),
        SecurityScheme("mutualTLS", partial(bind, lambda definition, incoming: config.mock_token or "")),
    ]


def _bind(
    token: str | None,
    credential: Callable[[SecurityDefinition, Incoming], str | None],
    definition: SecurityDefinition,
    scopes: tuple[str, ...],
) -> Authenticator:
    challenge = f'{(definition.scheme or "bearer").capitalize()} realm="mock"'

    def authenticate(incoming: Incoming) -> Identity | None:
        found = credential(definition, incoming)
        if found is not None and token not in (None, found):
            raise WrongCredentialError("this credential is not the mock's token", challenge=challenge)
        return None if found is None else Identity(USER, definition.name, frozenset(scopes))

    return Authenticator(
        authenticate,
        lambda: AbsentCredentialError(
            f"the security scheme '{definition.name}' asks for a credential", challenge=challenge
        ),
    )


def _authorization(scheme: str, definition: SecurityDefinition, incoming: Incoming) -> str | None:
    """Return the token of an Authorization header, of basic the password (RFC 7617)."""
    written, _, credential = "".join(incoming.header("HTTP_AUTHORIZATION")).partition(" ")
    if written.lower() != scheme:
        return None
    if scheme != "basic":
        return credential.strip()
    try:
        return base64.b64decode(credential, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        raise WrongCredentialError("this is no basic credential", challenge='Basic realm="mock"') from None


def _key(definition: SecurityDefinition, incoming: Incoming) -> str | None:
    name = definition.parameter or ""
    if definition.location == "header":
        return next(iter(incoming.header(header_key(name))), None)
    if definition.location == "query":
        return next((unquote_plus(text) for text in incoming.query.get(name, ())), None)
    return next((unquote_plus(text) for key, text in incoming.cookies if key == name), None)
