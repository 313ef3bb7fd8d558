"""Why a caller is turned away.

    AuthenticationError                  401 UNAUTHENTICATED
    ├── AuthMissingHeaderError           401 AUTHORIZATION_HEADER_MISSING   no credential came
    ├── AuthInvalidTokenError            401 TOKEN_INVALID                  one that is not to be trusted
    ├── AuthTokenExpiredError            401 TOKEN_EXPIRED                  one that was
    ├── AuthInvalidCredentialError       401 CREDENTIAL_INVALID             a password or an API key
    └── ForbiddenError                   403 FORBIDDEN
        ├── InsufficientScopeError       403 INSUFFICIENT_SCOPE             a caller without a scope
        └── CrossSiteRequestError        403 CROSS_SITE_REQUEST             a cookie sent by another site's page
    PyMacaronException
    └── AuthUnavailableError             503 AUTH_UNAVAILABLE               keys or revocations cannot be had

No text of them holds a part of a credential.
"""

from __future__ import annotations

from pymacaron.exceptions import AuthenticationError, ForbiddenError, PyMacaronException

__all__ = [
    "AuthInvalidCredentialError",
    "AuthInvalidTokenError",
    "AuthMissingHeaderError",
    "AuthTokenExpiredError",
    "AuthUnavailableError",
    "CrossSiteRequestError",
    "InsufficientScopeError",
    "invalid",
    "quotable",
]


class AuthMissingHeaderError(AuthenticationError):
    """The request holds no credential."""

    code = "AUTHORIZATION_HEADER_MISSING"


class AuthInvalidTokenError(AuthenticationError):
    """The token is none that this service trusts."""

    code = "TOKEN_INVALID"


class AuthTokenExpiredError(AuthenticationError):
    """The token was good and is over."""

    code = "TOKEN_EXPIRED"


class AuthInvalidCredentialError(AuthenticationError):
    """The user name, password or API key is wrong."""

    code = "CREDENTIAL_INVALID"


class InsufficientScopeError(ForbiddenError):
    """The caller is known, but lacks a scope that the operation wants."""

    code = "INSUFFICIENT_SCOPE"


class CrossSiteRequestError(ForbiddenError):
    """A browser sent the cookie with a request that a page of another site made."""

    code = "CROSS_SITE_REQUEST"


class AuthUnavailableError(PyMacaronException):
    """Whether the token is good cannot be told now."""

    code = "AUTH_UNAVAILABLE"
    status = 503


def invalid(reason: str) -> AuthInvalidTokenError:
    """Return the refusal of a token, with its challenge (RFC 6750, section 3); `reason` holds nothing of the token."""
    challenge = f'Bearer error="invalid_token", error_description="{reason}"'
    return AuthInvalidTokenError(f"The token is refused: {reason}", challenge=challenge)


def quotable(text: str) -> str:
    """Return a text as it may stand in quotes in a challenge (RFC 9110, section 5.6.4)."""
    return "".join(character for character in text if character.isprintable() and character not in '"\\')
