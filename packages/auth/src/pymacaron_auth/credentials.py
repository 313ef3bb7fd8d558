"""Passwords and API keys as security schemes: http basic and apiKey, judged by functions of the service itself."""

from __future__ import annotations

import inspect
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_plus

from pymacaron.exceptions import AuthenticationError, BindingError, ConfigError
from pymacaron.http.incoming import header_key
from pymacaron.plugins.records import Authenticator, Identity
from pymacaron.service import current_service
from pymacaron_auth.cookies import refuse_other_sites
from pymacaron_auth.errors import AuthInvalidCredentialError, AuthMissingHeaderError, InsufficientScopeError, quotable

if TYPE_CHECKING:
    from pymacaron.config import Config
    from pymacaron.http.incoming import Incoming
    from pymacaron.spec import SecurityDefinition

__all__ = ["bind_api_key", "bind_basic"]

CONTROL = frozenset(map(chr, (*range(32), 127)))
"""What neither user nor password may hold (RFC 7617, section 2)."""

Find = Callable[["Incoming"], Sequence[str] | None]
"""Gives the arguments for the function of the service, None where the request holds none, () for what is broken."""


@dataclass(frozen=True)
class Judge:
    """The function of a service that judges credentials; `takes_scopes` says that it wants the scopes too."""

    function: Callable[..., Any]
    takes_scopes: bool
    scheme: str
    scopes: tuple[str, ...]
    challenge: str

    def __call__(self, credential: Sequence[str], default_user: str | None) -> Identity:
        """Return whose credential it is; raises AuthInvalidCredentialError or InsufficientScopeError.

        The function returns an Identity, the user's id, True where the credential says enough, or None or False.
        """
        keywords = {"scopes": self.scopes} if self.takes_scopes else {}
        found = self.function(*credential, **keywords) if credential else None
        if _is_refusal(found) or (found is True and default_user == ""):
            raise self.error(AuthInvalidCredentialError, "The credential is refused")
        if isinstance(found, Identity):
            identity = replace(found, scheme=self.scheme)
        elif found is True or isinstance(found, str | int):
            given = frozenset(self.scopes if self.takes_scopes else ())
            identity = Identity(default_user if found is True else str(found), self.scheme, given)
        else:
            raise TypeError(f"the function that judges '{self.scheme}' returned a {type(found).__name__}")
        if not identity.scopes.issuperset(self.scopes):
            wanted = " and ".join(self.scopes)
            raise self.error(InsufficientScopeError, f"The caller lacks a scope: this operation wants {wanted}")
        return identity

    def error(self, kind: type[AuthenticationError], text: str) -> AuthenticationError:
        """Return an error with the challenge of the scheme."""
        return kind(text, challenge=self.challenge)


def _is_refusal(found: Any) -> bool:
    """Tell whether what a function returned is nothing; the number 0 is a user."""
    return found is False or (not found and not isinstance(found, int))


def bind_basic(config: Config, definition: SecurityDefinition, scopes: tuple[str, ...]) -> Authenticator:
    """Return what verifies user names and passwords (RFC 7617); raises ConfigError."""
    challenge = f'Basic realm="{config.name}", charset="UTF-8"'
    judge = _judge(config, "basic_verify", definition, scopes, challenge)
    return _authenticator(judge, _basic, "There is no header 'Authorization: Basic ...'", by_user=True)


def bind_api_key(config: Config, definition: SecurityDefinition, scopes: tuple[str, ...]) -> Authenticator:
    """Return what verifies the API key of a header, query or cookie (OpenAPI 3.1, section 4.8.27)."""
    location, name = definition.location or "", definition.parameter or ""
    challenge = f'ApiKey in="{location}", name="{quotable(name)}"'
    judge = _judge(config, "api_key_verify", definition, scopes, challenge)
    find = _finder(location, name, frozenset(config.get("jwt_cookie_origins") or ()))
    return _authenticator(judge, find, f"There is no API key in the {location} as '{name}'", by_user=False)


def _authenticator(judge: Judge, find: Find, absent: str, *, by_user: bool) -> Authenticator:
    def authenticate(incoming: Incoming) -> Identity | None:
        credential = find(incoming)
        if credential is None:
            return None
        return judge(credential, credential[0] if by_user and credential else None)

    return Authenticator(authenticate, lambda: judge.error(AuthMissingHeaderError, absent))


def _basic(incoming: Incoming) -> Sequence[str] | None:
    """Return user name and password."""
    scheme, _, text = incoming.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        written = text.strip(" ").encode("ascii")
        data = b64decode(written, validate=True)
        user, colon, password = data.decode().partition(":")
    except ValueError:
        return ()
    proper = colon and b64encode(data) == written and not CONTROL.intersection(user + password)
    return (user, password) if proper else ()


def _from_header(key: str, incoming: Incoming) -> Sequence[str] | None:
    return incoming.header(key) or None


def _from_query(name: str, incoming: Incoming) -> Sequence[str] | None:
    return _only(incoming.query.get(name), unquote_plus)


def _from_cookie(name: str, origins: frozenset[str], incoming: Incoming) -> Sequence[str] | None:
    """Return the key of a cookie; raises CrossSiteRequestError for one that a page of another site had sent."""
    texts = [text for found, text in incoming.cookies if found == name]
    if texts:
        refuse_other_sites(incoming.environ, origins)
    return _only(texts, unquote)


def _only(texts: Sequence[str] | None, unescape: Callable[[str], str]) -> Sequence[str] | None:
    """Return the one text that there should be."""
    if not texts:
        return None
    return (unescape(texts[0]),) if len(texts) == 1 else ()


def _finder(location: str, name: str, origins: frozenset[str]) -> Find:
    if location == "header":
        return partial(_from_header, header_key(name))
    return partial(_from_cookie, name, origins) if location == "cookie" else partial(_from_query, name)


def _judge(config: Config, key: str, definition: SecurityDefinition, scopes: tuple[str, ...], challenge: str) -> Judge:
    function = _function(config, key, definition.name)
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:
        parameters = inspect.Signature().parameters
    return Judge(function, "scopes" in parameters, definition.name, scopes, challenge)


def _function(config: Config, key: str, scheme: str) -> Callable[..., Any]:
    """Return the function that a setting names for a security scheme; raises ConfigError."""
    file, setting = config.config_file, config.get(key)
    dotted = setting.get(scheme) if isinstance(setting, dict) else setting
    if dotted is None:
        raise ConfigError(
            f"{file.place(key) if setting else file.place()}: {key} names no function for the security scheme "
            f"'{scheme}': add a line such as '{key}: {config.name}.users.check'"
        )
    try:
        function = current_service().import_dotted(dotted)
    except BindingError as error:
        raise ConfigError(f"{file.place(key)}: {key} names '{dotted}', but {error}") from error
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise ConfigError(f"{file.place(key)}: {key} names '{dotted}', which is no plain function: write it with 'def'")
    found: Callable[..., Any] = function
    return found
