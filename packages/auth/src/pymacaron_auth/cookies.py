"""The token of a request: from its Authorization header, or from a cookie that no other site may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from pymacaron.http.incoming import ascii_only
from pymacaron.wire import split_cookies
from pymacaron_auth.errors import CrossSiteRequestError, invalid

__all__ = ["COOKIE", "refuse_other_sites", "token_of_cookie", "token_of_header"]

COOKIE = "token"
SAFE = ("GET", "HEAD", "OPTIONS")
PORTS = {"http": 80, "https": 443}

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

    Raises CrossSiteRequestError where `refuse_other_sites` does, and AuthInvalidTokenError for cookies that contradict
    each other.
    """
    texts = {text for name, text in split_cookies(ascii_only(environ.get("HTTP_COOKIE", ""))) if name == COOKIE}
    if not texts:
        return None
    refuse_other_sites(environ, origins)
    if len(texts) > 1:
        raise invalid("there are several cookies of its name")
    return token_of_header(unquote(texts.pop())) or ""


def refuse_other_sites(environ: Environ, origins: frozenset[str]) -> None:
    """Refuse a cookie as a credential for a method that may change data, unless a page of ours sent it.

    Raises CrossSiteRequestError unless that page is of the request's own origin or of one of `origins`.
    """
    if environ["REQUEST_METHOD"] not in SAFE and not _is_own(environ, origins):
        raise CrossSiteRequestError("The cookie came with a request that no page of this site made")


def _is_own(environ: Environ, origins: frozenset[str]) -> bool:
    """Tell whether a page of this origin or of one that is trusted made the request; False where nothing tells."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and origin in origins:
        return True
    if "HTTP_SEC_FETCH_SITE" in environ:
        return environ["HTTP_SEC_FETCH_SITE"] in ("same-origin", "none")
    found = None if origin is None else _parsed(origin)
    return found is not None and found == _parsed(f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}")


def _parsed(origin: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an origin (RFC 6454, section 4), None for a text that is none."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname or parts._replace(scheme="", netloc="").geturl():
        return None
    if "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, PORTS[parts.scheme] if port is None else port
