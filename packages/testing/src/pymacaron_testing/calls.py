"""Calls of acceptance tests, and how a failure tells of them."""

from __future__ import annotations

import json
import os
import ssl
from typing import Any

import httpx2

__all__ = ["called", "shortened", "story"]

METHODS = ("delete", "get", "head", "options", "patch", "post", "put")
REPEATABLE = ("get", "head", "options")
TRIES = 3
LONGEST_SHOWN = 4000


def called(
    base_url: str,
    method: str,
    path: str,
    data: Any = None,
    auth: str | None = None,
    *,
    follow: bool = True,
    verify_ssl: bool = True,
    timeout: httpx2.Timeout,
) -> httpx2.Response:
    """Call a service once, and again where a call that changes nothing finds no connection.

    `data` is sent as JSON, text and bytes as they are. Raises httpx2.TransportError where nobody answers in time.
    """
    if method.lower() not in METHODS:
        raise ValueError(f"{method!r} is no method of HTTP: use one of {', '.join(METHODS)}")
    body = None if data is None else data if isinstance(data, str | bytes) else json.dumps(data)
    headers = {} if auth is None else {"Authorization": auth}
    if body is not None:
        headers["Content-Type"] = "application/json"
    with httpx2.Client(
        base_url=base_url,
        timeout=timeout,
        verify=_verification(base_url, verify_ssl),
        follow_redirects=follow,
        trust_env=False,
    ) as client:
        for _ in range(TRIES - 1 if method.lower() in REPEATABLE else 0):
            try:
                return client.request(method, f"/{path.lstrip('/')}", content=body, headers=headers)
            except httpx2.TransportError:
                continue
        return client.request(method, f"/{path.lstrip('/')}", content=body, headers=headers)


def story(reply: httpx2.Response, difference: str) -> str:
    """Tell what differs, the call and its reply, without the credentials."""
    request = reply.request
    sent = request.content.decode("utf-8", "replace")
    lines = [
        difference,
        f"  {request.method} {request.url}",
        *([f"  sent: {shortened(sent)}"] if sent else []),
        f"  replied: {reply.status_code} {reply.headers.get('Content-Type', '')}",
        *([f"  {shortened(reply.text)}"] if reply.content else []),
    ]
    return "\n".join(lines)


def shortened(text: str) -> str:
    """Return a text, or its beginning where it is too long for a report."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}... ({len(text):,} characters)"


def _verification(base_url: str, verify_ssl: bool) -> ssl.SSLContext | bool:
    """Return what to hold certificates against; PYM_NO_SSL_CHECK, or PyMacaron 2's NO_SSL_CHECK, takes all."""
    unchecked = os.environ.get("PYM_NO_SSL_CHECK") or os.environ.get("NO_SSL_CHECK")
    if not verify_ssl or unchecked or not base_url.startswith("https:"):  # reading certificates takes 0.3 s
        return False
    return ssl.create_default_context()
