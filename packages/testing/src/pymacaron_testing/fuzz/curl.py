"""The command line of curl that sends a request again, with variables of the environment for what is secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from shlex import quote

from pymacaron_testing.credentials import Credential, quoted

__all__ = ["curl"]

GLOBBED = re.compile(r"[\[\]{}]")
DOTTED = re.compile(r"/\.\.?(?=[/?]|$)")


def curl(
    method: str, url: str, headers: Mapping[str, Sequence[str]], body: bytes | None, secrets: Sequence[Credential] = ()
) -> str:
    """Return the line for a shell; bytes that are no text go through printf."""
    words = ["curl", "-i"]
    words += ["-g"] if GLOBBED.search(url) else []  # else curl takes them for ranges of URLs
    words += ["--path-as-is"] if DOTTED.search(url.partition("?")[0]) else []
    words += ["-I"] if method == "HEAD" else ["-X", quote(method)]
    words += [
        word for name, texts in headers.items() for text in texts for word in ("-H", _header(name, text, secrets))
    ]
    if body is not None and not any(name.lower() == "content-type" for name in headers):
        words += ["-H", "Content-Type:"]  # else curl says that it is a form
    if body is None:
        return " ".join([*words, quoted(url, secrets)])
    text = _text(body)
    if text is None:
        return " ".join([f"printf '{_octal(body)}' |", *words, "--data-binary @-", quoted(url, secrets)])
    return " ".join([*words, "--data-raw", quoted(text, secrets), quoted(url, secrets)])


def _header(name: str, text: str, secrets: Sequence[Credential]) -> str:
    return quoted(f"{name}: {text}" if text else f"{name};", secrets)  # curl drops `Name:`


def _text(body: bytes) -> str | None:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _octal(body: bytes) -> str:
    return "".join(f"\\{byte:03o}" for byte in body)
