"""Who calls: the current user and token, the decorators that want or send one, and acting as a backend user."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from flask import has_request_context, request

from pymacaron.config import Config, get_config
from pymacaron.http.security import IDENTITY, Guarded, current_identity
from pymacaron.plugins.records import Authenticator, Identity
from pymacaron_auth.authority import authority_of
from pymacaron_auth.bearer import BearerTokens, absent, bearer_authenticator
from pymacaron_auth.claims import Verified, thawed
from pymacaron_auth.tokens import generate_token

__all__ = [
    "add_auth",
    "authenticate_http_request",
    "backend_token",
    "get_token_issuer",
    "get_user_token",
    "get_user_token_data",
    "get_userid",
    "load_auth_token",
    "requires_auth",
]

TOKEN = "pymacaron_auth.token"  # noqa: S105 - the name of a place, not a token

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(frozen=True, repr=False)
class Acting:
    """As whom the running code acts, whoever made the request; `within` is the environ of that request.

    A request that is served inside the block, by a call in the same process, has a caller of its own.
    """

    token: str
    found: Verified
    within: object


_acting: ContextVar[Acting | None] = ContextVar("pymacaron_auth_acting", default=None)
_tokens: WeakKeyDictionary[Config, BearerTokens] = WeakKeyDictionary()
_lock = threading.Lock()


def requires_auth(function: Callable[..., Any]) -> Guarded:
    """Let only callers with a good bearer token through to a function: a handler, or a Flask view.

    Named by `x-decorate-server` in a document, or used as a decorator.
    """
    return Guarded(function, _authenticator)


def add_auth(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Have a client's call carry the token of the current user: in `headers`, which the function has to take."""

    @wraps(function)
    def authenticated(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Result:
        given: Any = keywords.get("headers") or {}
        keywords["headers"] = {**given, "Authorization": f"Bearer {get_user_token()}"}
        return function(*arguments, **keywords)

    return authenticated


@contextmanager
def backend_token(
    issuer: str | None = None, user_id: str | None = None, data: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """Act as a backend user, `default_user_id` where none is given, until the end of the block; gives the token.

    It holds for the running thread or task, and calls of clients within it carry the token.
    """
    token = generate_token(user_id, data=data, issuer=issuer)
    claims = _claims_of(token)
    before = _acting.set(Acting(token, claims, _environ()))
    try:
        yield token
    finally:
        _acting.reset(before)


def get_userid() -> str:
    """Return the id of the current user; raises AuthMissingHeaderError (401) where there is none."""
    acting = _current()
    if acting is not None:
        return acting.found.user_id
    identity = current_identity()
    if identity is None or identity.user_id is None:
        raise absent()
    return identity.user_id


def get_user_token_data() -> dict[str, Any]:
    """Return the claims of the current user's token; raises AuthMissingHeaderError (401) where there is no user."""
    acting = _current()
    found: dict[str, Any] = thawed(acting.found.claims if acting is not None else _bearer().claims)
    return found


def get_user_token() -> str:
    """Return the token of the current user; raises AuthMissingHeaderError (401) where there is none."""
    acting = _current()
    if acting is not None:
        return acting.token
    _bearer()
    token: str | None = request.environ.get(TOKEN) or _bearer_tokens(get_config()).token(request.environ)
    if token is None:
        raise absent()
    return token


def get_token_issuer() -> str:
    """Return the issuer of the current user's token; raises AuthMissingHeaderError (401) where there is none."""
    return str(get_user_token_data()["iss"])


def load_auth_token(token: str, load: bool = True) -> dict[str, Any]:
    """Return the claims of a good token, and make its bearer the current user of the request, if there is one.

    Raises AuthenticationError for a bad one.
    """
    identity = _bearer_tokens(get_config()).identity(token)
    if load and has_request_context():
        request.environ[IDENTITY] = identity
        request.environ[TOKEN] = token
    found: dict[str, Any] = thawed(identity.claims)
    return found


def authenticate_http_request(token: str | None = None) -> None:
    """Verify the caller of the current request by its token, or the given one, as `requires_auth` does.

    Raises AuthenticationError where it is bad or missing.
    """
    found = token or _bearer_tokens(get_config()).token(request.environ)
    if found is None:
        raise absent()
    load_auth_token(found)


def _current() -> Acting | None:
    """Return as whom the code of the current request acts, or that outside of requests."""
    acting = _acting.get()
    return acting if acting is not None and acting.within is _environ() else None


def _environ() -> object:
    return request.environ if has_request_context() else None


def _bearer() -> Identity:
    """Return the identity of the current request that a token proved."""
    identity = current_identity()
    for each in () if identity is None else (identity, *identity.others):
        if each.claims:
            return each
    raise absent()


def _authenticator(config: Config) -> Authenticator:
    return bearer_authenticator(_bearer_tokens(config), ())


def _bearer_tokens(config: Config) -> BearerTokens:
    """Return what knows the bearers of tokens outside of any security scheme."""
    with _lock:
        if config not in _tokens:
            _tokens[config] = BearerTokens(authority_of(config), "")
        return _tokens[config]


def _claims_of(token: str) -> Verified:
    """Return what a token of our own says; it need not be for this service."""
    from pymacaron_auth.claims import frozen, scopes_of
    from pymacaron_auth.jws import unverified

    claims = unverified(token)[1]
    return Verified(claims["sub"], frozen(claims), scopes_of(claims), claims["iat"], claims["exp"], claims.get("jti"))
