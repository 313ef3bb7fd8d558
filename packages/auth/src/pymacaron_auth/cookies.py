"""The token of a request: from its Authorization header, or from a cookie that no other site may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from pymacaron.http.incoming import ascii_only
from pymacaron.wire import split_cookies
from pymacaron_auth.errors import CrossSiteRequestError, invalid

__all__ = ["COOKIE", "token_of_cookie", "token_of_header"]

COOKIE = "token"
SAFE = ("GET", "HEAD", "OPTIONS")

Environ = Mapping[str, Any]


def token_of_header(text: str) -> str | None:
    """Return the token of an Authorization header (RFC 6750, section 2.1), None for a user and password.

    Raises AuthInvalidTokenError for anything else: as in PyMacaron 2, the header is taken for a token that went wrong.
    """
    scheme, blank, token = text.partition(" ")
    if scheme.lower() == "bearer":
        return token.strip(" ")
    if blank and scheme.lower() == "basic":
        return None
    raise invalid("it does not stand behind 'Bearer '")


def token_of_cookie(environ: Environ, origins: frozenset[str]) -> str | None:
    """Return the token of the cookie, None where there is none.

    Raises CrossSiteRequestError for a method that may change data, unless the page that sent it is of this host or of
    one of `origins`, and AuthInvalidTokenError for cookies that contradict each other.
    """
    texts = {text for name, text in split_cookies(ascii_only(environ.get("HTTP_COOKIE", ""))) if name == COOKIE}
    if not texts:
        return None
    if environ["REQUEST_METHOD"] not in SAFE and not _is_own(environ, origins):
        raise CrossSiteRequestError("The cookie came with a request that no page of this site made")
    if len(texts) > 1:
        raise invalid("there are several cookies of its name")
    return token_of_header(unquote(texts.pop())) or ""


def _is_own(environ: Environ, origins: frozenset[str]) -> bool:
    """Tell whether a page of this host or of an origin that is trusted made the request; False where nothing tells."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and origin in origins:
        return True
    if "HTTP_SEC_FETCH_SITE" in environ:
        return environ["HTTP_SEC_FETCH_SITE"] in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc == environ.get("HTTP_HOST", "")
