"""What HTTP forbids in the head of a request, and servers let pass: no host, several, or a method in lower case."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["is_host", "malformed"]

HOST = re.compile(r"[a-zA-Z0-9._~%!$&'()*+;=-]+(:[0-9]*)?|\[[0-9a-fA-F:.]+\](:[0-9]*)?")
"""No comma, though a name may have one: it is how some servers join several Host headers."""


def is_host(text: str) -> bool:
    """Tell whether a Host header names one host (RFC 3986, section 3.2.2)."""
    return HOST.fullmatch(text) is not None


def malformed(environ: WSGIEnvironment) -> str | None:
    """Return why a request is to be refused, or None (RFC 9112, section 3.2; RFC 9110, section 9.1)."""
    host, method = environ.get("HTTP_HOST"), environ["REQUEST_METHOD"]
    if not host and environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
        return "the request names no Host"
    if host and not is_host(host):
        return "the Host header should name one host"
    if method != method.upper():
        return "the method should be in upper case"
    return None
