"""The command line of curl that sends a request again, with a variable of the environment for the token."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from shlex import quote

__all__ = ["TOKEN_VARIABLE", "curl"]

TOKEN_VARIABLE = "PYM_JWT_TOKEN"  # noqa: S105 - the name of one
GLOBBED = re.compile(r"[\[\]{}]")
DOTTED = re.compile(r"/\.\.?(?=[/?]|$)")


def curl(
    method: str, url: str, headers: Mapping[str, Sequence[str]], body: bytes | None, token: str | None = None
) -> str:
    """Return the line for a shell; bytes that are no text go through printf."""
    words = ["curl", "-i"]
    words += ["-g"] if GLOBBED.search(url) else []  # else curl takes them for ranges of URLs
    words += ["--path-as-is"] if DOTTED.search(url.partition("?")[0]) else []
    words += ["-I"] if method == "HEAD" else ["-X", quote(method)]
    words += [word for name, texts in headers.items() for text in texts for word in ("-H", _header(name, text, token))]
    if body is not None and not any(name.lower() == "content-type" for name in headers):
        words += ["-H", "Content-Type:"]  # else curl says that it is a form
    if body is None:
        return " ".join([*words, _quoted(url, token)])
    text = _text(body)
    if text is None:
        return " ".join([f"printf '{_octal(body)}' |", *words, "--data-binary @-", _quoted(url, token)])
    return " ".join([*words, "--data-raw", _quoted(text, token), _quoted(url, token)])


def _header(name: str, text: str, token: str | None) -> str:
    return _quoted(f"{name}: {text}" if text else f"{name};", token)  # curl drops `Name:`


def _quoted(text: str, token: str | None) -> str:
    """Quote a text for a shell, which puts the token in."""
    if not token or token not in text:
        return quote(text)
    return f'"${TOKEN_VARIABLE}"'.join(quote(part) if part else "" for part in text.split(token))


def _text(body: bytes) -> str | None:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _octal(body: bytes) -> str:
    return "".join(f"\\{byte:03o}" for byte in body)
